"""Who is in which arm, as planned: closed forms, scipy, planted faults."""

from typing import Any

import pytest
from scipy import stats

from measurement.estimation.checks_of_assignment import (
    attrition,
    sample_ratio,
    sample_ratio_analysed,
)
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import (
    THREE_ARMS,
    Material,
    arms_trial,
    keyed,
    log,
    logged_by,
    material,
    people,
    plain_part,
)


def ratio_of(data: Material) -> Any:
    return sample_ratio(data.trial, data.participants, data.totals, data.cells)


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
