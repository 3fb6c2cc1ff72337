"""The page on which a lead sees how the trial runs: what is on it, and what never is."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement.models import DirtyMark, Role
from measurement.models.dirty_mark import FAILURES_THAT_PARK
from tests.dashboards.conftest import SMALL_GROUP, Led
from tests.dashboards.lead_pages import QUERIES_PER_PAGE, client_of, publish_checks, visible
from tests.dashboards.test_spreadsheet import sheets_of
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db


def page_of(led: Led) -> str:
    response = client_of(led.lead).get(f"/trials/{led.trial.slug}/run/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_what_comes_in_and_who_takes_part(led: Led) -> None:
    raw = page_of(led)
    page = visible(raw)
    assert re.search(r"Figures as of \d+ \w+ \d+ at [\d:]+[ap]m ?. The next are frozen on Mo", page)
    headings = [
        "What became of the task logs",
        "Who logs tasks, by department",
        "Who logs tasks, by week",
        "Who answers the survey, by department",
        "Who answers the survey, by wave",
        "When few take part",
        "Checks of the trial",
    ]
    places = [page.rindex(heading) for heading in headings]
    assert places == sorted(places)
    assert "Simulated data" in page
    for address in ("people/#remind", "people/#invite"):
        assert f'href="/trials/{led.trial.slug}/{address}"' in raw
    assert 'href="/reminders/"' in raw
    assert re.search(r'aria-current="page"[^>]*>Run<', raw)


def test_withheld_departments_have_no_number_anywhere(led: Led) -> None:
    page = visible(page_of(led))
    assert page.count(f"{SMALL_GROUP} [c] [c] [c]") == 2
    for name in ("logging", "answers"):
        address = f"/trials/{led.trial.slug}/{name}.csv"
        text = client_of(led.lead).get(address).content.decode("utf-8-sig")
        (line,) = [one for one in text.splitlines() if SMALL_GROUP in one]
        assert line.count("[c]") >= 6


def test_every_figure_has_its_download(led: Led) -> None:
    raw, client = page_of(led), client_of(led.lead)
    links = set(re.findall(r'href="(/trials/[^"]+\.(?:csv|ods))"', raw))
    names = {"logging", "logging-over-time", "answers", "answers-over-time"}
    files = {f"{name}.{kind}" for name in names for kind in ("csv", "ods")}
    assert {link.rsplit("/", 1)[1] for link in links} == files
    for link in links:
        content = client.get(link).content
        if link.endswith(".csv"):
            assert "_rate" in content.decode()
        else:
            *_, table = sheets_of(content).values()
            cells = [str(cell) for row in table for _, cell in row]
            assert any("low end of the 95% confidence interval" in cell for cell in cells)


def test_checks_say_what_to_do_the_worst_first(led: Led) -> None:
    def check(name: str, verdict: str, message: str) -> dict[str, Any]:
        return {
            "check": name,
            "statistic": None,
            "p_value": None,
            "verdict": verdict,
            "message": message,
        }

    publish_checks(
        led,
        [
            check("novelty", "pass", "Pears are ripe"),
            check("balance", "warn", "Plums are not alike"),
            check("interaction_department", "warn", "Figs differ"),
            check("sample_ratio", "fail", "Quinces are missing"),
            check("heaping", "not_estimable", "Limes cannot be counted"),
        ],
    )
    page = visible(page_of(led)).partition("Checks of the trial Numbers")[2]
    fruits = ("Quinces", "Plums", "Figs", "Limes", "Pears")
    places = [page.index(fruit) for fruit in fruits]
    assert places == sorted(places)
    assert "assigned Failed Quinces are missing. What to do: stop new people from joining." in page
    assert "Differences between departments Look into this Figs differ. What to do: read" in page
    assert "Rounded times Not known Limes cannot be counted. What to do: wait until" in page
    assert "Nothing needs doing about these." in page
    assert "Change over time : Pears are ripe." in page
    assert "What to do" not in page[page.index("Pears") :]
    publish_checks(led, [])
    assert "This analysis made no checks." in visible(page_of(led))


def test_the_dashboard_leads_to_what_to_do(led: Led) -> None:
    page = client_of(led.lead).get(f"/trials/{led.trial.slug}/").content.decode()
    assert f'href="/trials/{led.trial.slug}/run/#checks">See what to do' in page


def test_before_the_first_freeze_there_is_nothing_to_show() -> None:
    trial = make_trial()
    client = client_of(make_user("sam.spoon@example.com", (Role.LEAD, trial)))
    page = visible(client.get("/trials/teapot/run/").content.decode())
    assert "There is nothing to show yet." in page
    assert client.post("/trials/teapot/run/").status_code == 405
    assert "no-store" in client.get("/trials/teapot/run/").headers["Cache-Control"]


def test_a_page_takes_few_queries(
    led: Led, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client: Client = client_of(led.lead)
    with django_assert_max_num_queries(QUERIES_PER_PAGE):
        assert client.get(f"/trials/{led.trial.slug}/run/").status_code == 200


def test_task_logs_that_are_not_counted_are_told_of(led: Led) -> None:
    assert "could not be counted" not in visible(page_of(led))
    person = led.trial.participant_set.earliest("pk")
    DirtyMark.objects.create(participant=person, failures=FAILURES_THAT_PARK)
    assert "Some task logs could not be counted and are left out." in visible(page_of(led))
