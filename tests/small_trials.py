"""Simulated trials that are analysed quickly: short, with few groups and types of task."""

import datetime
from dataclasses import replace
from functools import cache

from measurement.estimation.bundle import Bundle
from measurement.estimation.simulate import simulate
from measurement.estimation.simulate_recipe import (
    DEPARTMENTS,
    GRADES,
    PROFESSIONS,
    TASK_TYPES,
    Recipe,
)

SHORT = Recipe(
    ends_on=datetime.date(2025, 10, 24),
    task_types=TASK_TYPES[:2],
    departments=DEPARTMENTS[:2],
    grades=GRADES[1:3],
    professions=PROFESSIONS[:2],
)
"""Four weeks from 29 September 2025, two of everything."""


@cache
def short_trial(
    design: str = "crossover",
    *,
    participants: int = 24,
    logs_per_participant: int = 12,
    seed: int = 11,
) -> Bundle:
    """Return a trial with breakdowns of every kind."""
    return simulate(
        participants=participants,
        logs_per_participant=logs_per_participant,
        design=design,
        seed=seed,
        recipe=SHORT,
    ).bundle


def plain_trial(
    design: str = "crossover",
    *,
    participants: int = 24,
    logs_per_participant: int = 6,
    seed: int = 4,
) -> Bundle:
    """Return a trial without breakdowns, for tests of what surrounds an analysis."""
    bundle = short_trial(
        design, participants=participants, logs_per_participant=logs_per_participant, seed=seed
    )
    plan = replace(bundle.trial.plan, subgroups=())
    return replace(bundle, trial=replace(bundle.trial, plan=plan))
