"""Chance decides who is assigned to what: proposed, looked at, confirmed, and never twice unseen.

Of two leads who do something at once the second waits for the first, and then sees what it did.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from measurement import enrolment, frames, plan_history, planning
from measurement.estimation import history
from measurement.estimation.allocation import (
    Allocation,
    CannotDraw,
    Drawn,
    Option,
    allocate,
    drawn_column,
    in_several_departments,
    name_of,
    to_assign,
)
from measurement.estimation.disclosure import rounded_count
from measurement.estimation.draw_balance import draw_balance
from measurement.estimation.history import MAX_REASON_LENGTH, Change, is_reason
from measurement.estimation.lots import ALGORITHM, Lot
from measurement.estimation.unit_weeks import first_of
from measurement.models import AuditEvent, Draw, PlanLock, Trial, TrialMark, User
from measurement.plan_words import DRAW
from measurement.set_up_answers import is_design_chosen

CHANGED: Final = "The participants changed after the draw was proposed"
NO_DESIGN: Final = "It is not said yet who gets AI, and when, so there is nothing to draw"
NO_LONGER_OPEN: Final = "This draw was confirmed or replaced in the meantime"


@dataclass(frozen=True)
class Prospect:
    """Who has no assignment yet: `people` to the nearest 5, None for too few to be told.

    in_several_departments: the first few teams that are drawn as one though they are spread.
    """

    anybody: bool
    people: int | None
    in_several_departments: str


class Changed(CannotDraw):
    """The participants are not those of the proposal: another one is needed, without a reason."""


def propose(*, trial: Trial, by: User, steps: Sequence[datetime.date] = ()) -> Draw:
    """Draw for those without an assignment; nobody is assigned before the draw is confirmed.

    A proposal that waits gives way only if the participants changed since. Raises CannotDraw.
    """
    with transaction.atomic():
        trial = _locked(trial)
        waiting = open_draw(trial)
        if waiting is not None:
            if not has_changed(waiting):
                raise CannotDraw(
                    "A draw is proposed already: confirm it, or draw again and say why"
                )
            _drop(waiting, by, CHANGED)
        return _proposed(trial, by, steps)


def redraw(
    *, trial: Trial, number: int, by: User, reason: str, steps: Sequence[datetime.date] = ()
) -> Draw:
    """Replace the proposal of that number by another draw; the reason is listed for ever.

    It stands among the deviations of the plan, in every result. Raises CannotDraw if the proposal
    waits no longer, ValueError for a reason that is none.
    """
    if not is_reason(reason):
        raise ValueError(f"reason {reason!r}: a text of 1 to {MAX_REASON_LENGTH} characters")
    with transaction.atomic():
        trial = _locked(trial)
        draw = _waiting(trial, number)
        _drop(draw, by, reason)
        another = _proposed(trial, by, steps)
        _list_deviation(trial, by, reason, another)
    return another


def confirm(*, trial: Trial, number: int, by: User) -> Draw:
    """Assign everybody as the proposal of that number says. Raises CannotDraw, and so Changed."""
    with transaction.atomic():
        trial = _locked(trial)
        draw = _waiting(trial, number)
        _require_future(steps_of(draw))
        if has_changed(draw):
            raise Changed(f"{CHANGED}: propose another one")
        enrolment.assign_drawn(
            trial=trial,
            column=draw.column,
            values={participant: value for participant, _, value in draw.people},
        )
        draw.confirmed_at, draw.confirmed_by = timezone.now(), planning.who(by, trial)
        draw.save(update_fields=["confirmed_at", "confirmed_by"])
        _audit(draw, by, "confirm_draw")
    return draw


def open_draw(trial: Trial) -> Draw | None:
    """Return the proposal that waits, if one does."""
    waiting = Draw.objects.filter(trial=trial, confirmed_at=None, dropped_at=None)
    return waiting.select_related("trial").first()


def why_not(trial: Trial) -> str:
    """Return why nothing can be drawn in the trial now, whoever takes part; "" if it can."""
    if not is_design_chosen(trial):
        return NO_DESIGN
    try:
        _require_time(trial)
    except CannotDraw as reason:
        return str(reason)
    return ""


def allocation_of(draw: Draw) -> Allocation:
    """Return what was drawn, without those who were erased since."""
    return Allocation(
        column=draw.column,
        options=tuple(Option(*option) for option in draw.options),
        lots=tuple(Lot(*lot) for lot in draw.lots),
        people=tuple(Drawn(*one) for one in draw.people),
    )


def steps_of(draw: Draw) -> tuple[datetime.date, ...]:
    """Return the dates of access that were drawn for; none in other designs than stepped wedges."""
    if draw.column != "ai_from":
        return ()
    return tuple(datetime.date.fromisoformat(value) for value, _ in draw.options)


def has_changed(draw: Draw) -> bool:
    """Return whether the same draw would now be another, or none: the participants changed."""
    people = frames.participants(frames.of_trial(draw.trial))
    try:
        now = allocate(draw.trial.definition(), people, draw=draw.number, steps=steps_of(draw))
    except CannotDraw:
        return True
    return now != allocation_of(draw)


def prospect(trial: Trial) -> Prospect:
    """Return whom chance would decide for now. Raises CannotDraw in designs without a draw."""
    definition, people = trial.definition(), frames.participants(frames.of_trial(trial))
    waiting = to_assign(definition, people)
    minimum = definition.disclosure.minimum_people
    return Prospect(
        anybody=not waiting.empty,
        people=rounded_count(len(waiting)) if len(waiting) >= minimum else None,
        in_several_departments=first_of(in_several_departments(definition, people)),
    )


# Proposals ------------------------------------------------------------------------------------


def _locked(trial: Trial) -> Trial:
    """Wait for whoever draws at the moment, and return the trial. Raises CannotDraw."""
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    _require_time(trial)
    return trial


def _require_time(trial: Trial) -> None:
    drawn_column(trial.design["kind"])
    if not PlanLock.objects.filter(trial=trial).exists():
        raise CannotDraw("The plan is not locked yet: what is analysed is fixed before the draw")
    if trial.ends_on and timezone.localdate() > trial.ends_on:
        raise CannotDraw("The trial has ended")


def _waiting(trial: Trial, number: int) -> Draw:
    draw = open_draw(trial)
    if draw is None or draw.number != number:
        raise CannotDraw(NO_LONGER_OPEN)
    return draw


def _proposed(trial: Trial, by: User, steps: Sequence[datetime.date]) -> Draw:
    last = Draw.objects.filter(trial=trial).order_by("number").last()
    number = last.number + 1 if last else 1
    definition, people = trial.definition(), frames.participants(frames.of_trial(trial))
    _require_future(steps)
    found = allocate(definition, people, draw=number, steps=steps)
    draw = Draw.objects.create(
        trial=trial,
        number=number,
        algorithm=ALGORITHM,
        name=name_of(definition, number),
        design=trial.design,
        column=found.column,
        options=found.options,
        lots=found.lots,
        people=found.people,
        balance=asdict(draw_balance(definition, people, found)),
        input_sha256=found.input_sha256,
        outcome_sha256=found.outcome_sha256,
        proposed_at=timezone.now(),
        proposed_by=planning.who(by, trial),
    )
    draw.refresh_from_db()
    _audit(draw, by, "propose_draw")
    return draw


def _require_future(steps: Sequence[datetime.date]) -> None:
    if steps and steps[0] < timezone.localdate():
        raise CannotDraw("The first date of access is in the past: nobody can be given AI then")


def _drop(draw: Draw, by: User, reason: str) -> None:
    draw.dropped_at, draw.dropped_by = timezone.now(), planning.who(by, draw.trial)
    draw.dropped_because = reason
    draw.save(update_fields=["dropped_at", "dropped_by", "dropped_because"])
    _audit(draw, by, "drop_draw", reason=reason)


def _list_deviation(trial: Trial, by: User, reason: str, another: Draw) -> None:
    lock = PlanLock.objects.get(trial=trial)
    before = [
        change[2] for row in lock.changes.all() for change in row.changes if change[0] == DRAW
    ]
    # A deviation begins with what the one before ended with: see history.deviations.
    change = Change(DRAW, before[-1] if before else None, f"draw {another.number}")
    made = history.PlanChange(timezone.now(), planning.who(by, trial), reason, (change,))
    plan_history.add_change(lock, made)
    TrialMark.objects.create(trial=trial)


def _audit(draw: Draw, by: User, act: str, **detail: Any) -> None:
    found = Counter(value for _, _, value in draw.people)
    about = {
        "draw": draw.number,
        "algorithm": draw.algorithm,
        "input_sha256": draw.input_sha256,
        "outcome_sha256": draw.outcome_sha256,
        "units": len(draw.lots),
        "people": dict(sorted(found.items())),
    }
    AuditEvent.objects.create(actor=by, trial_slug=draw.trial.slug, act=act, detail=about | detail)
