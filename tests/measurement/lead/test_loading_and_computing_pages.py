"""The pages that load a whole trial and have results computed."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import computing, jobs, loading, starting
from measurement.models import Job, Membership, Role, Trial, Upload
from measurement.tasks import WORK
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LOAD = "/load-a-trial/"


@pytest.fixture
def visitor(client: Client) -> Client:
    client.force_login(starting.allow(email="kim.kettle@example.com", actor=None))
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_an_uploaded_bundle_is_loaded_by_a_job(visitor: Client) -> None:
    assert f'href="{LOAD}"' in text_of(visitor, "/trials/")
    assert "Load a trial" in text_of(visitor, LOAD)
    response = visitor.post(LOAD, {"file": SimpleUploadedFile("x.zip", b"tea")})
    job = Job.objects.get(kind=loading.KIND)
    assert response.headers["Location"] == f"/progress/{job.pk}/"
    assert jobs.run_next(WORK)
    page = text_of(visitor, f"/progress/{job.pk}/")
    assert "Loading a trial" in page
    assert "an intact .zip" in page
    assert re.search(rf'href="{LOAD}">Go on<', page)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("data", "error"), [({}, "Select a file"), ({"file": ""}, "Select a file")]
)
def test_a_file_is_needed(visitor: Client, data: dict[str, str], error: str) -> None:
    response = visitor.post(LOAD, data)
    assert response.status_code == 422
    assert f'<a href="#id_file">{error}</a>' in response.content.decode()


def test_it_is_for_those_who_may_start_trials(client: Client) -> None:
    client.force_login(make_user("amy.anybody@example.com"))
    assert client.get(LOAD).status_code == 403
    file = SimpleUploadedFile("x.zip", b"tea")
    assert client.post(LOAD, {"file": file}).status_code == 403
    assert not Upload.objects.exists()
    assert LOAD not in client.get("/trials/").content.decode()


def test_it_costs_few_queries(
    visitor: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        text_of(visitor, LOAD)


@pytest.fixture
def trial(visitor: Client) -> Trial:
    trial = make_trial()
    Membership.objects.create(user_id=visitor.session["_auth_user_id"], trial=trial, role=Role.LEAD)
    return trial


def test_results_are_computed_by_a_job_that_tells_per_cent(visitor: Client, trial: Trial) -> None:
    assert 'href="/trials/teapot/compute/"' in text_of(visitor, "/trials/teapot/")
    assert "Compute now" in text_of(visitor, "/trials/teapot/compute/")
    assert not Job.objects.exists()
    response = visitor.post("/trials/teapot/compute/")
    job = Job.objects.get(kind=computing.KIND)
    assert response.headers["Location"] == f"/progress/{job.pk}/"
    Job.objects.update(state="running", tries=1, done=5, total=100)
    page = text_of(visitor, f"/progress/{job.pk}/")
    assert "In progress: 5%" in page
    assert 'value="5" max="100"' in page
    Job.objects.update(state="done", ended_at=job.asked_at, message="The results are computed.")
    assert re.search(r'href="/trials/teapot/">Go on<', text_of(visitor, f"/progress/{job.pk}/"))
