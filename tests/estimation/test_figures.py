"""The figures of the whole trial: what follows from the headline, and the gap to reports."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from measurement.estimation.disclosure import published
from measurement.estimation.effects import ROLL_OUT, TWO_WAY
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.figures import Figures
from measurement.estimation.prepared import prepare
from measurement.estimation.rows import ARITHMETIC, SELF_REPORTED
from measurement.estimation.simulate import simulate
from tests.estimation.frames import AS_OF, bundle, row_of

SIZE = 48
WITH_AI = SIZE // 2


def trial(surveys: Any = (), **sections: Any) -> Any:
    """Return a parallel trial of one task type; one working week, a task a day."""
    generator = np.random.default_rng(11)
    people = [
        {"participant": f"p{number:02d}", "arm": ("ai", "control")[number % 2]}
        for number in range(SIZE)
    ]
    logs = [
        {
            "participant": person["participant"],
            "key": str(day),
            "minutes": float(30 + 5 * generator.random() - 6 * (number % 2 == 0)),
            "ai_used": number % 2 == 0 and day > 0,
            "quality": 1 + (number + day) % 5,
            "task_type": "draft",
            "date": f"2025-01-{6 + day:02d}",
        }
        for number, person in enumerate(people)
        for day in range(5 - number % 3)
    ]
    dates = {"starts_on": "2025-01-06", "ends_on": "2025-01-10"}
    return bundle(
        "parallel",
        participants=people,
        logs=logs,
        surveys=surveys,
        **{"trial": dates, **sections},
    )


def figures(data: Any) -> Any:
    return Figures(prepare(evidence_of(data, AS_OF)))


def rows(answers: Any) -> Any:
    return {(answer.row.estimand, answer.row.sample): answer.row for answer in answers}


def answers_of(participants: Any, low: Any, high: Any) -> Any:
    return [
        {
            "participant": name,
            "wave": "1",
            "minutes_saved_low": low[place % len(low)],
            "minutes_saved_high": high[place % len(high)],
        }
        for place, name in enumerate(participants)
    ]


def test_years_and_people_follow_from_the_headline() -> None:
    found = rows(figures(trial()).measured())
    daily = found["minutes_saved_per_working_day", "primary"]

    yearly = found["working_days_saved_per_year", "primary"]
    people = found["full_time_equivalents", "primary"]

    for name in ("value", "std_error", "ci_low", "ci_high"):
        minutes = getattr(daily, name)
        assert getattr(yearly, name) == pytest.approx(minutes * 225 / 450, rel=1e-12)
        # Each of the people with AI saves that share of a year of 225 days.
        assert getattr(people, name) == pytest.approx(WITH_AI * minutes / 450, rel=1e-12)
    assert (yearly.scale, people.scale) == ("days", "people")


def test_the_same_minutes_over_days_used_are_more() -> None:
    data = trial()
    found = rows(figures(data).measured())
    logs = data.task_logs
    used = logs[logs["ai_used"]][["participant", "date"]].drop_duplicates()

    daily = found["minutes_saved_per_working_day", "primary"].value
    assert found["minutes_saved_per_day_used", "primary"].value == pytest.approx(
        daily * WITH_AI * 5 / len(used), rel=1e-12
    )


def test_adoption_is_the_share_of_people_given_ai_who_used_it() -> None:
    data = trial()
    one = data.participants.loc[data.participants["arm"] == "ai", "participant"].iloc[0]
    data.task_logs.loc[data.task_logs["participant"] == one, "ai_used"] = False
    row = rows(figures(data).measured())["adoption_rate", "primary"]

    used = [0.0] + [1.0] * (WITH_AI - 1)
    assert row.value == pytest.approx(np.mean(used), rel=1e-12)
    assert row.std_error == pytest.approx(stats.sem(used), rel=1e-12)
    assert (row.participants, row.p_value, row.scale) == (WITH_AI, None, "share")
    assert (row.participants_with_ai, row.participants_without_ai) == (WITH_AI - 1, 1)


def test_adoption_by_few_people_is_not_published() -> None:
    data = trial()
    given = data.participants.loc[data.participants["arm"] == "ai", "participant"]
    data.task_logs.loc[~data.task_logs["participant"].isin(given[:3]), "ai_used"] = False
    found = evaluate(evidence_of(data, AS_OF))
    public = published(found, minimum_people=10)

    adoption = row_of(found, "adoption_rate")
    assert (adoption.participants, adoption.value) == (WITH_AI, 3 / WITH_AI)
    assert row_of(public, "adoption_rate").suppressed
    assert row_of(public, "adoption_rate", dimension="week", group="1").suppressed
    assert not row_of(public, "time_ratio").suppressed


def test_quality_is_compared_over_the_scored_logs() -> None:
    data = trial()
    data.task_logs.loc[data.task_logs["key"] == "1", "quality"] = np.nan
    row = rows(figures(data).measured())["quality_difference", "primary"]

    frame = data.task_logs.merge(data.participants[["participant", "arm"]], on="participant")
    scored = frame[frame["quality"].notna()]
    means = scored.groupby("arm")["quality"].mean()
    assert row.value == pytest.approx(means["ai"] - means["control"], rel=1e-10)
    assert (row.logs, row.scale) == (len(scored), "points")


def test_the_perception_gap_carries_both_uncertainties_together() -> None:
    """Reported less measured over those who have access, logs and answers, by plain loops."""
    data = trial()
    treated = data.participants.loc[data.participants["arm"] == "ai", "participant"].tolist()
    control = data.participants.loc[data.participants["arm"] == "control", "participant"].tolist()
    respondents = treated[:9]
    # One answer of somebody without AI, and one of somebody without logs, do not count.
    silent = treated[0]
    surveys = answers_of([*respondents, control[0]], [0, 11, 31], [0, 20, 60])
    with_surveys = trial(surveys)
    logs = with_surveys.task_logs
    kept = logs[logs["participant"] != silent].reset_index(drop=True)
    with_surveys = type(with_surveys)(
        with_surveys.trial, with_surveys.participants, kept, with_surveys.survey_responses
    )
    row = rows(figures(with_surveys).reported())["perception_gap_minutes", "primary"]

    counted = [name for name in respondents if name != silent]
    arms = dict(zip(data.participants["participant"], data.participants["arm"], strict=True))
    minutes = {name: kept.loc[kept["participant"] == name, "minutes"] for name in arms}
    means, sizes = {}, {}
    for arm in ("ai", "control"):
        every = pd.concat([minutes[name] for name in arms if arms[name] == arm])
        means[arm], sizes[arm] = every.mean(), len(every)
    saving = means["control"] - means["ai"]
    clusters, terms = len(kept["participant"].unique()), 2
    factor = np.sqrt(clusters / (clusters - 1) * (len(kept) - 1) / (len(kept) - terms))
    spread = np.sqrt(len(counted) / (len(counted) - 1))
    days = 5 * len(counted)
    rate = sum(len(minutes[name]) for name in counted) / days
    midpoints = {0: 0.0, 1: 15.5, 2: 45.5}
    said = {name: midpoints[respondents.index(name) % 3] for name in counted}
    reported, measured = np.mean(list(said.values())), saving * rate
    squares = 0.0
    for name in arms:
        of_mean = (minutes[name] - means[arms[name]]).sum() / sizes[arms[name]]
        of_saving = factor * (of_mean if arms[name] == "control" else -of_mean)
        psi = -rate * of_saving
        if name in counted:
            psi -= spread * (saving * len(minutes[name]) - measured * 5) / days
            psi += spread * (said[name] - reported) / len(counted)
        squares += psi**2
    assert row.value == pytest.approx(reported - measured, rel=1e-10)
    assert row.std_error == pytest.approx(np.sqrt(squares), rel=1e-10)
    assert row.participants == len(counted) == 8


@pytest.mark.parametrize("among", ["nobody", "control"])
def test_a_gap_needs_answers_of_people_with_access(among: Any) -> None:
    data = trial()
    control = data.participants.loc[data.participants["arm"] == "control", "participant"]
    surveys = answers_of(control, [0], [0]) if among == "control" else ()
    row = rows(figures(trial(surveys)).reported())["perception_gap_minutes", "primary"]

    assert row.not_estimable == "nobody with access to AI and task logs answered the survey"


def test_reports_stand_by_midpoints_by_regression_and_between_bounds() -> None:
    names = [f"p{number:02d}" for number in range(0, SIZE, 2)]
    surveys = answers_of(names, [0, 1, 11, 31, 60], [0, 10, 20, 60, None])
    found = rows(figures(trial(surveys)).reported())

    of = {
        sample: found["reported_minutes_saved_per_day", sample]
        for sample in ("primary", "interval_regression", "lower_bound", "upper_bound")
    }
    low = ([0, 1, 11, 31, 60] * 5)[:WITH_AI]
    high = ([0, 10, 20, 60, 450] * 5)[:WITH_AI]
    assert of["lower_bound"].value == pytest.approx(np.mean(low), rel=1e-12)
    assert of["upper_bound"].value == pytest.approx(np.mean(high), rel=1e-12)
    assert of["lower_bound"].value < of["primary"].value < of["upper_bound"].value
    assert of["interval_regression"].value is not None
    assert {row.comparison for row in of.values()} == {SELF_REPORTED}


def test_a_licence_breaks_even_by_arithmetic() -> None:
    (row,) = (answer.row for answer in figures(trial()).assumed())

    # 20 pounds a month are 240/52 a week; a minute costs half a pound.
    assert row.value == pytest.approx(240 / 52 / 0.5, rel=1e-14)
    assert (row.comparison, row.ci_low, row.std_error) == (ARITHMETIC, None, None)
    free = trial(assumptions={"licence_cost_per_month": 0.0})
    (row,) = (answer.row for answer in figures(free).assumed())
    assert row.value is None
    assert "earn back" in row.not_estimable


def test_the_annual_figure_stands_under_other_conventions() -> None:
    data = trial()
    found = figures(data)
    table = found.sensitivity()

    measured = rows(found.measured())
    planned = next(row for row in table if row.convention == "This trial's plan")
    yearly = measured["working_days_saved_per_year", "primary"]
    assert (planned.days_per_year, planned.ci_low) == (yearly.value, yearly.ci_low)
    logged = next(row for row in table if row.day_basis == "logged_days")
    days = (5 - np.arange(0, SIZE, 2) % 3).sum()
    assert logged.minutes_per_day == pytest.approx(
        planned.minutes_per_day * WITH_AI * 5 / days, rel=1e-12
    )
    reported = [row for row in table if row.day_basis == "reported"]
    assert [row.not_estimable for row in reported] == ["no survey responses with minutes saved"]


def test_a_roll_out_says_which_figures_are_group_time_effects() -> None:
    data = simulate(
        participants=120, logs_per_participant=12, design="stepped_wedge", seed=4
    ).bundle
    found = rows(Figures(prepare(evidence_of(data, datetime.date(2025, 12, 31)))).measured())

    for estimand in ("time_ratio", "minutes_saved_per_working_day", "full_time_equivalents"):
        row = found[estimand, "primary"]
        assert ROLL_OUT in row.notes
        assert row.terms == ("team", "week", "task_type")
    for estimand in ("complier_time_ratio", "quality_difference"):
        row = found[estimand, "primary"]
        assert TWO_WAY in row.notes
        assert row.terms == ("participant", "week", "task_type")
