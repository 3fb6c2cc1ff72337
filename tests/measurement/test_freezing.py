"""What is published is frozen once a week; between and over freezes nobody can be told from it."""

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles, freezing, tokens
from measurement.estimation.bundle import Bundle
from measurement.estimation.simulate import simulate
from measurement.models import (
    ApiToken,
    DirtyMark,
    FrozenCell,
    Participant,
    Role,
    Snapshot,
    SurveyResponse,
    TaskLog,
    Trial,
    TrialMark,
    User,
)
from measurement.tasks import new_day, sweep
from tests.freezes import change_logs, weeks_later
from tests.people import make_log, make_participant, make_trial, make_user
from tests.stored_once import stored_once

pytestmark = pytest.mark.django_db
LEAD = "pat.ladle@example.com"
MONDAY = datetime.datetime(2026, 11, 23, 9, tzinfo=datetime.UTC)
LARGE, SMALLER, OTHER = "Bureau of Kites", "Office of Teapots", "Ministry of Ladles"
RATES = ("logging_rate", "response_rate")
SIZES = {LARGE: 30, SMALLER: 16, OTHER: 14}


def simulated(sizes: dict[str, int] = SIZES) -> Bundle:
    """Return a crossover with departments of these sizes; everybody has logs on both sides."""
    bundle = simulate(
        participants=2 * sum(sizes.values()), logs_per_participant=12, design="crossover", seed=11
    ).bundle
    used = bundle.task_logs.groupby("participant")["ai_used"].nunique()
    chosen = list(used.index[used == 2])[: sum(sizes.values())]
    names = [name for name, size in sizes.items() for _ in range(size)]
    people = bundle.participants.set_index("participant").loc[chosen].reset_index()
    assert len(people) == len(names)
    plan = replace(bundle.trial.plan, subgroups=("department",))
    return replace(
        bundle,
        trial=replace(bundle.trial, plan=plan),
        participants=people.assign(department=names),
        task_logs=bundle.task_logs[bundle.task_logs["participant"].isin(chosen)],
        survey_responses=bundle.survey_responses[
            bundle.survey_responses["participant"].isin(chosen)
        ],
    )


def frozen_trial() -> Trial:
    with time_machine.travel(MONDAY):
        trial = bundles.load(simulated())
        analysis.analyse(trial)
    return trial


@pytest.fixture(scope="module")
def frozen(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    with stored_once(django_db_blocker, frozen_trial) as trial:
        yield trial


@pytest.fixture
def trial(db: None, frozen: Trial) -> Trial:
    return Trial.objects.get(pk=frozen.pk)


def of(trial: Trial, department: str) -> list[Participant]:
    people = Participant.objects.filter(trial=trial, department__name=department)
    return list(people.order_by("pseudonym"))


def shown(trial: Trial) -> dict[str, bytes]:
    """Return every answer that is published, as bytes: pages, files, JSON."""
    lead = User.objects.filter(email=LEAD).first() or make_user(LEAD, (Role.LEAD, trial))
    client = Client()
    client.force_login(lead)
    page, run = (client.get(f"/trials/{trial.slug}/{name}").content for name in ("", "run/"))
    found = {"page": page, "run": run, "list": client.get("/trials/").content}
    for link in sorted(set(re.findall(rb'href="(/trials/[^"]+\.(?:csv|ods))"', page + run))):
        found[link.decode()] = client.get(link.decode()).content
    assert len(found) >= 15
    token = tokens.issue(user=lead, trial=trial, scopes=[ApiToken.Scope.RESULTS], days=1)
    api = Client(headers={"Authorization": f"Bearer {token}"})
    found["json"] = api.get(f"/api/v1/trials/{trial.slug}/results/").content
    return found


def world(trial: Trial, *acts: Callable[[], object]) -> dict[str, bytes]:
    """Return what is shown a week later if these things happen, and let none of it have been."""
    with transaction.atomic():
        with time_machine.travel(MONDAY + datetime.timedelta(days=2), tick=False):
            for act in acts:
                act()
        with time_machine.travel(MONDAY + datetime.timedelta(weeks=1), tick=False):
            analysis.analyse(trial)
            found = shown(trial)
        transaction.set_rollback(True)
    return found


def leave(person: Participant) -> None:
    """Let a person and all their data be gone, as erasing has it."""
    person.delete()
    TrialMark.objects.create(trial=person.trial)


def rows_of(trial: Trial, group: str) -> list[dict[str, object]]:
    """Return what is published of a group's task logs."""
    document = Snapshot.objects.filter(trial=trial).latest("week").document
    return [
        row
        for row in document["estimates"]
        if row["group"] == group and row["estimand"] not in RATES
    ]


# The week ---------------------------------------------------------------------------------------


def test_the_first_analysis_freezes_and_none_does_again_in_its_week(trial: Trial) -> None:
    snapshot = Snapshot.objects.get()
    assert snapshot.week == MONDAY.date()
    assert snapshot.as_of <= snapshot.frozen_at
    with time_machine.travel(MONDAY + datetime.timedelta(days=6, hours=14)):
        analysis.analyse(trial)
        new_day()
    assert Snapshot.objects.get() == snapshot
    assert not TrialMark.objects.exists()
    with time_machine.travel(MONDAY - datetime.timedelta(days=9)):
        analysis.analyse(trial)
    assert Snapshot.objects.get() == snapshot, "a clock that was set back"


def test_a_trial_without_a_log_is_not_frozen_for_a_week() -> None:
    trial = make_trial()
    analysis.analyse(trial)
    snapshots = Snapshot.objects.filter(trial=trial)
    assert not snapshots.exists()
    make_log(make_participant(trial, make_user("pat.pot@example.com")), "k1")
    analysis.analyse(trial)
    assert snapshots.count() == 1


def test_weeks_begin_on_mondays_in_london() -> None:
    summer = datetime.datetime(2026, 6, 7, 23, 30, tzinfo=datetime.UTC)
    assert freezing.monday_of(summer) == datetime.date(2026, 6, 8)
    winter = datetime.datetime(2026, 11, 29, 23, 30, tzinfo=datetime.UTC)
    assert freezing.monday_of(winter) == datetime.date(2026, 11, 23)


def test_the_timetable_freezes_every_trial_each_week(trial: Trial) -> None:
    make_trial("never-analysed")
    with time_machine.travel(MONDAY + datetime.timedelta(weeks=1)):
        for _ in range(3):
            new_day()
        assert TrialMark.objects.filter(trial=trial).count() == 1
        for _ in range(3):
            sweep()
            new_day()
    assert Snapshot.objects.filter(trial=trial).count() == Snapshot.objects.count() == 2
    assert not TrialMark.objects.exists()


def test_a_trial_that_was_just_loaded_is_frozen_by_the_same_sweep() -> None:
    bundle = simulated({LARGE: 12})
    trial = bundles.load(replace(bundle, trial=replace(bundle.trial, slug="just-loaded")))
    assert freezing.frozen_results(trial) is None
    sweep()
    found = freezing.frozen_results(trial)
    assert found is not None
    assert found.next_on == freezing.monday_of(timezone.now()) + datetime.timedelta(days=7)
    assert found.trial == trial.definition()


def test_no_request_freezes(trial: Trial) -> None:
    with weeks_later(2):
        shown(trial)
    assert Snapshot.objects.count() == 1


# One person -------------------------------------------------------------------------------------


def test_one_person_changes_no_byte_between_two_freezes(trial: Trial) -> None:
    canary = of(trial, SMALLER)[:1]
    with time_machine.travel(MONDAY + datetime.timedelta(days=1), tick=False):
        before = shown(trial)
        change_logs(canary)
        assert shown(trial) == before
        analysis.analyse(trial)
        assert shown(trial) == before


def test_a_freeze_that_would_reveal_one_person_keeps_the_old_answer(trial: Trial) -> None:
    canary = of(trial, SMALLER)[0]
    nothing = world(trial)
    assert world(trial, lambda: change_logs([canary])) == nothing
    assert world(trial, lambda: leave(canary)) == nothing


def begin(person: Participant) -> None:
    """Let somebody who never logged while the trial ran, and never answered, do both."""
    TaskLog.objects.filter(participant=person).update(date=datetime.date(2025, 10, 1))
    DirtyMark.objects.create(participant=person)
    SurveyResponse.objects.create(
        participant=person, wave="week 02", date=MONDAY.date(), answered_at=MONDAY
    )
    TrialMark.objects.create(trial=person.trial)


def stop(person: Participant) -> None:
    """Let somebody take part no longer, who keeps all that they logged."""
    person.withdrawn_on = datetime.date(2025, 10, 20)
    person.save()
    DirtyMark.objects.create(participant=person)


@pytest.fixture
def half_silent(db: None) -> Trial:
    """Have a trial in which some people of each department never answer and log too early."""
    bundle = simulated({LARGE: 60, SMALLER: 50})
    silent = set(bundle.participants.groupby("department").head(22)["participant"])
    logs, answers = bundle.task_logs, bundle.survey_responses
    early = logs["date"].mask(logs["participant"].isin(silent), pd.Timestamp("2025-09-01"))
    with time_machine.travel(MONDAY):
        trial = bundles.load(
            replace(
                bundle,
                trial=replace(bundle.trial, slug="half-silent"),
                task_logs=logs.assign(date=early),
                survey_responses=answers[~answers["participant"].isin(silent)],
            )
        )
        analysis.analyse(trial)
    return trial


def test_one_person_who_begins_or_stops_to_take_part_changes_no_byte(half_silent: Trial) -> None:
    nothing, (canary, *others) = world(half_silent), of(half_silent, SMALLER)
    assert rates_in(half_silent) >= {LARGE, SMALLER, "all", "3", "week 03"}
    assert world(half_silent, lambda: begin(canary)) == nothing
    assert world(half_silent, lambda: stop(others[-1])) == nothing
    assert world(half_silent, *(partial(begin, person) for person in others[:8])) == nothing
    ten = world(half_silent, *(partial(begin, person) for person in others[:10]))
    assert {name for name in nothing if ten[name] != nothing[name]} >= {
        "run",
        f"/trials/{half_silent.slug}/logging.csv",
        f"/trials/{half_silent.slug}/answers.csv",
        "json",
    }


def rates_in(trial: Trial) -> set[str]:
    """Return the groups whose shares of people who take part are published."""
    document = Snapshot.objects.filter(trial=trial).latest("week").document
    return {
        row["group"]
        for row in document["estimates"]
        if row["estimand"] in RATES and row["value"] is not None
    }


def test_nine_people_move_nothing_and_ten_do(trial: Trial) -> None:
    nothing, people = world(trial), of(trial, SMALLER)
    assert world(trial, lambda: change_logs(people[:9], 30)) == nothing
    ten = world(trial, lambda: change_logs(people[:10], 30))
    assert {name for name in nothing if ten[name] != nothing[name]} >= {"page", "json"}


def test_nine_people_who_wait_are_not_given_away_by_those_who_moved(trial: Trial) -> None:
    """What differs with them is over 20 people at least; their own department's rows wait."""
    few, others = of(trial, OTHER)[:9], [*of(trial, LARGE), *of(trial, SMALLER)]
    change_logs(few, 30)
    change_logs(others, 30)
    old = {name: rows_of(trial, name) for name in SIZES}
    with weeks_later():
        analysis.analyse(trial)
    dates = {name: {row["as_of"] for row in rows_of(trial, name)} for name in SIZES}
    assert dates[LARGE] == {None}
    assert rows_of(trial, LARGE) != old[LARGE]
    for name in (OTHER, SMALLER):
        assert None not in dates[name]
        stripped = [{**row, "as_of": None} for row in rows_of(trial, name)]
        assert stripped == old[name]
    with weeks_later():
        page = shown(trial)["page"].decode()
    assert f"{OTHER} (as of " in page
    assert f"{LARGE} (as of " not in page


# What stays -------------------------------------------------------------------------------------


def test_who_was_erased_leaves_no_hash_that_anybody_can_make_again(trial: Trial) -> None:
    """The hashes stay until their cell is frozen anew, but not the key to make them."""
    before = Snapshot.objects.get()
    assert FrozenCell.objects.filter(trial=trial).exists()
    columns = {field.name for field in FrozenCell._meta.get_fields()}
    assert not columns & {"participant", "user", "pseudonym"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM measurement_snapshot WHERE document LIKE %s",
            [f"%{of(trial, LARGE)[0].pseudonym}%"],
        )
        assert cursor.fetchone() == (0,)
    of(trial, LARGE)[0].delete()
    assert Snapshot.objects.get() == before


def test_a_trial_that_is_replaced_by_the_same_data_keeps_its_answers(trial: Trial) -> None:
    first = Snapshot.objects.get().document
    bundles.load(simulated(), replace=True)
    assert Snapshot.objects.get().document == first
    with weeks_later():
        analysis.analyse(trial)
    assert Snapshot.objects.latest("week").document == first


def test_a_trial_that_is_replaced_by_other_data_moves(trial: Trial) -> None:
    first = Snapshot.objects.get()
    other = simulated()
    logs = other.task_logs.assign(minutes=other.task_logs["minutes"] + 1)
    bundles.load(replace(other, task_logs=logs), replace=True)
    with weeks_later():
        analysis.analyse(trial)
    second = Snapshot.objects.latest("week")
    assert second.document["estimates"] != first.document["estimates"]
    assert second.as_of > first.as_of


@pytest.mark.parametrize("kept", [True, False])
def test_another_secret_key_holds_answers_back_unless_the_old_one_is_kept(
    trial: Trial, kept: bool
) -> None:
    fallbacks = [settings.SECRET_KEY] if kept else []
    first = Snapshot.objects.get()
    change_logs(Participant.objects.filter(trial=trial))
    with (
        override_settings(SECRET_KEY="another " * 8, SECRET_KEY_FALLBACKS=fallbacks),
        weeks_later(),
    ):
        analysis.analyse(trial)
        second = Snapshot.objects.latest("week")
        assert (second.key_sha256 == first.key_sha256) == kept
        assert (second.document == first.document) == (not kept)
        change_logs(Participant.objects.filter(trial=trial))
        with weeks_later():
            analysis.analyse(trial)
        assert Snapshot.objects.latest("week").document != second.document


# The database -----------------------------------------------------------------------------------


def test_a_snapshot_is_never_changed(trial: Trial) -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Snapshot.objects.update(code_version="2")
    trial.delete()
    assert not Snapshot.objects.exists()
    assert not FrozenCell.objects.exists()
