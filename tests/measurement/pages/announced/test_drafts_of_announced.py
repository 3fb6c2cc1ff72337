"""Drafts of what came of announced tasks."""

import pytest
from django.test import Client

from measurement.models import Draft, Participant
from tests.measurement.pages.announced.announcing import (
    announced,
    filled_in,
    later,
    pause_elsewhere,
    press,
)
from tests.measurement.pages.drafts import save, says_when, shown
from tests.measurement.pages.page import Page
from tests.people import TASK_TYPES, make_participant, make_user

pytestmark = pytest.mark.django_db


def test_the_draft_is_there_again_and_ends_with_its_log(client: Client, dot: Participant) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
    assert not says_when(client, path)
    assert Page(client.get(path)).all("data-draft") == [f"{path}draft/"]
    typed = filled_in(client, log, minutes="9 or so", quality="2")
    more = {"task_type": TASK_TYPES[2], "date_day": "1", "novel": "true", "key": "k", "source": "x"}
    assert save(client, typed | more, f"{path}draft/") == 204
    draft = Draft.objects.get()
    assert (draft.form, draft.key, draft.answers) == ("announced", log.key, typed)
    assert shown(client, path) == typed
    assert says_when(client, path)
    assert client.post(path, typed).status_code == 422
    assert shown(client, path) == typed
    assert client.post(path, typed | {"minutes": "9"}).status_code == 302
    assert not Draft.objects.exists()
    assert save(client, typed, f"{path}draft/") == 409
    assert not Draft.objects.exists()


def test_the_draft_takes_the_timers_word_as_it_is_now(client: Client, dot: Participant) -> None:
    log = announced(client)
    path = f"/log/announced/{log.pk}/"
    with later(10):
        press(client, "stop")
    save(client, filled_in(client, log, quality="2"), f"{path}draft/")
    pause_elsewhere(log, resumed=20, paused=35)
    held = shown(client, path)
    assert (held["minutes"], held["proposed"], held["quality"]) == ("25", "25", "2")


def test_a_task_without_its_timer_has_a_draft_too(client: Client, dot: Participant) -> None:
    log = announced(client)
    press(client, "discard")
    path = f"/log/announced/{log.pk}/"
    typed = filled_in(client, log, minutes="12")
    answer = client.post(f"{path}draft/", typed)
    assert answer["Location"] == path
    assert "Your answers are saved for 7 days." in Page(client.get(path)).text
    assert shown(client, path) == typed
    client.post(path, typed)
    assert not Draft.objects.exists()


def test_the_draft_of_another_announced_task_is_not_shown_nor_thrown_away(
    client: Client, dot: Participant
) -> None:
    left = announced(client)
    press(client, "discard")
    log = announced(client)
    press(client, "stop")
    save(client, filled_in(client, log, minutes="77"), f"/log/announced/{log.pk}/draft/")
    path = f"/log/announced/{left.pk}/"
    assert not says_when(client, path)
    assert "77" not in shown(client, path).values()
    assert client.post(f"{path}draft/", {"afresh": "1"})["Location"] == path
    assert says_when(client, f"/log/announced/{log.pk}/")
    client.get(f"/log/announced/{log.pk}/draft/?afresh=1")
    assert Draft.objects.exists()
    client.post(f"/log/announced/{log.pk}/draft/", {"afresh": "1"})
    assert not Draft.objects.exists()


def test_only_the_person_who_announced_it_keeps_drafts(client: Client, dot: Participant) -> None:
    log = announced(client)
    client.logout()
    path = f"/log/announced/{log.pk}/draft/"
    assert client.post(path, {"ai": "no"})["Location"].startswith("/account/login/code/")
    other = make_user("pat.kettle@example.com")
    make_participant(dot.trial, other, "p2")
    client.force_login(other)
    assert save(client, {"ai": "no"}, path) == 404
    assert not Draft.objects.exists()
