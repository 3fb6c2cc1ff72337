"""How like each other arms are: shares and means by hand, planted faults."""

import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from measurement.estimation.checks_of_assignment import (
    attrition,
    balance,
)
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import (
    THREE_ARMS,
    Material,
    arms_trial,
    in_teams,
    logged_by,
    material,
    people,
)


def balanced_trial(by_arm: Any, seed: int, shift: float = 0.0) -> Material:
    rng = np.random.default_rng(seed)
    participants = people(by_arm)
    for number, row in enumerate(participants):
        row["baseline_minutes"] = 50 + rng.normal(0, 5) + shift * (row["arm"] == "ai")
        row["grade"] = ("EO", "HEO", "SEO")[number % 3]
    return material("parallel", participants, logged_by(participants))


def test_baseline_minutes_are_compared_in_standard_deviations() -> None:
    data = balanced_trial({"ai": 90, "control": 60}, 1, shift=3.0)

    found = balance(data.trial, data.participants)

    baseline = data.participants.groupby("arm")["baseline_minutes"]
    spread = math.sqrt(baseline.var().mean())
    difference = baseline.mean()["ai"] - baseline.mean()["control"]
    assert found.statistic == pytest.approx(difference / spread, rel=1e-12)
    with_ai = (data.participants["arm"] == "ai").astype(float)
    single = sm.OLS(data.participants["baseline_minutes"], sm.add_constant(with_ai)).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(150)}, use_t=True
    )
    # Four differences were looked at: the baseline and three grades.
    assert found.p_value == pytest.approx(4 * single.pvalues["arm"], rel=1e-8)
    assert found.verdict == "warn"
    assert found.message == (
        "The arms were unlike before the trial in at least one respect, so see whether the "
        "result holds among people who are alike in it: baseline_minutes"
    )


def test_shares_are_compared_in_their_standard_deviations() -> None:
    grades = ["EO"] * 30 + ["HEO"] * 30 + ["EO"] * 24 + ["HEO"] * 36
    participants = people({"ai": 60, "control": 60})
    participants = [{**row, "grade": grades[n]} for n, row in enumerate(participants)]
    data = material("parallel", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    assert found.statistic == pytest.approx(0.1 / math.sqrt((0.25 + 0.24) / 2), rel=1e-12)
    assert found.p_value is not None
    assert found.p_value > 0.05
    assert found.verdict == "warn"
    assert found.message == (
        "The arms were unlike before the trial in at least one respect, no more than chance "
        "makes them, so see whether the result holds among people who are alike in it: grade EO"
    )


def test_arms_that_are_alike_pass() -> None:
    data = balanced_trial({"ai": 60, "control": 60}, 2)
    alike = data.participants.assign(baseline_minutes=np.tile(np.arange(60.0), 2))

    found = balance(data.trial, alike)

    assert (found.statistic, found.p_value, found.verdict) == (0.0, 1.0, "pass")
    assert found.message == (
        "The arms were alike before the trial in all that is known of the participants"
    )


@pytest.mark.parametrize(("shift", "verdict"), [(0.1, "pass"), (0.101, "warn")])
def test_a_tenth_of_a_standard_deviation_is_allowed(shift: float, verdict: str) -> None:
    participants = people({"ai": 3, "control": 3})
    for number, row in enumerate(participants):
        row["baseline_minutes"] = 10.0 + number % 3 + shift * (row["arm"] == "ai")
    data = material("parallel", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    assert found.statistic == pytest.approx(shift)
    assert found.verdict == verdict


def test_arms_without_a_shared_value_differ_without_measure() -> None:
    participants = [
        {**row, "profession": f"{row['arm']} people"} for row in people({"ai": 9, "control": 9})
    ]
    data = material("parallel", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    assert (found.statistic, found.p_value, found.verdict) == (None, 0.0, "warn")


def test_what_all_have_in_common_is_balanced() -> None:
    participants = people({"ai": 5, "control": 5}, grade="EO")
    data = material("parallel", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    assert (found.statistic, found.p_value, found.verdict) == (0.0, 1.0, "pass")


def test_two_known_baselines_in_an_arm_are_enough() -> None:
    participants = people({"ai": 4, "control": 4})
    for row, minutes in zip(participants, [10, 20, None, None, 30, 50, 70, 50], strict=True):
        row["baseline_minutes"] = minutes
    data = material("parallel", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    # Variances 50 and 800 / 3.
    assert found.statistic == pytest.approx(35 / math.sqrt((50 + 800 / 3) / 2))


def test_missing_baselines_are_left_out_and_missing_grades_are_a_group() -> None:
    participants = people({"ai": 4, "control": 4})
    for row, minutes in zip(participants, [10, 20, 15, None, 30, 50, 70, None], strict=True):
        row["baseline_minutes"] = minutes
    participants[0]["grade"] = "EO"
    data = material("parallel", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    # 15 against 50 minutes, variances 25 and 400; the grade: a quarter against none.
    assert found.statistic == pytest.approx(35 / math.sqrt((25 + 400) / 2))
    assert found.message.endswith(": baseline_minutes")
    for known in ([10, None, None, None, 30, 50, 70, 20], [10, 20, None, None, 30, 50, 70, None]):
        sparse = data.participants.assign(baseline_minutes=np.array(known, dtype=float))
        without = balance(data.trial, sparse)
        assert without.statistic == pytest.approx(0.25 / math.sqrt(0.25 * 0.75 / 2))
        assert ": grade" in without.message


@pytest.mark.parametrize("arm", ["ai", "control"])
def test_what_is_known_in_one_team_of_an_arm_is_left_out_alone(arm: str) -> None:
    participants = in_teams({"ai": 6, "control": 6}, 4)
    for number, row in enumerate(participants):
        row["grade"] = "EO" if number % 4 < (3 if row["arm"] == "ai" else 2) else "HEO"
        thin = row["arm"] == arm and row["team"] != f"{arm} 000"
        row["baseline_minutes"] = None if thin else 10.0 + number
    data = material("cluster", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    assert found.statistic == pytest.approx(0.25 / math.sqrt((0.25 + 0.1875) / 2))
    assert found == balance(data.trial, data.participants.assign(baseline_minutes=np.nan))


def test_what_is_known_in_two_teams_of_each_arm_is_compared() -> None:
    participants = in_teams({"ai": 6, "control": 6}, 4)
    for number, row in enumerate(participants):
        thin = row["arm"] == "ai" and row["team"] > "ai 001"
        row["baseline_minutes"] = None if thin else 10.0 + number
    data = material("cluster", participants, logged_by(participants))

    found = balance(data.trial, data.participants)

    # 10 to 17 minutes against 34 to 57.
    spread = math.sqrt((np.arange(8).var(ddof=1) + np.arange(24).var(ddof=1)) / 2)
    assert found.statistic == pytest.approx((45.5 - 13.5) / spread)
    assert found.message.endswith(": baseline_minutes")


def test_what_was_randomised_is_not_compared() -> None:
    participants = [
        {**row, "department": f"{row['arm']} {n % 4}", "grade": ("EO", "HEO")[n % 2]}
        for n, row in enumerate(people({"ai": 16, "control": 16}))
    ]
    data = material("cluster", participants, logged_by(participants), design={"unit": "department"})

    found = balance(data.trial, data.participants)

    assert (found.statistic, found.verdict) == (0.0, "pass")


def test_each_arm_is_compared_with_those_without_ai() -> None:
    participants = people({"chat": 40, "agent": 40, "control": 40})
    for number, row in enumerate(participants):
        row["grade"] = "EO" if number % 4 < (3 if row["arm"] == "agent" else 2) else "HEO"
    arms = material("parallel", participants, logged_by(participants), design={"arms": THREE_ARMS})

    found = balance(arms.trial, arms.participants)

    assert found.statistic == pytest.approx(0.25 / math.sqrt((0.25 + 0.1875) / 2))
    single = sm.OLS(
        np.repeat([1.0, 0.0, 1.0, 0.0], [30, 10, 20, 20]),
        sm.add_constant(np.repeat([1.0, 0.0], 40)),
    ).fit(cov_type="cluster", cov_kwds={"groups": np.arange(80)}, use_t=True)
    # Two grades in two comparisons.
    assert found.p_value == pytest.approx(4 * single.pvalues[1], rel=1e-8)


def test_unknown_people_cannot_be_compared() -> None:
    data = arms_trial({"ai": 6, "control": 6})
    with pytest.raises(NotEstimable, match=r"^too little is known about the participants before"):
        balance(data.trial, data.participants)


def test_an_arm_without_participants_cannot_be_compared() -> None:
    data = arms_trial({"ai": 12})
    with pytest.raises(NotEstimable, match=r"^an arm without participants$"):
        balance(data.trial, data.participants)
    data = arms_trial({"control": 12})
    with pytest.raises(NotEstimable, match=r"^an arm without participants$"):
        attrition(data.trial, data.participants, data.cells)
