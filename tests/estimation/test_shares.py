"""Clustered shares and differences against statsmodels on single logs."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.shares import (
    difference_of_means,
    difference_of_shares,
    exceeds,
    one_sided,
    share,
    two_sided,
)


def counted(seed: int, clusters: int = 90) -> Any:
    """Return logs counted by cluster and side: cluster, with_ai, part, whole."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"cluster": np.repeat(np.arange(clusters), 2)})
    rows["with_ai"] = np.tile([0.0, 1.0], clusters)
    rows["whole"] = rng.integers(1, 9, len(rows)).astype(float)
    rows["part"] = rng.binomial(rows["whole"].astype(int), 0.3).astype(float)
    return rows


def single_logs(rows: Any) -> Any:
    repeated = rows.loc[rows.index.repeat(rows["whole"].astype(int))]
    place = repeated.groupby(level=0).cumcount()
    return repeated.assign(y=(place < repeated["part"]).astype(float))


def arrays(rows: Any) -> Any:
    return rows["part"].to_numpy(), rows["whole"].to_numpy(), rows["cluster"]


def test_share_agrees_with_statsmodels_on_single_logs() -> None:
    rows = counted(1)
    logs = single_logs(rows)

    found = share(*arrays(rows))

    witness = sm.OLS(logs["y"], np.ones(len(logs))).fit(
        cov_type="cluster", cov_kwds={"groups": logs["cluster"]}, use_t=True
    )
    assert found.value == pytest.approx(rows["part"].sum() / rows["whole"].sum(), rel=1e-12)
    assert found.std_error == pytest.approx(witness.bse.iloc[0], rel=1e-10)
    assert found.degrees_of_freedom == 89
    assert found.levels == ["cluster"]


def test_difference_agrees_with_statsmodels_on_single_logs() -> None:
    rows = counted(2)
    logs = single_logs(rows)
    part, whole, clusters = arrays(rows)

    found = difference_of_shares(part, whole, rows["with_ai"].to_numpy(), clusters)

    witness = sm.OLS(logs["y"], sm.add_constant(logs["with_ai"])).fit(
        cov_type="cluster", cov_kwds={"groups": logs["cluster"]}, use_t=True
    )
    assert found.value == pytest.approx(witness.params["with_ai"], rel=1e-10)
    assert found.std_error == pytest.approx(witness.bse["with_ai"], rel=1e-10)
    assert two_sided(found) == pytest.approx(witness.pvalues["with_ai"], rel=1e-8)


def test_difference_of_means_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(4)
    values, clusters = rng.normal(size=200), pd.Series(np.arange(200) // 4, name="team")
    with_ai = (clusters % 2).to_numpy(dtype=float)

    found = difference_of_means(values, with_ai, clusters)

    witness = sm.OLS(values, sm.add_constant(with_ai)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    assert found.value == pytest.approx(witness.params[1], rel=1e-10)
    assert found.std_error == pytest.approx(witness.bse[1], rel=1e-10)


def test_few_clusters_take_the_jackknife() -> None:
    rows = counted(5, clusters=12)
    part, whole, clusters = arrays(rows)

    found = share(part, whole, clusters)

    left_out = [
        rows.loc[clusters != one, "part"].sum() / rows.loc[clusters != one, "whole"].sum()
        for one in range(12)
    ]
    variance = 11 / 12 * np.square(np.array(left_out) - found.value).sum()
    assert found.std_error == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_one_sided_p_value_is_that_of_a_t_test() -> None:
    values = np.random.default_rng(6).integers(0, 2, 60).astype(float)
    single = pd.Series(np.arange(60), name="participant")

    found = share(values, np.ones(60), single)

    for limit in (0.3, values.mean() + 0.1):
        witness = stats.ttest_1samp(values, limit, alternative="greater").pvalue
        assert one_sided(found, limit) == pytest.approx(witness, rel=1e-9)


def test_shares_without_spread_are_certain() -> None:
    single = pd.Series(np.arange(8), name="participant")
    sides = np.array([0.0, 1.0] * 4)
    none, every = np.zeros(8), np.ones(8)

    assert one_sided(share(none, every, single), 0.0) == 1.0
    assert one_sided(share(every, every, single), 1.0) == 1.0
    assert one_sided(share(every, every, single), 0.9) == 0.0
    assert two_sided(difference_of_shares(none, every, sides, single)) == 1.0
    assert two_sided(difference_of_shares(every, every, sides, single)) == 1.0
    assert two_sided(difference_of_shares(sides, every, sides, single)) == 0.0


def test_a_limit_is_exceeded_by_more_than_rounding() -> None:
    assert exceeds(0.0501, 0.05)
    assert exceeds(3e-12, 0.0)
    assert not exceeds(1e-12, 0.0)
    assert not exceeds(0.05, 0.05)


def test_one_side_alone_has_no_difference() -> None:
    single = pd.Series(np.arange(8), name="participant")
    with pytest.raises(NotEstimable, match="cannot tell 'with AI'"):
        difference_of_shares(np.ones(8), np.ones(8), np.ones(8), single)
