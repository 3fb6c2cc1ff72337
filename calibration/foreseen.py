"""The power that the calculator foresees for a scenario's trials."""

import math
from collections.abc import Iterable

from calibration.scenarios import LOGS_PER_PARTICIPANT, Scenario
from measurement.estimation.power import power_of
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_recipe import power_inputs_of, time_ratio_of


def foreseen(scenarios: Iterable[Scenario]) -> dict[Scenario, float]:
    """Return the power of each of the scenarios that are held against it."""
    return {each: foreseen_power(each) for each in scenarios if each.judges_power}


def foreseen_power(scenario: Scenario) -> float:
    """Return the chance that a trial of the scenario finds the effect."""
    inputs = power_inputs_of(
        scenario.recipe, design=scenario.design, logs_per_participant=LOGS_PER_PARTICIPANT
    )
    ratio = _time_ratio(scenario, inputs)
    return power_of(inputs, participants=scenario.participants, time_ratio=ratio)


def _time_ratio(scenario: Scenario, inputs: PowerInputs) -> float:
    """Return the time ratio where AI is used; where it grows, the mean of the weeks compared."""
    if scenario.recipe.ramp_weeks == 1:
        return time_ratio_of(scenario.recipe)
    seen: float = scenario.simulated(0).truth["time_ratio"]
    return math.exp(math.log(seen) / inputs.uptake)
