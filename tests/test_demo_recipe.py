"""The demonstration trial, at a twentieth of its size, is what its words say."""

import datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest

from fixtures.demo import DEMO, DEMO_PARTICIPANTS, demo_trial, small_trial
from fixtures.reference import DEPARTMENTS, GRADES, PROFESSIONS, TASK_TYPES
from measurement.estimation.bundle import read_bundle
from measurement.estimation.definition import MINIMUM_PEOPLE, SECTORS
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.results import Results
from measurement.estimation.simulate import Simulation, write_simulation

# Minutes a day reported by profession, as published of the experiment of 2024.
PUBLISHED_MINUTES = {
    "Project delivery": 35,
    "Commercial": 32,
    "Operations": 31,
    "Digital and data": 31,
    "Communications": 31,
    "HR": 29,
    "Policy": 29,
    "Finance": 25,
    "Analysis": 25,
    "Legal": 19,
    "Tax": 11,
}
TODAY = datetime.date(2026, 11, 24)


@cache
def demo() -> Simulation:
    return demo_trial(participants=DEMO_PARTICIPANTS // 20)


def reports() -> pd.DataFrame:
    """Return each respondent's mean of band midpoints, the open band counting 60."""
    bundle = demo().bundle
    low, high = (bundle.survey_responses[f"minutes_saved_{edge}"] for edge in ("low", "high"))
    minutes = ((low + high) / 2).where(high.notna(), 60.0)
    means = minutes.groupby(bundle.survey_responses["participant"]).mean().rename("minutes")
    return bundle.participants.merge(means, on="participant")


def test_the_lists_are_complete_and_without_repetition() -> None:
    assert set(TASK_TYPES) == set(SECTORS)
    assert set(PROFESSIONS) == set(PUBLISHED_MINUTES)
    for names in (DEPARTMENTS, GRADES, PROFESSIONS, *TASK_TYPES.values()):
        assert len(set(names)) == len(names)


def test_the_recipe_reports_what_was_published() -> None:
    recipe = {item.name: item.reported_minutes for item in DEMO.professions}
    assert recipe == PUBLISHED_MINUTES


@pytest.mark.parametrize("profession", PROFESSIONS)
def test_each_profession_reports_the_published_minutes(profession: str) -> None:
    minutes = reports().query("profession == @profession")["minutes"]

    sampling_error = minutes.std() / np.sqrt(len(minutes))
    tolerance = max(0.5, 4 * sampling_error)
    assert minutes.mean() == pytest.approx(PUBLISHED_MINUTES[profession], abs=tolerance)


def test_all_together_report_about_26_minutes() -> None:
    people = reports()

    assert demo().truth["reported_minutes_saved_per_day"] == pytest.approx(26, abs=0.5)
    sampling_error = people["minutes"].std() / np.sqrt(len(people))
    assert people["minutes"].mean() == pytest.approx(26, abs=0.5 + 3 * sampling_error)


def test_only_part_of_the_people_given_ai_answers() -> None:
    participants = demo().bundle.participants
    respondents = reports()

    assert set(respondents["arm"]) == {"ai"}
    assert 0.2 < len(respondents) / (participants["arm"] == "ai").sum() < 0.6


def test_the_measured_truth_is_well_below_the_reports() -> None:
    truth = demo().truth

    assert 8 < truth["minutes_saved_per_working_day"] < 12
    assert truth["reported_over_measured"] == pytest.approx(
        truth["reported_minutes_saved_per_day"] / truth["minutes_saved_per_working_day"]
    )
    assert truth["reported_over_measured"] > 2


def test_the_logs_show_the_truth() -> None:
    bundle = demo().bundle
    logs = bundle.task_logs[~bundle.task_logs["novel"]].merge(bundle.participants)
    means = np.log(logs["minutes"]).groupby([logs["participant"], logs["arm"]]).mean()
    ai, control = means.xs("ai", level="arm"), means.xs("control", level="arm")

    error = np.sqrt(ai.var() / len(ai) + control.var() / len(control))
    difference = ai.mean() - control.mean()
    assert difference == pytest.approx(np.log(demo().truth["time_ratio"]), abs=4 * error)


def test_some_departments_see_next_to_nothing_and_one_is_too_small_to_show() -> None:
    by_department = demo().truth["by_department"]
    idle = [
        name
        for name, truth in by_department.items()
        if abs(truth["minutes_saved_per_working_day"]) < 1
    ]
    assert len(idle) == 3

    people = {item.name: item.share for item in DEMO.departments}
    assert sum(people.values()) == DEMO_PARTICIPANTS
    assert 0 < min(people.values()) < MINIMUM_PEOPLE


def test_the_demonstration_is_over_and_says_that_it_is_simulated() -> None:
    trial = demo().bundle.trial

    assert trial.simulated
    assert trial.ends_on is not None
    assert trial.ends_on < datetime.date(2026, 11, 1)
    assert trial.design.kind == "parallel"
    assert len(demo().bundle.task_logs) == pytest.approx(50 * DEMO_PARTICIPANTS / 20, rel=0.1)


@pytest.mark.parametrize("offset", range(7))
def test_the_playground_runs_on_any_day(
    offset: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    today = TODAY + datetime.timedelta(days=offset)
    simulation = small_trial(today)
    trial, logs = simulation.bundle.trial, simulation.bundle.task_logs

    assert trial.simulated
    assert trial.starts_on is not None
    assert trial.ends_on is not None
    assert trial.starts_on + datetime.timedelta(weeks=6) <= today
    assert today + datetime.timedelta(weeks=6) <= trial.ends_on
    assert logs["date"].max() < pd.Timestamp(today)
    assert len(simulation.bundle.participants) == 30

    path = tmp_path_factory.mktemp("playground")
    write_simulation(simulation, path)
    assert read_bundle(path, today=today).trial == trial


@pytest.mark.parametrize(
    "estimand",
    [
        "time_ratio",
        "minutes_saved_per_task",
        "minutes_saved_per_working_day",
        "working_days_saved_per_year",
        "adoption_rate",
        "logging_rate",
        "response_rate",
        "reported_minutes_saved_per_day",
    ],
)
def test_the_engines_intervals_cover_the_truth(estimand: str) -> None:
    row = results().find(estimand)

    assert row is not None
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert row.ci_low <= demo().truth[estimand] <= row.ci_high


@cache
def results() -> Results:
    return evaluate(evidence_of(demo().bundle, TODAY))
