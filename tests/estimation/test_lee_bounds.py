"""Lee's bounds against worked numbers, a plain second implementation and Lee's own variance."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.lee_bounds import bounds_of_arm, lee_bounds
from tests.estimation.checked_trials import THREE_ARMS, keyed, log, material, people
from tests.untraced import untraced


def singly(size: int) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays(
        [[f"p{number:04d}" for number in range(size)]], names=["participant"]
    )


def bounds(with_ai: Any, without: Any, clusters: Any = None) -> tuple[Estimate, Estimate]:
    """Return the bounds from outcomes of the randomised in both arms; None: not observed."""
    outcome = np.array([np.nan if y is None else y for y in (*with_ai, *without)], dtype=float)
    arm = np.arange(len(outcome)) < len(with_ai)
    return lee_bounds(outcome, arm, singly(len(outcome)) if clusters is None else clusters)


def plain_trimmed_mean(values: Any, kept: float) -> float:
    """Average the lowest `kept` outcomes one by one, a part of the last."""
    total, left = 0.0, kept
    for value in sorted(values):
        part = min(1.0, left)
        total += part * value
        left -= part
    return total / kept


def plain_bounds(with_ai: Any, without: Any) -> tuple[float, float]:
    seen, seen_without = ([y for y in side if y is not None] for side in (with_ai, without))
    share, share_without = len(seen) / len(with_ai), len(seen_without) / len(without)
    if share < share_without:
        low, high = plain_bounds(without, with_ai)
        return -high, -low
    kept = len(seen) * share_without / share
    reference = sum(seen_without) / len(seen_without)
    lowest = plain_trimmed_mean(seen, kept)
    highest = -plain_trimmed_mean([-y for y in seen], kept)
    return lowest - reference, highest - reference


def lees_variance(with_ai: Any, without: Any) -> float:
    """Return the variance of the lower bound where AI keeps more people, in Lee's terms.

    Variance of what is kept, of the cut, of the share cut, of the control's mean (Proposition 3).
    """
    seen, seen_without = ([y for y in side if y is not None] for side in (with_ai, without))
    share, share_without = len(seen) / len(with_ai), len(seen_without) / len(without)
    kept_share = share_without / share
    number = round(len(seen) * kept_share)
    kept = np.sort(seen)[:number]
    gap = (kept[-1] - kept.mean()) ** 2
    of_mean = (kept.var() + gap * (1 - kept_share)) / (len(seen) * kept_share)
    of_share = gap * (
        (1 - share) / (share * len(with_ai)) + (1 - share_without) / (share_without * len(without))
    )
    return float(of_mean + of_share + np.var(seen_without) / len(seen_without))


def test_a_worked_example() -> None:
    # 4 of 4 with AI, 2 of 4 without: half of those with AI is cut.
    low, high = bounds([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, None, None])

    assert low.value == pytest.approx((1 + 2) / 2 - 3)
    assert high.value == pytest.approx((3 + 4) / 2 - 3)
    assert low.degrees_of_freedom == high.degrees_of_freedom == 7
    # Lower bound: cut 2, mean 1.5. With AI: ((y - 2) 1{y <= 2} + 1) / 0.5 - 1.5, over 4, less
    # the control's part of the share kept, 0.5 x (1 - 0.5) / 0.5 over 4, and its own mean.
    influence = [-1.5 / 4, 0.5 / 4, 0.5 / 4, 0.5 / 4, 0.5 + 0.125, -0.5 + 0.125, -0.125, -0.125]
    expected = np.array(influence) * math.sqrt(8 / 7)
    assert low.psi.to_numpy() == pytest.approx(expected)
    # The upper bound: cut 3, mean 3.5, so the share kept now weighs the other way.
    influence = [-0.125, -0.125, -0.125, 0.375, 0.5 - 0.125, -0.5 - 0.125, 0.125, 0.125]
    assert high.psi.to_numpy() == pytest.approx(np.array(influence) * math.sqrt(8 / 7))
    assert list(low.psi.index.names) == ["participant"]


def test_a_part_of_an_outcome_is_kept_at_the_cut() -> None:
    # Kept: 3 x (2/4) / (3/3) = 1.5 of three outcomes.
    low, high = bounds([1.0, 2.0, 9.0], [0.0, 0.0, None, None])

    assert low.value == pytest.approx((1 + 0.5 * 2) / 1.5)
    assert high.value == pytest.approx((9 + 0.5 * 2) / 1.5)


def test_the_arm_without_ai_is_cut_where_it_kept_more_people() -> None:
    with_ai, without = [2.0, 4.0, None, None], [1.0, 2.0, 3.0, 4.0]

    low, high = bounds(with_ai, without)
    swapped_low, swapped_high = bounds(without, with_ai)

    assert (low.value, high.value) == pytest.approx((3 - 3.5, 3 - 1.5))
    assert (low.value, high.value) == (-swapped_high.value, -swapped_low.value)
    # The same people stand in the other half.
    assert low.psi.to_numpy() == pytest.approx(-np.roll(swapped_high.psi.to_numpy(), 4))
    assert high.psi.to_numpy() == pytest.approx(-np.roll(swapped_low.psi.to_numpy(), 4))


def test_without_differential_attrition_both_are_the_plain_difference() -> None:
    rng = np.random.default_rng(3)
    with_ai, without = rng.normal(size=30), rng.normal(size=45)
    lost = [*with_ai[:20], *[None] * 10], [*without[:30], *[None] * 15]

    low, high = bounds(*lost)

    difference = with_ai[:20].mean() - without[:30].mean()
    assert low.value == pytest.approx(difference, rel=1e-12)
    assert high.value == pytest.approx(difference, rel=1e-12)
    variance = with_ai[:20].var() / 20 + without[:30].var() / 30
    assert low.std_error == pytest.approx(math.sqrt(variance * 75 / 74), rel=1e-12)
    assert high.std_error == pytest.approx(low.std_error, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_standard_errors_are_lees(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # 45 of 50 against 30 of 50: whole numbers of outcomes are kept.
    with_ai = [*rng.normal(1, 2, 45), *[None] * 5]
    without = [*rng.normal(0, 1, 30), *[None] * 20]

    low, high = bounds(with_ai, without)

    assert low.std_error**2 * 99 / 100 == pytest.approx(lees_variance(with_ai, without), rel=1e-10)
    # One more absent with AI raises the share kept, one more without AI lowers it.
    kept = np.sort(with_ai[:45])[:30]
    moved = (kept[-1] - kept.mean()) / 50 * math.sqrt(100 / 99)
    assert low.psi.to_numpy()[45:50] == pytest.approx(moved)
    assert low.psi.to_numpy()[80:] == pytest.approx(-moved)
    mirrored = [[None if y is None else -y for y in side] for side in (with_ai, without)]
    assert high.std_error**2 * 99 / 100 == pytest.approx(lees_variance(*mirrored), rel=1e-10)


arm_outcomes = st.lists(
    st.none() | st.floats(-3, 3).map(lambda y: round(y, 3)), min_size=3, max_size=12
).filter(lambda side: any(y is not None for y in side))


@untraced()
@given(arm_outcomes, arm_outcomes)
@settings(max_examples=150, deadline=None)
def test_bounds_agree_with_loops_and_hold_the_plain_difference(with_ai: Any, without: Any) -> None:
    low, high = bounds(with_ai, without)

    assert (low.value, high.value) == pytest.approx(plain_bounds(with_ai, without), abs=1e-9)
    means = [np.mean([y for y in side if y is not None]) for side in (with_ai, without)]
    assert low.value - 1e-9 <= means[0] - means[1] <= high.value + 1e-9
    assert low.psi.sum() == pytest.approx(0, abs=1e-9)


def test_influence_is_summed_by_cluster() -> None:
    rng = np.random.default_rng(8)
    outcome = rng.normal(size=60)
    outcome[::7] = np.nan
    arm = np.arange(60) < 30
    teams = pd.MultiIndex.from_arrays([np.arange(60) // 5], names=["team"])

    single, clustered = lee_bounds(outcome, arm, singly(60))[0], lee_bounds(outcome, arm, teams)[0]

    sums = (single.psi.to_numpy() * math.sqrt(59 / 60)).reshape(12, 5).sum(axis=1)
    assert clustered.value == single.value
    assert clustered.psi.to_numpy() == pytest.approx(sums * math.sqrt(12 / 11), rel=1e-12)
    assert clustered.degrees_of_freedom == 11


def test_an_arm_without_outcomes_has_no_bounds() -> None:
    with pytest.raises(NotEstimable, match=r"^an arm without anybody who logged a task$"):
        bounds([1.0] * 6, [None] * 6)
    with pytest.raises(NotEstimable, match=r"^an arm without anybody who logged a task$"):
        bounds([None] * 6, [1.0] * 6)


def test_few_clusters_have_no_bounds() -> None:
    teams = pd.MultiIndex.from_arrays([np.arange(10) // 2], names=["team"])
    with pytest.raises(NotEstimable, match="5 clusters"):
        bounds([1.0] * 5, [2.0] * 5, teams)


def test_bounds_of_an_arm_take_means_of_log_minutes() -> None:
    participants = people({"chat": 4, "agent": 4, "control": 4})
    logs = keyed(
        [
            log("chat000", 10.0),
            log("chat000", 40.0),
            log("chat000", 999.0, novel=True),
            log("chat001", 30.0),
            log("chat002", 999.0, novel=True),
            log("agent000", 7.0),
            log("control000", 50.0),
            log("control001", 60.0),
        ]
    )
    data = material("parallel", participants, logs, design={"arms": THREE_ARMS})

    low, high = bounds_of_arm(data.trial, data.participants, data.cells, "chat")

    expected = math.log(math.sqrt(20 * 30) / math.sqrt(50 * 60))
    assert low.value == pytest.approx(expected, rel=1e-12)
    assert high.value == pytest.approx(expected, rel=1e-12)
    assert len(low.psi) == 8


def test_bounds_of_an_arm_are_clustered_as_randomised() -> None:
    participants = [
        {**row, "team": f"team {row['arm']} {number % 4}"}
        for number, row in enumerate(people({"ai": 12, "control": 12}))
    ]
    logs = keyed([log(row["participant"], 10.0 + 3 * n) for n, row in enumerate(participants)])
    data = material("cluster", participants, logs)

    low, _ = bounds_of_arm(data.trial, data.participants, data.cells, "ai")

    assert low.levels == ["team"]
    assert low.degrees_of_freedom == 7
