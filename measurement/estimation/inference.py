"""Inference beside the fit: which standard errors, the wild bootstrap, several groups at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.least_squares import Floats, Sample, cluster_sums, project
from measurement.estimation.regression import (
    StandardErrors,
    require_clusters,
    require_nested,
    terms_on_one_cluster,
)

# Under so many clusters, each for as many as it weighs, CR1 is too small.
FEW_CLUSTERS = 40
# Up to this number of clusters all 2^G sign patterns are drawn.
ENUMERATED_CLUSTERS = 16
DRAWS = 9_999
DRAWS_AT_ONCE = 4_096
# |t*| this close to |t|, relatively, counts as a tie.
TIE = 1e-9


def effective_clusters(weights: Floats) -> float:
    """Return for how many equal clusters these count: (sum w^2)^2 / sum w^4, G if all are equal.

    `weights`: what each cluster weighs in the regression (G), 0 or more, not all 0. A shock to a
    cluster moves the estimate by its weight, so that the variance is a sum of w^2 terms, known as
    well as so many equal ones are. Source: Carter, Schnepel and Steigerwald 2017.
    """
    squares = np.square(weights / weights.max())
    return float(squares.sum() ** 2 / np.square(squares).sum())


def default_standard_errors(information: Floats) -> StandardErrors:
    """Return CR1, or CR3 where clusters count for fewer than 40; `information` of each (G)."""
    few = not information.any() or effective_clusters(information) < FEW_CLUSTERS
    return "CR3" if few else "CR1"


def cluster_information(sample: Sample, contrast: Floats | None = None) -> Floats:
    """Return what each cluster tells: its sum of n (x - mean x)^2 (G), 0 where x does not vary.

    `contrast`: the x whose effect is asked for (n), None for a mean, of which every log tells as
    much. The mean is that of the absorbed effect, or of the sample where none is absorbed; the
    other terms of the model are not looked at.
    """
    numbers, paths = sample.grouped
    told = sample.weights
    if contrast is not None:
        groups = (
            np.zeros(len(contrast), dtype=np.intp) if sample.absorbed is None else sample.absorbed
        )
        totals = np.bincount(groups, weights=sample.weights)
        means = np.bincount(groups, weights=sample.weights * contrast) / totals
        told = sample.weights * np.square(contrast - means[groups])
    return np.asarray(cluster_sums(told[np.newaxis], numbers, len(paths))[0])


def wild_bootstrap_p_value(sample: Sample, name: str, *, seed: int) -> float:
    """Return the restricted wild cluster bootstrap p-value of "the coefficient is 0".

    The model is fitted without the term, the residuals of each cluster keep or change their sign
    (Rademacher draws), and t with CR1 errors is computed anew. The p-value is the share of draws
    with |t*| >= |t|, ties included. Up to 16 clusters all 2^G draws are taken, the data
    themselves (no sign changed) among them. Beyond, 9,999 draws from PCG64(seed) are taken and
    the data count as one more: share of 10,000, so never 0. Source: Cameron, Gelbach and Miller
    2008; Roodman and others 2019.

    Raises NotEstimable for a term that is absent or rests on one cluster, for fewer than 6
    clusters and where no residuals are left;
    ValueError when absorbed effects do not lie inside the clusters.
    """
    numbers, paths = sample.grouped
    require_clusters(len(paths))
    require_nested(sample, numbers)
    projection = project(sample)
    # In orthonormal columns the term, net of all others, points in this direction.
    direction = projection.row_of(name)
    direction = direction / np.sqrt(np.einsum("k,k->", direction, direction))
    if name in (refused := terms_on_one_cluster(projection, numbers, paths)):
        raise NotEstimable(refused[name])
    if not projection.residual.any():
        raise NotEstimable("the model leaves no residuals to resample")
    focus = np.einsum("k,kn->n", direction, projection.columns)
    restricted = projection.residual + focus * np.einsum("k,k->", direction, projection.coordinates)
    pulls = cluster_sums(projection.columns * restricted, numbers, len(paths))
    overlaps = cluster_sums(projection.columns * focus, numbers, len(paths))

    def squared_t(signs: Floats) -> tuple[Floats, Floats]:
        """Numerator and denominator of t^2, up to a constant factor, of each draw."""
        moved = np.einsum("dg,kg->dk", signs, pulls)
        own = signs * np.einsum("k,kg->g", direction, pulls)
        scores = own - np.einsum("dk,kg->dg", moved, overlaps)
        above = np.square(np.einsum("dk,k->d", moved, direction))
        return above, np.einsum("dg,dg->d", scores, scores)

    above, below = squared_t(np.ones((1, len(paths))))
    extreme = drawn = 0
    for signs in _signs(len(paths), seed):
        drawn_above, drawn_below = squared_t(signs)
        # Without division: a draw without residuals has an infinite t.
        extreme += int((drawn_above * below >= above * drawn_below * (1 - TIE) ** 2).sum())
        drawn += len(signs)
    return extreme / drawn


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm's adjusted p-values (family-wise error); None stays None and does not count."""
    known, order, positions = _ordered(p_values)
    steps = np.maximum.accumulate(known[order] * (len(known) - np.arange(len(known))))
    return _placed(steps, order, positions, len(p_values))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Benjamini-Hochberg adjusted p-values (false discoveries); None as in `holm`."""
    known, order, positions = _ordered(p_values)
    steps = known[order] * (len(known) / np.arange(1, len(known) + 1))
    lowest = np.minimum.accumulate(steps[::-1])[::-1]
    return _placed(lowest, order, positions, len(p_values))


def _signs(clusters: int, seed: int) -> Iterator[Floats]:
    """Yield blocks of draws, draws x clusters, of -1 and 1; the data's own (all 1) among them."""
    if clusters <= ENUMERATED_CLUSTERS:
        patterns = np.arange(2**clusters)
        for start in range(0, len(patterns), DRAWS_AT_ONCE):
            block = patterns[start : start + DRAWS_AT_ONCE, np.newaxis]
            yield 1 - 2 * (block >> np.arange(clusters) & 1).astype(np.float64)
        return
    yield np.ones((1, clusters))
    generator = np.random.Generator(np.random.PCG64(seed))
    for start in range(0, DRAWS, DRAWS_AT_ONCE):
        size = (min(DRAWS_AT_ONCE, DRAWS - start), clusters)
        yield 1 - 2 * generator.integers(0, 2, size=size).astype(np.float64)


def _ordered(p_values: Sequence[float | None]) -> tuple[Floats, np.ndarray, list[int]]:
    """Return the known p-values, their ascending order, and their positions in the input."""
    positions = [position for position, p in enumerate(p_values) if p is not None]
    known = np.array([p for p in p_values if p is not None], dtype=np.float64)
    if not ((known >= 0) & (known <= 1)).all():
        raise ValueError(f"p-values {list(p_values)}: numbers from 0 to 1 or None are allowed")
    return known, np.argsort(known), positions


def _placed(
    steps: Floats, order: np.ndarray, positions: list[int], size: int
) -> list[float | None]:
    """Put adjusted p-values, in ascending order, back to their positions; none exceeds 1."""
    adjusted: list[float | None] = [None] * size
    for rank, step in zip(order, steps, strict=True):
        adjusted[positions[rank]] = min(1.0, float(step))
    return adjusted
