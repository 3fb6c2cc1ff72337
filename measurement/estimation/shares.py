"""Shares: of two sides compared, with errors by cluster, as most checks ask; and of people."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from measurement.estimation.estimate import Estimate, Interval, require_confidence
from measurement.estimation.inference import cluster_information, default_standard_errors
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import fit

Floats = NDArray[np.float64]

# Shares this close are the same, but for rounding.
SAME: Final = 1e-12


def share(part: Floats, whole: Floats, clusters: pd.Series) -> Estimate:
    """Return sum(part) / sum(whole), clustered; one entry a row, `whole` above 0.

    Raises NotEstimable without rows and for fewer than 6 clusters.
    """
    return _coefficient("intercept", {}, part / whole, whole, clusters)


def difference_of_shares(
    part: Floats, whole: Floats, with_ai: Floats, clusters: pd.Series
) -> Estimate:
    """Return the share where `with_ai` is 1 less the share where it is 0, clustered.

    Raises NotEstimable without rows on both sides and for fewer than 6 clusters.
    """
    columns = {"with AI": with_ai}
    return _coefficient("with AI", columns, part / whole, whole, clusters)


def difference_of_means(values: Floats, with_ai: Floats, clusters: pd.Series) -> Estimate:
    """Return the mean of single values where `with_ai` is 1 less that where it is 0, clustered."""
    return _coefficient("with AI", {"with AI": with_ai}, values, np.ones(len(values)), clusters)


def two_sided(difference: Estimate) -> float:
    """Return the p-value of "no difference"; without any spread it is 1 or 0."""
    if difference.std_error == 0:
        return 1.0 if abs(difference.value) <= SAME else 0.0
    return difference.p_value()


def one_sided(estimate: Estimate, limit: float) -> float:
    """Return the p-value of "the truth is at most `limit`"; without any spread it is 1 or 0."""
    if estimate.std_error == 0:
        return 0.0 if exceeds(estimate.value, limit) else 1.0
    half = estimate.p_value(limit) / 2
    return half if estimate.value > limit else 1 - half


def exceeds(value: float, limit: float) -> bool:
    """Return whether a share is above the limit by more than rounding."""
    return value > limit + SAME


def wilson_interval(did: int, people: int, confidence: float) -> Interval:
    """Return the score interval of a share of people: within 0 and 1, and never without width.

    Source: Wilson 1927. Raises ValueError unless 0 <= did <= people with somebody among the
    people, and for a confidence outside 0 to 1.
    """
    require_confidence(confidence)
    if not 0 <= did <= people or not people:
        raise ValueError(f"{did} of {people} people: 0 to all of some people are allowed")
    z = float(special.ndtri((1 + confidence) / 2))
    found, weight = did / people, z**2 / people
    middle = (found + weight / 2) / (1 + weight)
    half = z / (1 + weight) * np.sqrt(found * (1 - found) / people + weight / (4 * people))
    # Rounding must not leave the share outside.
    low = 0.0 if did == 0 else middle - half
    high = 1.0 if did == people else middle + half
    return Interval(float(low), float(high))


def _coefficient(
    name: str,
    columns: dict[str, Floats],
    outcome: Floats,
    weights: Floats,
    clusters: pd.Series,
) -> Estimate:
    regressors = pd.DataFrame({"intercept": np.ones(len(outcome)), **columns})
    paths = pd.MultiIndex.from_arrays([clusters], names=[clusters.name])
    # Errors by cluster do not ask how outcomes differ within a row.
    rows = Sample(regressors, outcome, weights, np.zeros(len(outcome)), paths)
    # Without other columns the coefficient is a mean, else that of the last column.
    contrast = list(columns.values())[-1] if columns else None
    chosen = default_standard_errors(cluster_information(rows, contrast))
    return fit(rows, standard_errors=chosen, nested=False).estimate(name)
