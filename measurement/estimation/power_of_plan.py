"""What a trial's plan says of the numbers that its power depends on."""

from collections.abc import Mapping
from statistics import fmean

from measurement.estimation.definition import KINDS_WITH_ARMS, Trial
from measurement.estimation.power_inputs import NUMBERS


def planned_numbers(trial: Trial) -> dict[str, float]:
    """Return the numbers of PowerInputs that the plan fixes, those of its design alone.

    Where the plan says more than the calculation can take, the nearest number that it takes.
    """
    found: dict[str, float] = {"confidence": trial.plan.confidence}
    if trial.design.kind in KINDS_WITH_ARMS:
        found |= _groups(trial)
    if trial.design.kind == "crossover" and trial.design.periods:
        found["periods"] = len(trial.design.periods)
    if trial.design.kind == "stepped_wedge" and trial.starts_on and trial.ends_on:
        found["weeks"] = -(-((trial.ends_on - trial.starts_on).days + 1) // 7)
    return {name: _allowed(name, number) for name, number in found.items()}


def _groups(trial: Trial) -> Mapping[str, float]:
    """Return how many groups there are, those without AI being one, and their proportion."""
    with_ai = [arm.ratio for arm in trial.design.arms if arm.ai]
    without = sum(arm.ratio for arm in trial.design.arms if not arm.ai)
    return {"arms": 1 + len(with_ai), "ratio": fmean(with_ai) / without}


def _allowed(name: str, number: float) -> float:
    allowed = NUMBERS[name]
    nearest = min(max(number, allowed.lowest), allowed.highest)
    return int(nearest) if allowed.whole else float(nearest)
