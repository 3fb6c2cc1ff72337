"""Power against statsmodels' and scipy's distributions, and its answers."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from measurement.estimation.definition import KINDS
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.power import (
    answer,
    chance_of_finding,
    participants_needed,
    power_of,
    smallest_effect,
)
from measurement.estimation.power_clusters import Precision
from measurement.estimation.power_designs import precision
from measurement.estimation.power_inputs import (
    InputErrors,
    PowerInputs,
)
from tests.estimation.planned_trials import changed, one_task_each


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
