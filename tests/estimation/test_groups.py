"""Several groups at once, against statsmodels, scipy and closed forms."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multivariate import test_mvmean as hotelling
from statsmodels.stats.oneway import anova_generic

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.groups import (
    WaldTest,
    agreeing_interval,
    dunnett,
    equal_effects,
    shrunken,
)
from measurement.estimation.inference import benjamini_hochberg, holm
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import fit
from tests.untraced import untraced


def estimate(value: float, psi: Sequence[float], df: float = 20, *, first: int = 0) -> Estimate:
    """Return an estimate whose clusters are numbered from `first`."""
    people = [f"p{number:03d}" for number in range(first, first + len(psi))]
    index = pd.MultiIndex.from_arrays([people], names=["participant"])
    return Estimate(value, pd.Series(np.array(psi, dtype=float), index=index), df)


def apart(values: Sequence[float], errors: Sequence[float], df: float = 20) -> list[Estimate]:
    """Return estimates without a cluster in common."""
    return [
        estimate(value, [0.6 * error, 0.8 * error], df, first=2 * number)
        for number, (value, error) in enumerate(zip(values, errors, strict=True))
    ]


def means(table: np.ndarray) -> list[Estimate]:
    """Return the mean of each column (people x groups): everybody is in every group."""
    people = len(table)
    scale = math.sqrt(people * (people - 1))
    return [
        estimate(column.mean(), (column - column.mean()) / scale, people - 1) for column in table.T
    ]


# Intervals that agree with adjusted p-values ---------------------------------------------------

families = st.lists(
    st.tuples(st.floats(-5, 5), st.floats(0.1, 3), st.floats(4, 200)), min_size=1, max_size=8
)


@pytest.mark.parametrize(
    "adjust", [holm, benjamini_hochberg, lambda p_values: [min(1, p * 8) for p in p_values]]
)
@given(family=families, confidence=st.floats(0.5, 0.999))
def test_it_leaves_zero_out_exactly_where_the_adjusted_p_value_is_small(  # type: ignore[no-untyped-def]
    adjust, family, confidence
) -> None:
    estimates = [estimate(value, [error], df) for value, error, df in family]
    adjusted = adjust([one.p_value() for one in estimates])
    for one, p_value in zip(estimates, adjusted, strict=True):
        assume(abs(p_value - (1 - confidence)) > 1e-9)
        interval = agreeing_interval(one, p_value, confidence=confidence, groups=len(family))
        assert (interval.low > 0 or interval.high < 0) == (p_value < 1 - confidence)


def test_it_leaves_zero_out_exactly_where_dunnett_does() -> None:
    table = np.random.default_rng(4).normal([0, 0.3, 0.45, 0.6], size=(30, 4))
    estimates = [arm - means(table)[0] for arm in means(table)[1:]]
    for one, p_value in zip(estimates, dunnett(estimates), strict=True):
        for confidence in (0.5, 0.8, 0.9, 0.95, 0.99, 1 - p_value * 1.001, 1 - p_value * 0.999):
            interval = agreeing_interval(one, p_value, confidence=confidence, groups=3)
            assert (interval.low > 0 or interval.high < 0) == (p_value < 1 - confidence)


def test_its_level_shrinks_alpha_by_the_adjustment() -> None:
    one = estimate(2.5, [1.0], 12)
    interval = agreeing_interval(one, 3 * one.p_value(), confidence=0.94, groups=3)
    assert (interval.low, interval.high) == pytest.approx(
        stats.t(12, loc=2.5).interval(0.98), rel=1e-12
    )
    assert agreeing_interval(one, one.p_value(), confidence=0.94, groups=3) == one.interval(0.94)


def test_where_p_is_too_small_for_a_number_the_level_is_bonferronis() -> None:
    one = estimate(5000, [1.0], 300)
    assert one.p_value() == 0
    interval = agreeing_interval(one, 0.0, confidence=0.92, groups=4)
    assert interval == one.interval(1 - (1 - 0.92) * 0.25)
    assert agreeing_interval(one, 0.0, confidence=0.92, groups=1).low > 0


def test_agreeing_intervals_refuse_what_cannot_agree() -> None:
    one = estimate(1.0, [1.0], 12)
    for wrong in (one.p_value() * 0.99, 1.01, math.nan):
        with pytest.raises(
            ValueError, match=f"^p_value_adjusted {wrong}: from the p-value"
        ) as raised:
            agreeing_interval(one, wrong, confidence=0.95, groups=3)
        assert str(raised.value).endswith(f"itself, {one.p_value()}, to 1 is allowed")
    assert agreeing_interval(one, 1.0, confidence=0.95, groups=3).low < 0
    with pytest.raises(ValueError, match=r"^groups 0: 1 or more are allowed$"):
        agreeing_interval(one, 1.0, confidence=0.95, groups=0)
    with pytest.raises(ValueError, match=r"^confidence 95"):
        agreeing_interval(one, 1.0, confidence=95, groups=1)
    with pytest.raises(NotEstimable, match="standard error of 0"):
        agreeing_interval(estimate(1, [0, 0]), 1.0, confidence=0.95, groups=1)


# Do the groups differ at all? -------------------------------------------------------------------


def test_groups_of_the_same_people_are_hotellings_test() -> None:
    table = np.random.default_rng(1).normal([0, 1, 0.4, 0], [1, 3, 1, 0.2], size=(14, 4))
    table[:, 3] += table[:, 0]
    found = equal_effects(means(table))
    expected = hotelling(table[:, 1:] - table[:, :1])
    assert found == pytest.approx((expected.statistic, expected.pvalue, *expected.df), rel=1e-10)
    assert (found.df1, found.df2) == (3, 11)


def test_groups_without_people_in_common_are_a_wald_test() -> None:
    values, errors = np.array([1.0, 2.5, 0.0, 1.2]), np.array([0.4, 0.7, 0.5, 0.3])
    sizes = np.array([30, 21, 40, 25])
    found = equal_effects(apart(list(values), list(errors), df=20))
    squares = errors**2 * sizes
    expected = anova_generic(
        values, squares, sizes, use_var="unequal", welch_correction=False
    ).statistic
    assert found.statistic == pytest.approx(expected, rel=1e-12)
    assert found.p_value == pytest.approx(stats.f.sf(expected, 3, 20), rel=1e-12)
    assert (found.df1, found.df2) == (3, 20)


def interactions(seed: int) -> tuple[Sample, list[str]]:
    """Return logs of 15 people in three groups each, an effect for every group."""
    rng = np.random.default_rng(seed)
    size = 15 * 24
    person = np.repeat(np.arange(15), 24)
    group = rng.integers(0, 3, size)
    treated = rng.random(size) < 0.5
    y = 0.3 * treated * group + rng.normal(size=15)[person] + rng.normal(size=size)
    columns = {f"group {g}": (group == g).astype(float) for g in range(3)}
    columns |= {f"effect {g}": ((group == g) & treated).astype(float) for g in range(3)}
    names = pd.MultiIndex.from_arrays([[f"p{n:02d}" for n in person]], names=["participant"])
    ones = np.ones(size)
    sample = Sample(pd.DataFrame(columns), y, ones, ones * 0, names)
    return sample, [f"effect {g}" for g in range(3)]


def test_interactions_of_a_clustered_regression_are_statsmodels_wald_test() -> None:
    sample, effects = interactions(7)
    fitted = fit(sample, standard_errors="CR1", nested=False)
    found = equal_effects([fitted.estimate(name) for name in effects])
    groups = np.unique(sample.clusters.get_level_values(0), return_inverse=True)[1]
    model = sm.OLS(sample.outcome, sample.regressors.to_numpy())
    result = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    contrasts = np.array([[0, 0, 0, -1, 1, 0], [0, 0, 0, -1, 0, 1]])
    wald = result.wald_test(contrasts, use_f=True, scalar=True)
    assert wald.df_denom == 14
    # Its F(2, 14) does not allow for the covariance that was estimated from the same people.
    statistic = wald.statistic * 13 / 14
    assert found == pytest.approx((statistic, stats.f.sf(statistic, 2, 13), 2, 13), rel=1e-8)


def test_two_groups_of_three_that_share_people_are_enough_to_share() -> None:
    shared = means(np.random.default_rng(6).normal(size=(10, 2)))
    alone = estimate(0.4, [0.3, 0.2, -0.1], 9, first=100)
    assert equal_effects([*shared, alone]).df2 == 8
    assert equal_effects([shared[0], alone, estimate(1, [0.2, 0.1], 9, first=200)]).df2 == 9


def test_two_groups_are_the_t_test_of_their_difference() -> None:
    one, other = estimate(1.0, [0.3, 0.1, -0.4], 9), estimate(2.0, [0.2, 0.5, 0.1], 7)
    found = equal_effects([one, other])
    difference = other - one
    assert found.statistic == pytest.approx((difference.value / difference.std_error) ** 2)
    assert found.p_value == pytest.approx(difference.p_value(), rel=1e-10)
    assert (found.df1, found.df2) == (1, 7)


@given(st.permutations(range(4)), st.floats(-3, 3), st.floats(0.01, 100))
@settings(max_examples=30)  # two dozen orders
def test_order_shift_and_unit_do_not_matter(order: list[int], shift: float, unit: float) -> None:
    table = np.random.default_rng(3).normal([0, 0.5, 1, 0], size=(12, 4))
    found = equal_effects([(means(table)[i] + shift) * unit for i in order])
    assert found == pytest.approx(equal_effects(means(table)), rel=1e-8)


@untraced()
def test_under_no_difference_it_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    p_values = [equal_effects(means(rng.normal(size=(9, 4)))).p_value for _ in range(250)]
    assert np.mean(np.array(p_values) < 0.1) == pytest.approx(0.1, abs=0.057)  # 3 standard errors


def test_a_group_that_is_there_twice_counts_once() -> None:
    one, other, _ = means(np.random.default_rng(5).normal(size=(10, 3)))
    assert equal_effects([one, other, one]) == pytest.approx(equal_effects([one, other]))
    # The second difference is a multiple of the first and says nothing more.
    assert equal_effects([one, other, other * 2 - one]).df1 == 1


def test_tasks_are_summed_to_the_people_they_share() -> None:
    paths = pd.MultiIndex.from_arrays(
        [list("aabbcc"), [f"t{n}" for n in range(6)]], names=["participant", "task"]
    )
    by_task = Estimate(3, pd.Series([1.0, 2, 3, -4, 5, -6], index=paths), 50)
    people = pd.MultiIndex.from_arrays([list("abc")], names=["participant"])
    by_person = Estimate(1, pd.Series([0.5, 1, -1], index=people), 30)
    found = equal_effects([by_task, by_person])
    # psi by person: (3, -1, -1) and (0.5, 1, -1): the difference has (2.5, -2, 0).
    assert found.statistic == pytest.approx(4 / (2.5**2 + 2**2))
    assert found.df2 == 2


def test_endless_degrees_of_freedom_are_the_chi_squared_test() -> None:
    found = equal_effects(apart([0, 1, 3], [1, 1, 2], df=math.inf))
    assert found.p_value == pytest.approx(special.chdtrc(2, 2 * found.statistic), rel=1e-6)


def test_groups_that_cannot_be_compared_say_why() -> None:
    one = estimate(1, [1, 2, 3])
    for few in ([], [one]):
        with pytest.raises(NotEstimable, match=r"^fewer than two groups to compare$"):
            equal_effects(few)
    with pytest.raises(NotEstimable, match=r"^the differences between the groups do not vary$"):
        equal_effects([one, one + 1])
    table = np.random.default_rng(5).normal(size=(5, 6))
    reason = "^too few clusters to compare the groups: 4 differences, 3 degrees of freedom$"
    with pytest.raises(NotEstimable, match=reason):
        equal_effects([Estimate(one.value, one.psi, 3) for one in means(table[:, :5])])
    found = equal_effects(means(table[:, :5]))
    assert (found.df1, found.df2) == (4, 1)
    assert isinstance(found, WaldTest)


# Arms that share a control ----------------------------------------------------------------------


def arms_against_control(sizes: Sequence[int], seed: int) -> tuple[list[Estimate], Any]:
    """Return the differences of a one-way layout with its pooled variance, and scipy's p-values.

    One cluster an arm carries its whole variance, so the correlations are the layout's own.
    """
    rng = np.random.default_rng(seed)
    arms = [rng.normal(loc=0.35 * arm, size=size) for arm, size in enumerate(sizes)]
    df = sum(sizes) - len(sizes)
    pooled = sum(((arm - arm.mean()) ** 2).sum() for arm in arms) / df
    control, *treated = (
        estimate(arm.mean(), [math.sqrt(pooled / len(arm))], df, first=number)
        for number, arm in enumerate(arms)
    )
    witness = stats.dunnett(*arms[1:], control=arms[0], rng=np.random.default_rng(1))
    return [arm - control for arm in treated], witness.pvalue


@pytest.mark.parametrize(("sizes", "seed"), [([20, 20, 20], 1), ([30, 12, 18, 9, 25], 2)])
def test_it_is_dunnetts_test_of_a_one_way_layout(sizes: list[int], seed: int) -> None:
    estimates, expected = arms_against_control(sizes, seed)
    assert dunnett(estimates) == pytest.approx(expected, abs=5e-4)


def both_within(distance: float, correlation: float, df: float) -> float:
    """Return P(|T1|, |T2| <= distance) by quadrature over the common scale and the first."""
    spare = math.sqrt(1 - correlation**2)

    def given_scale(scale: float) -> float:
        limit = distance * scale

        def given_first(first: float) -> float:
            ends = special.ndtr((np.array([limit, -limit]) - correlation * first) / spare)
            return float(stats.norm.pdf(first) * (ends[0] - ends[1]))

        return integrate.quad(given_first, -limit, limit, epsrel=1e-10)[0]

    density = stats.chi(df, scale=1 / math.sqrt(df)).pdf
    return integrate.quad(lambda s: given_scale(s) * density(s), 0, 4, epsrel=1e-9)[0]


@untraced()
def test_two_arms_are_the_bivariate_t_by_quadrature() -> None:
    control, first, second = apart([0, 0.9, 1.6], [0.5, 0.4, 0.6], df=15)
    estimates = [first - control, second - control]
    correlation = 0.25 / math.sqrt((0.25 + 0.16) * (0.25 + 0.36))
    expected = [1 - both_within(one.value / one.std_error, correlation, 15) for one in estimates]
    assert dunnett(estimates) == pytest.approx(expected, abs=5e-6)


def test_the_smallest_degrees_of_freedom_count_for_every_arm() -> None:
    one, other = estimate(1.2, [0.3, 0.5], 40), estimate(-2.0, [0.4, -0.6], 6)
    same = [Estimate(arm.value, arm.psi, 6) for arm in (one, other)]
    assert dunnett([one, other]) == dunnett(same)
    assert all(arm.p_value() <= p for arm, p in zip(same, dunnett(same), strict=True))


def test_one_arm_needs_no_adjustment() -> None:
    only = estimate(1.3, [0.3, 0.5], 8)
    assert dunnett([only]) == [only.p_value()]
    assert dunnett([]) == []


def test_arms_that_move_as_one_count_as_one() -> None:
    one = estimate(1.3, [0.3, 0.5], 8)
    for twin in (one, -one, one * 2):
        assert dunnett([one, twin]) == pytest.approx([one.p_value()] * 2, abs=1e-5)


def test_arms_without_anything_in_common_are_sidaks_when_errors_are_known() -> None:
    estimates = apart([1.0, -2.0, 2.5], [1, 1, 1], df=math.inf)
    expected = [1 - (1 - arm.p_value()) ** 3 for arm in estimates]
    assert dunnett(estimates) == pytest.approx(expected, abs=5e-6)


def test_tiny_p_values_stay_between_their_own_and_bonferronis() -> None:
    estimates = apart([9.0, -30.0, 0.0], [1, 1, 1], df=200)
    adjusted = dunnett(estimates)
    for arm, p_value in zip(estimates, adjusted, strict=True):
        assert arm.p_value() <= p_value <= 3 * arm.p_value()
    assert 0 < adjusted[1] < 1e-70
    assert adjusted[2] == 1


def test_where_the_integration_is_too_coarse_bonferronis_is_the_limit() -> None:
    estimates = apart([8.0, -8.0, 8.0], [1, 1, 1], df=30)
    assert dunnett(estimates) == pytest.approx([3 * estimates[0].p_value()] * 3, rel=1e-9)


def test_the_same_data_give_the_same_bits() -> None:
    estimates = arms_against_control([20, 15, 22, 18], 3)[0]
    assert dunnett(estimates) == dunnett(estimates)


def test_an_arm_without_an_error_allows_no_test() -> None:
    with pytest.raises(NotEstimable, match=r"^a standard error of 0 allows no test$"):
        dunnett([estimate(1, [1, 2]), estimate(1, [0, 0])])


# Shrunken values --------------------------------------------------------------------------------

leagues = st.lists(st.tuples(st.floats(-50, 50), st.floats(0.1, 20)), min_size=3, max_size=12)


@given(leagues)
def test_shrunken_values_follow_from_statsmodels_between_group_variance(
    league: list[tuple[float, float]],
) -> None:
    values, errors = (np.array(column) for column in zip(*league, strict=True))
    assume(np.ptp(values) > 0.01)
    witness = combine_effects(values, errors**2, method_re="pm", atol=1e-8)
    tau2 = witness.tau2
    # Its iteration may jump below 0 and then gives up.
    assume(tau2 > 0 or witness.q <= len(league) - 1)
    weights = 1 / (errors**2 + tau2)
    mean = (weights * values).sum() / weights.sum()
    expected = mean + tau2 * weights * (values - mean)
    found = shrunken(apart(list(values), list(errors)))
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(leagues)
def test_shrunken_values_lie_between_the_raw_ones_and_a_common_mean(
    league: list[tuple[float, float]],
) -> None:
    values, errors = zip(*league, strict=True)
    pulled = np.array(shrunken(apart(values, errors)))
    assert min(values) - 1e-9 <= pulled.min() <= pulled.max() <= max(values) + 1e-9
    assert pulled.max() - pulled.min() <= max(values) - min(values) + 1e-9


def test_shrunken_values_by_hand() -> None:
    # Equal variances of 1: tau2 = the variance of the values, 4, less 1; mean 2; kept 3 / 4.
    assert shrunken(apart([0, 2, 4], [1, 1, 1])) == pytest.approx([0.5, 2, 3.5], rel=1e-12)


def test_groups_that_differ_by_chance_alone_are_all_at_the_mean() -> None:
    # Q = 2 (1 / 2)^2 + 0 is below 2: tau2 = 0; weights 1, 1, 4.
    found = shrunken(apart([-0.5, 0.5, 0.6], [1, 1, 0.5]))
    assert found == pytest.approx([2.4 / 6] * 3, rel=1e-12)
    assert shrunken(apart([1, 1, 1], [1, 2, 3])) == [1, 1, 1]


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1e6])
def test_shrunken_values_do_not_depend_on_the_unit(unit: float) -> None:
    values, errors = np.array([0.0, 2.0, 4.5, 3.0]), np.array([1.0, 0.7, 1.2, 0.5])
    found = shrunken(apart(list(values * unit), list(errors * unit)))
    expected = np.array(shrunken(apart(list(values), list(errors)))) * unit
    assert found == pytest.approx(expected, rel=1e-10, abs=0)


def test_a_vague_group_is_pulled_more() -> None:
    raw = [0.0, 5.0, 10.0, 10.0]
    pulled = shrunken(apart(raw, [1, 1, 1, 6]))
    assert pulled[2] > pulled[3] > 5
    assert pulled[0] > 0


def test_values_that_cannot_be_shrunk_say_why() -> None:
    reason = "^too few groups for shrunken values: 2, at least 3 are needed$"
    with pytest.raises(NotEstimable, match=reason):
        shrunken(apart([1, 2], [1, 1]))
    with pytest.raises(NotEstimable, match=r"^a standard error of 0 allows no shrunken values$"):
        shrunken([*apart([1, 2], [1, 1]), estimate(1, [0, 0], first=9)])
