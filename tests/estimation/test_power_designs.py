"""How exactly each design measures, against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.power_designs import precision
from measurement.estimation.power_effect import effect_of
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_roll_out import team_weeks
from measurement.estimation.power_tasks import logged_weeks
from tests.estimation.planned_trials import SIMPLE, one_task_each


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
