"""Least squares: collinear terms, digits, threads, and samples that are refused."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import fit
from tests.estimation.regression_samples import EXACT, invented_logs, paths, rows, with_columns


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


def test_no_logs_is_not_estimable() -> None:
    frame = invented_logs(seed=1, people=12, logs=30).iloc[:0]
    with pytest.raises(NotEstimable, match="no logs"):
        rows(frame, absorb=False)


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
