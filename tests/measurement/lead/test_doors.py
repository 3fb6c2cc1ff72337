"""Whom the pages of a trial's leads let in: each address, each kind of visitor."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from dashboards.urls import for_leads as dashboards
from measurement.languages import IN_ENGLISH
from measurement.lead.urls import urlpatterns as lead
from measurement.models import Job, Role, Trial, User
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db
ROUTES: list[URLPattern] = [*dashboards, *lead]
OF_A_TRIAL = sorted(str(route.name) for route in ROUTES if "slug" in route.pattern.converters)
WITHOUT_A_TRIAL = {"compare_trials", "trials", "start_trial", "load_trial", "job"}
FOR_LEADS = (Role.LEAD, Role.ADMINISTRATOR)


@pytest.fixture
def trial() -> Trial:
    return make_trial()


@pytest.fixture
def job(trial: Trial) -> Job:
    return Job.objects.create(kind="tea", trial=trial, asked_at=timezone.now())


def address(name: str, trial: Trial) -> str:
    """Return an address of that name in the trial."""
    route = next(route for route in ROUTES if route.name == name)
    values: dict[str, Any] = {"slug": trial.slug, "name": "departments", "pk": 1, "number": 1}
    return reverse(name, kwargs={key: values[key] for key in route.pattern.converters})


def visitors(trial: Trial) -> Iterator[User]:
    """Yield those whom a trial's leads' pages do not concern."""
    yield make_user("amy.anybody@example.com")
    yield make_user("pat.pot@example.com", (Role.PARTICIPANT, trial))
    yield make_user("ann.ladle@example.com", (Role.ANALYST, trial))
    other = make_trial("coffee")
    yield make_user("olly.other@example.com", *((role, other) for role in FOR_LEADS))


def test_every_page_is_of_a_trial_or_named_here() -> None:
    assert {str(route.name) for route in ROUTES} - set(OF_A_TRIAL) == WITHOUT_A_TRIAL


def test_for_others_there_is_no_such_trial(trial: Trial) -> None:
    for user in visitors(trial):
        client = Client()
        client.force_login(user)
        for page in (address(name, trial) for name in OF_A_TRIAL):
            assert client.get(page).status_code == 404, (user.email, page)
            assert client.post(page).status_code in (404, 405), (user.email, page)


@pytest.mark.parametrize("name", OF_A_TRIAL)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_is_sent_to_sign_in(
    client: Client, trial: Trial, name: str, method: str
) -> None:
    response = getattr(client, method)(address(name, trial))
    assert response.status_code in ((302, 405) if method == "post" else (302,))
    if response.status_code == 302:
        assert response.headers["Location"].startswith("/account/login/code/")


OTHER_PAGES = ["compare_trials", "trials", "start_trial", "load_trial"]


@pytest.mark.parametrize("name", [*OF_A_TRIAL, *OTHER_PAGES])
def test_nothing_of_it_is_kept_in_a_cache(client: Client, trial: Trial, name: str) -> None:
    lead = make_user("kim.kettle@example.com", (Role.LEAD, trial))
    lead.may_start_trials = True
    lead.save()
    client.force_login(lead)
    response = client.get(address(name, trial))
    if response.status_code == 200:
        assert "no-store" in response.headers["Cache-Control"]


def test_every_page_is_in_english(trial: Trial) -> None:
    for route in ROUTES:
        assert address(str(route.name), trial).startswith(IN_ENGLISH), route.name


def test_work_is_seen_by_who_asked_for_it_and_by_leads_of_its_trial(
    client: Client, trial: Trial, job: Job
) -> None:
    page = reverse("job", args=[job.pk])
    assert client.get(page).status_code == 302
    for user in visitors(trial):
        client.force_login(user)
        assert (client.get(page).status_code, client.post(page).status_code) == (404, 404)
    job.refresh_from_db()
    assert job.state == "waiting"
    for role in FOR_LEADS:
        client.force_login(make_user(f"{role}@example.com", (role, trial)))
        assert client.get(page).status_code == 200
    asker = make_user("amy.asker@example.com")
    Job.objects.update(asked_by=asker, trial=None)
    client.force_login(asker)
    assert client.get(page).status_code == 200
