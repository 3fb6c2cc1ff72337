"""The lead's dashboard: what is on it, and what never is."""

import csv
import dataclasses
import io
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from measurement import bundles, planning
from measurement.analysis import analyse
from measurement.estimation.bundle import read_bundle
from measurement.models import (
    DirtyMark,
    Participant,
    Role,
    TrialMark,
)
from measurement.stored_results import latest_results
from tests.dashboards.conftest import SMALL_GROUP, Led
from tests.dashboards.lead_pages import (
    QUERIES_PER_PAGE,
    cells_of,
    client_of,
    publish_checks,
    text_of,
    visible,
)
from tests.freezes import next_freeze, say_otherwise, weeks_later
from tests.people import make_log, make_user
from tests.real_data import TASK_1, write_real_bundle

pytestmark = pytest.mark.django_db


def test_the_dashboard_shows_what_was_found(led: Led) -> None:
    page = visible(text_of(led))
    assert re.search(
        r"Figures as of \d+ \w+ \d+ at [\d:]+[ap]m ?. The next are frozen on Monday", page
    )
    assert re.search(r"People given AI (saved|took)|No clear difference", page)
    for heading in (
        "Quality beside time",
        "Departments",
        "Professions",
        "Grades",
        "Types of task",
        "Tools (not randomised)",
        "Over time",
        "Use of AI over time",
        "Reported and measured minutes",
        "Other ways to analyse the same trial",
        "The plan",
    ):
        assert heading in page
    assert "The same minutes under other conventions" in page
    assert "are in the open top band and count as 60 minutes a day" in page
    assert "Simulated data" in page
    assert f"{SMALL_GROUP} [c] [c] [c] [c]" in page


DAYS = re.compile(r"Working days saved a year, each person (\S+ \([^)]*\)) (\S+ \([^)]*\))")


def test_assumptions_are_moved_by_the_address_and_the_plan_stays_beside(led: Led) -> None:
    plain = visible(text_of(led))
    assert "Move the assumptions" in plain
    assert "Figures with your numbers are not this trial’s result" in plain
    shown = DAYS.search(plain)
    assert shown
    assert shown[1] == shown[2], "nothing was moved"
    page = text_of(led, "?working_days_per_year=112.5")
    moved = DAYS.search(visible(page))
    assert moved
    assert moved[1] == shown[1]
    assert moved[2] != shown[2]
    assert "The plan: 225" in page
    assert 'value="112.5"' in page


def test_an_assumption_that_cannot_be_is_said_with_a_link_to_its_field(led: Led) -> None:
    page = text_of(led, "?hours_per_day=25&people=")
    assert "<title>Error: " in page
    assert 'href="#id_hours_per_day">Hours a day must be a number from 0.1 to 24<' in page
    assert 'href="#id_people">People with AI (full-time) must be a whole number' in page
    assert 'id="id_hours_per_day"' in page
    assert "With your numbers" in visible(page)
    assert visible(page).count("not known") >= 4


def test_without_minutes_there_are_no_assumptions_to_move(led: Led) -> None:
    def without_dates(document: dict[str, Any]) -> None:
        for row in document["estimates"]:
            if row["estimand"] == "minutes_saved_per_working_day":
                row |= dict.fromkeys(("value", "ci_low", "ci_high"))
                row["not_estimable"] = "task logs have no dates"

    say_otherwise(led.trial, without_dates)
    assert "Move the assumptions" not in text_of(led, "?people=100")


def test_a_failed_check_stands_right_under_the_headline(led: Led) -> None:
    failed = dict.fromkeys(("statistic", "p_value")) | {"check": "order", "verdict": "fail"}
    failed["message"] = "The numbers assigned to each side are odd"
    say_otherwise(led.trial, lambda document: document.update(checks=[failed]))
    page = visible(text_of(led))
    alarm = "because a check of the trial failed. The numbers assigned to each side are odd."
    headline = re.search(r"(People given AI (saved|took)|No clear difference|No conclusion)", page)
    assert headline
    assert headline.start() < page.index(alarm) < page.index("How to read these figures")


def test_the_plan_says_whether_it_is_locked_and_what_was_changed(led: Led) -> None:
    assert "The plan is not locked yet" in visible(text_of(led))
    planning.lock(trial=led.trial, by=led.lead)
    with next_freeze(led.trial):
        page = visible(text_of(led))
    assert re.search(rf"locked on \d+ \w+ \d+ at [\d:]+[ap]m by lead \(user {led.lead.pk}\)", page)
    assert "Changes since the plan was locked None." in page
    assert "was changed" not in page.replace("how often it was changed", "")

    definition = led.trial.definition()
    sooner = replace(definition, plan=replace(definition.plan, read_out_on=date(2025, 1, 2)))
    why = "The minister & her <b>cat</b> asked"
    planning.change_plan(trial=led.trial, definition=sooner, by=led.lead, reason=why)
    with weeks_later(2):
        analyse(led.trial)
        page = visible(text_of(led))
    assert "The plan was changed after these figures were frozen." in page
    assert "was changed once after it was locked" not in page
    with weeks_later(2), next_freeze(led.trial):
        raw = text_of(led)
    page = visible(raw)
    assert "after these figures were frozen" not in page
    assert "The plan was changed once after it was locked. See what was changed" in page
    assert re.search(r"Read-out day [\w ]+ 2 January 2025 lead \(user", page)
    assert "The minister &amp; her &lt;b&gt;cat&lt;/b&gt; asked" in raw


def test_a_page_takes_few_queries(
    led: Led, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(led.lead)
    moved = "?people=100&working_days_per_year=200&hours_per_day=8"
    files = ("departments.csv", "departments.ods", "all-tables.ods")
    paths = [f"/trials/{led.trial.slug}/{name}" for name in ("", moved, *files)]
    for path in ("/trials/", *paths):
        with django_assert_max_num_queries(QUERIES_PER_PAGE):
            assert client.get(path).status_code == 200


def test_no_unrounded_number_is_on_any_page(led: Led) -> None:
    """Every float of the engine's own results, as it would be written, and every exact count."""
    found = latest_results(led.trial)
    assert found
    rows = [*map(dataclasses.asdict, found.results.estimates), *found.results.sensitivity]
    exact = {
        repr(value)
        for row in rows
        for value in row.values()
        if isinstance(value, float) and value != round(value, 2)
    }
    assert len(exact) > 100
    for path in ("", "departments.csv", "task-types.csv", "conventions.csv", "all-results.csv"):
        page = text_of(led, path)
        assert not [number for number in exact if number in page]
    stored = {cell for row in cells_of(led, "all-tables.ods") for cell in row}
    assert not exact & {repr(cell) for cell in stored}
    assert any(isinstance(cell, float) for cell in stored)


@pytest.mark.skipif(not TASK_1.exists(), reason=f"the real data are not at {TASK_1}")
def test_the_real_data_are_shown_rounded(tmp_path: Path) -> None:
    write_real_bundle(tmp_path / "echoes")
    trial = bundles.load(read_bundle(tmp_path / "echoes"))
    analyse(trial)
    client = client_of(make_user("sam.spoon@example.com", (Role.LEAD, trial)))
    page = visible(client.get("/trials/echoes/").content.decode())
    assert "Tasks took 33% less time with AI (95% confidence interval 12% to 49% less)." in page
    assert "There is no figure per working day: task logs have no dates." in page
    rows = csv.DictReader(
        io.StringIO(client.get("/trials/echoes/main-figures.csv").content.decode("utf-8-sig"))
    )
    ratio = next(row for row in rows if row["estimand"] == "time_ratio")
    assert (ratio["value"], ratio["ci_low"], ratio["ci_high"]) == ("0.67", "0.51", "0.88")


def test_checks_are_shown(led: Led) -> None:
    publish_checks(led, [])
    page = visible(text_of(led))
    assert "This analysis made no checks." in page
    check = {"check": "balance", "statistic": 1.5, "p_value": 0.2, "verdict": "warn"}
    publish_checks(led, [check | {"message": "The arms differ in grade"}])
    page = visible(text_of(led))
    assert "Look into this : The arms differ in grade" in page


def test_what_needs_attention_stands_first(led: Led) -> None:
    verdicts = {
        "Apples": "pass",
        "Bananas": "not_estimable",
        "Cherries": "warn",
        "Dates": "pass",
        "Elderberries": "fail",
    }
    publish_checks(
        led,
        [
            {
                "check": "balance",
                "statistic": 1.5,
                "p_value": 0.2,
                "verdict": verdict,
                "message": f"{fruit} are round",
            }
            for fruit, verdict in verdicts.items()
        ],
    )
    page = visible(text_of(led))
    listed = sorted(verdicts, key=lambda fruit: page.index(f"{fruit} are round"))
    assert listed == ["Elderberries", "Cherries", "Bananas", "Apples", "Dates"]


def test_nothing_tells_that_somebody_logged_a_task(led: Led) -> None:
    def everything() -> list[str]:
        return [text_of(led), client_of(led.lead).get("/trials/").content.decode()]

    before = everything()
    participant = Participant.objects.filter(trial=led.trial)[0]
    make_log(participant, "new", task_type=None, date=None)
    assert everything() == before
    analyse(led.trial)
    assert everything() == before


def test_marks_that_wait_long_or_are_parked_are_told_of(led: Led) -> None:
    participant = Participant.objects.filter(trial=led.trial)[0]
    mark = DirtyMark.objects.create(participant=participant)
    DirtyMark.objects.filter(pk=mark.pk).update(marked_at=timezone.now() - timedelta(hours=2))
    DirtyMark.objects.create(participant=participant, failures=5)
    TrialMark.objects.create(trial=led.trial, failures=5)
    page = visible(text_of(led))
    assert "The workers are behind." in page
    assert "Some task logs could not be counted and are left out." in page
    assert "The analysis failed several times" in page
