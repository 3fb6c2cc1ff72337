"""One simulated trial: what the engine says of it, held against what is true."""

import datetime
import math
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from calibration.looks import alarms
from calibration.scenarios import HEAVY_TAILS, LOOKS, Scenario
from measurement.estimation.cells import classify, compressed
from measurement.estimation.complier import complier_effect
from measurement.estimation.effects import days_with_access, effect, saved_per_day, savings_in
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.evidence import Evidence, evidence_of, log_cells
from measurement.estimation.limits import winsorising_limits
from measurement.estimation.prepared import Prepared, prepare
from measurement.estimation.simulate import Simulation

CONFIDENCE: Final = 0.95
POWER: Final = "power"
NO_TARGET: Final = {"complier_time_ratio": ("observational", "stepped_wedge")}
"""Designs without a complier effect, or where its two-way regression averages a growing effect."""


class Judged(NamedTuple):
    """Whether a figure did what is counted (cover the truth, find the effect, raise an alarm).

    distance: estimate less truth, in standard errors; 0 where nothing is estimated. Both are None
    where there is no answer.
    """

    figure: str
    held: bool | None
    distance: float | None


def judged(scenario: Scenario, trial: int) -> list[Judged]:
    """Simulate the trial of this number and judge what its scenario is for."""
    simulation = scenario.simulated(trial)
    if scenario.kind == LOOKS:
        return list(_of_looks(simulation))
    return list(_of_effects(scenario, simulation))


def _of_effects(scenario: Scenario, simulation: Simulation) -> Iterator[Judged]:
    prepared = prepare(evidence_of(simulation.bundle, _last_day(simulation)))
    regular, truth = prepared.whole.regular, simulation.truth
    log_effect = _attempted(lambda: effect(prepared, regular, "log_minutes").estimate)
    yield coverage("time_ratio", log_effect, math.log(truth["time_ratio"]))
    if scenario.kind == HEAVY_TAILS:
        return
    for figure, estimate in _others(prepared).items():
        if scenario.design not in NO_TARGET.get(figure, ()):
            target = truth[figure]
            on_log = figure == "complier_time_ratio"
            yield coverage(figure, _attempted(estimate), math.log(target) if on_log else target)
    if scenario.judges_power:
        yield _power(log_effect)


def _others(prepared: Prepared) -> dict[str, Callable[[], Estimate]]:
    whole, regular = prepared.whole, prepared.whole.regular
    return {
        "minutes_saved_per_task": lambda: -effect(prepared, regular, "minutes").estimate,
        "minutes_saved_per_working_day": lambda: saved_per_day(
            whole, savings_in(prepared, regular), days_with_access(prepared, whole)
        ),
        "complier_time_ratio": lambda: (
            complier_effect(prepared.trial, prepared.model, regular).estimate
        ),
    }


def coverage(figure: str, estimate: Estimate | None, target: float) -> Judged:
    """Judge whether the interval covers the target, on the estimate's own scale."""
    if estimate is None:
        return Judged(figure, None, None)
    interval = estimate.interval(CONFIDENCE)
    covers = interval.low <= target <= interval.high
    return Judged(figure, covers, (estimate.value - target) / estimate.std_error)


def _power(estimate: Estimate | None) -> Judged:
    # A trial too small for an answer has not found the effect.
    found = estimate is not None and estimate.p_value() < 1 - CONFIDENCE
    return Judged(POWER, found, 0.0)


def _of_looks(simulation: Simulation) -> Iterator[Judged]:
    """Judge looks at single logs: these are what had come in by a day."""
    trial, people = simulation.bundle.trial, simulation.bundle.participants
    logs = classify(trial, people, simulation.bundle.task_logs)
    limits = winsorising_limits(trial, logs)
    evidence = Evidence(
        trial=trial,
        participants=people,
        cells=log_cells(logs, limits),
        totals=compressed(people, logs[:0], limits).totals,  # effects ask for none of them
        survey_responses=simulation.bundle.survey_responses,
        refused={},
        as_of=_last_day(simulation),
        limits=limits,
    )
    for figure, alarm in alarms(prepare(evidence), CONFIDENCE).items():
        yield Judged(figure, alarm, 0.0)


def _last_day(simulation: Simulation) -> datetime.date:
    ends_on = simulation.bundle.trial.ends_on
    assert ends_on is not None  # noqa: S101  # every simulated trial has dates
    return ends_on


def _attempted(estimate: Callable[[], Estimate]) -> Estimate | None:
    try:
        return estimate()
    except NotEstimable:
        return None
