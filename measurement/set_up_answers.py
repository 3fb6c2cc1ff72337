"""What a trial stores of each step of its set-up, and how far its set-up is."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from measurement.estimation.definition import KINDS_WITH_ARMS
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.trial_toml import sections
from measurement.models import (
    Department,
    Grade,
    Participant,
    PlanLock,
    PrivacyNotice,
    Profession,
    SetUpStep,
    TaskType,
    Tool,
    Trial,
)

Step = SetUpStep.Step

PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    Step.ABOUT: ("trial.title", "trial.sector"),
    Step.DATES: ("trial.starts_on", "trial.ends_on", "trial.run_in_days", "plan.read_out_on"),
    Step.DESIGN: ("design.kind",),
    Step.GROUPS: ("design.unit", "design.arms", "design.stratify_by", "design.periods"),
    Step.POWER: ("plan.planned_participants", "plan.planned_logs_per_participant"),
    Step.SURVEY: ("survey.bands", "survey.top_band_minutes"),
    Step.ASSUMPTIONS: (
        "assumptions.working_days_per_year",
        "assumptions.hours_per_day",
        "assumptions.loaded_cost_per_hour",
        "assumptions.licence_cost_per_month",
    ),
    Step.DISCLOSURE: ("disclosure.minimum_people",),
    Step.ANALYSIS: (
        "plan.treatment",
        "plan.confidence",
        "plan.winsorise",
        "plan.exclude_flags",
        "plan.subgroups",
        "plan.multiplicity",
        "plan.day_basis",
    ),
}
"""The settings of each step that are part of the trial's definition."""
LISTS: Final[Mapping[str, Mapping[str, type[Any]]]] = {
    Step.TASKS: {"task_types": TaskType, "tools": Tool},
    Step.LISTS: {"departments": Department, "grades": Grade, "professions": Profession},
}
"""The lists of each step that has some."""
WITH_GROUPS: Final = (*KINDS_WITH_ARMS, "crossover", "stepped_wedge")
"""Designs about which more is to be said: who is assigned together, and into what."""


class Status(StrEnum):
    """How far a task of the set-up is, in the words of the task list."""

    COMPLETED = "Completed"
    NOT_YET = "Not yet started"
    CANNOT = "Cannot start yet"


def stored(trial: Trial, step: str) -> dict[str, Any]:
    """Return what the trial stores of a step, as JSON has it, by setting ("trial.title")."""
    found: dict[str, Any] = {}
    if step in PATHS:
        every = flat(trial.definition())
        found |= {path: every[path] for path in PATHS[step]}
    for name, model in LISTS.get(step, {}).items():
        entries = model._default_manager.filter(trial=trial)
        found[name] = list(entries.order_by("name").values_list("name", flat=True))
    return found


def flat(definition: Definition) -> dict[str, Any]:
    """Return every setting of a definition, as JSON has it, by section and name."""
    about = {
        "title": definition.title,
        "sector": definition.sector,
        "starts_on": definition.starts_on and definition.starts_on.isoformat(),
        "ends_on": definition.ends_on and definition.ends_on.isoformat(),
        "run_in_days": definition.run_in_days,
    }
    tables = {"trial": about, **sections(definition)}
    return {
        f"{section}.{name}": value
        for section, table in tables.items()
        for name, value in table.items()
    }


def fingerprint(answers: Any) -> str:
    """Return a short text that is another one where the answers are."""
    text = json.dumps(answers, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def whole_fingerprint(definition: Definition) -> str:
    """Return the fingerprint of all that a lock fixes, dates included."""
    return fingerprint(flat(definition))


def people_take_part(trial: Trial) -> bool:
    """Return whether anybody is or was a participant."""
    return Participant.objects.filter(trial=trial).exists()


def saved_steps(trial: Trial) -> dict[str, Mapping[str, Any]]:
    """Return the steps that somebody saved, each with what was answered on the way."""
    return dict(SetUpStep.objects.filter(trial=trial).values_list("step", "answers"))


def has_design(definition: Definition, saved: Mapping[str, Any]) -> bool:
    """Return whether somebody chose the design: at first it is that of a trial without one."""
    return Step.DESIGN in saved or definition.design.kind != "observational"


def is_design_chosen(trial: Trial) -> bool:
    """Return whether the trial's design is anybody's choice, and not what all trials begin with."""
    if trial.design["kind"] != "observational" or PlanLock.objects.filter(trial=trial).exists():
        return True
    return has_design(trial.definition(), saved_steps(trial))


def has_groups(definition: Definition, saved: Mapping[str, Any]) -> bool:
    """Return whether all that the design needs is said, as far as it needs anything."""
    design = definition.design
    if design.kind not in WITH_GROUPS:
        return True
    if design.kind == "crossover" and not design.periods:
        return False
    # A design that was loaded with its trial is complete.
    return Step.GROUPS in saved or Step.DESIGN not in saved


def statuses(trial: Trial) -> dict[str, Status]:
    """Return how far each task is: those of the steps that the design has, notice, and check."""
    definition, saved = trial.definition(), saved_steps(trial)
    locked = PlanLock.objects.filter(trial=trial).exists()
    chosen = locked or has_design(definition, saved)
    grouped = locked or has_groups(definition, saved)
    dated = bool(definition.starts_on and definition.ends_on and definition.plan.read_out_on)
    found = {step: _status(step in saved or locked) for step in Step.values}
    found[Step.ABOUT] = Status.COMPLETED
    found[Step.DATES] = _status(dated)
    found[Step.DESIGN] = _status(chosen)
    if definition.design.kind in WITH_GROUPS:
        can_start = dated or definition.design.kind != "crossover"
        found[Step.GROUPS] = _status(grouped, can_start=can_start)
    else:
        del found[Step.GROUPS]
    found[Step.TASKS] = _status(_has(TaskType, trial))
    found[Step.LISTS] = _status(_has(Department, trial))
    planned = definition.plan.planned_participants is not None
    found[Step.POWER] = _status(planned, can_start=chosen and grouped)
    found["notice"] = _status(_has(PrivacyNotice, trial), can_start=dated)
    found["check"] = _status(locked, can_start=chosen and grouped)
    return found


def _status(is_done: bool, *, can_start: bool = True) -> Status:
    if is_done:
        return Status.COMPLETED
    return Status.NOT_YET if can_start else Status.CANNOT


def _has(model: Any, trial: Trial) -> bool:
    return bool(model._default_manager.filter(trial=trial).exists())
