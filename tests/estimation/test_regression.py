"""Least squares on cells: against statsmodels, against brute force, and against row-level fits."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.regression import Fit, Sample, StandardErrors, fit
from tests.untraced import untraced

EXACT = 1e-8


def invented_logs(seed: int, people: int, logs: int) -> pd.DataFrame:
    """Return a crossover with unequal logging: people, task types, periods and log(minutes)."""
    rng = np.random.default_rng(seed)
    busy = rng.dirichlet(rng.uniform(0.3, 2, people))
    frame = pd.DataFrame({"person": rng.choice(people, logs, p=busy)})
    frame["kind"] = rng.choice(4, logs, p=[0.4, 0.3, 0.2, 0.1])
    frame["period"] = rng.integers(0, 2, logs)
    frame["treated"] = ((frame["person"] + frame["period"]) % 2).astype(float)
    own_effect = rng.normal(-0.3, 0.2, people)[frame["person"]]
    frame["y"] = (
        rng.normal(3, 0.5, people)[frame["person"]]
        + own_effect * frame["treated"]
        + 0.2 * frame["kind"]
        - 0.1 * frame["period"]
        + rng.standard_t(4, logs) * 0.4
    )
    return frame.sort_values("person", kind="stable").reset_index(drop=True)


def terms(frame: pd.DataFrame, *, intercept: bool = False) -> pd.DataFrame:
    columns = {"intercept": np.ones(len(frame))} if intercept else {}
    columns |= {"treated": frame["treated"].to_numpy()}
    columns |= {f"kind {k}": (frame["kind"] == k).to_numpy().astype(float) for k in range(1, 4)}
    return pd.DataFrame(columns | {"period": frame["period"].to_numpy(float)})


def paths(numbers: pd.Series, name: str = "participant") -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[f"p{n:05d}" for n in numbers]], names=[name])


def rows(frame: pd.DataFrame, *, absorb: bool) -> Sample:
    """Return the sample of single logs, clustered by participant."""
    size = len(frame)
    codes = frame["person"].to_numpy() if absorb else None
    regressors = terms(frame, intercept=not absorb)
    y, ones, zeros = frame["y"].to_numpy(), np.ones(size), np.zeros(size)
    return Sample(regressors, y, ones, zeros, paths(frame["person"]), codes)


def cells(frame: pd.DataFrame, *, absorb: bool) -> Sample:
    """Return the same logs compressed to cells of person, kind, period and treatment."""
    keys = ["person", "kind", "period", "treated"]
    grouped = frame.groupby(keys)["y"]
    cell = grouped.agg(["size", "mean"]).reset_index()
    within = (frame["y"] - grouped.transform("mean")).pow(2).groupby([frame[k] for k in keys]).sum()
    codes = cell["person"].to_numpy() if absorb else None
    return Sample(
        terms(cell, intercept=not absorb),
        cell["mean"].to_numpy(),
        cell["size"].to_numpy(float),
        within.to_numpy(),
        paths(cell["person"]),
        codes,
    )


def with_dummies(frame: pd.DataFrame) -> pd.DataFrame:
    dummies = pd.get_dummies(frame["person"], prefix="person", dtype=float)
    return pd.concat([terms(frame), dummies], axis=1)


def std_errors(fitted: Fit) -> np.ndarray:
    return np.array([fitted.estimate(name).std_error for name in fitted.names])


def brute_force_jackknife(X: np.ndarray, y: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the variance matrix of the definition: refit without each cluster in turn."""
    whole = np.linalg.lstsq(X, y, rcond=None)[0]
    names = np.unique(clusters)
    moves = [np.linalg.lstsq(X[clusters != g], y[clusters != g], rcond=None)[0] for g in names]
    gaps = np.array(moves) - whole
    return np.asarray((len(names) - 1) / len(names) * gaps.T @ gaps)


def test_a_crossover_in_cells_agrees_with_statsmodels_dummies_on_twenty_thousand_logs() -> None:
    frame = invented_logs(seed=11, people=220, logs=20_000)
    ours = fit(cells(frame, absorb=True), standard_errors="CR1", nested=True)
    X = with_dummies(frame)
    # The dummies add up to a constant: to look for one takes as long as the fit.
    theirs = sm.OLS(frame["y"].to_numpy(), X.to_numpy(), hasconst=True).fit(
        cov_type="cluster", cov_kwds={"groups": frame["person"].to_numpy()}
    )
    own_terms = len(ours.names)
    logs, all_terms = len(frame), X.shape[1]
    people = frame["person"].nunique()
    assert people > 200
    assert ours.logs == logs == 20_000
    assert ours.clusters == people
    assert ours.degrees_of_freedom == people - 1
    # statsmodels counts every dummy in K; the nested ones count as one level here.
    factor = np.sqrt((logs - all_terms) / (logs - (own_terms + 1)))
    np.testing.assert_allclose(ours.coefficients, theirs.params[:own_terms], rtol=EXACT)
    np.testing.assert_allclose(std_errors(ours), theirs.bse[:own_terms] * factor, rtol=EXACT)


@pytest.mark.parametrize("nested", [True, False])
def test_nested_decides_whether_absorbed_effects_count(nested: bool) -> None:
    frame = invented_logs(seed=4, people=30, logs=900)
    ours = fit(cells(frame, absorb=True), standard_errors="CR1", nested=nested)
    X = with_dummies(frame).to_numpy()
    theirs = sm.OLS(frame["y"].to_numpy(), X).fit(
        cov_type="cluster", cov_kwds={"groups": frame["person"].to_numpy()}
    )
    counted = len(ours.names) + (1 if nested else frame["person"].nunique())
    factor = np.sqrt((900 - X.shape[1]) / (900 - counted))
    np.testing.assert_allclose(std_errors(ours), theirs.bse[: len(ours.names)] * factor, rtol=EXACT)


def test_cr1_without_absorbed_effects_is_statsmodels() -> None:
    frame = invented_logs(seed=5, people=40, logs=700)
    ours = fit(cells(frame, absorb=False), standard_errors="CR1", nested=True)
    theirs = sm.OLS(frame["y"].to_numpy(), terms(frame, intercept=True).to_numpy()).fit(
        cov_type="cluster", cov_kwds={"groups": frame["person"].to_numpy()}
    )
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=EXACT)
    np.testing.assert_allclose(std_errors(ours), theirs.bse, rtol=EXACT)
    for name in ours.names:
        position = ours.names.index(name)
        assert ours.estimate(name).p_value() == pytest.approx(
            theirs.t_test(np.eye(len(ours.names))[position], use_t=True).pvalue, rel=1e-7
        )


@untraced()
@given(seed=st.integers(0, 2**32 - 1), absorb=st.booleans(), method=st.sampled_from(["CR1", "CR3"]))
@settings(max_examples=40, deadline=None)
def test_cells_and_expanded_rows_give_the_same_fit(
    seed: int, absorb: bool, method: StandardErrors
) -> None:
    frame = invented_logs(seed, people=12, logs=240)
    assume(frame["person"].nunique() >= 6)
    one = fit(cells(frame, absorb=absorb), standard_errors=method, nested=True)
    other = fit(rows(frame, absorb=absorb), standard_errors=method, nested=True)
    assert one.names == other.names
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=EXACT, atol=1e-10)
    np.testing.assert_allclose(one.psi, other.psi, rtol=1e-7, atol=1e-10)
    assert one.psi.index.equals(other.psi.index)
    assert (one.logs, one.degrees_of_freedom) == (other.logs, other.degrees_of_freedom)


@pytest.mark.parametrize("absorb", [True, False])
def test_cr3_is_the_jackknife_refitted_without_each_cluster(absorb: bool) -> None:
    frame = invented_logs(seed=9, people=14, logs=500)
    ours = fit(cells(frame, absorb=absorb), standard_errors="CR3", nested=True)
    X = with_dummies(frame) if absorb else terms(frame, intercept=True)
    # A dummy of the person left out has no data: lstsq sets it to 0 and it moves nothing else.
    variance = brute_force_jackknife(
        X.to_numpy(), frame["y"].to_numpy(), frame["person"].to_numpy()
    )
    size = len(ours.names)
    own = ours.psi.to_numpy()
    np.testing.assert_allclose(own.T @ own, variance[:size, :size], rtol=EXACT, atol=1e-14)
    assert ours.degrees_of_freedom == frame["person"].nunique() - 1


def test_cr3_by_team_with_absorbed_participants() -> None:
    frame = invented_logs(seed=21, people=32, logs=800)
    team = frame["person"] % 8
    sample = rows(frame, absorb=True)
    clusters = paths(team, "team")
    sample = Sample(
        sample.regressors, sample.outcome, sample.weights, sample.within, clusters, sample.absorbed
    )
    ours = fit(sample, standard_errors="CR3", nested=True)
    variance = brute_force_jackknife(
        with_dummies(frame).to_numpy(), frame["y"].to_numpy(), team.to_numpy()
    )
    np.testing.assert_allclose(
        std_errors(ours), np.sqrt(np.diag(variance))[: len(ours.names)], rtol=EXACT
    )


def with_columns(sample: Sample, regressors: pd.DataFrame) -> Sample:
    return Sample(**(vars(sample) | {"regressors": regressors}))


@pytest.mark.parametrize("method", ["CR1", "CR3"])
def test_a_term_that_rests_on_one_cluster_is_refused_and_the_others_are_not(
    method: StandardErrors,
) -> None:
    frame = invented_logs(seed=2, people=10, logs=300)
    rare = terms(frame, intercept=True)
    rare["rare"] = ((frame["person"] == 3) & (frame["period"] == 0)).to_numpy().astype(float)
    ours = fit(with_columns(rows(frame, absorb=False), rare), standard_errors=method, nested=True)
    assert list(ours.refused) == ["rare"]
    with pytest.raises(NotEstimable, match="'rare' rests on the logs of one participant alone"):
        ours.estimate("rare")
    assert ours.coefficient("rare") == ours.coefficients["rare"]
    with pytest.raises(NotEstimable, match="the model has no term 'common'"):
        ours.coefficient("common")
    assert ours.estimate("treated").std_error > 0


def test_in_the_jackknife_a_term_counts_zero_where_it_is_unknown() -> None:
    frame = invented_logs(seed=2, people=10, logs=300)
    X = terms(frame, intercept=True)
    X["rare"] = ((frame["person"] == 3) & (frame["period"] == 0)).to_numpy().astype(float)
    ours = fit(with_columns(rows(frame, absorb=False), X), standard_errors="CR3", nested=True)
    # lstsq gives 0 to the column that is all 0 without person 3, as the definition asks.
    variance = brute_force_jackknife(
        X.to_numpy(), frame["y"].to_numpy(), frame["person"].to_numpy()
    )
    own = ours.psi.to_numpy()
    np.testing.assert_allclose(own.T @ own, variance, rtol=EXACT, atol=1e-14)
    both = ours.combine({"treated": 1, "rare": 0.1})
    weights = np.array([0, 1, 0, 0, 0, 0, 0.1])
    assert both.std_error == pytest.approx(np.sqrt(weights @ variance @ weights), rel=EXACT)


@pytest.mark.parametrize("method", ["CR1", "CR3"])
@pytest.mark.parametrize("absorb", [True, False])
def test_an_effect_with_one_treated_person_is_refused(absorb: bool, method: StandardErrors) -> None:
    frame = invented_logs(seed=2, people=50, logs=900)
    busiest = frame["person"].mode()[0]
    frame["treated"] = ((frame["person"] == busiest) & (frame.index % 2 == 0)).astype(float)
    ours = fit(rows(frame, absorb=absorb), standard_errors=method, nested=True)
    with pytest.raises(NotEstimable, match="'treated' rests on the logs of one participant"):
        ours.estimate("treated")
    assert ours.estimate("kind 1").std_error > 0


def by_task(sample: Sample) -> Sample:
    people = sample.clusters.get_level_values("participant")
    tasks = [f"t{n:05d}" for n in range(len(people))]
    clusters = pd.MultiIndex.from_arrays([people, tasks], names=["participant", "task"])
    return Sample(
        sample.regressors, sample.outcome, sample.weights, sample.within, clusters, sample.absorbed
    )


@pytest.mark.parametrize("absorb", [True, False])
def test_hc3_is_statsmodels_with_the_leverage_of_absorbed_effects(absorb: bool) -> None:
    frame = invented_logs(seed=8, people=15, logs=400)
    frame["person"] = np.sort(frame.index % 15)  # nobody with a single log, of leverage 1
    ours = fit(by_task(rows(frame, absorb=absorb)), standard_errors="HC3", nested=True)
    X = with_dummies(frame) if absorb else terms(frame, intercept=True)
    theirs = sm.OLS(frame["y"].to_numpy(), X.to_numpy()).fit(cov_type="HC3", use_t=True)
    size = len(ours.names)
    np.testing.assert_allclose(ours.coefficients, theirs.params[:size], rtol=EXACT)
    np.testing.assert_allclose(std_errors(ours), theirs.bse[:size], rtol=EXACT)
    assert ours.degrees_of_freedom == theirs.df_resid
    low, high = theirs.conf_int(0.1)[1]
    interval = ours.estimate(ours.names[1]).interval(0.9)
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-7)


def test_hc3_names_the_logs_with_leverage_one() -> None:
    frame = invented_logs(seed=8, people=15, logs=200)
    frame.loc[:6, "person"] = range(100, 107)
    with pytest.raises(NotEstimable, match=r"p00100, t00000; .* and 2 more"):
        fit(by_task(rows(frame, absorb=True)), standard_errors="HC3", nested=False)


def test_hc3_refuses_cells_and_shared_paths() -> None:
    frame = invented_logs(seed=8, people=15, logs=200)
    with pytest.raises(ValueError, match="one row a log"):
        fit(by_task(cells(frame, absorb=False)), standard_errors="HC3", nested=False)
    with pytest.raises(ValueError, match="path of its own"):
        fit(rows(frame, absorb=False), standard_errors="HC3", nested=False)


def test_hc3_does_not_depend_on_the_order_of_logs() -> None:
    frame = invented_logs(seed=8, people=15, logs=200)
    sample = by_task(rows(frame, absorb=False))
    order = np.random.default_rng(1).permutation(200)
    mixed = Sample(
        sample.regressors.iloc[order],
        sample.outcome[order],
        sample.weights,
        sample.within,
        sample.clusters[order],
    )
    one, other = (fit(s, standard_errors="HC3", nested=False).psi for s in (sample, mixed))
    assert one.index.equals(other.index)
    np.testing.assert_allclose(one, other, rtol=EXACT, atol=1e-14)


def test_hc3_coarsened_to_participants_is_the_sum_of_its_tasks() -> None:
    frame = invented_logs(seed=8, people=15, logs=400)
    task = fit(by_task(rows(frame, absorb=False)), standard_errors="HC3", nested=False)
    by_person = task.estimate("treated").coarsened(["participant"])
    sums = task.psi["treated"].groupby(level="participant").sum()
    assert by_person.std_error == pytest.approx(np.sqrt((sums**2).sum()), rel=1e-12)


def test_combine_is_the_contrast_of_statsmodels() -> None:
    frame = invented_logs(seed=3, people=50, logs=900)
    ours = fit(cells(frame, absorb=False), standard_errors="CR1", nested=True)
    theirs = sm.OLS(frame["y"].to_numpy(), terms(frame, intercept=True).to_numpy()).fit(
        cov_type="cluster", cov_kwds={"groups": frame["person"].to_numpy()}
    )
    test = theirs.t_test(np.array([0, 1, 0, -2.5, 0, 0.5]))
    contrast = ours.combine({"treated": 1, "kind 2": -2.5, "period": 0.5})
    assert contrast.value == pytest.approx(test.effect.item(), rel=EXACT)
    assert contrast.std_error == pytest.approx(test.sd.item(), rel=EXACT)


def test_the_leftmost_of_collinear_terms_is_kept() -> None:
    frame = invented_logs(seed=1, people=20, logs=300)
    plain = rows(frame, absorb=True)
    wide = plain.regressors.copy()
    wide.insert(0, "intercept", 1.0)
    wide["kind 0"] = (frame["kind"] == 0).to_numpy(float)
    wide["own habit"] = np.sin(frame["person"]).to_numpy() * 1000
    ours = fit(with_columns(plain, wide), standard_errors="CR1", nested=True)
    expected = fit(plain, standard_errors="CR1", nested=True)
    assert ours.dropped == ("intercept", "kind 0", "own habit")
    assert ours.names == expected.names
    np.testing.assert_allclose(ours.psi, expected.psi, rtol=EXACT)
    with pytest.raises(NotEstimable, match="cannot tell 'kind 0' from"):
        ours.estimate("kind 0")
    with pytest.raises(NotEstimable, match="no term 'tea breaks'"):
        ours.combine({"treated": 1, "tea breaks": 2})


def test_only_what_does_not_depend_on_the_term_dropped_is_estimated() -> None:
    """The witness drops another of the kinds: what stays the same is what can be known."""
    frame = invented_logs(seed=1, people=20, logs=300)
    plain = rows(frame, absorb=True)
    wide = plain.regressors.copy()
    wide["kind 0"] = (frame["kind"] == 0).to_numpy(float)
    other = wide[[*wide.columns[::-1]]]
    found, witness = (
        fit(with_columns(plain, columns), standard_errors="CR1", nested=True)
        for columns in (wide, other)
    )
    assert found.dropped == ("kind 0",)
    assert witness.dropped == ("kind 1",)
    assert found.arbitrary == ("kind 1", "kind 2", "kind 3")
    assert found.coefficient("kind 2") != pytest.approx(witness.coefficient("kind 2"), rel=1e-3)
    for name in found.arbitrary:
        with pytest.raises(NotEstimable, match=f"cannot tell '{name}' from the other terms"):
            found.estimate(name)
    for weights in ({"treated": 1.0}, {"kind 2": 1.0, "kind 3": -1.0}):
        ours, theirs = found.combine(weights), witness.combine(weights)
        assert ours.value == pytest.approx(theirs.value, rel=1e-8)
        assert ours.std_error == pytest.approx(theirs.std_error, rel=1e-8)


def test_a_model_of_which_nothing_is_left_has_no_estimate() -> None:
    plain = rows(invented_logs(seed=1, people=20, logs=300), absorb=True)
    ours = fit(
        with_columns(plain, pd.DataFrame({"intercept": np.ones(300)})),
        standard_errors="CR3",
        nested=True,
    )
    assert (ours.names, ours.dropped) == ((), ("intercept",))
    with pytest.raises(NotEstimable, match="cannot tell 'intercept'"):
        ours.estimate("intercept")


BITS = """
import numpy as np, pandas as pd
from measurement.estimation.regression import Sample, fit
rng = np.random.default_rng(3)
person = rng.integers(0, 60, 20_000)
X = pd.DataFrame(rng.normal(size=(20_000, 20))).rename(columns=str)
clusters = pd.MultiIndex.from_arrays([person], names=["participant"])
y, ones = rng.normal(size=20_000), np.ones(20_000)
for method in ("CR1", "CR3"):
    ours = fit(Sample(X, y, ones, 0 * ones, clusters, person), standard_errors=method, nested=True)
    print(ours.coefficients.to_numpy().tobytes().hex(), ours.psi.to_numpy().tobytes().hex())
"""


def test_the_number_of_threads_changes_no_bit() -> None:
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    answers = [
        subprocess.run(
            [sys.executable, "-c", BITS],
            env=os.environ | dict.fromkeys(threads, count),
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for count in ("1", "4")
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]) > 1000


def test_a_covariate_far_from_zero_keeps_its_digits() -> None:
    frame = invented_logs(seed=6, people=40, logs=600)
    plain = rows(frame, absorb=False)
    steps = np.random.default_rng(1).normal(size=600)
    fits = []
    for offset in (0, 1e7):
        wide = plain.regressors.assign(day=offset + steps)
        fitted = fit(with_columns(plain, wide), standard_errors="CR1", nested=True)
        fits.append(fitted.estimate("day"))
    assert fits[1].value == pytest.approx(fits[0].value, rel=1e-6)
    assert fits[1].std_error == pytest.approx(fits[0].std_error, rel=1e-6)


@pytest.mark.parametrize("method", ["CR1", "CR3"])
def test_five_clusters_are_too_few(method: StandardErrors) -> None:
    frame = invented_logs(seed=1, people=5, logs=300)
    frame["person"] = frame.index % 5
    with pytest.raises(NotEstimable, match="5 clusters, at least 6"):
        fit(rows(frame, absorb=False), standard_errors=method, nested=True)


def test_more_terms_than_logs_is_not_estimable() -> None:
    frame = invented_logs(seed=1, people=6, logs=6).assign(person=range(6))
    with pytest.raises(NotEstimable, match="6 logs are too few"):
        fit(rows(frame, absorb=True), standard_errors="CR1", nested=False)


def test_a_perfect_fit_has_a_standard_error_of_exactly_zero() -> None:
    frame = invented_logs(seed=1, people=12, logs=300)
    frame["y"] = 0.7 - 0.3 * frame["treated"] + 0.1 * frame["kind"]
    effect = fit(rows(frame, absorb=True), standard_errors="CR1", nested=True).estimate("treated")
    assert effect.value == pytest.approx(-0.3, rel=1e-12)
    assert effect.std_error == 0
    with pytest.raises(NotEstimable, match="standard error of 0"):
        effect.p_value()


def test_no_logs_is_not_estimable() -> None:
    frame = invented_logs(seed=1, people=12, logs=30).iloc[:0]
    with pytest.raises(NotEstimable, match="no logs"):
        rows(frame, absorb=False)


def test_absorbed_effects_that_leave_their_cluster_are_refused() -> None:
    frame = invented_logs(seed=1, people=12, logs=300)
    plain = rows(frame, absorb=True)
    periods = frame["period"].to_numpy()
    sample = Sample(
        plain.regressors, plain.outcome, plain.weights, plain.within, plain.clusters, periods
    )
    with pytest.raises(ValueError, match="several clusters"):
        fit(sample, standard_errors="CR1", nested=True)
    with pytest.raises(ValueError, match="several clusters"):
        fit(sample, standard_errors="CR3", nested=False)
    assert fit(sample, standard_errors="CR1", nested=False).dropped == ("period",)


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("outcome", np.full(300, np.nan), "outcome"),
        ("outcome", np.ones(299), "outcome"),
        ("weights", np.zeros(300), "weights above 0"),
        ("within", np.full(300, -1.0), "sums of squares"),
        ("clusters", paths(pd.Series(range(299))), "clusters"),
        ("absorbed", np.ones(299, dtype=int), "absorbed"),
        ("absorbed", np.full(300, -1), "-1 means missing"),
        ("regressors", pd.DataFrame({"treated": np.full(300, np.inf)}), "regressors"),
        ("regressors", pd.DataFrame(np.eye(300)[:, :2], columns=["d", "d"]), "each name once"),
    ],
)
def test_a_malformed_sample_is_refused(field: str, wrong: object, message: str) -> None:
    plain = rows(invented_logs(seed=1, people=12, logs=300), absorb=True)
    with pytest.raises(ValueError, match=message):
        Sample(**(vars(plain) | {field: wrong}))


def test_a_missing_cluster_is_refused() -> None:
    plain = rows(invented_logs(seed=1, people=12, logs=300), absorb=False)
    people = [None, *plain.clusters.get_level_values(0)[1:]]
    clusters = pd.MultiIndex.from_arrays([people], names=["participant"])
    sample = Sample(plain.regressors, plain.outcome, plain.weights, plain.within, clusters)
    with pytest.raises(ValueError, match="'participant' has missing values"):
        fit(sample, standard_errors="CR1", nested=True)
