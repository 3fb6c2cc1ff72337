"""Least squares on cells: against statsmodels, against brute force, and against row-level fits."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import StandardErrors, fit
from tests.estimation.regression_samples import (
    EXACT,
    cells,
    invented_logs,
    paths,
    rows,
    std_errors,
    terms,
    with_columns,
    with_dummies,
)
from tests.untraced import untraced


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
