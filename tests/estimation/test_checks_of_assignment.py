"""Checks of who is in which arm: closed forms, scipy, statsmodels, planted faults."""

import math
from typing import Any, cast

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from measurement.estimation.checks_of_assignment import (
    attrition,
    balance,
    contamination,
    sample_ratio,
    sample_ratio_analysed,
)
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import (
    THREE_ARMS,
    Material,
    keyed,
    log,
    material,
    people,
    plain_part,
)


def logged_by(participants: Any, **columns: Any) -> Any:
    return keyed([log(row["participant"], **columns) for row in participants])


def in_teams(by_arm: Any, size: int = 1) -> Any:
    """Return teams of an arm, each of so many people."""
    return [
        {"participant": f"{arm}{team:03d}{member}", "arm": arm, "team": f"{arm} {team:03d}"}
        for arm, teams in by_arm.items()
        for team in range(teams)
        for member in range(size)
    ]


def arms_trial(by_arm: Any, kind: str = "parallel", arms: Any = None) -> Material:
    participants = people(by_arm) if kind == "parallel" else in_teams(by_arm, 3)
    design = {"design": {"arms": arms}} if arms else {}
    return material(kind, participants, logged_by(participants[:1]), **design)


def ratio_of(data: Material) -> Any:
    return sample_ratio(data.trial, data.participants, data.totals, data.cells)


# Sample ratio -----------------------------------------------------------------------------------


def test_ratio_as_planned_passes_with_the_chi_square() -> None:
    found = ratio_of(arms_trial({"ai": 60, "control": 40}))

    assert found.check == "sample_ratio"
    assert found.statistic == pytest.approx(4.0)
    assert found.p_value == pytest.approx(stats.chi2.sf(4.0, 1))
    assert found.verdict == "pass"
    assert found.message == (
        "The numbers assigned to each side are what the plan intended, but for chance: "
        "control 40, ai 60"
    )


def test_ratio_mismatch_fails() -> None:
    found = ratio_of(arms_trial({"ai": 100, "control": 50}))

    assert found.statistic == pytest.approx(50 / 3)
    assert found.p_value == pytest.approx(stats.chi2.sf(50 / 3, 1))
    assert found.verdict == "fail"
    assert plain_part(found.message) == (
        "The numbers assigned to each side are not what the plan intended and chance does not "
        "explain it, so find out how the assignment was made before using any result"
    )


def test_planned_ratio_is_what_counts() -> None:
    arms = [{"name": "control", "ai": False}, {"name": "ai", "ai": True, "ratio": 2}]

    found = ratio_of(arms_trial({"ai": 100, "control": 50}, arms=arms))

    assert (found.statistic, found.p_value, found.verdict) == (0.0, 1.0, "pass")


def test_an_empty_arm_fails() -> None:
    assert ratio_of(arms_trial({"ai": 40})).verdict == "fail"


def test_few_units_are_tested_exactly() -> None:
    found = ratio_of(arms_trial({"ai": 8, "control": 1}, "cluster"))

    assert found.statistic == pytest.approx(49 / 9)
    assert found.p_value == pytest.approx(stats.binomtest(8, 9, 0.5).pvalue, rel=1e-12)


def test_teams_are_counted_not_their_members() -> None:
    # 5 are expected in each arm: no longer few.
    found = ratio_of(arms_trial({"ai": 9, "control": 1}, "cluster"))

    assert found.statistic == pytest.approx(6.4)
    assert found.p_value == pytest.approx(stats.chi2.sf(6.4, 1), rel=1e-12)
    assert found.message.endswith("control 1, ai 9")


def test_each_of_several_small_arms_is_tested_against_the_others() -> None:
    data = arms_trial({"chat": 6, "agent": 1, "control": 2}, arms=THREE_ARMS)

    single = [stats.binomtest(count, 9, 1 / 3).pvalue for count in (2, 6, 1)]
    assert ratio_of(data).p_value == pytest.approx(min(1.0, 3 * min(single)), rel=1e-12)


def test_no_p_value_exceeds_1() -> None:
    data = arms_trial({"chat": 3, "agent": 3, "control": 3}, arms=THREE_ARMS)
    everybody = data.cells.iloc[[0] * 9].assign(
        participant=data.participants["participant"].to_numpy()
    )

    assert ratio_of(data).p_value == 1.0
    assert attrition(data.trial, data.participants, everybody).p_value == 1.0


def test_orders_of_periods_are_equally_likely() -> None:
    orders = ["AB"] * 30 + ["BA"] * 20
    participants = [{"participant": f"p{n:02d}", "sequence": o} for n, o in enumerate(orders)]
    data = material("crossover", participants, logged_by(participants, period="1"))

    found = ratio_of(data)

    assert found.statistic == pytest.approx(2.0)
    assert found.p_value == pytest.approx(stats.chi2.sf(2.0, 1))
    assert found.message.endswith(": AB 30, BA 20")


def test_one_order_of_periods_is_no_experiment() -> None:
    participants = [{"participant": f"p{n}", "sequence": "AB"} for n in range(8)]
    data = material("crossover", participants, logged_by(participants, period="1"))
    with pytest.raises(NotEstimable, match=r"^participants with fewer than two orders of periods$"):
        ratio_of(data)


def test_nobody_assigned_has_no_ratio() -> None:
    participants = [{"participant": f"p{n}"} for n in range(8)]
    data = material("parallel", participants, logged_by(participants))
    with pytest.raises(NotEstimable, match=r"^nobody was assigned to any side$"):
        ratio_of(data)


def coin_trial(with_ai: int, without: int, withheld: int, arms: Any = ()) -> Material:
    """Return tasks with the coin; withheld ones were all assigned to no AI."""
    coins = [True] * with_ai + [False] * (without + withheld)
    logs = [
        log(
            f"p{number % 7}",
            ai_assigned=coin,
            ai_used=coin,
            status="withheld" if number >= with_ai + without else "logged",
        )
        for number, coin in enumerate(coins)
    ]
    novel = log("p0", ai_assigned=True, ai_used=True, novel=True)
    design = {"design": {"arms": arms}} if arms else {}
    return material("task_randomised", [], keyed([*logs, novel]), **design)


def test_withheld_tasks_count_among_the_announced_and_not_among_the_analysed() -> None:
    data = coin_trial(100, 60, 40)

    announced = ratio_of(data)
    analysed = sample_ratio_analysed(data.trial, data.participants, data.cells)

    assert (announced.statistic, announced.verdict) == (0.0, "pass")
    assert announced.message.endswith(": without AI 100, with AI 100")
    assert analysed.check == "sample_ratio_analysed"
    assert analysed.statistic == pytest.approx(10.0)
    assert analysed.p_value == pytest.approx(stats.chi2.sf(10.0, 1))
    assert analysed.verdict == "pass"
    assert analysed.message == (
        "The numbers analysed on each side are what the plan intended, but for chance: "
        "without AI 60, with AI 100"
    )


def test_withheld_tasks_of_one_side_fail() -> None:
    data = coin_trial(100, 40, 60)

    found = sample_ratio_analysed(data.trial, data.participants, data.cells)

    assert found.verdict == "fail"
    assert plain_part(found.message) == (
        "The numbers analysed on each side are not what the plan intended and chance does not "
        "explain it, so find out who or what is missing before using any result"
    )


def test_a_coin_may_be_loaded_by_plan() -> None:
    arms = [{"name": "control", "ai": False}, {"name": "ai", "ai": True, "ratio": 3}]
    found = ratio_of(coin_trial(75, 25, 0, arms))
    assert (found.statistic, found.p_value) == (0.0, 1.0)


def test_tasks_of_one_side_alone_fail() -> None:
    data = coin_trial(0, 30, 0)
    found = sample_ratio_analysed(data.trial, data.participants, data.cells)
    assert found.verdict == "fail"
    assert found.message.endswith(": without AI 30, with AI 0")


def test_tasks_of_the_other_side_alone_fail_too() -> None:
    data = coin_trial(30, 0, 0)
    found = sample_ratio_analysed(data.trial, data.participants, data.cells)
    assert found.message.endswith(": without AI 0, with AI 30")


def test_those_without_logs_are_missing_from_the_analysed() -> None:
    participants = people({"ai": 60, "control": 60})
    data = material("parallel", participants, logged_by(participants[30:]))

    found = sample_ratio_analysed(data.trial, data.participants, data.cells)

    assert found.statistic == pytest.approx(10.0)
    assert found.message.endswith(": control 60, ai 30")
    assert ratio_of(data).statistic == 0


# Balance ----------------------------------------------------------------------------------------


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


# Attrition --------------------------------------------------------------------------------------


def fisher(lost: int, of: int, lost_without: int, of_without: int) -> float:
    """Sum the hypergeometric chances of tables no likelier than the one seen."""
    chances = stats.hypergeom(of + of_without, lost + lost_without, of)
    seen = chances.pmf(lost)
    values = np.arange(lost + lost_without + 1)
    return float(sum(p for p in chances.pmf(values) if p <= seen * (1 + 1e-9)))


def lossy_trial(lost: int, lost_without: int, **columns: Any) -> Material:
    """Return 50 people an arm, the first of whom have no logs."""
    participants = people({"ai": 50, "control": 50}, **columns)
    staying = participants[lost:50] + participants[50 + lost_without :]
    return material("parallel", participants, logged_by(staying))


@pytest.mark.parametrize(
    ("lost", "lost_without", "verdict"),
    [(3, 4, "pass"), (12, 3, "warn"), (3, 12, "warn"), (25, 2, "fail")],
)
def test_attrition_is_fishers_exact_test(lost: int, lost_without: int, verdict: str) -> None:
    data = lossy_trial(lost, lost_without)

    found = attrition(data.trial, data.participants, data.cells)

    assert found.check == "attrition"
    assert found.statistic == pytest.approx(lost / 50 - lost_without / 50)
    assert found.p_value == pytest.approx(fisher(lost, 50, lost_without, 50), rel=1e-9)
    assert found.verdict == verdict


def test_attrition_points_at_the_bounds() -> None:
    sentences = [
        attrition(data.trial, data.participants, data.cells).message
        for data in (lossy_trial(0, 0), lossy_trial(12, 3), lossy_trial(25, 2))
    ]
    assert sentences == [
        "Those who left or logged nothing are spread evenly over the arms, but for chance",
        "More people left one arm or logged nothing there, so read the lower and upper bound "
        "beside the main result",
        "Far more people left one arm or logged nothing there, so rely on the lower and upper "
        "bound rather than on the main result",
    ]


def test_an_arm_of_one_participant_is_compared() -> None:
    participants = people({"ai": 1, "control": 7})
    data = material("parallel", participants, logged_by(participants[1:]))

    found = attrition(data.trial, data.participants, data.cells)

    assert found.statistic == 1.0
    assert found.p_value == pytest.approx(1 / 8)


def test_leaving_counts_before_the_last_day() -> None:
    participants = people({"ai": 20, "control": 20})
    for row in participants[:10]:
        row["withdrawn_on"] = "2025-03-10"
    for row in participants[20:30]:
        row["withdrawn_on"] = "2025-03-31"
    logs = logged_by(participants, date="2025-03-04")
    dates = {"starts_on": "2025-03-03", "ends_on": "2025-03-31"}

    dated = material("parallel", participants, logs, trial=dates)
    undated = material("parallel", participants, logs)

    assert attrition(dated.trial, dated.participants, dated.cells).statistic == 0.5
    assert attrition(undated.trial, undated.participants, undated.cells).statistic == 0


@pytest.mark.parametrize(("kind", "design"), [("cluster", {}), ("parallel", {"unit": "team"})])
def test_attrition_of_clusters_is_clustered(kind: str, design: dict[str, str]) -> None:
    rng = np.random.default_rng(5)
    participants = in_teams({"ai": 25, "control": 25}, 4)
    stays = np.repeat(rng.random(50) < 0.8, 4) & (rng.random(200) < 0.9)
    logs = logged_by([row for row, stay in zip(participants, stays, strict=True) if stay])
    data = material(kind, participants, logs, design=design)

    found = attrition(data.trial, data.participants, data.cells)

    with_ai = np.array([row["arm"] == "ai" for row in participants], dtype=float)
    witness = sm.OLS(1.0 - stays, sm.add_constant(with_ai)).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(200) // 4}, use_t=True
    )
    assert found.statistic == pytest.approx(witness.params[1], rel=1e-9)
    assert found.p_value == pytest.approx(witness.pvalues[1], rel=1e-8)


def test_of_several_arms_the_least_like_the_control_counts() -> None:
    participants = people({"chat": 40, "agent": 40, "control": 40})
    staying = [row for n, row in enumerate(participants) if not 40 <= n < 50]
    data = material("parallel", participants, logged_by(staying), design={"arms": THREE_ARMS})

    found = attrition(data.trial, data.participants, data.cells)

    assert found.statistic == pytest.approx(0.25)
    assert found.p_value == pytest.approx(2 * fisher(10, 40, 0, 40), rel=1e-9)


# Contamination ----------------------------------------------------------------------------------


def contaminated(used: int, of: int = 100) -> Material:
    """Return a trial in which AI was used for some of the tasks of the arm without it."""
    participants = people({"ai": 20, "control": of})
    logs = [log(row["participant"], ai_used=n < 20 + used) for n, row in enumerate(participants)]
    return material("parallel", participants, keyed(logs))


@pytest.mark.parametrize(
    ("used", "verdict", "sentence"),
    [
        (5, "pass", "AI was rarely used for tasks that were to be done without it"),
        (
            6,
            "warn",
            "AI was used for some of the tasks that were to be done without it, so the true "
            "effect of AI is likely to be larger than the one shown",
        ),
        (
            20,
            "warn",
            "AI was used for some of the tasks that were to be done without it, so the true "
            "effect of AI is likely to be larger than the one shown",
        ),
        (
            21,
            "fail",
            "AI was used for so many of the tasks that were to be done without it that the "
            "comparison says little about AI",
        ),
    ],
)
def test_contamination_is_a_share_of_the_tasks_without(
    used: int, verdict: str, sentence: str
) -> None:
    data = contaminated(used)

    found = contamination(data.trial, data.cells)

    assert found.statistic == pytest.approx(used / 100)
    values = np.arange(100) < used
    witness = stats.ttest_1samp(values.astype(float), 0.05, alternative="greater").pvalue
    assert found.p_value == pytest.approx(witness, rel=1e-8)
    assert (found.verdict, found.message) == (verdict, sentence)


def test_tasks_before_access_are_without_ai_and_unused_access_is_no_contamination() -> None:
    participants = [
        {"participant": f"p{n}", "team": f"team {n}", "ai_from": "2025-03-10"} for n in range(8)
    ]
    logs = [
        log(f"p{n}", date=date, ai_used=used)
        for n in range(8)
        for date, used in [("2025-03-04", n < 2), ("2025-03-11", False)]
    ]
    data = material("stepped_wedge", participants, keyed(logs))

    assert contamination(data.trial, data.cells).statistic == pytest.approx(0.25)


def test_tasks_without_a_known_assignment_are_no_contamination() -> None:
    participants = [*people({"ai": 2, "control": 8}), {"participant": "unknown"}]
    logs = [
        log(row["participant"], ai_used=row["participant"] == "unknown") for row in participants
    ]
    data = material("parallel", participants, keyed(logs), plan={"treatment": "used"})

    assert contamination(data.trial, data.cells).statistic == 0


def test_without_tasks_without_ai_there_is_no_contamination_to_see() -> None:
    participants = people({"ai": 8})
    data = material("parallel", participants, logged_by(participants))
    with pytest.raises(NotEstimable, match=r"^no task logs without access to AI$"):
        contamination(data.trial, data.cells)


# Properties -------------------------------------------------------------------------------------

losses = st.integers(0, 20)


@given(losses, losses, st.integers(0, 2**20), st.integers(20, 40), st.integers(20, 40))
@settings(max_examples=12, deadline=None)
def test_verdicts_do_not_depend_on_which_arm_is_called_which(
    lost: int, lost_without: int, seed: int, size: int, size_without: int
) -> None:
    rng = np.random.default_rng(seed)
    participants = people({"ai": size, "control": size_without})
    for row in participants:
        row["baseline_minutes"] = float(rng.normal(60, 10))
    staying = participants[lost:size] + participants[size + lost_without :]
    logs = logged_by(staying) or keyed([log(participants[0]["participant"])])
    other = {"ai": "control", "control": "ai"}

    data = material("parallel", participants, logs)
    swapped = material(
        "parallel", [{**row, "arm": other[row["arm"]]} for row in participants], logs
    )

    for ask in (
        ratio_of,
        lambda data: sample_ratio_analysed(data.trial, data.participants, data.cells),
        lambda data: balance(data.trial, data.participants),
        lambda data: attrition(data.trial, data.participants, data.cells),
    ):
        one, two = cast(Any, ask)(data), cast(Any, ask)(swapped)
        assert one.verdict == two.verdict
        assert one.p_value == pytest.approx(two.p_value, rel=1e-9)
        assert abs(one.statistic) == pytest.approx(abs(two.statistic), abs=1e-12)
