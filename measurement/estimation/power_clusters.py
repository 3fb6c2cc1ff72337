"""How exactly a sum over independent clusters is known, and how its standard error will behave.

A least-squares effect is such a sum: each cluster adds its weight times its value. Weights differ,
because people log unequally.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.inference import FEW_CLUSTERS
from measurement.estimation.regression import StandardErrors, require_clusters


@dataclass(frozen=True)
class Precision:
    """What is foreseen of an estimate and of its standard error.

    variance: of the estimate, squared log units. reported: the expected square of the standard
    error, over that variance. degrees_of_freedom: those that the engine uses.
    effective_degrees_of_freedom: those with which the standard error in fact varies. clusters:
    expected number that have task logs; None where standard errors are not clustered.
    """

    variance: float
    reported: float
    degrees_of_freedom: float
    effective_degrees_of_freedom: float
    clusters: float | None


@dataclass(frozen=True)
class Group:
    """Clusters alike but for their weights, which sum to 1 and vary by `cv` around their mean.

    The variance of a cluster's weighted value is w^2 `between` + w `within` / clusters. `scale`
    multiplies the group's mean in the estimate.
    """

    clusters: float
    between: float = 0.0
    within: float = 0.0
    cv: float = 0.0
    scale: float = 1.0

    def _powers(self, power: int) -> float:
        """Return the expected sum of the weights to a power.

        Gamma variables over their sum follow Dirichlet's distribution with equal parameters
        1 / cv^2; its moments are products.
        """
        square = self.cv**2
        steps = range(1, power)
        return math.prod((1 + step * square) / (self.clusters + step * square) for step in steps)

    @property
    def effective_clusters(self) -> float:
        """Return for how many clusters of equal weight they count, as the engine counts them."""
        return self._powers(2) ** 2 / self._powers(4)

    @property
    def _within(self) -> float:
        """Return `within` over the sum of the weights before they were made to sum to 1.

        The mean of one over a sum exceeds one over its mean, by the square of its variation.
        """
        return self.within / self.clusters * (1 + self.cv**2 / self.clusters)

    @property
    def _mean_variance(self) -> float:
        return self._powers(2) * self.between + self._within

    @property
    def variance(self) -> float:
        """Variance that the group gives to the estimate."""
        return self.scale**2 * self._mean_variance

    def reported(self, standard_errors: StandardErrors) -> float:
        """Return the expected sum of psi^2, over the variance, before any factor.

        CR1 squares deviations from the mean, which each cluster has drawn towards itself: too
        small. CR3 and HC3 square deviations from the mean of the others: too large.
        """
        if standard_errors != "CR1":
            return 1 + replace(self, clusters=self.clusters - 1)._powers(2)
        own = self._powers(3) * self.between + self._powers(2) * self._within
        return 1 - 2 * own / self._mean_variance + self._powers(2)

    @property
    def degrees_of_freedom(self) -> float:
        """Those of the sum of psi^2, by Satterthwaite: few where a few clusters weigh most."""
        squares = self._powers(4) * self.between**2 + self._powers(2) * self._within**2
        squares += 2 * self._powers(3) * self.between * self._within
        return max((1 - 1 / self.clusters) * self._mean_variance**2 / squares, 1.0)


def in_strata(arms: tuple[Group, Group], strata: int) -> tuple[Group, Group]:
    """Return two arms as least squares compares them: within strata of equal size, then over them.

    With N tasks of one arm and M of the other a stratum weighs as N M / (N + M): little where an
    arm happens to log little. To second order of the arms' common `cv` it is by `lost` below what
    it would be at their means, and its square varies by `spread`.
    """
    total, square = arms[0].clusters + arms[1].clusters, arms[0].cv ** 2
    shares = math.fsum((1 - arm.clusters / total) ** 2 / arm.clusters for arm in arms)
    spread, lost = strata * square * shares, strata * square / total
    within = (1 + lost + spread / strata) / (1 + (lost + spread) / strata)

    def stratified(arm: Group) -> Group:
        between = (arm.clusters + square) / (arm.clusters / strata + square)
        between *= (1 + spread) / (strata + spread)
        return replace(arm, between=arm.between * between, within=arm.within * within)

    return stratified(arms[0]), stratified(arms[1])


def clustered(
    groups: Sequence[Group],
    effective_clusters: float,
    clusters: float,
    *,
    tasks: float = math.inf,
    strata: int = 1,
) -> Precision:
    """Return the precision of the sum of the groups, with the engine's clustered errors.

    `effective_clusters`: for how many equal ones they count, by what they tell of the effect;
    `clusters`: expected number that have task logs; `tasks` and `strata`: as `in_small_samples`.
    """
    require_clusters(round(clusters))
    chosen: StandardErrors = "CR3" if are_few(effective_clusters) else "CR1"
    found = summed(groups, chosen)
    return in_small_samples(found, chosen, clusters, tasks=tasks, strata=strata)


def are_few(effective_clusters: float) -> bool:
    """Return whether the engine will take the clusters for few."""
    return round(effective_clusters) < FEW_CLUSTERS


def effective_in_arms(arms: tuple[Group, Group]) -> float:
    """Return for how many equal clusters two arms count, alike but for their sizes.

    Each cluster tells in proportion to its tasks and to the square of the other arm's share.
    """
    total = arms[0].clusters + arms[1].clusters
    alike = Group(total, cv=arms[0].cv).effective_clusters
    squares, fourths = (
        math.fsum(arm.clusters * (1 - arm.clusters / total) ** power for arm in arms)
        for power in (4, 8)
    )
    return alike * squares**2 / (total * fourths)


def in_small_samples(
    found: Precision,
    standard_errors: StandardErrors,
    clusters: float,
    *,
    tasks: float = math.inf,
    strata: int = 1,
) -> Precision:
    """Return the precision with the factors of CR1 or CR3 and the degrees of freedom of clusters.

    `tasks` gives CR1 its factor (N-1)/(N-2). Strata in the model take up the clusters' deviations
    further, each but the first as much as each of the two means that are compared. Raises
    NotEstimable if nothing is left.
    """
    drawn_in = 1 / found.reported if standard_errors == "CR1" else found.reported
    spare = 1 - (strata - 1) * (drawn_in - 1) / 2
    if spare <= 0:
        raise NotEstimable(f"{strata} strata are too many for {clusters:.0f} clusters")
    factor = (clusters - 1) / clusters / spare
    if standard_errors == "CR1":
        factor = spare * clusters / (clusters - 1) * (1 + 1 / (tasks - 2))
    return Precision(
        variance=found.variance,
        reported=factor * found.reported,
        degrees_of_freedom=clusters - 1,
        effective_degrees_of_freedom=max(found.effective_degrees_of_freedom * spare, 1.0),
        clusters=clusters,
    )


def summed(groups: Sequence[Group], standard_errors: StandardErrors) -> Precision:
    """Return the precision of the sum of the groups, before any factor."""
    require_two_a_side(min(group.clusters for group in groups))
    reported = [group.variance * group.reported(standard_errors) for group in groups]
    total, variance = math.fsum(reported), math.fsum(group.variance for group in groups)
    spread = math.fsum(
        square**2 / group.degrees_of_freedom for square, group in zip(reported, groups, strict=True)
    )
    clusters = math.fsum(group.clusters for group in groups)
    return Precision(variance, total / variance, clusters - 2, total**2 / spread, None)


def require_two_a_side(fewest: float) -> None:
    """Raise NotEstimable unless each side of the comparison has 2 clusters or more."""
    if round(fewest) < 2:
        raise NotEstimable("fewer than 2 on one side of the comparison")
