"""Sums over clusters against scipy, least squares and drawn trials."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.inference import effective_clusters
from measurement.estimation.power_clusters import (
    Group,
    clustered,
    effective_in_arms,
    in_strata,
    summed,
)


class TestClusters:
    @pytest.mark.parametrize(("clusters", "cv"), [(5, 0.5), (30, 1.0), (200, 0.3)])
    def test_weights_are_shares_of_gamma_variables(self, clusters: int, cv: float) -> None:
        shape = 1 / cv**2
        weight = stats.beta(shape, shape * (clusters - 1))
        second, third, fourth = (clusters * weight.moment(power) for power in (2, 3, 4))
        # Weights sum to a gamma variable, whose variance adds to the mean of its inverse.
        between, within = 0.09, 0.2 / clusters * (1 + cv**2 / clusters)
        group = Group(clusters, 0.09, 0.2, cv, scale=0.5)
        spread = second * between + within
        assert group.variance == pytest.approx(0.25 * spread)
        own = (third * between + second * within) / spread
        assert group.reported("CR1") == pytest.approx(1 - 2 * own + second)
        squares = fourth * between**2 + 2 * third * between * within + second * within**2
        satterthwaite = (clusters - 1) / clusters * spread**2 / squares
        assert group.degrees_of_freedom == pytest.approx(max(satterthwaite, 1))

    def test_leaving_one_out_inflates(self) -> None:
        assert Group(10, 1.0).reported("CR3") == pytest.approx(10 / 9)
        assert Group(10, 1.0, cv=1.0).reported("HC3") == pytest.approx(1 + 2 / 10)

    def test_degrees_of_freedom_add_up_as_satterthwaite_has_it(self) -> None:
        found = summed([Group(10, 1.0), Group(20, 4.0)], "CR3")
        by_group = [0.1 * 10 / 9, 0.2 * 20 / 19]
        expected = sum(by_group) ** 2 / (by_group[0] ** 2 / 9 + by_group[1] ** 2 / 19)
        assert found.variance == pytest.approx(0.3)
        assert found.reported == pytest.approx(sum(by_group) / 0.3)
        assert found.effective_degrees_of_freedom == pytest.approx(expected)
        assert found.degrees_of_freedom == 28

    def test_at_least_one_degree_of_freedom_is_left(self) -> None:
        assert Group(3, 1.0, cv=5.0).degrees_of_freedom == 1.0
        strict = clustered([Group(2.5, 1.0), Group(2.5, 1.0)], 6.0, 6.0, strata=4)
        assert strict.effective_degrees_of_freedom == 1.0

    def test_jackknife_where_clusters_count_for_fewer_than_40(self) -> None:
        groups, tasks = [Group(20, 1.0), Group(20, 1.0)], 100

        def reported(number: float, cv: float = 0.0) -> float:
            effective = Group(number, cv=cv).effective_clusters
            return clustered(groups, effective, 40.0, tasks=tasks).reported

        linearised, jackknifed = 19 / 20 * 40 / 39 * 99 / 98, 20 / 19 * 39 / 40
        assert reported(40) == pytest.approx(linearised)
        assert reported(39.6) == pytest.approx(linearised)
        assert reported(39.4) == pytest.approx(jackknifed)
        assert reported(200, cv=1.0) == pytest.approx(jackknifed)
        assert reported(300, cv=1.0) == pytest.approx(linearised)

    @pytest.mark.parametrize("cv", [0.0, 0.5, 1.0])
    def test_clusters_count_as_they_do_in_a_drawn_trial(self, cv: float) -> None:
        rng = np.random.default_rng(7)
        shape = 1 / cv**2 if cv else 1e9
        drawn = [effective_clusters(rng.gamma(shape, size=200)) for _ in range(2_000)]
        # A mean of ratios is a little above the ratio of means.
        assert Group(200, cv=cv).effective_clusters == pytest.approx(np.mean(drawn), rel=0.12)

    @pytest.mark.parametrize(("size", "errors"), [(15, "CR3"), (30, "CR1")])
    def test_strata_cost_as_much_as_means_do(self, size: int, errors: Any) -> None:
        # Two means are too near to the people who log most; each further stratum is half as much.
        groups = [Group(size, 1.0, cv=0.8), Group(size, 1.0, cv=0.8)]
        ratio = summed(groups, errors).reported
        one, five = (clustered(groups, 2 * size, 2 * size, strata=strata) for strata in (1, 5))
        if errors == "CR1":
            taken = 4 * (1 / ratio - 1) / 2
            assert five.reported == pytest.approx(one.reported * (1 - taken))
        else:
            taken = 4 * (ratio - 1) / 2
            assert five.reported == pytest.approx(one.reported / (1 - taken))
        degrees = one.effective_degrees_of_freedom * (1 - taken)
        assert five.effective_degrees_of_freedom == pytest.approx(degrees)

    @pytest.mark.parametrize(("ones", "others"), [(60, 60), (20, 100), (100, 20)])
    def test_unequal_arms_count_for_fewer(self, ones: int, others: int) -> None:
        rng, cv = np.random.default_rng(8), 0.5
        arm = np.repeat([1.0, 0.0], (ones, others))
        drawn = []
        for _ in range(2_000):
            tasks = rng.gamma(1 / cv**2, size=len(arm))
            told = tasks * np.square(arm - np.average(arm, weights=tasks))
            drawn.append(effective_clusters(told))
        found = effective_in_arms((Group(ones, cv=cv), Group(others, cv=cv)))
        assert found == pytest.approx(np.mean(drawn), rel=0.15)

    def test_strata_weigh_by_what_they_compare(self) -> None:
        # Sums of squares of the weights of clusters in least squares, with strata and without.
        rng, (ones, others), cv = np.random.default_rng(11), (16, 32), 1.1
        arm = np.repeat([1.0, 0.0], (ones, others))
        stratum = np.concatenate([np.arange(ones) % 2, np.arange(others) % 2])
        drawn = []
        for _ in range(6_000):
            tasks = rng.gamma(1 / cv**2, size=ones + others)
            for strata in (1, 2):
                terms = np.column_stack([np.ones(len(arm)), arm, stratum][: strata + 1])
                weighted = terms * tasks[:, None]
                weights = (np.linalg.inv(weighted.T @ terms) @ weighted.T)[1]
                squares = weights**2
                drawn.append([squares @ arm, squares @ (1 - arm), (squares / tasks).sum()])
        alone, stratified = np.array(drawn).reshape(-1, 2, 3).mean(axis=0)
        arms = (Group(ones, 1.0, 1.0, cv), Group(others, 1.0, 1.0, cv))
        assert in_strata(arms, 1) == arms
        found = in_strata(arms, 2)
        ratios = [*(group.between for group in found), found[0].within]
        assert ratios == pytest.approx(stratified / alone, rel=0.01)
        assert found[0].within == found[1].within

    def test_too_few_clusters(self) -> None:
        groups = [Group(3, 1.0), Group(3, 1.0)]
        assert clustered(groups, 5.6, 5.6).clusters == 5.6
        with pytest.raises(NotEstimable, match="5 clusters, at least 6 are needed"):
            clustered(groups, 5.4, 5.4)
        with pytest.raises(NotEstimable, match="5 strata are too many for 6 clusters"):
            clustered(groups, 6.0, 6.0, strata=5)
        with pytest.raises(NotEstimable, match="fewer than 2 on one side of the comparison"):
            summed([Group(1.4, 1.0), Group(3, 1.0)], "CR3")
