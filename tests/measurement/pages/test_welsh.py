"""Every page of participants and for the public, in Welsh: no English is left."""

import datetime
import functools
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
import time_machine
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from measurement import urls
from measurement.models import Language, Participant, Timer, TimerSegment
from tests import words
from tests.measurement.pages.page import Answer, Page, answers
from tests.people import TASK_TYPES, TOOLS, make_log, make_participant, make_trial

pytestmark = pytest.mark.django_db
THURSDAY = datetime.datetime(2025, 3, 6, 14, 5, tzinfo=datetime.UTC)
MINE = "teapot"
WALKED = {
    "start",
    "log",
    "timer",
    "log_timed",
    "logged",
    "survey",
    "my_logs",
    "correct_log",
    "void_log",
    "accessibility",
    "privacy",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_logout",
    "account_inactive",
    "account_signup",
}
NOT_FOR_READING = {"api_guide", "choose_language", "account_login"}
"""For staff, or leading elsewhere at once."""
ENGLISH = re.compile(r"\b(the|you|your|and|was|were|with|that|this|for|not|have|how|what)\b", re.I)
"""Words of nearly every English sentence that are no Welsh words."""
SHORT = len(" at ")
"""So short a text between two words of the program may be in a Welsh sentence: hyd at."""
NAMES = (*TASK_TYPES, *TOOLS, f"The {MINE} trial", "The kettle trial", "English", "Trialsite")


class Texts(HTMLParser):
    """What people read or hear of a page, piece by piece."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(re.sub(r"</?(strong|a|span|code)\b[^>]*>", "", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("aria-label", "alt", "placeholder", "title", "data-words")
        self.found += [value for name, value in attrs if value and name in names]

    def handle_data(self, data: str) -> None:
        self.found.append(" ".join(data.split()))


@functools.cache
def translated() -> list[re.Pattern[str]]:
    """Return what each English text looks like that is not the same in Welsh."""
    texts = {
        text
        for message in words.catalogue()
        for text in (words.english(message) if message.id else ())
        if text not in words.welsh(message)
    }
    patterns = []
    for text in sorted(texts):
        plain = re.sub(r"</?\w[^>]*>", "", text).replace("%%", "%")
        parts = re.split(r"%\(\w+\)s|\{\w+\}", plain)
        if len(parts) == 1 or len("".join(parts)) > SHORT:
            patterns.append(re.compile(".+".join(map(re.escape, parts))))
    return patterns


def english_in(text: str) -> list[str]:
    """Return the pieces of a page that are in English; names of a trial's lists are data."""
    found = []
    for piece in Texts(text).found:
        for name in NAMES:
            piece = piece.replace(name, "")
        if ENGLISH.search(piece) or any(one.fullmatch(piece.strip()) for one in translated()):
            found.append(piece)
    return found


def assert_welsh(answer: Answer) -> Page:
    page = Page(answer)
    assert '<html lang="cy"' in page.text
    assert english_in(page.text) == []
    return page


@pytest.fixture(autouse=True)
def _no_earlier_tries() -> None:
    cache.clear()


@pytest.fixture
def robin(client: Client, participant: Participant) -> Participant:
    """Have a participant of a dated, simulated trial signed in who reads Welsh."""
    trial = participant.trial
    trial.starts_on, trial.simulated = datetime.date(2025, 2, 24), True
    trial.save()
    assert participant.user
    participant.user.language = Language.WELSH.value
    participant.user.save()
    client.force_login(participant.user)
    return participant


@pytest.fixture(autouse=True)
def _thursday() -> Iterator[None]:
    with time_machine.travel(THURSDAY, tick=False):
        yield


def start_timer(robin: Participant, minutes: int) -> Timer:
    timer = Timer.objects.create(participant=robin)
    started_at = THURSDAY - datetime.timedelta(minutes=minutes)
    TimerSegment.objects.create(timer=timer, started_at=started_at)
    return timer


def test_every_page_is_walked_or_not_for_reading() -> None:
    names = {pattern.name for pattern in urls.urlpatterns}
    assert names == WALKED | NOT_FOR_READING, "walk the new page in Welsh"


def test_english_is_found() -> None:
    assert english_in("<p>Save</p>") == ["Save"]
    assert english_in("<p>12 minutes <strong>so far</strong></p>") == ["12 minutes so far"]
    assert english_in('<nav aria-label="Back">Yn ôl</nav>') == ["Back"]
    assert english_in("<p>Something that is not in the catalogue</p>") != []
    assert english_in("<p>Cadw</p>") == []


def test_pages_without_a_timer(client: Client, robin: Participant) -> None:
    log = make_log(robin, "k1", tool="Wordmill", ai_used=True, quality=4, novel=True)
    make_log(robin, "k2", date=None, task_type=None)
    page = assert_welsh(client.get("/log/"))
    assert page.title == "Cofnodi tasg - Trialsite"
    assert "tan 12 Mawrth 2025" in page.text
    for path in (
        f"/log/{log.pk}/stored/",
        f"/my-logs/{log.pk}/correct/",
        f"/my-logs/{log.pk}/void/",
        "/log/timer/",
        "/my-logs/",
        "/survey/",
        "/accessibility/",
        "/privacy/",
        "/account/logout/",
    ):
        assert_welsh(client.get(path))
    assert "2 dasg, y diweddaraf yn gyntaf" in Page(client.get("/my-logs/")).text
    assert "30 munud" in Page(client.get(f"/log/{log.pk}/stored/")).text


def test_pages_of_many_logs_and_of_none(client: Client, robin: Participant) -> None:
    assert_welsh(client.get("/my-logs/"))
    for day in range(1, 29):
        make_log(robin, f"k{day}", date=datetime.date(2025, 2, day))
    page = assert_welsh(client.get("/my-logs/?page=2"))
    assert page.title == "Fy nghofnodion (tudalen 2 o 2) - Trialsite"


def test_pages_of_a_timer(client: Client, robin: Participant) -> None:
    timer = start_timer(robin, minutes=2)
    page = assert_welsh(client.get("/log/timer/"))
    assert "2 funud" in page.text
    assert "Dechreuwyd ar 6 Mawrth 2025 am 2:03yh." in page.text
    assert_welsh(client.get("/log/"))
    client.post("/log/timer/", {"act": "stop", "key": str(timer.key)})
    page = assert_welsh(client.get("/log/timer/finish/"))
    assert "Mae&#39;r amserydd yn dweud 2 funud." in page.text
    assert_welsh(client.get("/log/timer/"))
    assert_welsh(client.get("/log/"))
    client.post("/log/timer/", {"act": "resume", "key": str(timer.key)})
    for path in ("/log/timer/", "/log/timer/finish/"):
        assert_welsh(client.get(path, follow=True))


@pytest.mark.parametrize(("minutes", "said"), [(200, "3 awr"), (2000, "33 awr")])
def test_pages_of_a_forgotten_timer(
    client: Client, robin: Participant, minutes: int, said: str
) -> None:
    timer = start_timer(robin, minutes)
    assert said in assert_welsh(client.get("/log/timer/")).text
    act = {"act": "estimate", "key": str(timer.key)}
    page = assert_welsh(client.post("/log/timer/", act | {"minutes": "9999"}))
    assert page.title.startswith("Gwall: ")


@pytest.mark.parametrize(
    "changes",
    [
        dict.fromkeys(answers(), ""),
        answers(minutes="llawer", date_month="13", ai="tool:Hammer", task_type="x", quality="9"),
        answers(ai="no", novel="true", date_year=""),
        answers(minutes="2000"),
        answers(minutes="1" * 21, date_day=""),
        answers(date_month=""),
        answers(date_year="2999"),
    ],
)
def test_errors_of_a_task(client: Client, robin: Participant, changes: dict[str, str]) -> None:
    log = make_log(robin, "k1")
    for path in ("/log/", f"/my-logs/{log.pk}/correct/"):
        page = assert_welsh(client.post(path, changes))
        assert page.title.startswith("Gwall: ")
        assert "Mae problem wedi codi" in page.text
        assert '<span class="govuk-visually-hidden">Gwall:</span>' in page.text


def test_a_page_out_of_date(client: Client, robin: Participant) -> None:
    assert "wedi dyddio" in assert_welsh(client.post("/log/", answers(key="none"))).text


def test_conflicts_and_what_was_done(client: Client, robin: Participant) -> None:
    typed = answers()
    client.post("/log/", typed)
    page = assert_welsh(client.post("/log/", typed | {"minutes": "2"}))
    assert "gyda 25 munud" in page.text
    log = robin.tasklog_set.get()
    assert_welsh(client.post(f"/my-logs/{log.pk}/correct/", answers(version="old", minutes="9")))
    assert_welsh(client.post(f"/my-logs/{log.pk}/void/", {"reason": ""}))
    assert_welsh(client.post(f"/my-logs/{log.pk}/void/", {"reason": "x" * 501}))
    done = client.post(f"/my-logs/{log.pk}/void/", {"reason": "Dwywaith"}, follow=True)
    assert "Nid yw&#39;r dasg yn cyfrif" in assert_welsh(done).text
    other = make_log(robin, "k2")
    done = client.post(f"/my-logs/{other.pk}/correct/", answers(minutes="7"), follow=True)
    assert_welsh(done)


def test_conflicts_of_a_timer(client: Client, robin: Participant) -> None:
    start_timer(robin, minutes=5)
    key = str(Timer.objects.get().key)
    assert_welsh(client.post("/log/timer/finish/", answers(key=key, proposed="5")))
    client.post("/log/timer/", {"act": "pause", "key": key})
    assert_welsh(client.post("/log/timer/finish/", answers(key=key, proposed="1")))
    assert_welsh(client.post("/log/timer/finish/", answers()))


def test_the_survey(client: Client, robin: Participant) -> None:
    assert_welsh(client.post("/survey/", {"satisfaction": "11", "recommend": "x"}))
    done = client.post("/survey/", {"band": "1"}, follow=True)
    assert "Diolch." in assert_welsh(done).text
    assert_welsh(client.get("/survey/"))
    assert_welsh(client.post("/survey/", {"band": "1"}, follow=True))
    robin.trial.starts_on = None
    robin.trial.save()
    assert_welsh(client.get("/survey/"))


def test_choices_of_trial_and_role(client: Client, robin: Participant) -> None:
    user = robin.user
    assert user
    make_participant(make_trial("kettle", tools=(), task_types=map(str, range(13))), user)
    for path in ("/log/", "/log/?trial=kettle", "/my-logs/"):
        assert_welsh(client.get(path))
    for role in ("lead", "analyst"):
        user.membership_set.create(trial=robin.trial, role=role)
    assert_welsh(client.get("/"))
    user.membership_set.all().delete()
    assert_welsh(client.get("/"))
    assert_welsh(client.get("/log/"))


def test_signing_in(client: Client, participant: Participant) -> None:
    client.post("/language/", {"language": "cy"})
    assert_welsh(client.get("/"))
    assert_welsh(client.get("/account/login/code/"))
    for email in ("", "no address"):
        page = assert_welsh(client.post("/account/login/code/", {"email": email}))
        assert page.title == "Gwall: Mewngofnodi - Trialsite"
    assert participant.user
    client.post("/account/login/code/", {"email": participant.user.email})
    assert_welsh(client.get("/account/login/code/confirm/"))
    for code in ("", "0000-0000"):
        page = assert_welsh(client.post("/account/login/code/confirm/", {"code": code}))
    for path in ("/account/signup/", "/account/inactive/"):
        assert_welsh(client.get(path))


def test_signing_in_too_often(client: Client, participant: Participant) -> None:
    client.post("/language/", {"language": "cy"})
    assert participant.user
    for one in (Client(), Client(), Client(), client):
        answer = one.post("/account/login/code/", {"email": participant.user.email})
    assert "Gormod o gynigion" in assert_welsh(answer).text


def test_the_demo_shows_where_the_codes_are(
    client: Client, participant: Participant, settings: object
) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    client.post("/language/", {"language": "cy"})
    client.post("/account/login/code/", {"email": "pat.nobody@example.com"})
    assert "Arddangosiad" in assert_welsh(client.get("/account/login/code/confirm/")).text


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_pages(code: str) -> None:
    with translation.override("cy"):
        text = render_to_string(f"{code}.html")
    assert '<html lang="cy"' in text
    assert english_in(text) == []


@pytest.mark.parametrize("mail", ["login_code", "unknown_account"])
def test_emails(mail: str) -> None:
    with translation.override("cy"):
        for part in ("subject", "message"):
            text = render_to_string(f"account/email/{mail}_{part}.txt", {"code": "1234-5678"})
            assert english_in(text) == []


def test_the_next_request_begins_in_no_language(client: Client, robin: Participant) -> None:
    client.get("/log/")
    assert translation.get_language() == "en-gb"
    assert '<html lang="en"' in Page(Client().get("/account/login/code/")).text
