"""A participant chooses Welsh, signs in and logs a task in it, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from measurement.models import Language, TaskLog, User
from tests.browser.visitor import PARTICIPANT_PAGE_BYTES, Visitor
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Visitor]


@pytest.fixture
def robin() -> User:
    """Somebody invented who takes part in one trial."""
    user = make_user("robin.teapot@example.com")
    make_participant(make_trial(simulated=True), user)
    return user


def sign_in(visitor: Visitor, email: str) -> None:
    page = visitor.page
    visitor.press("Mewngofnodi")
    visitor.look("^Mewngofnodi$")
    visitor.press("Anfon cod ataf drwy e-bost")
    visitor.look("^Mewngofnodi$", error=True)
    page.get_by_label("Cyfeiriad e-bost").fill(email)
    visitor.press("Anfon cod ataf drwy e-bost")
    visitor.look("Gwiriwch eich e-bost")
    visitor.follow("Edrychwch ar y codau")
    code = page.locator("table code").first.inner_text()
    visitor.press("Enter a code")  # the page of codes is the demo's
    page.get_by_label("Cod", exact=True).fill(code)
    visitor.press("Mewngofnodi")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [1280, 375])
def test_a_task_is_logged_in_welsh(visit: Visit, robin: User, width: int, javascript: bool) -> None:
    visitor = visit(width=width, javascript=javascript)
    page = visitor.page
    visitor.go("/")
    visitor.look("How much time does AI save")
    visitor.press("Cymraeg")
    visitor.look("Faint o amser mae AI yn ei arbed")
    sign_in(visitor, robin.email)
    visitor.look("Cofnodi tasg")
    robin.refresh_from_db()
    assert robin.language == Language.WELSH

    visitor.press("Cofnodi'r dasg")
    visitor.look("Cofnodi tasg", error=True)
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("heading")).to_have_text("Mae problem wedi codi")
    for link, control in {
        "Dewiswch pa fath o dasg oedd hi": "Draft a document",
        "Dewiswch a wnaethoch ddefnyddio AI ai peidio": "Naddo",
        "Rhowch sawl munud a gymerodd y dasg": "Sawl munud a gymerodd y dasg?",
    }.items():
        summary.get_by_role("link", name=link).click()
        expect(page.get_by_label(control, exact=True)).to_be_focused()

    page.get_by_label("Meeting notes and actions").check()
    page.get_by_label("Do, gan ddefnyddio Wordmill").check()
    page.get_by_label("Sawl munud a gymerodd y dasg?").fill("2")
    page.get_by_label("4", exact=True).check()
    visitor.press("Cofnodi'r dasg")
    visitor.look("Tasg wedi'i chofnodi")
    expect(page.get_by_text("2 funud")).to_be_visible()
    assert TaskLog.objects.get().minutes == 2

    visitor.follow("Gweld fy nghofnodion")
    visitor.look("Fy nghofnodion")
    visitor.press("English")
    visitor.look("My logs")
    visitor.press("Cymraeg")
    visitor.follow("Allgofnodi")
    visitor.look("Allgofnodi")
    visitor.press("Allgofnodi")
    visitor.look("Faint o amser mae AI yn ei arbed")


@pytest.mark.parametrize("width", [1280, 320])
def test_other_pages_in_welsh_are_sound(visit: Visit, robin: User, width: int) -> None:
    robin.language = Language.WELSH.value
    robin.save()
    visitor = visit(width=width, user=robin)
    for path, heading in {
        "/log/": "Cofnodi tasg",
        "/survey/": "Nid oes arolwg heddiw",
        "/my-logs/": "Fy nghofnodion",
        "/my-time/": "Fy amser gydag AI a hebddo",
        "/my-data/": "Fy nata",
        "/my-data/withdraw/": "Gadael y treial",
        "/reminders/": "Negeseuon atgoffa",
        "/notice/": "Hysbysiad preifatrwydd y treial",
        "/baseline/": "Ychydig o gwestiynau i ddechrau",
        "/account/": "Eich cyfrif",
        "/account/devices/": "Ble rydych wedi mewngofnodi",
        "/accessibility/": "Datganiad hygyrchedd",
        "/privacy/": "Cwcis a phreifatrwydd",
        "/no-such-page/": "Heb ddod o hyd i'r dudalen",
        "/log/timer/": "Amseru tasg",
    }.items():
        visitor.go(path)
        visitor.look(heading)
        assert visitor.weigh() < PARTICIPANT_PAGE_BYTES
    visitor.press("Dechrau'r amserydd")
    visitor.look("Mae'r amserydd yn rhedeg")
    expect(visitor.page.get_by_text("0 munud hyd yma")).to_be_visible()
    visitor.press("Seibio")
    visitor.look("Mae'r amserydd wedi'i seibio")


def test_the_minutes_go_on_in_welsh(visit: Visit, robin: User) -> None:
    robin.language = Language.WELSH.value
    robin.save()
    visitor = visit(user=robin)
    visitor.go("/log/timer/")
    visitor.press("Dechrau'r amserydd")
    visitor.look("Mae'r amserydd yn rhedeg")
    shown = visitor.page.locator("[data-running-seconds]")
    visitor.page.clock.install()
    visitor.go("/log/timer/")
    visitor.page.clock.run_for(121_000)
    expect(shown).to_have_text("2 funud")
