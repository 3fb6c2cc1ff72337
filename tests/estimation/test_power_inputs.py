"""The assumptions of the power calculator, and what is allowed."""

import math
from typing import Any

import pytest

from measurement.estimation.definition import KINDS
from measurement.estimation.power_inputs import (
    ASKED,
    NUMBERS,
    InputErrors,
    PowerInputs,
)
from tests.estimation.planned_trials import changed


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
