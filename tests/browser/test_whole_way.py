"""From a participant's browser through a real worker to the lead's page and the analyst's JSON."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fixtures.demo import small_trial
from measurement import analysis, bundles, tokens
from measurement.estimation.calendar import today
from measurement.management.demo import PARTICIPANT, admit
from measurement.models import ApiToken, Participant, Trial, User
from tests.browser.test_participant_journey import Visit, sign_in
from tests.freezes import change_logs, weeks_later
from tests.workers import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def playground(transactional_db: None) -> Trial:
    """Have the small trial of the demonstration, frozen a week ago, with its sign-ins."""
    bundle = small_trial(today()).bundle
    with weeks_later(-1):
        trial = bundles.load(bundle)
        analysis.analyse(trial)
    admit(trial)
    return trial


def results_as_of(page: Page) -> str:
    """Return the moment that the dashboard says its results are of."""
    page.reload()
    moment = page.locator("#results-as-of").get_attribute("datetime")
    assert moment is not None
    return moment


def analysts_results(page: Page, origin: str, trial: Trial) -> Callable[[], dict[str, Any]]:
    """Return a function that asks the API for the results, as an analyst."""
    analyst = User.objects.get(email="analyst@demo.example")
    token = tokens.issue(user=analyst, trial=trial, scopes=[ApiToken.Scope.RESULTS], days=1)
    address = f"{origin}/api/v1/trials/{trial.slug}/results/"

    def ask() -> dict[str, Any]:
        answer = page.request.get(address, headers={"Authorization": f"Bearer {token}"})
        assert answer.ok
        document: dict[str, Any] = answer.json()
        return document

    return ask


def test_a_logged_task_moves_the_dashboard_and_the_results(
    visit: Visit, playground: Trial, worker: Worker
) -> None:
    participant, lead = visit(), visit(width=375)
    ask = analysts_results(lead.page, lead.origin, playground)
    sign_in(lead, "lead@demo.example")
    lead.go(f"/trials/{playground.slug}/")
    lead.look("Playground trial")
    before, moment = ask(), results_as_of(lead.page)

    # One person alone moves nothing: others are at work, too.
    change_logs(Participant.objects.filter(trial=playground))
    sign_in(participant, PARTICIPANT)
    participant.look("Log a task")
    participant.page.get_by_label(re.compile("draft a document", re.I)).check()
    participant.page.get_by_label("No", exact=True).check()
    participant.page.get_by_label("How many minutes did it take?").fill("95")
    participant.press("Log task")
    participant.look("Task logged")

    worker.sweep_until(lambda: results_as_of(lead.page) > moment, "a newer dashboard")
    expect(lead.page.get_by_text("Figures as of")).to_be_visible()
    after = ask()
    assert after["last_log"] == before["last_log"] + 1
    assert after["logs"]["analysed"] == before["logs"]["analysed"] + 1
    for earlier, later in zip(before["estimates"][:3], after["estimates"][:3], strict=True):
        assert later["value"] != earlier["value"], later["estimand"]
