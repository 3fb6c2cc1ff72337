"""The weekly survey: when it is open, what is stored, and what its page says."""

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import surveying
from measurement.estimation.waves import Wave
from measurement.models import AuditEvent, Participant, SurveyResponse, Trial, TrialMark
from measurement.pages.survey_form import SurveyForm
from measurement.surveying import answer, due, open_wave
from tests.measurement.pages.page import Page
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime.date(2025, 3, 3)
LAST_DAY = datetime.date(2025, 3, 19)  # a Wednesday: the third week has three days
THURSDAY_NOON = datetime.datetime(2025, 3, 6, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def dated(trial: Trial) -> Trial:
    """Have a trial of two weeks and three days."""
    trial.starts_on, trial.ends_on = MONDAY, LAST_DAY
    trial.save()
    return trial


@pytest.fixture
def robin(dated: Trial, participant: Participant, client: Client) -> Participant:
    """Somebody who takes part in it and is signed in to `client`."""
    assert participant.user
    client.force_login(participant.user)
    return Participant.objects.select_related("trial").get(pk=participant.pk)


def on(day: int) -> Any:
    """Be at noon of this day of March 2025."""
    return time_machine.travel(THURSDAY_NOON.replace(day=day), tick=False)


def send(client: Client, **changes: str) -> Any:
    return client.post("/survey/", {"band": "3", "satisfaction": "7", "recommend": "0"} | changes)


@pytest.mark.parametrize(
    ("day", "number"),
    [(5, None), (6, 1), (12, 1), (13, 2), (19, 2), (20, None), (31, None)],
)
def test_a_wave_opens_in_each_week_for_a_week(dated: Trial, day: int, number: int | None) -> None:
    wave = open_wave(dated, datetime.date(2025, 3, day))
    assert (wave and wave.number) == number


def test_a_wave_knows_its_days() -> None:
    wave = Wave(number=3, opens_on=datetime.date(2025, 3, 20))
    assert (wave.name, wave.last_day) == ("week 03", datetime.date(2025, 3, 26))


def test_a_trial_without_an_end_goes_on_and_one_without_a_start_has_no_weeks() -> None:
    trial = Trial(starts_on=MONDAY)
    wave = open_wave(trial, MONDAY + datetime.timedelta(weeks=60))
    assert wave
    assert wave.number == 60
    assert open_wave(Trial(), MONDAY) is None


def test_an_answer_is_stored_once_with_its_traces(robin: Participant) -> None:
    assert robin.user
    given: dict[str, Any] = {"satisfaction": 7, "recommend": None, "actor": robin.user}
    with on(6):
        wave = due(robin)
        assert wave
        assert answer(participant=robin, wave=wave, band=(21.0, 30.0), **given)
        assert not answer(participant=robin, wave=wave, band=(0.0, 0.0), **given)
        assert due(robin) is None
    with on(13):
        assert due(robin) == Wave(2, datetime.date(2025, 3, 13))
    stored = SurveyResponse.objects.get()
    assert (stored.wave, stored.date, stored.answered_at) == (
        "week 01",
        datetime.date(2025, 3, 6),
        THURSDAY_NOON,
    )
    assert (stored.minutes_saved_low, stored.minutes_saved_high) == (21.0, 30.0)
    assert (stored.satisfaction, stored.recommend) == (7, None)
    assert stored.comment == ""
    event = AuditEvent.objects.get()
    assert (event.act, event.subject, event.actor) == ("answer_survey", "p1/week 01", robin.user)
    assert TrialMark.objects.get().trial == robin.trial


def test_an_answer_that_was_loaded_counts_as_one(robin: Participant) -> None:
    SurveyResponse.objects.create(participant=robin, wave="week 01")
    with on(6):
        assert due(robin) is None


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        (
            [(0, 0), (1, 10), (61, None)],
            ["No time", "1 to 10 minutes", "61 minutes or more"],
        ),
        ([(5, 5), (7.5, 9)], ["5 minutes", "7.5 to 9 minutes"]),
        ([(1, 60), (60, None)], ["1 to 60 minutes", "More than 60 minutes"]),
    ],
)
def test_bands_are_said_in_words(bands: Any, words: list[str]) -> None:
    form = SurveyForm(bands=bands, wave="week 01")
    assert [text for _, text in form.fields["band"].choices] == words  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("band", "low", "high"), [("0", 0.0, 0.0), ("1", 1.0, 10.0), ("5", 60.0, None)]
)
def test_the_band_is_stored_as_its_ends(
    client: Client, robin: Participant, band: str, low: float, high: float | None
) -> None:
    with on(7):
        answered = send(client, band=band, satisfaction="")
        assert answered.headers["Location"] == "/log/?trial=teapot"
    stored = SurveyResponse.objects.get()
    assert (stored.minutes_saved_low, stored.minutes_saved_high) == (low, high)
    assert (stored.satisfaction, stored.recommend) == (None, 0)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("", ""),
        ("  It wrote my minutes, <b>badly</b>.\r\nI did them anew. \r\n", None),
        ("é🫖" * 500, None),
        (
            "\r\n".join(["x" * 9] * 100) + "x",
            "\n".join(["x" * 9] * 100) + "x",
        ),  # 1,000 as browsers count
    ],
)
def test_own_words_are_stored_as_they_were_written(
    client: Client, robin: Participant, written: str, stored: str | None
) -> None:
    expected = written.strip().replace("\r\n", "\n") if stored is None else stored
    with on(6):
        assert send(client, comment=written).status_code == 302
    assert SurveyResponse.objects.get().comment == expected
    assert not AuditEvent.objects.get().detail


@pytest.mark.parametrize("written", ["x" * 1001, "x" * 999 + "\r\nx", "a\0b"])
def test_own_words_that_cannot_be_stored_are_shown_again(
    client: Client, robin: Participant, written: str
) -> None:
    with on(6):
        answered = send(client, comment=written)
    page = Page(answered)
    assert answered.status_code == 422
    assert page.title == "Error: Weekly survey - Trialsite"
    assert "#id_comment" in page.all("href")
    assert written.replace("\0", "")[:900] in page.text.replace("\0", "")
    assert not SurveyResponse.objects.exists()


def test_how_long_they_may_be_is_said_with_and_without_javascript(
    client: Client, robin: Participant
) -> None:
    with on(6):
        page = Page(client.get("/survey/"))
    assert "You can enter up to 1,000 characters" in page.text
    assert page.all("data-maxlength") == ["1000"]
    assert page.all("data-i18n.characters-at-limit") == ["You have 0 characters remaining"]
    for name, words in {"under": "remaining", "over": "too many"}.items():
        for plural, character in {"one": "character", "few": "characters"}.items():
            assert page.all(f"data-i18n.characters-{name}-limit.{plural}") == [
                f"You have %{{count}} {character} {words}"
            ]
    assert "Do not include names or personal details" in page.text


def test_a_page_of_a_week_that_has_closed_is_shown_again(
    client: Client, robin: Participant
) -> None:
    with on(12):
        assert 'value="week 01"' in Page(client.get("/survey/")).text
    with on(13):
        answered = send(client, wave="week 01", band="2")
        page = Page(answered)
        assert answered.status_code == 422
        assert "has closed" in page.text
        assert 'value="week 02"' in page.text
        assert not SurveyResponse.objects.exists()
        assert send(client, wave="week 02", band="2").status_code == 302
    assert SurveyResponse.objects.get().wave == "week 02"


def test_the_page_asks_once(client: Client, robin: Participant) -> None:
    with on(6):
        page = Page(client.get("/survey/"))
        assert page.title == "Weekly survey - Trialsite"
        assert "Week 1 of the trial." in page.text
        assert "until 12 March 2025" in page.text
        send(client)
        page = Page(client.get("/survey/"))
        assert page.title == "You have answered this week - Trialsite"
        assert send(client, band="0").status_code == 302
        assert "You had answered" in client.get("/log/").content.decode()
    assert SurveyResponse.objects.get().minutes_saved_low == 21.0


def test_outside_its_days_there_is_none(client: Client, robin: Participant) -> None:
    with on(4):
        assert Page(client.get("/survey/")).title == "There is no survey today - Trialsite"
        assert Page(send(client)).title == "There is no survey today - Trialsite"
    assert not SurveyResponse.objects.exists()


@pytest.mark.parametrize(
    ("field", "given", "error"),
    [
        ("band", "", "Select how much time AI saved you"),
        ("band", "99", "Select how much time AI saved you"),
        ("satisfaction", "11", "Select a number from 0 to 10, or leave it out"),
        ("recommend", "-1", "Select a number from 0 to 10, or leave it out"),
    ],
)
def test_what_is_wrong_is_said(
    client: Client, robin: Participant, field: str, given: str, error: str
) -> None:
    with on(6):
        answered = send(client, **{field: given})
    page = Page(answered)
    assert answered.status_code == 422
    assert page.title == "Error: Weekly survey - Trialsite"
    assert error in page.text
    assert not SurveyResponse.objects.exists()


def test_what_is_left_to_do_is_on_the_log_page(
    client: Client, robin: Participant, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with on(6):
        with django_assert_max_num_queries(8):
            page = Page(client.get("/log/"))
        assert "/survey/?trial=teapot" in page.all("href")
        send(client)
        assert "/survey/?trial=teapot" not in Page(client.get("/log/")).all("href")
    with on(4):
        assert "/survey/?trial=teapot" not in Page(client.get("/log/")).all("href")


def test_each_trial_has_a_survey_of_its_own(client: Client, robin: Participant) -> None:
    assert robin.user
    make_participant(make_trial("kettle", starts_on=MONDAY), robin.user)
    with on(6):
        assert "/survey/?trial=kettle" in Page(client.get("/survey/")).all("href")
        client.post("/survey/?trial=kettle", {"band": "0"})
        assert SurveyResponse.objects.get().participant.trial.slug == "kettle"
        assert surveying.due(robin) is not None


def test_only_participants_answer(client: Client, dated: Trial) -> None:
    assert client.get("/survey/").headers["Location"] == "/account/login/code/?next=/survey/"
    client.force_login(make_user("kim.kettle@example.com"))
    assert client.get("/survey/").status_code == 403
    assert send(client).status_code == 403
