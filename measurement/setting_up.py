"""How leads set up a trial: what each step stores, what it refuses, and the lock at the end.

Every change takes the trial's row first, so two leads write one after the other, and whoever saw
older answers is told.
"""

import datetime
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from measurement import notices, planning
from measurement.estimation.definition import (
    KINDS_WITH_ARMS,
    MAX_TEXT_LENGTH,
    MAX_WHOLE_NUMBER,
    DefinitionErrors,
    is_storable_text,
    parse_trial,
    sections,
)
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.history import differences
from measurement.models import (
    Arm,
    AuditEvent,
    PlanLock,
    PrivacyNotice,
    SetUpStep,
    Trial,
    TrialMark,
    User,
)
from measurement.plan_words import refusal
from measurement.set_up_answers import (
    LISTS,
    PATHS,
    Step,
    fingerprint,
    has_design,
    has_groups,
    people_take_part,
    saved_steps,
    stored,
    whole_fingerprint,
)

MAX_ENTRIES: Final = 500
"""The most entries of a list: pages show all of them."""
NEEDED: Final = {
    "task_types": "Choose or enter at least one type of task",
    "departments": "Enter at least one department",
}
ARMS: Final = (
    {"name": "Without AI", "ai": False, "ratio": 1},
    {"name": "With AI", "ai": True, "ratio": 1},
)
"""The groups that a design with groups begins with."""

Given = Mapping[str, Any]
"""What is to be stored, by setting ("plan.confidence") or list ("tools")."""


class Fault(NamedTuple):
    """A setting that is refused, like "plan.confidence", and a sentence that says why."""

    where: str
    words: str


class Refused(Exception):  # noqa: N818 - what happened
    """What was given is not stored; `faults` says why, in sentences for whoever gave it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.words for fault in faults))
        self.faults = faults


class ChangedMeanwhile(Exception):  # noqa: N818 - what happened
    """Somebody else changed the same answers since they were seen: nothing is stored."""


def save(
    *,
    trial: Trial,
    step: str,
    given: Given,
    seen: str,
    by: User,
    reason: str = "",
    answers: Given | None = None,
) -> None:
    """Store what a lead answered on the page of one step, and that the step is saved.

    `seen` is the fingerprint of the step's stored answers when the lead saw them, `answers` what
    else is kept of the way to them. Raises Refused, and ChangedMeanwhile.
    """
    with transaction.atomic():
        trial = _taken(trial)
        if fingerprint(stored(trial, step)) != seen:
            raise ChangedMeanwhile(f"{step} of {trial} changed")
        _WRITERS.get(step, _change_plan)(trial, given, by, reason)
        SetUpStep.objects.update_or_create(
            trial=trial,
            step=step,
            defaults={"saved_at": timezone.now(), "answers": dict(answers or {})},
        )


def publish_notice(
    *,
    trial: Trial,
    controller: str,
    contact: str,
    keep_until: datetime.date,
    seen: str,
    by: User,
) -> PrivacyNotice:
    """Publish the next version of the trial's privacy notice; `seen` is the newest one known.

    Raises Refused for what notices.py refuses, and ChangedMeanwhile.
    """
    with transaction.atomic():
        trial = _taken(trial)
        newest = notices.newest(trial)
        if str(newest.version if newest else 0) != seen:
            raise ChangedMeanwhile(f"{newest} was published")
        try:
            return notices.publish(
                trial=trial, controller=controller, contact=contact, keep_until=keep_until, actor=by
            )
        except ValueError as error:
            raise Refused(_notice_fault(str(error))) from error


def lock(*, trial: Trial, seen: str, by: User) -> PlanLock:
    """Lock the plan that the lead saw; `seen` is its whole fingerprint.

    Raises Refused while the design is not chosen or not complete, ChangedMeanwhile, and
    planning.AlreadyLocked.
    """
    with transaction.atomic():
        trial = _taken(trial)
        definition = trial.definition()
        if whole_fingerprint(definition) != seen:
            raise ChangedMeanwhile(f"{trial} changed")
        _require_whole_design(trial, definition)
        return planning.lock(trial=trial, by=by)


def _require_whole_design(trial: Trial, definition: Definition) -> None:
    saved = saved_steps(trial)
    if not has_design(definition, saved):
        raise Refused(Fault("design.kind", "Choose the design before you lock the plan"))
    if not has_groups(definition, saved):
        words = "Say how chance decides before you lock the plan"
        raise Refused(Fault("design.arms", words))


def _taken(trial: Trial) -> Trial:
    """Return the trial's row, which no other lead changes until the transaction ends.

    Somebody may still join meanwhile: to them chance has given nothing yet.
    """
    return Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)


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


def _change_plan(trial: Trial, given: Given, by: User, reason: str) -> None:
    definition = _parsed(trial.definition(), given)
    try:
        planning.change_plan(trial=trial, definition=definition, by=by, reason=reason)
    except planning.LockedPlan as error:
        words = "Enter why you change the plan: it is locked"
        raise Refused(Fault("reason", words)) from error


def _describe(trial: Trial, given: Given, by: User, reason: str) -> None:
    before = stored(trial, Step.ABOUT)
    definition = _parsed(trial.definition(), given)
    trial.title, trial.sector = definition.title, definition.sector
    after = {"trial.title": trial.title, "trial.sector": trial.sector}
    if after != before:
        trial.save(update_fields=["title", "sector"])
        _audit(trial, by, "describe_trial", before=before, after=after)


def _change_dates(trial: Trial, given: Given, by: User, reason: str) -> None:
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
    _change_plan(trial, given, by, reason)


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


def _choose_design(trial: Trial, given: Given, by: User, reason: str) -> None:
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


def _change_groups(trial: Trial, given: Given, by: User, reason: str) -> None:
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


def _change_lists(trial: Trial, given: Given, by: User, reason: str) -> None:
    wanted = {name: _cleaned(name, entries) for name, entries in given.items()}
    models = {name: model for lists in LISTS.values() for name, model in lists.items()}
    changes = {name: _change_list(trial, name, models[name], wanted[name]) for name in wanted}
    if any(added or removed for added, removed in changes.values()):
        lists = {
            name: {"added": added, "removed": removed} for name, (added, removed) in changes.items()
        }
        _audit(trial, by, "change_lists", **lists)


def _cleaned(name: str, entries: Sequence[str]) -> list[str]:
    """Return the entries without spaces around them, each once. Raises Refused."""
    cleaned = list(dict.fromkeys(entry.strip() for entry in entries if entry.strip()))
    faults = [*_entry_faults(name, cleaned)]
    if name in NEEDED and not cleaned:
        faults.append(Fault(name, NEEDED[name]))
    if len(cleaned) > MAX_ENTRIES:
        faults.append(Fault(name, f"Enter {MAX_ENTRIES} lines or fewer"))
    if faults:
        raise Refused(*faults)
    return cleaned


def _entry_faults(name: str, entries: Iterable[str]) -> Iterable[Fault]:
    known: dict[str, str] = {}
    for entry in entries:
        if not is_storable_text(entry):
            yield Fault(name, f"Each line must be {MAX_TEXT_LENGTH} characters or fewer")
        same = known.setdefault(entry.casefold(), entry)
        if same != entry:
            yield Fault(name, f"“{same}” and “{entry}” differ in capital letters only: keep one")


def _change_list(
    trial: Trial, name: str, model: type[Any], wanted: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Make the list what is wanted; return what is new and what went. Raises Refused."""
    entries = model._default_manager.filter(trial=trial)
    # Taken before they are looked at: nobody begins to use one that is about to go.
    going = list(entries.exclude(name__in=wanted).select_for_update().order_by("pk"))
    used = [entry.name for entry in going if _is_used(entry)]
    if used:
        raise Refused(Fault(name, f"“{used[0]}” is in use already: it has to stay in the list"))
    model._default_manager.filter(pk__in=[entry.pk for entry in going]).delete()
    known = set(entries.values_list("name", flat=True))
    added = [entry for entry in wanted if entry not in known]
    model._default_manager.bulk_create(model(trial=trial, name=entry) for entry in added)
    return added, [entry.name for entry in going]


def _is_used(entry: Any) -> bool:
    relations = entry._meta.related_objects
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: entry}).exists()
        for relation in relations
    )


def _notice_fault(text: str) -> Fault:
    """Return the sentence for what notices.py refuses."""
    for start, fault in _NOTICE_FAULTS.items():
        if text.startswith(start):
            return fault
    raise AssertionError(text)


_NOTICE_FAULTS: Final = {
    "controller": Fault("controller", "Enter who answers for the data"),
    "contact": Fault("contact", "Enter an email address, like name@example.com"),
    "keep until": Fault(
        "keep_until",
        "The last day on which data are kept must be today or later, and not before "
        "the last day of the trial",
    ),
}
_WRITERS: Final[Mapping[str, Callable[[Trial, Given, User, str], None]]] = {
    Step.ABOUT: _describe,
    Step.DATES: _change_dates,
    Step.DESIGN: _choose_design,
    Step.GROUPS: _change_groups,
    Step.TASKS: _change_lists,
    Step.LISTS: _change_lists,
}


def _audit(trial: Trial, by: User, act: str, **detail: Any) -> None:
    AuditEvent.objects.create(actor=by, trial_slug=trial.slug, act=act, detail=detail)
