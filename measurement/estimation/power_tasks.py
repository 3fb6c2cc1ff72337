"""How many tasks people log, unequally, and what that means for an estimate's information.

The number of a participant's tasks is foreseen by its mean and its spread, variance over mean:
negative binomial for a spread above 1, Poisson at 1, binomial below, the same for all at 0. One
generating function holds for all of them.
"""

import math
from dataclasses import dataclass

from scipy import integrate, special

from measurement.estimation.power_inputs import PowerInputs


def none_at_all(mean: float, spread: float) -> float:
    """Return the chance of no task where the number has this mean and variance over mean."""
    return _generating(0.0, mean, spread)


def mean_inverse(mean: float, spread: float) -> float:
    """Return the mean of 1 / number, over the cases with a task at all.

    1/n is the integral of s^(n-1) from 0 to 1, so that the mean is an integral over the
    generating function.
    """
    none = none_at_all(mean, spread)

    def integrand(s: float) -> float:
        return (_generating(s, mean, spread) - none) / s

    integral: float = integrate.quad(integrand, 0, 1)[0]
    return integral / (1 - none)


def _generating(s: float, mean: float, spread: float) -> float:
    """Return the mean of s^number."""
    excess = spread - 1
    rest = 1 - s if excess == 0 else float(special.log1p(excess * (1 - s))) / excess
    return math.exp(-mean * rest)


def logging_share(inputs: PowerInputs) -> float:
    """Return the share of the participants that send in a task at all."""
    mean = inputs.tasks_per_participant
    return 1 - none_at_all(mean, inputs.tasks_cv**2 * mean)


@dataclass(frozen=True)
class Information:
    """What people tell about a difference within themselves: its mean, and its variation."""

    mean: float
    cv: float


def within_people(inputs: PowerInputs, share: float) -> Information:
    """Return the information n1 x n0 / (n1 + n0) of people with n1 tasks with, n0 without.

    Of n tasks each is with the treatment with probability `share`, by chance: the mean is then
    (n - 1) p, p = share x (1 - share), and the variance about (1 - 2 share)^2 p n + 2 p^2.
    """
    mean, logging = inputs.tasks_per_participant, logging_share(inputs)
    p = share * (1 - share)
    average = (mean - logging) * p
    repeated = (1 + inputs.tasks_cv**2) * mean**2 - 2 * mean + logging
    square = repeated * p**2 + (1 - 2 * share) ** 2 * p * mean + 2 * p**2 * logging
    return Information(average, math.sqrt(square / average**2 - 1))


def same_person(inputs: PowerInputs, size: float) -> float:
    """Return the chance that two of a team's tasks are of one person."""
    square = inputs.tasks_cv**2
    return (1 + square) / (size + square)


def team_size(inputs: PowerInputs) -> float:
    """Return how many of a team stay; a team of one is there or not."""
    return max(inputs.cluster_size * (1 - inputs.attrition), 1.0)
