"""What the steps of the set-up store of name, dates, plan and design, and what they refuse."""

import datetime
import secrets
from dataclasses import asdict
from typing import Any, Final

from measurement import planning
from measurement.estimation.definition import KINDS_WITH_ARMS, MAX_WHOLE_NUMBER, DefinitionErrors
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.history import differences
from measurement.estimation.trial_toml import parse_trial, sections
from measurement.models import (
    Arm,
    AuditEvent,
    PlanLock,
    SetUpStep,
    Trial,
    TrialMark,
    User,
)
from measurement.plan_words import refusal
from measurement.set_up_answers import (
    PATHS,
    Step,
    people_take_part,
    stored,
)
from measurement.set_up_refusals import Fault, Given, Refused

ARMS: Final = (
    {"name": "Without AI", "ai": False, "ratio": 1},
    {"name": "With AI", "ai": True, "ratio": 1},
)
"""The groups that a design with groups begins with."""


def _parsed(definition: Definition, given: Given) -> Definition:
    """Return the definition with what is given. Raises Refused with every fault."""
    table: dict[str, Any] = {
        "trial": {
            "slug": definition.slug,
            "title": definition.title,
            "sector": definition.sector,
            "starts_on": definition.starts_on,
            "ends_on": definition.ends_on,
            "run_in_days": definition.run_in_days,
            "tools": definition.tools,
            "simulated": definition.simulated,
        },
        **sections(definition),
    }
    for path, value in given.items():
        section, _, name = path.partition(".")
        table[section][name] = value
    try:
        return parse_trial(table)
    except DefinitionErrors as errors:
        raise Refused(*dict.fromkeys(Fault(*refusal(one)) for one in errors.errors)) from errors


def change_plan(trial: Trial, given: Given, by: User, reason: str) -> None:
    """Store what is given of the plan; a locked one needs a reason."""
    definition = _parsed(trial.definition(), given)
    try:
        planning.change_plan(trial=trial, definition=definition, by=by, reason=reason)
    except planning.LockedPlan as error:
        words = "Enter why you change the plan: it is locked"
        raise Refused(Fault("reason", words)) from error


def describe(trial: Trial, given: Given, by: User, reason: str) -> None:
    """Store name and sector, which are in no plan."""
    before = stored(trial, Step.ABOUT)
    definition = _parsed(trial.definition(), given)
    trial.title, trial.sector = definition.title, definition.sector
    after = {"trial.title": trial.title, "trial.sector": trial.sector}
    if after != before:
        trial.save(update_fields=["title", "sector"])
        _audit(trial, by, "describe_trial", before=before, after=after)


def change_dates(trial: Trial, given: Given, by: User, reason: str) -> None:
    """Store the dates; periods that no longer lie within them are to be cut anew."""
    before = trial.definition()
    dates_only = _parsed(before, {**given, "design.periods": []})
    _require_read_out_after_the_end(dates_only)
    _require_days_that_count(dates_only)
    if not _hold(dates_only, before):
        if not _design_may_change(trial):
            words = "The periods of the trial must stay within its first and last day"
            raise Refused(Fault("trial.starts_on", words))
        _store_design(trial, _parsed(before, {"design.periods": []}), by)
        SetUpStep.objects.filter(trial=trial, step=Step.GROUPS).delete()
    change_plan(trial, given, by, reason)


def _require_read_out_after_the_end(definition: Definition) -> None:
    ends_on, read_out_on = definition.ends_on, definition.plan.read_out_on
    if ends_on and read_out_on and read_out_on <= ends_on:
        words = "The read-out day must be after the last day"
        raise Refused(Fault("plan.read_out_on", words))


def _require_days_that_count(definition: Definition) -> None:
    starts_on, ends_on = definition.starts_on, definition.ends_on
    if starts_on and ends_on:
        days = (ends_on - starts_on).days + 1
        if definition.run_in_days >= days:
            words = f"Days for settling in must be fewer than the {days:,} days of the trial"
            raise Refused(Fault("trial.run_in_days", words))


def _hold(dates: Definition, periods_of: Definition) -> bool:
    """Return whether the days of one definition hold the periods of another."""
    first = dates.starts_on or datetime.date.min
    last = dates.ends_on or datetime.date.max
    periods = periods_of.design.periods
    return all(first <= period.starts_on and period.ends_on <= last for period in periods)


def choose_design(trial: Trial, given: Given, by: User, reason: str) -> None:
    """Store the design with what it begins with; what depended on another one is asked again."""
    _require_design_may_change(trial)
    before = trial.definition()
    kind = given["design.kind"]
    table: dict[str, Any] = {"design.kind": kind}
    if not SetUpStep.objects.filter(trial=trial, step=Step.DESIGN).exists():
        # Made once: a seed that is made again until the draw pleases is no chance.
        table["design.seed"] = secrets.randbelow(MAX_WHOLE_NUMBER) + 1
    if kind != before.design.kind:
        table |= dict.fromkeys(("design.unit", "design.periods", "plan.treatment"))
        table |= dict.fromkeys(("plan.standard_errors", *PATHS[Step.POWER]))
        table |= {
            "design.arms": list(ARMS) if kind in KINDS_WITH_ARMS else [],
            "design.stratify_by": [],
        }
        depending = SetUpStep.objects.filter(trial=trial, step__in=(Step.GROUPS, Step.POWER))
        depending.delete()
    _store_design(trial, _parsed(before, table), by)


def change_groups(trial: Trial, given: Given, by: User, reason: str) -> None:
    """Store how chance decides: groups, units, periods."""
    _require_design_may_change(trial)
    before = trial.definition()
    if given.get("design.unit", before.design.unit) != before.design.unit:
        given = {**given, "plan.standard_errors": None}
    definition = _parsed(before, given)
    _require_periods(definition)
    _store_design(trial, definition, by)


def _require_periods(definition: Definition) -> None:
    if definition.design.kind == "crossover" and len(definition.design.periods) < 2:
        raise Refused(Fault("design.periods", "Enter at least two periods"))


def _design_may_change(trial: Trial) -> bool:
    return not (PlanLock.objects.filter(trial=trial).exists() or people_take_part(trial))


def _require_design_may_change(trial: Trial) -> None:
    if PlanLock.objects.filter(trial=trial).exists():
        words = "The plan is locked: who gets AI, and when, cannot change any more"
        raise Refused(Fault("design.kind", words))
    if people_take_part(trial):
        words = "People take part already: who gets AI, and when, cannot change any more"
        raise Refused(Fault("design.kind", words))


def _store_design(trial: Trial, definition: Definition, by: User) -> None:
    """Store design and plan of a trial that nobody takes part in, and its arms to match."""
    changes = differences(trial.definition(), definition)
    if not changes:
        return
    tables = sections(definition)
    trial.design, trial.plan = tables["design"], tables["plan"]
    trial.save(update_fields=["design", "plan"])
    Arm.objects.filter(trial=trial).delete()
    Arm.objects.bulk_create(
        Arm(trial=trial, name=arm.name, ai=arm.ai, ratio=arm.ratio)
        for arm in definition.design.arms
    )
    _audit(trial, by, "change_design", changes=[asdict(change) for change in changes])
    TrialMark.objects.create(trial=trial)


def _audit(trial: Trial, by: User, act: str, **detail: Any) -> None:
    AuditEvent.objects.create(actor=by, trial_slug=trial.slug, act=act, detail=detail)
