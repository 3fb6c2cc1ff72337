"""What chance gave a participant, for today: tasks with AI or without, and until when."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from measurement.models import Assignment, Participant

DAY: Final = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Spell:
    """Days on which AI may be used, or not; without a first or a last day it is open there."""

    with_ai: bool
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None

    def holds_on(self, day: datetime.date) -> bool:
        """Return whether the day is one of the spell's."""
        begun = self.starts_on is None or self.starts_on <= day
        return begun and (self.ends_on is None or day <= self.ends_on)

    def begins_after(self, day: datetime.date) -> bool:
        """Return whether the spell is still to come."""
        return self.starts_on is not None and self.starts_on > day


@dataclass(frozen=True)
class Instruction:
    """The spell of today, and the one that comes next; None where there is none."""

    now: Spell | None
    next: Spell | None


def today_for(participant: Participant) -> Instruction | None:
    """Return what holds today; None where chance gives nothing by days, or nothing any more.

    The coin for a single task is no matter of days: see announcing.py.
    """
    today = timezone.localdate()
    ends_on = participant.trial.ends_on
    spells = [] if ends_on and today > ends_on else _spells(participant)
    now = next((spell for spell in spells if spell.holds_on(today)), None)
    coming = next((spell for spell in spells if spell.begins_after(today)), None)
    return Instruction(now, coming) if now or coming else None


def _spells(participant: Participant) -> list[Spell]:
    """Return the participant's spells, the earliest first."""
    of_design = _DESIGNS.get(participant.trial.design["kind"])
    try:
        assignment = participant.assignment
    except ObjectDoesNotExist:
        return []
    return of_design(assignment) if of_design else []


def _of_arm(assignment: Assignment) -> list[Spell]:
    arm = assignment.arm
    return [Spell(arm.ai)] if arm and arm.ai is not None else []


def _of_access(assignment: Assignment) -> list[Spell]:
    first = assignment.ai_from
    if first is None:
        return [Spell(with_ai=False)]
    return [Spell(with_ai=False, ends_on=first - DAY), Spell(with_ai=True, starts_on=first)]


def _of_periods(assignment: Assignment) -> list[Spell]:
    periods = assignment.participant.trial.design["periods"]
    return [
        Spell(
            letter == "B",
            datetime.date.fromisoformat(period["starts_on"]),
            datetime.date.fromisoformat(period["ends_on"]),
        )
        for letter, period in zip(assignment.sequence, periods, strict=False)
    ]


_DESIGNS: Final[Mapping[str, Callable[[Assignment], list[Spell]]]] = {
    "parallel": _of_arm,
    "cluster": _of_arm,
    "stepped_wedge": _of_access,
    "crossover": _of_periods,
}
