"""Power against statsmodels, scipy's distributions and closed forms."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from measurement.estimation.definition import KINDS
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.inference import effective_clusters
from measurement.estimation.power import (
    answer,
    chance_of_finding,
    participants_needed,
    power_of,
    smallest_effect,
)
from measurement.estimation.power_clusters import (
    Group,
    Precision,
    clustered,
    effective_in_arms,
    in_strata,
    summed,
)
from measurement.estimation.power_designs import precision
from measurement.estimation.power_effect import effect_of
from measurement.estimation.power_inputs import (
    ASKED,
    NUMBERS,
    InputErrors,
    PowerInputs,
)
from measurement.estimation.power_roll_out import step_weeks, team_weeks, unit_weights
from measurement.estimation.power_tasks import (
    comparing_share,
    logged_weeks,
    none_at_all,
    same_person,
    within_people,
)

SIMPLE: dict[str, Any] = {
    "tasks_cv": 0.0,
    "attrition": 0.0,
    "uptake": 1.0,
    "adopters": 1.0,
    "participant_sd": 0.3,
    "task_sd": 0.4,
}
# Mean, variance over mean, and the distribution that has them.
COUNTS = [
    pytest.param(6.0, 3.0, stats.nbinom(3.0, 1 / 3), id="negative binomial"),
    pytest.param(1.5, 1.0, stats.poisson(1.5), id="poisson"),
    pytest.param(1.5, 0.7, stats.binom(5, 0.3), id="binomial"),
]


def one_task_each(**numbers: Any) -> PowerInputs:
    """Have a trial of the textbook: two arms, one value a person, standard deviation 0.5."""
    return PowerInputs(design="parallel", tasks_per_participant=1, **SIMPLE, **numbers)


def changed(inputs: PowerInputs, name: str, number: float) -> PowerInputs:
    numbers: dict[str, Any] = {name: number}
    return replace(inputs, **numbers)


def significance_of_textbook(participants: int) -> float:
    """Return the level at which t with N-2 degrees of freedom is as strict as the engine's N-1."""
    return float(2 * stats.t.sf(stats.t.ppf(0.975, participants - 1), participants - 2))


def textbook(participants: int, time_ratio: float) -> float:
    power = TTestIndPower().power(
        abs(math.log(time_ratio)) / 0.5, participants / 2, significance_of_textbook(participants)
    )
    return float(power)


class TestParallelWithOneTaskEach:
    """The case that the textbook knows."""

    @pytest.mark.parametrize("participants", [40, 100, 1000])
    @pytest.mark.parametrize("time_ratio", [0.7, 0.9, 1.2])
    def test_power_is_that_of_statsmodels(self, participants: int, time_ratio: float) -> None:
        found = power_of(one_task_each(), participants=participants, time_ratio=time_ratio)
        assert found == pytest.approx(textbook(participants, time_ratio), rel=1e-9)

    @pytest.mark.parametrize("time_ratio", [0.7, 0.9])
    def test_no_fewer_participants_do(self, time_ratio: float) -> None:
        needed = participants_needed(one_task_each(), time_ratio=time_ratio)
        assert needed % 2 == 0
        assert textbook(needed, time_ratio) >= 0.8 > textbook(needed - 2, time_ratio)

    def test_the_smallest_effect_has_the_planned_power(self) -> None:
        found = smallest_effect(one_task_each(power=0.9), participants=200)
        assert textbook(200, found) == pytest.approx(0.9, rel=1e-8)
        assert found < 1

    def test_several_arms_share_participants_and_significance(self) -> None:
        three = power_of(one_task_each(arms=3), participants=300, time_ratio=0.8)
        two = power_of(one_task_each(confidence=0.975), participants=200, time_ratio=0.8)
        assert three == pytest.approx(two, rel=1e-12)

    def test_arms_may_be_of_unequal_size(self) -> None:
        unequal = one_task_each(ratio=1.5)
        assert unequal.arm_sizes == (2, 3)
        assert unequal.block == 5
        found = precision(unequal, 500, math.log(0.8))
        assert found.variance == pytest.approx(0.25 / 200 + 0.25 / 300)

    def test_few_clusters_have_the_jackknife(self) -> None:
        # 20 people: leaving one of 10 out inflates by 10/9, the factor (G-1)/G is 19/20.
        found = precision(one_task_each(), 20, math.log(0.8))
        assert found.reported == pytest.approx(10 / 9 * 19 / 20)
        assert found.degrees_of_freedom == 19
        assert found.effective_degrees_of_freedom == pytest.approx(18)
        assert found.clusters == 20


class TestClosedForms:
    """Variances that can be worked out on paper."""

    def test_the_design_effect_of_teams(self) -> None:
        inputs = PowerInputs(
            design="cluster",
            cluster_size=8,
            intra_cluster_correlation=0.25,
            tasks_per_participant=5,
            **SIMPLE,
        )
        found = precision(inputs, 800, math.log(0.8))
        assert found.variance == pytest.approx(4 / 800 * (0.09 * (1 + 7 * 0.25) + 0.16 / 5))
        assert found.clusters == 100

    def test_unequal_logging_in_an_arm(self) -> None:
        # Sum of squared shares of people who log with a coefficient of variation of 1.
        inputs = one_task_each()
        unequal = replace(inputs, tasks_cv=1.0, tasks_per_participant=10)
        found = precision(unequal, 200, math.log(0.8))
        assert found.variance == pytest.approx(2 * (0.09 * 2 / 101 + 0.16 / 1000 * 1.01))

    def test_incomplete_use_dilutes_and_scatters_the_effect(self) -> None:
        inputs = PowerInputs(design="parallel", uptake=0.4, adopters=0.5, effect_sd=0.1)
        found = effect_of(inputs, -0.3)
        varied = effect_of(replace(inputs, task_effect_sd=0.2), -0.3)
        # Half of the people have 0.8 of an effect of variance 0.01 and mean -0.3, half have none.
        assert found.mean == pytest.approx(-0.12)
        assert found.between == pytest.approx(0.5 * 0.64 * (0.09 + 0.01) - 0.12**2)
        assert found.within == pytest.approx(0.5 * 0.8 * 0.2 * (0.09 + 0.01))
        assert varied.within == pytest.approx(found.within + 0.4 * 0.04)
        assert (varied.mean, varied.between) == (found.mean, found.between)

    def test_an_observational_trial_compares_by_use(self) -> None:
        inputs = PowerInputs(design="observational", uptake=0.4, adopters=0.5, effect_sd=0.1)
        found = effect_of(inputs, -0.3)
        assert (found.mean, found.within) == (-0.3, 0.0)
        assert found.between == pytest.approx(0.01)
        assert effect_of(replace(inputs, task_effect_sd=0.2), -0.3).within == pytest.approx(0.04)

    def test_the_treated_arm_varies_more(self) -> None:
        inputs = replace(one_task_each(), uptake=0.4, adopters=0.5)
        more = effect_of(inputs, -0.5)
        found = precision(inputs, 200, -0.5)
        assert found.variance == pytest.approx((0.25 + 0.25 + more.between + more.within) / 100)

    def test_lost_participants(self) -> None:
        found = precision(replace(one_task_each(), attrition=0.2), 250, -0.5)
        assert found.variance == pytest.approx(precision(one_task_each(), 200, -0.5).variance)

    def test_strata_take_degrees_of_freedom(self) -> None:
        without, within = (precision(one_task_each(strata=number), 100, -0.5) for number in (1, 8))
        assert within.reported == pytest.approx(without.reported * (1 - 7 / 98))
        assert within.effective_degrees_of_freedom == pytest.approx(98 - 7)
        few = [precision(one_task_each(strata=number), 20, -0.5).reported for number in (1, 7)]
        assert few[1] == pytest.approx(few[0] / (1 - 6 / 18))

    def test_a_crossover_compares_within_people(self) -> None:
        inputs = PowerInputs(design="crossover", tasks_per_participant=9, **SIMPLE)
        found = precision(inputs, 100, -0.5)
        # Nine tasks, each in either period by chance, are worth (9 - 1) / 4, give or take 1/8.
        by_chance = 1 + (1 / 8) / 2**2 / 50
        assert found.variance == pytest.approx(0.16 / (100 * 2) * by_chance)
        assert found.clusters == 100
        assert inputs.block == 2

    def test_an_odd_number_of_periods_is_out_of_balance(self) -> None:
        inputs = PowerInputs(design="crossover", tasks_per_participant=10, periods=3, **SIMPLE)
        # A third of the tasks has the one treatment: (10 - 1) x 2/9.
        by_chance = 1 + (20 / 81 + 8 / 81) / 2**2 / 50
        assert precision(inputs, 100, -0.5).variance == pytest.approx(0.16 / 200 * by_chance)

    def test_an_observational_trial_rests_on_the_users(self) -> None:
        numbers = SIMPLE | {"uptake": 0.25, "adopters": 0.5, "tasks_per_participant": 9}
        inputs = PowerInputs(design="observational", **numbers)
        found = precision(inputs, 100, -0.5)
        assert found.variance == pytest.approx(0.16 / (50 * 8 / 4) * (1 + (1 / 8) / 2**2 / 50))
        assert found.clusters == 100
        varied = precision(replace(inputs, uptake=0.4, task_effect_sd=0.3), 100, -0.5)
        assert varied.variance == pytest.approx((0.16 + 0.09 / 5) / (50 * 8 * 0.16), rel=0.01)

    def test_tasks_are_the_clusters_where_they_are_randomised(self) -> None:
        inputs = PowerInputs(
            design="task_randomised", tasks_per_participant=10, task_type_sd=0.5, **SIMPLE
        )
        found = precision(inputs, 50, -0.5)
        assert found.variance == pytest.approx(4 / 500 * (0.09 + 0.16 + 0.25))
        # Without a difference between people the standard error is right, but for HC3's 250/249.
        assert found.reported == pytest.approx(250 / 249)
        assert (found.degrees_of_freedom, found.clusters) == (498, None)

    def test_the_standard_error_of_tasks_misses_differences_between_people(self) -> None:
        inputs = PowerInputs(
            design="task_randomised",
            tasks_per_participant=10,
            task_type_sd=0.5,
            effect_sd=0.2,
            **SIMPLE,
        )
        found, alike = precision(inputs, 50, -0.5), 4 / 500 * (0.5 + 0.04 / 2)
        assert found.variance == pytest.approx(alike + 0.04 / 50)
        assert found.reported == pytest.approx(alike / (alike + 0.04 / 50), rel=0.005)

    def test_a_stepped_wedge_of_two_dates_is_a_difference_of_differences(self) -> None:
        # Nothing is uncertain but what befalls a team in a week: two weeks, two groups of 25.
        numbers = SIMPLE | {"participant_sd": 0.0, "task_sd": 0.01, "week_sd": 0.3}
        inputs = PowerInputs(design="stepped_wedge", weeks=3, steps=2, cluster_size=5, **numbers)
        found = precision(inputs, 250, -0.5)
        assert found.variance == pytest.approx(4 * 0.09 / 25, rel=0.001)
        # CR1: each group's sum of squares is 24/25 of its variance, the factor is 50/49.
        assert found.reported == pytest.approx(24 / 25 * 50 / 49)
        assert found.effective_degrees_of_freedom == pytest.approx(48, rel=0.001)
        assert (inputs.block, found.degrees_of_freedom) == (10, 49)

    def test_few_teams_to_compare_with_have_the_jackknife(self) -> None:
        inputs = PowerInputs(design="stepped_wedge", weeks=12, steps=2, cluster_size=5, **SIMPLE)
        assert precision(inputs, 190, -0.5).reported == pytest.approx(19 / 18 * 37 / 38)
        assert precision(inputs, 200, -0.5).reported == pytest.approx(19 / 20 * 40 / 39)
        # Three dates: 57 teams are enough, 19 to compare with are not.
        three = replace(inputs, steps=3)
        assert precision(three, 285, -0.5).reported > 1 > precision(three, 300, -0.5).reported

    def test_a_roll_out_needs_teams(self) -> None:
        inputs = PowerInputs(design="stepped_wedge", weeks=12, steps=4, cluster_size=5, **SIMPLE)
        with pytest.raises(NotEstimable, match="5 clusters, at least 6 are needed"):
            precision(inputs, 27, -0.5)
        with pytest.raises(NotEstimable, match="fewer than 2 on one side"):
            precision(inputs, 29, -0.5)
        assert precision(inputs, 35, -0.5).clusters == 7

    def test_the_week_of_a_team_varies_by_who_logs(self) -> None:
        numbers = SIMPLE | {"uptake": 0.4, "adopters": 0.5, "week_sd": 0.1}
        inputs = PowerInputs(
            design="stepped_wedge",
            weeks=3,
            steps=2,
            cluster_size=4,
            tasks_per_participant=9,
            intra_cluster_correlation=0.2,
            **numbers,
        )
        effect = effect_of(inputs, -0.5)
        found = team_weeks(inputs, effect)
        # Twelve tasks of a team a week, the spread of whose number is 2/3: binomial, of 36.
        pair, three = (logged_weeks(12.0, 2 / 3, weeks) for weeks in (2, 3))
        inverse = pair.mean_inverse
        assert found.paired == pair.chance
        shared = three.chance * three.mean_inverse / (pair.chance * inverse)
        assert found.again == pytest.approx(shared)
        untreated = 0.01 + inverse * (0.09 * 0.8 * 3 / 4 + 0.16)
        treated = untreated + inverse * (effect.between * 3 / 4 + effect.within)
        expected = [[untreated, treated, treated], [untreated, untreated, treated]]
        assert found.by_week == pytest.approx(np.array(expected))
        assert found.lasting == pytest.approx(effect.between / 4)
        weights = np.array([[1.0, -1.0, 2.0], [0.0, 1.0, -1.0]])
        assert found.variance(weights) == pytest.approx(
            [
                untreated + 5 * treated + effect.between / 4,
                untreated + treated + effect.between / 4,
            ]
        )

    def test_a_team_of_one_stays_or_goes(self) -> None:
        numbers = SIMPLE | {"attrition": 0.5, "intra_cluster_correlation": 1.0}
        found = precision(PowerInputs(design="cluster", cluster_size=1, **numbers), 200, -0.5)
        assert found.variance == pytest.approx(4 / 100 * (0.09 + 0.16 / 40))
        assert found.clusters == 100


class TestRollOut:
    """Weights of teams and weeks in the overall effect of a stepped wedge."""

    def test_two_dates(self) -> None:
        found = unit_weights((1, 2), 3, 4.0, "CR3")
        assert (found.own * 4).tolist() == [[-1, 1, 0], [1, -1, 0]]
        assert (found.squares * 16).tolist() == [[1, 1, 0], [1, 1, 0]]
        assert found.others[0, 0] == pytest.approx(-found.own[0] / 3)
        assert found.others[1, 1] == pytest.approx(-found.own[1] / 3)
        assert not found.others[0, 1].any()
        assert not found.others[1, 0].any()

    def test_a_week_in_two_comparisons(self) -> None:
        # Weeks 2 and 3 since week 1, against the other date: each of two comparisons of 5 teams.
        found = unit_weights((2, 4), 5, 5.0, "CR3")
        assert found.own * 10 == pytest.approx(np.array([[0, -2, 1, 1, 0], [0, 2, -1, -1, 0]]))
        assert found.squares * 100 == pytest.approx(np.array([[0, 2, 1, 1, 0]] * 2))

    def test_teams_drop_out_of_the_comparisons_whose_weeks_they_miss(self) -> None:
        inputs = PowerInputs(
            design="stepped_wedge",
            weeks=5,
            steps=2,
            cluster_size=1,
            tasks_per_participant=10,
            **SIMPLE | {"tasks_cv": math.sqrt(1 / 10)},
        )
        weeks = team_weeks(inputs, effect_of(inputs, 0.0))
        # Two tasks a week, each of variance 0.16, by Poisson; comparisons as above.
        rng = np.random.default_rng(3)
        number = rng.poisson(2.0, size=(200_000, 5))
        mean = rng.normal(0, 0.4, size=number.shape) / np.sqrt(np.maximum(number, 1))
        logged = number > 0
        drawn = sum(
            (mean[:, week] - mean[:, 1]) * (logged[:, week] & logged[:, 1]) / 10 for week in (2, 3)
        )
        found = weeks.variance_of(unit_weights((2, 4), 5, 5.0, "CR3"))
        assert weeks.paired == pytest.approx((logged[:, 1] & logged[:, 2]).mean(), rel=0.01)
        assert found == pytest.approx(np.full(2, np.var(drawn) / weeks.paired), rel=0.01)

    def test_three_dates(self) -> None:
        # ATT(1,1) against both others, ATT(1,2) against the last, ATT(2,2) against the last.
        thirds = [[-2, 1, 1, 0], [0.5, -1.5, 1, 0], [1.5, 0.5, -2, 0]]
        found = unit_weights((1, 2, 3), 4, 5.0, "CR3")
        assert found.own * 15 == pytest.approx(np.array(thirds))

    @given(
        st.integers(2, 5), st.integers(6, 15), st.integers(2, 4), st.sampled_from(["CR1", "CR3"])
    )
    @settings(max_examples=30)
    def test_levels_of_teams_and_weeks_do_not_count(
        self, steps: int, weeks: int, units: int, errors: Any
    ) -> None:
        starts = step_weeks(weeks, steps)
        found = unit_weights(starts, weeks, units, errors)
        others = (units - np.eye(steps))[:, :, None] * found.others
        of_weeks = found.own + others.sum(axis=1)
        assert found.own.sum(axis=1) == pytest.approx(np.zeros(steps), abs=1e-12)
        assert found.others.sum(axis=2) == pytest.approx(np.zeros((steps, steps)), abs=1e-12)
        assert of_weeks == pytest.approx(np.zeros((steps, weeks)), abs=1e-12)

    @pytest.mark.parametrize("errors", ["CR1", "CR3"])
    def test_influences_are_those_of_the_engine(self, errors: Any) -> None:
        # Three dates of four teams: deviations by hand, team by team. Under CR3 the group of the
        # team that is left out weighs less.
        starts, units, weeks = (1, 3, 4), 4, 5
        rng = np.random.default_rng(5)
        means = rng.normal(size=(3, units, weeks))
        found = unit_weights(starts, weeks, units, errors)
        psi = np.einsum("gt,gut->gu", found.own, means)
        total = np.einsum("ght,hut->g", found.others, means)
        psi += total[:, None] - np.einsum("gt,gut->gu", found.others[range(3), range(3)], means)
        fixed = errors == "CR1"
        expected = rolled_out(means, starts, without=None, fixed=fixed) - np.array(
            [
                [rolled_out(means, starts, without=(g, u), fixed=fixed) for u in range(units)]
                for g in range(3)
            ]
        )
        if errors == "CR3":
            assert psi == pytest.approx(expected)
        else:
            # A unit of the last date is one of 4, 8 or 8 others: its deviations shrink by as much.
            assert psi[0] == pytest.approx(expected[0] * 3 / 4)

    def test_steps_are_those_of_the_simulator(self) -> None:
        assert step_weeks(12, 4) == (2, 4, 7, 9)


def rolled_out(
    means: Any, starts: tuple[int, ...], *, without: tuple[int, int] | None, fixed: bool
) -> float:
    """Return the overall effect by loops; `fixed`: groups weigh as if nobody were left out."""
    kept = np.ones(means.shape[:2], dtype=bool)
    if without is not None:
        kept[without] = False
    effects, weights = [], []
    for group, start in enumerate(starts):
        for week in range(start, starts[-1]):
            weights.append(1 if fixed else kept[group].sum())
            change = means[:, :, week] - means[:, :, start - 1]
            others = (np.array(starts) > week)[:, None] & kept
            effects.append(change[group][kept[group]].mean() - change[others].mean())
    return float(np.average(effects, weights=weights))


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


class TestPower:
    def test_chance_is_noncentral_t(self) -> None:
        found = Precision(0.04, 1.21, 30, 20, None)
        critical = 1.1 * stats.t.ppf(0.995, 30)
        expected = stats.nct.sf(critical, 20, 3) + stats.nct.cdf(-critical, 20, 3)
        chance = chance_of_finding(found, effect=-0.6, significance=0.01)
        assert chance == pytest.approx(expected, rel=1e-12)

    def test_without_effect_the_chance_is_the_significance(self) -> None:
        found = Precision(0.04, 1.0, 30, 30, None)
        assert chance_of_finding(found, effect=0.0, significance=0.1) == pytest.approx(0.1)

    @pytest.mark.parametrize("effect", [1.6, 4.0, 4.2, 7.6, 200.0])
    def test_a_large_effect_is_always_found(self, effect: float) -> None:
        found = Precision(0.04, 1.0, 60, 60, None)
        assert chance_of_finding(found, effect=effect, significance=0.05) == pytest.approx(1)

    @given(
        design=st.sampled_from(KINDS),
        saving=st.floats(0.05, 0.6),
        tasks=st.floats(4, 60),
        confidence=st.sampled_from([0.9, 0.95]),
    )
    @settings(max_examples=20, deadline=None)
    def test_the_three_answers_agree(
        self, design: str, saving: float, tasks: float, confidence: float
    ) -> None:
        inputs = PowerInputs(
            design=design, tasks_per_participant=tasks, confidence=confidence, effect_sd=0.1
        )
        ratio = 1 - saving
        needed = participants_needed(inputs, time_ratio=ratio)
        assert power_of(inputs, participants=needed, time_ratio=ratio) >= 0.8
        assert needed % inputs.block == 0
        try:
            fewer = power_of(inputs, participants=needed - inputs.block, time_ratio=ratio)
        except (NotEstimable, InputErrors):
            pass  # too few to be analysed
        else:
            assert fewer < 0.8
        smallest = smallest_effect(inputs, participants=needed)
        assert ratio - 1e-6 <= smallest < 1
        found = power_of(inputs, participants=needed, time_ratio=smallest)
        assert found == pytest.approx(0.8, abs=1e-6)

    @given(
        design=st.sampled_from(KINDS),
        name=st.sampled_from(["participant_sd", "task_sd", "tasks_cv", "attrition", "effect_sd"]),
        low=st.floats(0.05, 0.4),
        more=st.floats(0.05, 0.4),
    )
    @settings(max_examples=60)
    def test_whatever_adds_noise_widens(
        self, design: str, name: str, low: float, more: float
    ) -> None:
        inputs = PowerInputs(design=design)
        quiet, loud = (
            precision(changed(inputs, name, value), 800, -0.2).variance
            for value in (low, low + more)
        )
        # People without a task leave the others more to be compared with themselves by.
        assert loud >= quiet * 0.9999

    @given(design=st.sampled_from(KINDS), saving=st.floats(0.02, 0.3), people=st.integers(8, 40))
    @settings(max_examples=30, deadline=None)
    def test_more_people_and_a_larger_effect_are_found_more_often(
        self, design: str, saving: float, people: int
    ) -> None:
        inputs, participants = PowerInputs(design=design), people * 40
        found, more_people, more_effect = (
            power_of(inputs, participants=number, time_ratio=1 - size)
            for number, size in (
                (participants, saving),
                (participants + 80, saving),
                (participants, saving + 0.05),
            )
        )
        assert more_people >= found - 1e-9
        assert more_effect >= found - 1e-9


class TestAnswers:
    def test_participants_for_an_effect(self) -> None:
        found = answer(one_task_each(), saving=0.2)
        assert found.asked == "participants"
        assert found.participants == participants_needed(one_task_each(), time_ratio=0.8)
        assert found.time_ratio == found.time_ratio_seen == pytest.approx(0.8)
        assert found.power >= 0.8
        assert (found.teams, found.clusters) == (None, found.participants)
        assert found.degrees_of_freedom == found.participants - 1
        assert found.std_error == pytest.approx(1 / math.sqrt(found.participants))

    def test_an_effect_for_participants(self) -> None:
        inputs = PowerInputs(design="stepped_wedge", cluster_size=7)
        found = answer(inputs, participants=900)
        assert found.asked == "time_ratio"
        assert found.time_ratio == smallest_effect(inputs, participants=900)
        assert found.time_ratio_seen == pytest.approx(found.time_ratio**0.72)
        assert found.power == pytest.approx(0.8)
        assert found.teams == 128

    def test_power_for_both(self) -> None:
        inputs = PowerInputs(design="crossover")
        found = answer(inputs, participants=30, time_ratio=0.9)
        assert found.asked == "power"
        assert found.power == power_of(inputs, participants=30, time_ratio=0.9)
        assert found.std_error**2 == pytest.approx(
            math.prod(
                getattr(precision(inputs, 30, math.log(0.9)), name)
                for name in ("variance", "reported")
            )
        )

    def test_as_json_has_what_counts_in_the_design(self) -> None:
        found = answer(PowerInputs(design="crossover"), participants=30, time_ratio=0.9)
        document = found.as_json()
        assert document["saving"] == pytest.approx(0.1)
        assert document["saving_seen"] == 1 - document["time_ratio_seen"]
        assert document["inputs"]["design"] == "crossover"
        assert document["inputs"]["periods"] == 2
        assert not {"arms", "weeks", "cluster_size"} & set(document["inputs"])
        assert document["participants"] == 30

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({}, "participants nothing: participants, an effect or both are needed"),
            ({"saving": 0.1, "time_ratio": 0.9}, "saving 0.1: a saving or a time ratio, not both"),
            ({"saving": 0.0}, "saving 0.0: a number from 0.001 to 0.95 is allowed"),
            ({"time_ratio": 0.04}, "time_ratio 0.04: a number from 0.05 to 20 is allowed"),
            ({"time_ratio": 1.0}, "time_ratio 1.0: a ratio other than 1 is allowed"),
            (
                {"participants": 1},
                "participants 1: a whole number from 2 to 10000000 is allowed",
            ),
            (
                {"participants": 1, "saving": 0.1},
                "participants 1: a whole number from 2 to 10000000 is allowed",
            ),
            (
                {"participants": 4, "saving": 0.1},
                "participants 4: no answer: 4 clusters, at least 6 are needed",
            ),
            (
                {"participants": 6},
                "participants 6: no answer: 6 participants find no effect, however large, with "
                "power 0.8",
            ),
            (
                {"time_ratio": 1.0001},
                "time_ratio 1.0001: no answer: 10,000,000 participants are not enough to find a "
                "time ratio of 1.0001 with power 0.8",
            ),
        ],
    )
    def test_what_has_no_answer(self, given: dict[str, Any], message: str) -> None:
        numbers: dict[str, Any] = {"participant_sd": 3.0, "attrition": 0.0, "tasks_cv": 0.0}
        with pytest.raises(InputErrors) as caught:
            answer(PowerInputs(design="parallel", **numbers), **given)
        assert str(caught.value) == message

    def test_an_effect_where_there_is_none(self) -> None:
        inputs = PowerInputs(
            design="task_randomised", tasks_per_participant=10_000, effect_sd=3.0, power=0.5
        )
        with pytest.raises(NotEstimable, match="find one where there is none"):
            smallest_effect(inputs, participants=20)


class TestInputs:
    @pytest.mark.parametrize("design", KINDS)
    def test_every_design_has_defaults(self, design: str) -> None:
        inputs = PowerInputs(design=design)
        assert inputs.counting() == {
            name: item.default for name, item in NUMBERS.items() if design in item.designs
        }

    @pytest.mark.parametrize("name", NUMBERS)
    def test_bounds_are_allowed_and_what_is_beyond_is_not(self, name: str) -> None:
        allowed = NUMBERS[name]
        assert allowed.admits(allowed.lowest)
        assert allowed.admits(allowed.highest)
        beyond = 1 if allowed.whole else 0.001
        for number in (allowed.lowest - beyond, allowed.highest + beyond, math.nan, True):
            assert not allowed.admits(number)
            with pytest.raises(InputErrors) as caught:
                changed(PowerInputs(design=allowed.designs[0]), name, number)
            fault = caught.value.faults[0]
            assert fault.field == name
            assert fault.allowed == f"{allowed} is allowed"

    def test_whole_numbers_are_whole(self) -> None:
        assert not ASKED["participants"].admits(2.0)
        assert str(ASKED["participants"]) == "a whole number from 2 to 10000000"
        assert str(ASKED["time_ratio"]) == "a number from 0.05 to 20"

    def test_the_meaning_names_the_designs(self) -> None:
        assert NUMBERS["periods"].in_designs == (
            "periods, without and with AI in turn (in crossover)"
        )
        assert NUMBERS["arms"].in_designs.endswith("(in parallel and cluster)")
        assert NUMBERS["power"].in_designs == NUMBERS["power"].about

    @pytest.mark.parametrize(
        ("numbers", "message"),
        [
            (
                {"design": "guess", "arms": 0},
                "design guess: one of task_randomised, parallel, cluster, crossover, "
                "stepped_wedge, observational is allowed",
            ),
            (
                {"design": "parallel", "uptake": 0.9},
                "uptake 0.9: at most the share of adopters, 0.85, is allowed",
            ),
            (
                {"design": "crossover", "tasks_per_participant": 1.9},
                "tasks_per_participant 1.9: at least 2 are allowed: people are compared with "
                "themselves",
            ),
            (
                {"design": "observational", "uptake": 0.85},
                "uptake 0.85: less than the share of adopters, 0.85, is allowed: those who do "
                "every task with AI have none to compare with",
            ),
            (
                {"design": "stepped_wedge", "steps": 5, "weeks": 5},
                "weeks 5: more than the steps, 5, are allowed",
            ),
            (
                {"design": "parallel", "weeks": 6},
                "weeks 6: counts only in stepped_wedge, not in parallel",
            ),
            (
                {"design": "crossover", "arms": 3, "power": 2.0},
                "power 2.0: a number from 0.5 to 0.999 is allowed; "
                "arms 3: counts only in parallel and cluster, not in crossover",
            ),
        ],
    )
    def test_what_is_not_allowed(self, numbers: dict[str, Any], message: str) -> None:
        with pytest.raises(InputErrors) as caught:
            PowerInputs(**numbers)
        assert str(caught.value) == message

    def test_just_allowed(self) -> None:
        PowerInputs(design="parallel", uptake=0.85, tasks_per_participant=1.0)
        PowerInputs(design="observational", uptake=0.84, tasks_per_participant=2.0)
        assert PowerInputs(design="stepped_wedge", steps=5, weeks=6).block == 50

    def test_blocks_keep_the_parts_in_proportion(self) -> None:
        assert PowerInputs(design="task_randomised").block == 1
        assert PowerInputs(design="parallel", arms=4, ratio=2.0).block == 7
        assert PowerInputs(design="cluster", arms=3, cluster_size=6).block == 18
        assert PowerInputs(design="cluster", ratio=0.5).arm_sizes == (2, 1)
