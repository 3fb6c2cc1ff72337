"""The page that shows how far long work is."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from measurement import jobs
from measurement.models import Job, Role, Trial
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
STOP = "Stop\n</button>"


@pytest.fixture
def trial() -> Trial:
    return make_trial()


@pytest.fixture
def visitor(client: Client, trial: Trial) -> Client:
    client.force_login(make_user("kim.kettle@example.com", (Role.LEAD, trial)))
    return client


@pytest.fixture
def job(trial: Trial) -> Job:
    return jobs.ask(kind="tea", by=make_user("sam.spoon@example.com"), trial=trial)


def page_of(client: Client, job: Job) -> str:
    response = client.get(reverse("job", args=[job.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_while_it_waits_it_can_be_stopped(visitor: Client, job: Job) -> None:
    page = page_of(visitor, job)
    assert "Waiting for a worker" in page
    assert 'hx-trigger="every 2s"' in page
    assert "htmx.min.js" in page
    assert STOP in page
    visitor.post(reverse("job", args=[job.pk]))
    page = page_of(visitor, job)
    assert "Stopped" in page
    assert "It was stopped. Nothing was stored." in page
    assert "hx-trigger" not in page
    assert STOP not in page


def test_while_it_runs_it_says_how_far_it_is(visitor: Client, job: Job) -> None:
    Job.objects.update(state="running", tries=1, done=1234, total=5000)
    page = page_of(visitor, job)
    assert "In progress: 1,234 of 5,000" in page
    assert '<progress class="job-progress" value="1234" max="5000"' in page
    visitor.post(reverse("job", args=[job.pk]))
    page = page_of(visitor, job)
    assert "It is being stopped" in page
    assert STOP not in page


def test_how_it_ended_is_said_line_by_line_and_as_text(visitor: Client, job: Job) -> None:
    def work(job: Job, report: jobs.Report) -> str:
        raise jobs.Refused("Row 3: <b>\nRow 4: tea")

    jobs.run_next({"tea": work})
    page = page_of(visitor, job)
    assert "Not done" in page
    assert '<p class="govuk-body site-breakable">Row 3: &lt;b&gt;</p>' in page
    assert '<p class="govuk-body site-breakable">Row 4: tea</p>' in page


def test_it_costs_few_queries(
    visitor: Client, job: Job, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        page_of(visitor, job)
