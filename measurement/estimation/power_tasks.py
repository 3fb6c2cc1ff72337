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
    return _generating(1.0, mean, spread)


@dataclass(frozen=True)
class LoggedWeeks:
    """Weeks of a team: the chance that it logs in all; then the mean of 1 / tasks in one."""

    chance: float
    mean_inverse: float


def logged_weeks(mean: float, spread: float, weeks: int) -> LoggedWeeks:
    """Return what so many weeks tell, each with such a number of tasks, alike but for chance.

    1/n is the integral of s^(n-1) from 0 to 1, so that its mean is an integral over the
    generating function; that all of the other weeks have tasks is counted by inclusion and
    exclusion. Teams that log little log in all of the weeks less often.
    """
    signs = [(-1) ** none * math.comb(weeks - 1, none) for none in range(weeks)]

    def in_all(rest: float) -> float:
        """Return the mean of s^number of one week, 1 - s = rest, where it and the others log."""
        return math.fsum(
            sign * (_generating(rest + none, mean, spread) - _generating(1.0 + none, mean, spread))
            for none, sign in enumerate(signs)
        )

    chance = in_all(0.0)
    integral: float = integrate.quad(lambda s: in_all(1 - s) / s, 0, 1)[0]
    return LoggedWeeks(chance, integral / chance)


def _generating(rest: float, mean: float, spread: float) -> float:
    """Return the mean of s^number, rest = 1 - s; of several weeks, rest = (1 - s) + (1 - s')."""
    excess = spread - 1
    # All of a fixed number of tasks lie in the weeks of the trial: rounding must not exceed it.
    power = rest if excess == 0 else float(special.log1p(max(excess * rest, -1.0))) / excess
    return math.exp(-mean * power)


def logging_share(inputs: PowerInputs) -> float:
    """Return the share of the participants that send in a task at all."""
    mean = inputs.tasks_per_participant
    return 1 - none_at_all(mean, inputs.tasks_cv**2 * mean)


def comparing_share(inputs: PowerInputs, share: float) -> float:
    """Return the share of the participants with tasks both with and without the treatment.

    `share`: the chance that a task is with the treatment.
    """
    mean = inputs.tasks_per_participant
    spread = inputs.tasks_cv**2 * mean
    none_with, none_without, none = (_generating(p, mean, spread) for p in (share, 1 - share, 1.0))
    return 1 - none_with - none_without + none


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
