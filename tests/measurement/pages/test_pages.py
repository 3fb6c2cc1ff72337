"""The pages: who sees what, and what they store."""

import datetime
import re
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import recording
from measurement.models import (
    AuditEvent,
    DirtyMark,
    Participant,
    Refusal,
    Role,
    TaskLog,
    Trial,
    User,
)
from measurement.pages.everybody import STATEMENT_PREPARED_ON
from measurement.wording import long_date
from tests.measurement.pages.page import Page, answers
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
PERSONAL = ("/log/", "/my-logs/", "/my-time/")


def test_the_start_page_says_what_this_is_and_where_to_sign_in(client: Client) -> None:
    page = Page(client.get("/"))
    assert "How much time does AI save?" in page.text
    assert "/account/login/code/" in page.all("href")


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.PARTICIPANT, "/log/"), (Role.LEAD, "/trials/"), (Role.ANALYST, "/api-guide/")],
)
def test_the_start_page_leads_to_what_the_role_does(
    client: Client, trial: Trial, role: Role, home: str
) -> None:
    client.force_login(make_user("kim.kettle@example.com", (role, trial)))
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, home)


def test_several_roles_are_a_choice(client: Client, trial: Trial) -> None:
    client.force_login(make_user("kim@example.com", (Role.LEAD, trial), (Role.ANALYST, trial)))
    page = Page(client.get("/"))
    assert {"/trials/", "/api-guide/"} <= set(page.all("href"))
    assert "/log/" not in page.all("href")


@pytest.mark.parametrize("path", [*PERSONAL, "/log/1/stored/", "/my-logs/1/void/", "/api-guide/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["Location"] == f"/account/login/code/?next={path}"


@pytest.mark.parametrize("path", PERSONAL)
@pytest.mark.parametrize("role", [Role.LEAD, Role.ANALYST])
def test_only_participants_log(client: Client, trial: Trial, role: Role, path: str) -> None:
    client.force_login(make_user("kim.kettle@example.com", (role, trial)))
    answer = client.get(path)
    assert answer.status_code == 403
    assert "people who take part" in answer.content.decode()
    assert client.post("/log/", answers()).status_code == 403


def test_only_analysts_read_about_the_api(client: Client, robin: Participant) -> None:
    assert client.get("/api-guide/").status_code == 403


def test_who_withdrew_logs_no_more(client: Client, robin: Participant) -> None:
    robin.withdrawn_on = timezone.localdate()
    robin.save()
    assert client.post("/log/", answers()).status_code == 403
    assert not TaskLog.objects.exists()


def test_a_task_is_stored_with_its_traces_and_confirmed(client: Client, robin: Participant) -> None:
    answer = client.post("/log/", answers(minutes="12.5", novel="true"))
    stored = TaskLog.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/log/{stored.pk}/stored/")
    assert (stored.participant, stored.minutes, stored.ai_used) == (robin, 12.5, True)
    assert (str(stored.task_type), str(stored.tool)) == (TASK_TYPES[0], "Wordmill")
    assert (stored.quality, stored.novel, stored.source) == (4, True, "recall")
    assert stored.date == timezone.localdate()
    assert AuditEvent.objects.get().actor == robin.user
    assert DirtyMark.objects.get().participant == robin
    page = Page(client.get(answer.headers["Location"]))
    assert "12.5 minutes" in page.text
    assert "Yes, with Wordmill" in page.text
    assert "/log/?trial=teapot" in page.all("href")


def test_sending_a_form_twice_stores_one_log(client: Client, robin: Participant) -> None:
    typed = answers()
    first, second = client.post("/log/", typed), client.post("/log/", typed)
    assert first.headers["Location"] == second.headers["Location"]
    assert TaskLog.objects.count() == AuditEvent.objects.count() == 1


def test_each_page_has_a_key_of_its_own(client: Client, robin: Participant) -> None:
    assert Page(client.get("/log/")).key != Page(client.get("/log/")).key


def test_another_task_under_the_same_key_is_asked_about(client: Client, robin: Participant) -> None:
    typed = answers()
    client.post("/log/", typed)
    answer = client.post("/log/", typed | {"minutes": "45"})
    page = Page(answer)
    assert answer.status_code == 409
    assert "already logged this task, with 25 minutes" in page.text
    assert page.key != typed["key"]
    client.post("/log/", typed | {"minutes": "45", "key": page.key})
    assert set(TaskLog.objects.values_list("minutes", flat=True)) == {25, 45}


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({"minutes": "2000"}, "minutes_impossible", "no more than 1,440"),
        ({"minutes": "0"}, "minutes_impossible", "more than 0"),
        ({"date_year": "2999"}, "date_in_the_future", "today or in the past"),
    ],
)
def test_what_cannot_be_is_refused_counted_and_explained(
    client: Client, robin: Participant, changes: dict[str, str], rule: str, said: str
) -> None:
    typed = answers(**changes)
    answer = client.post("/log/", typed)
    page = Page(answer)
    assert answer.status_code == 422
    assert said in page.text
    assert page.title.startswith("Error: ")
    assert page.key == typed["key"]
    assert Refusal.objects.get().rule == rule
    assert not TaskLog.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {name: "" for name in answers() if name != "quality"},
        answers(minutes="many", date_month="13", ai="tool:Hammer", task_type="\x00", quality="9"),
        answers(ai="no", novel="true", date_year=""),
        answers(key="", minutes="25\x00"),
    ],
)
def test_every_error_leads_to_a_field_of_the_page(
    client: Client, robin: Participant, changes: dict[str, str]
) -> None:
    page = Page(client.post("/log/", changes))
    links = [href for href in page.all("href") if href.startswith("#id_")]
    ids = page.all("id")
    assert links
    assert {href.removeprefix("#") for href in links} <= set(ids)
    described = [one for ids in page.all("aria-describedby") for one in ids.split()]
    assert set(described) <= set(ids)
    assert len(ids) == len(set(ids))
    assert not TaskLog.objects.exists()
    assert not Refusal.objects.exists()


def test_what_was_typed_stays(client: Client, robin: Participant) -> None:
    page = Page(client.post("/log/", answers(minutes="<b>&\"'", date_day="99")))
    values = page.all("value")
    assert "<b>&\"'" in values
    assert "99" in values
    checked = [attributes["value"] for _, attributes in page.tags if "checked" in attributes]
    assert checked == [TASK_TYPES[0], "tool:Wordmill", "4"]


def test_names_are_text_whatever_they_hold(client: Client) -> None:
    odd = '<script>alert(1)</script> & "quotes" {{ 7 * 7 }}'
    trial = make_trial(task_types=[odd], tools=[odd])
    user = make_user("robin@example.com")
    make_participant(trial, user)
    client.force_login(user)
    assert "<script>alert" not in Page(client.get("/log/")).text
    answer = client.post("/log/", answers(task_type=odd, ai=f"tool:{odd}"), follow=True)
    assert "<script>alert" not in Page(answer).text
    assert "{{ 7 * 7 }}" in Page(answer).text
    assert TaskLog.objects.get().tool is not None


def test_a_long_list_of_task_types_is_a_select(client: Client) -> None:
    user = make_user("robin@example.com")
    make_participant(make_trial(task_types=[f"Task {n:02}" for n in range(13)]), user)
    client.force_login(user)
    page = Page(client.get("/log/"))
    assert [tag for tag, _ in page.tags if tag == "option"] == ["option"] * 14
    assert "Choose one" in page.text
    answer = client.post("/log/", answers(task_type=""))
    assert "Select what kind of task it was" in answer.content.decode()


def test_the_trial_is_chosen_where_there_are_several(client: Client, robin: Participant) -> None:
    kettle = make_participant(make_trial("kettle", tools=()), robin.user)  # type: ignore[arg-type]
    page = Page(client.get("/log/"))
    assert {"/log/?trial=teapot", "/log/?trial=kettle"} <= set(page.all("href"))
    client.post("/log/?trial=kettle", answers(ai="yes"))
    assert TaskLog.objects.get().participant == kettle


def test_another_trial_is_not_there(client: Client, robin: Participant) -> None:
    make_trial("kettle")
    assert client.get("/log/?trial=kettle").status_code == 404
    assert client.post("/log/?trial=kettle", answers()).status_code == 404


def test_another_persons_log_is_not_there(client: Client, robin: Participant) -> None:
    other = make_participant(robin.trial, make_user("kim.kettle@example.com"), "p2")
    log = make_log(other, "k1")
    for path in (f"/log/{log.pk}/stored/", f"/my-logs/{log.pk}/void/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/my-logs/{log.pk}/void/", {"reason": "mine"}).status_code == 404
    log.refresh_from_db()
    assert log.status == "logged"
    assert "0 tasks" not in Page(client.get("/my-logs/")).text
    assert "You have not logged a task yet" in Page(client.get("/my-logs/")).text


def test_own_logs_come_newest_first_in_pages(client: Client, robin: Participant) -> None:
    for day in range(1, 28):
        make_log(robin, f"k{day}", date=datetime.date(2025, 2, day))
    make_log(robin, "undated", date=None, task_type=None)
    first, second = (Page(client.get(f"/my-logs/?page={n}")).text for n in (1, 2))
    dates = re.findall(r"(\d+ February 2025|No date), without", first + second)
    assert dates == [f"{day} February 2025" for day in range(27, 0, -1)] + ["No date"]
    assert "page 1 of 2" in second


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "many", "%00"])
def test_a_page_number_that_is_none_does_no_harm(
    client: Client, robin: Participant, number: str
) -> None:
    assert client.get(f"/my-logs/?page={number}").status_code == 200


def test_a_log_is_taken_out_with_its_reason_once(client: Client, robin: Participant) -> None:
    log = make_log(robin, "k1")
    path = f"/my-logs/{log.pk}/void/"
    assert client.post(path, {"reason": " "}).status_code == 422
    answer = client.post(path, {"reason": "Logged twice"}, follow=True)
    assert "no longer counts" in answer.content.decode()
    assert "Taken out" in answer.content.decode()
    log.refresh_from_db()
    assert (log.status, log.minutes) == ("void", None)
    assert client.post(path, {"reason": "Again"}).status_code == 302
    event = AuditEvent.objects.get(act="void_task_log")
    assert (event.actor, event.detail["reason"]) == (robin.user, "Logged twice")


def test_a_log_that_two_windows_take_out_is_taken_out_once(
    client: Client, robin: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = make_log(robin, "k1")
    void = recording.void

    def taken_out_meanwhile(**given: Any) -> TaskLog:
        void(task_log=log, reason="The first window", actor=robin.user)
        return void(**given)

    monkeypatch.setattr(recording, "void", taken_out_meanwhile)
    answer = client.post(f"/my-logs/{log.pk}/void/", {"reason": "The second"}, follow=True)
    assert "no longer counts" in answer.content.decode()
    event = AuditEvent.objects.get(act="void_task_log")
    assert event.detail == {
        "reason": "The first window",
        "before": {"status": "logged", "minutes": 30.0},
    }


def test_showing_costs_few_queries(
    client: Client,
    robin: Participant,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(30):
        make_log(robin, f"k{n}", tool="Wordmill", ai_used=True)
    for path in PERSONAL:
        with django_assert_max_num_queries(8):
            client.get(path)


def listed(page: Page) -> list[str]:
    """Return the kinds of task in the order of the form."""
    return [value for value in page.all("value") if value in TASK_TYPES]


def test_the_kinds_of_task_that_one_logs_most_come_first(
    client: Client, robin: Participant
) -> None:
    draft, notes, search = TASK_TYPES
    assert listed(Page(client.get("/log/"))) == [draft, notes, search]
    for key, kind in enumerate([search, search, notes]):
        make_log(robin, f"k{key}", task_type=kind)
    other = make_participant(robin.trial, make_user("sal.saucer@example.com"), "p2")
    for key in range(3):
        make_log(other, f"k{key}", task_type=draft)
    assert listed(Page(client.get("/log/"))) == [search, notes, draft]


def test_repeating_a_task_copies_its_kind_and_nothing_else(
    client: Client, robin: Participant
) -> None:
    log = make_log(robin, "k", tool="Wordmill", ai_used=True, quality=5, minutes=44.0)
    for path in (f"/log/{log.pk}/stored/", "/my-logs/"):
        (address,) = {href for href in Page(client.get(path)).all("href") if "task_type" in href}
        assert address == "/log/?trial=teapot&task_type=Draft+a+document"
    page = Page(client.get(address))
    checked = [attributes["value"] for _, attributes in page.tags if "checked" in attributes]
    assert checked == [TASK_TYPES[0]]
    assert 'value="44"' not in page.text


def test_a_task_without_a_kind_is_not_repeated(client: Client, robin: Participant) -> None:
    make_log(robin, "k", task_type=None)
    assert not any("task_type" in href for href in Page(client.get("/my-logs/")).all("href"))


def test_a_kind_that_is_not_listed_is_not_chosen(client: Client, robin: Participant) -> None:
    page = Page(client.get("/log/?task_type=Juggling"))
    assert not any("checked" in attributes for _, attributes in page.tags)


@pytest.mark.django_db(transaction=True)
def test_storing_costs_few_queries(
    client: Client,
    robin: Participant,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    # Before the store: session, user, participant, task types, tools. Then at most 5, in one
    # transaction whose BEGIN and COMMIT are counted here.
    with django_assert_max_num_queries(5 + 5 + 2):
        assert client.post("/log/", answers()).status_code == 302


@pytest.mark.parametrize("path", [*PERSONAL, "/", "/account/login/code/"])
def test_personal_pages_are_kept_nowhere(client: Client, robin: Participant, path: str) -> None:
    assert "no-store" in client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize("path", [*PERSONAL, "/privacy/", "/accessibility/", "/no-such-page/"])
def test_pages_hold_no_script_style_or_address_of_elsewhere(
    client: Client, robin: Participant, path: str
) -> None:
    answer = client.get(path)
    page = Page(answer)
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert all(attributes.get("src", "").startswith("/static/") for attributes in scripts)  # type: ignore[union-attr]
    assert not [tag for tag, _ in page.tags if tag == "style"]
    assert not [name for _, attributes in page.tags for name in attributes if name == "style"]
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]
    addresses = page.all("href") + page.all("src") + page.all("action")
    assert not [one for one in addresses if one.startswith(("http", "//"))]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_privacy_page_names_the_cookies_that_are_set(
    client: Client, robin: Participant
) -> None:
    client.get("/log/")
    names = set(client.cookies)
    assert names == {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    text = Page(client.get("/privacy/")).text
    assert all(f">{name}</code>" in text for name in names)


def test_the_accessibility_statement_says_what_the_law_asks_for(client: Client) -> None:
    text = Page(client.get("/accessibility/")).text
    for part in (
        "This statement is about all pages",
        "partially compliant",
        "What we know to be missing",
        "disproportionate burden",
        "Tell the person who invited you",
        "The Equality and Human Rights Commission enforces",
        f"prepared on {long_date(STATEMENT_PREPARED_ON)}",
    ):
        assert part in text


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_trials_say_so(client: Client, simulated: bool) -> None:
    user = make_user("robin@example.com")
    log = make_log(make_participant(make_trial(simulated=simulated), user), "k1")
    client.force_login(user)
    for path in (*PERSONAL, f"/log/{log.pk}/stored/", f"/my-logs/{log.pk}/void/"):
        assert ("Simulated data" in Page(client.get(path)).text) == simulated


def test_the_links_are_those_of_the_roles(client: Client, trial: Trial) -> None:
    def links(user: User | None) -> list[str]:
        if user:
            client.force_login(user)
        text = Page(client.get("/privacy/")).text
        navigation = text[text.index("<nav") : text.index("</nav>")]
        return re.findall(r'href="([^"]*)"', navigation)

    out = "/account/logout/"
    assert links(None) == ["/account/login/code/"]
    assert links(make_user("a@example.com")) == [out]
    assert links(make_user("b@example.com", (Role.LEAD, trial))) == ["/trials/", out]
    assert links(make_user("c@example.com", (Role.ANALYST, trial))) == ["/api-guide/", out]
    user = make_user("d@example.com", (Role.PARTICIPANT, trial))
    assert links(user) == ["/log/", "/my-logs/", "/my-data/", out]


def test_a_form_from_elsewhere_is_refused(robin: Participant) -> None:
    client = Client(enforce_csrf_checks=True)
    assert robin.user
    client.force_login(robin.user)
    answer = client.post("/log/", answers())
    assert answer.status_code == 403
    assert "The page was open for too long" in answer.content.decode()
    assert not TaskLog.objects.exists()


@pytest.mark.parametrize("template", ["400.html", "404.html", "429.html", "500.html", "503.html"])
def test_error_pages_need_no_request(template: str) -> None:
    text = render_to_string(template)
    assert "<h1" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("path", PERSONAL)
def test_other_methods_are_refused(
    client: Client, robin: Participant, method: str, path: str
) -> None:
    ask: Any = getattr(client, method)
    assert ask(path).status_code == 405
