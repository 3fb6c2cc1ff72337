"""Trials that are planned, as simple as can be: for tests of the power calculator."""

from dataclasses import replace
from typing import Any

from measurement.estimation.power_inputs import PowerInputs

SIMPLE: dict[str, Any] = {
    "tasks_cv": 0.0,
    "attrition": 0.0,
    "uptake": 1.0,
    "adopters": 1.0,
    "participant_sd": 0.3,
    "task_sd": 0.4,
}
"""Assumptions without any of the complications."""


def one_task_each(**numbers: Any) -> PowerInputs:
    """Have a trial of the textbook: two arms, one value a person, standard deviation 0.5."""
    return PowerInputs(design="parallel", tasks_per_participant=1, **SIMPLE, **numbers)


def changed(inputs: PowerInputs, name: str, number: float) -> PowerInputs:
    """Return the assumptions with another number."""
    numbers: dict[str, Any] = {name: number}
    return replace(inputs, **numbers)
