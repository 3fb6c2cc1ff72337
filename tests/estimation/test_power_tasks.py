"""How many tasks people log, against scipy's distributions."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from measurement.estimation.power_designs import precision
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_tasks import (
    comparing_share,
    logged_weeks,
    none_at_all,
    same_person,
    within_people,
)
from tests.estimation.planned_trials import SIMPLE

# Mean, variance over mean, and the distribution that has them.
COUNTS = [
    pytest.param(6.0, 3.0, stats.nbinom(3.0, 1 / 3), id="negative binomial"),
    pytest.param(1.5, 1.0, stats.poisson(1.5), id="poisson"),
    pytest.param(1.5, 0.7, stats.binom(5, 0.3), id="binomial"),
]


class TestCounts:
    @pytest.mark.parametrize(("mean", "spread", "counts"), COUNTS)
    def test_chance_of_none(self, mean: float, spread: float, counts: Any) -> None:
        assert counts.mean() == pytest.approx(mean)
        assert counts.var() == pytest.approx(mean * spread)
        assert none_at_all(mean, spread) == pytest.approx(counts.pmf(0))

    def test_the_same_for_all(self) -> None:
        assert none_at_all(3.0, 0.0) == 0.0

    @pytest.mark.parametrize("weeks", [2, 3])
    @pytest.mark.parametrize(
        ("mean", "spread", "of_all"),
        [
            pytest.param(6.0, 3.0, lambda n: stats.nbinom(3.0, 1 / (1 + 2 * n)), id="negative"),
            pytest.param(1.5, 1.0, lambda n: stats.poisson(1.5 * n), id="poisson"),
            pytest.param(1.5, 0.7, lambda n: stats.binom(5, 0.3 * n), id="binomial"),
            pytest.param(2.0, 2 / 3, lambda n: stats.binom(6, n / 3), id="all in three weeks"),
        ],
    )
    def test_weeks_share_their_tasks_by_chance(
        self, mean: float, spread: float, of_all: Any, weeks: int
    ) -> None:
        total, one = np.arange(2, 300)[:, None], np.arange(1, 299)[None, :]
        rest = np.maximum(total - one, 0)
        chances = of_all(weeks).pmf(total) * stats.binom.pmf(one, total, 1 / weeks)
        # The rest lies in the other week, or in both of the two others.
        chances *= np.where(rest > 0, 1 - (weeks - 2) * 2 * 0.5**rest, 0)
        found = logged_weeks(mean, spread, weeks)
        assert found.chance == pytest.approx(chances.sum())
        assert found.mean_inverse == pytest.approx((chances / one).sum() / chances.sum())

    @pytest.mark.parametrize("share", [0.5, 0.2])
    def test_information_within_people(self, share: float) -> None:
        # Counts are negative binomial with mean 12 and shape 2, then split by chance.
        inputs = PowerInputs(
            design="crossover", tasks_per_participant=12, tasks_cv=math.sqrt(1 / 2 + 1 / 12)
        )
        total = np.arange(1, 400)[:, None]
        treated = np.arange(400)[None, :]
        chance = stats.nbinom(2, 1 / 7).pmf(total) * stats.binom.pmf(treated, total, share)
        information = np.where(treated <= total, treated * (total - treated) / total, 0)
        mean = (chance * information).sum()
        square = (chance * information**2).sum()
        found = within_people(inputs, share)
        assert found.mean == pytest.approx(mean)
        assert found.cv == pytest.approx(math.sqrt(square / mean**2 - 1), rel=0.03)
        both_ways = chance[(treated > 0) & (treated < total)].sum()
        assert comparing_share(inputs, share) == pytest.approx(both_ways)

    def test_few_people_count_who_work_both_with_and_without_ai(self) -> None:
        numbers = SIMPLE | {"uptake": 0.25, "adopters": 0.5, "tasks_per_participant": 2}
        inputs = PowerInputs(design="observational", **numbers)
        # Half of the people use AI, for half of their two tasks each.
        assert precision(inputs, 36, -0.5).degrees_of_freedom == pytest.approx(36 / 4 - 1)
        assert precision(inputs, 8, -0.5).degrees_of_freedom == pytest.approx(1)
        assert precision(inputs, 4_000, -0.5).degrees_of_freedom == pytest.approx(3_999)

    def test_two_tasks_of_a_team_of_one_person(self) -> None:
        even = PowerInputs(design="cluster", **SIMPLE)
        assert same_person(even, 8) == 1 / 8
        assert same_person(replace(even, tasks_cv=1.0), 1) == 1.0
        assert same_person(replace(even, tasks_cv=1.0), 3) == 0.5
