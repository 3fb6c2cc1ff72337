"""How a trial begins, and who may begin one."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from measurement import starting
from measurement.estimation.definition import DefinitionErrors
from measurement.models import AuditEvent, Membership, Role, Trial, User
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db
PAGE = "/start-a-trial/"


@pytest.fixture
def kim() -> User:
    return starting.allow(email="Kim.Kettle@example.com ", actor=None)


@pytest.fixture
def visitor(client: Client, kim: User) -> Client:
    client.force_login(kim)
    return client


def test_whoever_starts_a_trial_leads_it(kim: User) -> None:
    trial = starting.start(title=" Tea and biscuits ", sector="education", by=kim)
    assert (trial.slug, trial.title, trial.sector) == (
        "tea-and-biscuits",
        "Tea and biscuits",
        "education",
    )
    assert trial.definition().design.kind == "observational"
    assert [*Membership.objects.values_list("user", "role")] == [(kim.pk, Role.LEAD)]
    acts = AuditEvent.objects.filter(trial_slug=trial.slug).values_list("act", "actor")
    assert [*acts] == [("start_trial", kim.pk), ("grant_role", kim.pk)]


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Tea", "tea-2"), ("!!!", "trial"), ("x" * 200, "x" * 94), ("Tee: 10%", "tee-10")],
)
def test_every_trial_has_a_name_of_its_own_in_addresses(kim: User, title: str, slug: str) -> None:
    make_trial("tea")
    assert starting.start(title=title, sector="justice", by=kim).slug == slug


def test_the_name_of_a_trial_that_is_gone_is_not_used_again(kim: User) -> None:
    starting.start(title="Tea", sector="justice", by=kim).delete()
    assert starting.start(title="Tea", sector="justice", by=kim).slug == "tea-2"


def test_who_may_not_starts_none() -> None:
    with pytest.raises(starting.MayNot):
        starting.start(title="Tea", sector="justice", by=make_user("amy.anybody@example.com"))
    assert not Trial.objects.exists()


@pytest.mark.parametrize(("title", "sector"), [(" ", "justice"), ("Tea", "kitchen")])
def test_a_trial_needs_a_title_and_a_known_sector(kim: User, title: str, sector: str) -> None:
    with pytest.raises(DefinitionErrors):
        starting.start(title=title, sector=sector, by=kim)
    assert not Trial.objects.exists()


def test_being_allowed_twice_is_one_act(kim: User) -> None:
    assert starting.allow(email="kim.kettle@example.com", actor=None) == kim
    assert AuditEvent.objects.filter(act="allow_starting_trials").count() == 1


def test_the_command_makes_the_first_user_of_an_empty_site() -> None:
    out = io.StringIO()
    call_command("let_start_trials", "Kim.Kettle@example.com", stdout=out)
    assert "kim.kettle@example.com may start trials" in out.getvalue()
    assert User.objects.get().may_start_trials
    with pytest.raises(CommandError, match="an email address is allowed"):
        call_command("let_start_trials", "kim", stdout=out)


def test_the_page_starts_a_trial(visitor: Client) -> None:
    assert "Start a trial" in visitor.get("/trials/").content.decode()
    response = visitor.post(PAGE, {"title": "Tea", "sector": "security"})
    assert (response.status_code, response.headers["Location"]) == (302, "/trials/tea/set-up/")
    assert visitor.get("/trials/tea/set-up/").status_code == 200


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"title": " ", "sector": "security"}, "Enter what the trial is called"),
        ({"title": "x" * 201, "sector": "security"}, "must be 200 characters or fewer"),
        ({"title": "Tea\x00", "sector": "security"}, "Null characters are not allowed"),
        ({"title": "Tea"}, "Select a sector"),
        ({"title": "Tea", "sector": "kitchen"}, "Select a sector"),
    ],
)
def test_what_is_wrong_is_said(visitor: Client, answers: dict[str, str], error: str) -> None:
    response = visitor.post(PAGE, answers)
    page = response.content.decode()
    assert response.status_code == 422
    assert re.search(r"<title>\s*Error: Start a trial", page)
    assert error in page
    assert not Trial.objects.exists()


def test_the_page_is_for_those_who_may(client: Client) -> None:
    client.force_login(make_user("amy.anybody@example.com"))
    assert client.get(PAGE).status_code == 403
    assert "Start a trial" not in client.get("/trials/").content.decode()


def test_who_may_start_trials_finds_the_way(visitor: Client) -> None:
    assert visitor.get("/").headers["Location"] == "/trials/"
    assert 'href="/trials/"' in visitor.get("/trials/").content.decode()
