"""What a lead should know before a plan is locked: what is missing, and what is unsound."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from measurement.estimation.definition import Plan
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.power import participants_needed
from measurement.estimation.power_inputs import InputErrors, PowerInputs
from measurement.estimation.power_of_plan import planned_numbers
from measurement.models import Department, PlanLock, PrivacyNotice, TaskType, Tool, Trial
from measurement.plan_words import long_day, moves_many, percent, percent_above
from measurement.set_up_answers import Step, has_design, saved_steps

LONG_DAYS: Final = 731
"""A trial that lasts longer has a wrong year among its dates, more often than not."""


@dataclass(frozen=True)
class Caution:
    """A sentence, and the step whose page mends what it says."""

    words: str
    step: str


def of_plan(trial: Trial) -> list[Caution]:
    """Return the warnings about a trial's set-up, the gravest first."""
    definition = trial.definition()
    saved = saved_steps(trial)
    return [
        *(_of_comparison(definition) if has_design(definition, saved) else (NO_DESIGN,)),
        *_of_analysis(definition),
        *_of_dates(definition, is_locked=PlanLock.objects.filter(trial=trial).exists()),
        *_of_size(definition, saved.get(Step.POWER, {})),
        *_of_lists(trial),
        *_of_notice(trial, definition),
    ]


NO_DESIGN: Final = Caution(
    "It is not said yet who gets AI, and when. Until then there is no comparison group.",
    Step.DESIGN,
)


def _of_comparison(definition: Definition) -> Iterator[Caution]:
    if definition.design.kind == "observational":
        yield Caution(
            "There is no comparison group. The result cannot say that AI caused a difference, and "
            "every headline will say so.",
            Step.DESIGN,
        )
    elif definition.plan.treatment == "used":
        yield Caution(
            "Tasks are compared by whether AI was used, not by what chance decided. People choose "
            "for which tasks they use AI, so the result cannot say that AI caused a difference.",
            Step.ANALYSIS,
        )


def _of_analysis(definition: Definition) -> Iterator[Caution]:
    plan = definition.plan
    if plan.confidence < Plan.confidence:
        level = percent(plan.confidence)
        yield Caution(
            f"Intervals hold the true value in only {level}% of such trials. With less than "
            f"{percent(Plan.confidence)}%, chance alone looks like a clear result more often, and "
            "every report says so.",
            Step.ANALYSIS,
        )
    if moves_many(plan.winsorise):
        low, high = plan.winsorise
        yield Caution(
            f"The shortest {percent(low)}% and the longest {percent_above(high)}% of times do not "
            "count as they were logged. The result then tells little of short and long tasks, and "
            "every report says so.",
            Step.ANALYSIS,
        )


def _of_dates(definition: Definition, *, is_locked: bool) -> Iterator[Caution]:
    if not (definition.starts_on and definition.ends_on):
        yield Caution(
            "There is no first and last day. Without them there are no minutes saved per working "
            "day, and no days a year.",
            Step.DATES,
        )
    else:
        yield from _of_days(definition.starts_on, definition.ends_on)
        if not is_locked:
            yield from _of_a_late_lock(definition.starts_on, definition.ends_on)
    if definition.plan.read_out_on is None:
        yield Caution(
            "There is no read-out day. Results are then final on the last day, before late task "
            "logs came in.",
            Step.DATES,
        )


def _of_a_late_lock(starts_on: datetime.date, ends_on: datetime.date) -> Iterator[Caution]:
    today = timezone.localdate()
    if ends_on < today:
        yield Caution(
            f"The trial ended on {long_day(ends_on)}. A plan that is locked once all task logs are "
            "in promises nothing, and every report says so.",
            Step.DATES,
        )
    elif starts_on <= today:
        yield Caution(
            f"The trial began on {long_day(starts_on)}. A plan that is locked after "
            "people began to log tasks convinces fewer readers, and every report says so.",
            Step.DATES,
        )


def _of_days(starts_on: datetime.date, ends_on: datetime.date) -> Iterator[Caution]:
    days = (ends_on - starts_on).days + 1
    if days > LONG_DAYS:
        yield Caution(
            f"The trial lasts {days:,} days, until {long_day(ends_on)}. Check the years.",
            Step.DATES,
        )


def _of_size(definition: Definition, answers: Mapping[str, Any]) -> Iterator[Caution]:
    planned = definition.plan.planned_participants
    if planned is None:
        yield Caution(
            "The number of people was not worked out. The trial may be too small to notice what "
            "you hope for.",
            Step.POWER,
        )
        return
    minimum = definition.disclosure.minimum_people
    if planned < minimum:
        yield Caution(
            f"{planned:,} people are planned, and figures are shown of {minimum:,} people or more "
            "alone. So nothing would be shown.",
            Step.DISCLOSURE,
        )
    needed = people_needed(definition, answers)
    if needed is not None and planned < needed:
        yield Caution(
            f"{planned:,} people are planned. {needed:,} are needed to have a chance of "
            f"{percent(answers['numbers']['power'])}% of noticing a saving of "
            f"{percent(answers['saving'])}%.",
            Step.POWER,
        )


def people_needed(definition: Definition, answers: Mapping[str, Any]) -> int | None:
    """Return how many people the trial needs by the power page's answers and the plan as it is.

    `answers`: "saving" and "numbers", by the names of PowerInputs. None where nobody gave them or
    where they have no answer any more.
    """
    if not answers:
        return None
    numbers = {**answers["numbers"], **planned_numbers(definition)}
    try:
        inputs = PowerInputs(design=definition.design.kind, **numbers)
        return participants_needed(inputs, time_ratio=1 - answers["saving"])
    except (InputErrors, NotEstimable):
        return None


_MISSING: Final[tuple[tuple[type[Any], Caution], ...]] = (
    (TaskType, Caution("There are no types of task yet, so nobody can log any.", Step.TASKS)),
    (Tool, Caution("There are no tools, so nobody can say which one they used.", Step.TASKS)),
    (
        Department,
        Caution(
            "There are no departments yet: they are needed before people are invited or uploaded.",
            Step.LISTS,
        ),
    ),
)


def _of_lists(trial: Trial) -> Iterator[Caution]:
    for model, caution in _MISSING:
        if not model._default_manager.filter(trial=trial).exists():
            yield caution


def _of_notice(trial: Trial, definition: Definition) -> Iterator[Caution]:
    newest = PrivacyNotice.objects.filter(trial=trial).order_by("-version").first()
    if newest is None:
        yield Caution("No privacy notice is published, so nobody can be invited.", "notice")
    elif definition.ends_on and newest.keep_until < definition.ends_on:
        yield Caution(
            f"The privacy notice says that data are kept until {long_day(newest.keep_until)}, "
            "before the trial ends. Publish a new version.",
            "notice",
        )
