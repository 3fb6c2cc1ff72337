"""The wild bootstrap against refitting each draw; adjusted p-values against statsmodels."""

import gc
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.inference import (
    benjamini_hochberg,
    cluster_information,
    default_standard_errors,
    effective_clusters,
    holm,
    wild_bootstrap_p_value,
)
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import fit
from tests.untraced import untraced

chances = st.lists(st.none() | st.floats(0, 1), max_size=12)


@pytest.fixture(scope="module")
def _little_garbage() -> Iterator[None]:
    """Let statsmodels, which collects garbage each time, find what is new alone."""
    gc.freeze()
    yield
    gc.unfreeze()


def invented_sample(
    seed: int, clusters: int, *, effect: float = 0.3, absorb: bool = False
) -> Sample:
    """Return single logs of teams of three people, half of the teams or of the weeks treated."""
    rng = np.random.default_rng(seed)
    size = clusters * 12
    team = np.repeat(np.arange(clusters), 12)
    person = np.repeat(np.arange(clusters * 3), 4)
    treated = (rng.random(size) < 0.5) if absorb else (team % 2 == 0)
    kind = rng.integers(0, 2, size)
    y = effect * treated + 0.4 * kind + rng.normal(size=clusters)[team] + rng.normal(size=size)
    columns = {"treated": treated.astype(float), "kind": kind.astype(float)}
    if not absorb:
        columns = {"intercept": np.ones(size)} | columns
    names = pd.MultiIndex.from_arrays([[f"team {n:02d}" for n in team]], names=["team"])
    ones = np.ones(size)
    return Sample(pd.DataFrame(columns), y, ones, ones * 0, names, person if absorb else None)


def design_matrix(sample: Sample) -> pd.DataFrame:
    if sample.absorbed is None:
        return sample.regressors
    dummies = pd.get_dummies(pd.Series(sample.absorbed), dtype=float)
    return pd.concat([sample.regressors, dummies], axis=1)


def refitted_t(sample: Sample, signs: np.ndarray) -> np.ndarray:
    """Return |t| of "treated" of each draw (draws x clusters), each fitted anew on all rows."""
    X = design_matrix(sample)
    teams = np.unique(sample.clusters.get_level_values(0), return_inverse=True)[1]
    without = X.drop(columns="treated").to_numpy()
    fitted = without @ np.linalg.lstsq(without, sample.outcome, rcond=None)[0]
    residual = sample.outcome - fitted
    position = list(X.columns).index("treated")
    values = []
    for draw in signs:
        model = sm.OLS(fitted + draw[teams] * residual, X.to_numpy())
        result = model.fit(cov_type="cluster", cov_kwds={"groups": teams})
        values.append(abs(result.params[position] / result.bse[position]))
    return np.array(values)


@pytest.mark.parametrize("absorb", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_with_few_clusters_it_is_the_enumeration_of_all_draws(seed: int, absorb: bool) -> None:
    sample = invented_sample(seed, clusters=7, absorb=absorb)
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=7)))
    t = refitted_t(sample, signs)
    expected = np.mean(t >= t[0] * (1 - 1e-9))
    assert wild_bootstrap_p_value(sample, "treated", seed=1) == expected


def test_the_unchanged_data_is_statsmodels_own_t() -> None:
    sample = invented_sample(3, clusters=7)
    ours = fit(sample, standard_errors="CR1", nested=True).estimate("treated")
    t = refitted_t(sample, np.ones((1, 7)))[0]
    assert abs(ours.value / ours.std_error) == pytest.approx(t, rel=1e-8)


def test_with_more_clusters_it_is_the_share_of_seeded_draws() -> None:
    sample = invented_sample(5, clusters=17, effect=0.5)
    p_value = wild_bootstrap_p_value(sample, "treated", seed=8)
    coins = np.random.Generator(np.random.PCG64(8)).integers(0, 2, size=(9_999, 17))
    t = solved_t(sample, np.vstack([np.ones(17), np.where(coins == 1, -1.0, 1.0)]))
    assert p_value == np.mean(t >= t[0] * (1 - 1e-9))
    assert wild_bootstrap_p_value(sample, "treated", seed=9) != p_value


def solved_t(sample: Sample, signs: np.ndarray) -> np.ndarray:
    """Return |t| of "treated" of each draw, all draws solved by one pseudo-inverse.

    Up to the factor of CR1, which is the same for all draws.
    """
    X = design_matrix(sample).to_numpy()
    position = list(design_matrix(sample).columns).index("treated")
    teams = np.unique(sample.clusters.get_level_values(0), return_inverse=True)[1]
    without = np.delete(X, position, axis=1)
    fitted = without @ np.linalg.lstsq(without, sample.outcome, rcond=None)[0]
    drawn = fitted[:, None] + signs.T[teams] * (sample.outcome - fitted)[:, None]
    inverse = np.linalg.pinv(X)
    residuals = drawn - X @ (inverse @ drawn)
    moves = inverse[position][:, None] * residuals
    by_team = np.array([moves[teams == team].sum(axis=0) for team in np.unique(teams)])
    t: np.ndarray = np.abs(inverse[position] @ drawn) / np.sqrt((by_team**2).sum(axis=0))
    return t


def test_an_effect_of_exactly_nothing_has_the_p_value_one() -> None:
    ones = np.ones(8)
    teams = pd.MultiIndex.from_arrays([list("abcdefgh")], names=["team"])
    sample = Sample(pd.DataFrame({"treated": ones}), np.array([1.0, -1] * 4), ones, ones * 0, teams)
    assert wild_bootstrap_p_value(sample, "treated", seed=1) == 1


def test_a_p_value_from_draws_is_never_zero() -> None:
    sample = invented_sample(5, clusters=39, effect=50)
    assert wild_bootstrap_p_value(sample, "treated", seed=1) == 1 / 10_000


def test_the_smallest_p_value_of_an_enumeration_is_the_data_and_its_mirror() -> None:
    sample = invented_sample(5, clusters=16, effect=50)
    assert wild_bootstrap_p_value(sample, "treated", seed=1) == 2 / 2**16


def test_cells_give_the_p_value_of_their_rows() -> None:
    row = invented_sample(6, clusters=12)
    frame = row.regressors.assign(team=row.clusters.get_level_values(0), y=row.outcome)
    keys = ["team", "intercept", "treated", "kind"]
    cell = frame.groupby(keys)["y"].agg(["size", "mean"]).reset_index()
    sample = Sample(
        cell[["treated", "kind", "intercept"]],
        cell["mean"].to_numpy(),
        cell["size"].to_numpy(float),
        np.zeros(len(cell)),
        pd.MultiIndex.from_frame(cell[["team"]]),
    )
    expected = wild_bootstrap_p_value(row, "treated", seed=2)
    assert wild_bootstrap_p_value(sample, "treated", seed=2) == expected


@untraced()
def test_under_no_effect_it_rejects_as_often_as_it_says() -> None:
    p_values = [
        wild_bootstrap_p_value(invented_sample(seed, clusters=8, effect=0), "treated", seed=1)
        for seed in range(400)
    ]
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.05)


def test_what_cannot_be_bootstrapped_says_why() -> None:
    with pytest.raises(NotEstimable, match="5 clusters"):
        wild_bootstrap_p_value(invented_sample(1, clusters=5), "treated", seed=1)
    with pytest.raises(NotEstimable, match="no term 'tea'"):
        wild_bootstrap_p_value(invented_sample(1, clusters=7), "tea", seed=1)
    sample = invented_sample(1, clusters=7)
    flat = Sample(
        sample.regressors,
        sample.regressors["kind"].to_numpy(),
        sample.weights,
        sample.within,
        sample.clusters,
    )
    with pytest.raises(NotEstimable, match=r"^the model leaves no residuals to resample$"):
        wild_bootstrap_p_value(flat, "treated", seed=1)
    alone = sample.regressors.assign(treated=np.repeat(np.arange(7) == 2, 12).astype(float))
    one_team = Sample(**(vars(sample) | {"regressors": alone}))
    with pytest.raises(NotEstimable, match="one team alone"):
        wild_bootstrap_p_value(one_team, "treated", seed=1)
    weeks = np.tile(np.arange(12), 7)
    crossing = Sample(
        sample.regressors, sample.outcome, sample.weights, sample.within, sample.clusters, weeks
    )
    with pytest.raises(ValueError, match="several clusters"):
        wild_bootstrap_p_value(crossing, "treated", seed=1)


@pytest.mark.parametrize(
    ("logs", "expected"),
    [
        ([1] * 39, "CR3"),
        ([1] * 40, "CR1"),
        ([7] * 40, "CR1"),
        ([2] + [1] * 45, "CR3"),  # 49^2 / 61 = 39.4
        ([2] + [1] * 46, "CR1"),  # 50^2 / 62 = 40.3
    ],
)
def test_clusters_are_jackknifed_where_they_count_for_few(logs: list[int], expected: str) -> None:
    number = len(logs)
    names = pd.MultiIndex.from_arrays([range(number)], names=["team"])
    zeros = np.zeros(number)
    in_cells = Sample(pd.DataFrame({"d": zeros}), zeros, np.array(logs), zeros, names)
    assert default_standard_errors(cluster_information(in_cells)) == expected
    rows = np.repeat(np.arange(number), logs)
    zeros, names = np.zeros(len(rows)), pd.MultiIndex.from_arrays([rows], names=["team"])
    by_log = Sample(pd.DataFrame({"d": zeros}), zeros, zeros + 1, zeros, names)
    assert default_standard_errors(cluster_information(by_log)) == expected


@pytest.mark.parametrize("absorb", [False, True])
def test_a_cluster_tells_what_varies_in_it(absorb: bool) -> None:
    sample = invented_sample(4, clusters=9, absorb=absorb)
    treated = sample.regressors["treated"].to_numpy()
    groups = pd.Series(sample.absorbed if sample.absorbed is not None else 0, range(len(treated)))
    apart = treated - pd.Series(treated).groupby(groups.to_numpy()).transform("mean")
    teams = sample.clusters.get_level_values(0)
    expected = np.square(apart).groupby(np.asarray(teams)).sum()
    np.testing.assert_allclose(cluster_information(sample, treated), expected, rtol=1e-12)
    assert cluster_information(sample).tolist() == [12.0] * 9
    assert default_standard_errors(cluster_information(sample, treated * 0)) == "CR3"


@pytest.mark.parametrize("absorb", [False, True])
def test_cells_tell_what_their_logs_tell(absorb: bool) -> None:
    # Three clusters with cells of unequal numbers of logs, with and without the treatment.
    logs = np.array([5.0, 1.0, 2.0, 7.0, 3.0, 4.0])
    treated, teams = np.tile([0.0, 1.0], 3), np.repeat(np.arange(3), 2)

    def told(weights: Any, rows: Any) -> Any:
        names = pd.MultiIndex.from_arrays([teams[rows]], names=["team"])
        zeros = np.zeros(len(rows))
        absorbed = teams[rows] if absorb else None
        columns = pd.DataFrame({"d": treated[rows]})
        sample = Sample(columns, zeros, weights, zeros, names, absorbed)
        return cluster_information(sample, treated[rows]).tolist()

    by_log = told(np.ones(22), np.repeat(np.arange(6), logs.astype(int)))
    assert told(logs, np.arange(6)) == pytest.approx(by_log, rel=1e-12)
    if absorb:
        assert by_log == pytest.approx([5 / 6, 14 / 9, 12 / 7])


def test_a_cluster_counts_for_what_it_weighs() -> None:
    weights = np.array([3.0, 1.0, 1.0, 2.0])
    # Independent shocks to the clusters: the sum of squares varies as that of so many equal ones.
    variance = 2 * (weights**4).sum() / (weights**2).sum() ** 2
    assert effective_clusters(weights) == pytest.approx(2 / variance, rel=1e-12)
    assert effective_clusters(weights * 1e200) == pytest.approx(2 / variance, rel=1e-12)
    assert effective_clusters(np.full(40, 0.1)) == 40


@pytest.mark.usefixtures("_little_garbage")
@given(chances)
def test_holm_is_that_of_statsmodels(p_values: list[float | None]) -> None:
    known = [p for p in p_values if p is not None]
    assume(known)
    adjusted = [p for p in holm(p_values) if p is not None]
    np.testing.assert_allclose(adjusted, multipletests(known, method="holm")[1], rtol=1e-12)


@given(chances)
def test_benjamini_hochberg_is_that_of_scipy(p_values: list[float | None]) -> None:
    known = [p for p in p_values if p is not None]
    assume(known)
    adjusted = [p for p in benjamini_hochberg(p_values) if p is not None]
    np.testing.assert_allclose(adjusted, stats.false_discovery_control(known), rtol=1e-12)


@given(chances)
def test_adjusting_never_lowers_a_p_value(p_values: list[float | None]) -> None:
    for adjusted in (holm(p_values), benjamini_hochberg(p_values)):
        assert [p is None for p in adjusted] == [p is None for p in p_values]
        for before, after in zip(p_values, adjusted, strict=True):
            assert before is None or before * (1 - 1e-12) <= after <= 1  # type: ignore[operator]


def test_holm_by_hand() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, 0.06, 0.06]
    assert holm([]) == benjamini_hochberg([]) == []


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.1])
def test_p_values_lie_between_zero_and_one(wrong: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm([0.5, wrong])
