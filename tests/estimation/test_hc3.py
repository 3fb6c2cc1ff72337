"""The standard error by row, HC3."""

import numpy as np
import pytest
import statsmodels.api as sm

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import fit
from tests.estimation.regression_samples import (
    EXACT,
    by_task,
    cells,
    invented_logs,
    rows,
    std_errors,
    terms,
    with_dummies,
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
