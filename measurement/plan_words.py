"""The settings of a trial in plain words: what each is called, and how its value is read."""

import datetime
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from measurement.estimation.definition import MAX_MINUTES, MINIMUM_PEOPLE, DefinitionFault
from measurement.estimation.flags import FLAG_RULES

NAMES: Final[Mapping[str, str]] = {
    "trial.title": "Name",
    "trial.sector": "Sector",
    "trial.starts_on": "First day",
    "trial.ends_on": "Last day",
    "trial.run_in_days": "Days for settling in",
    "design.kind": "Design",
    "design.unit": "Who is assigned together",
    "design.arms": "Groups",
    "design.stratify_by": "Kept in balance",
    "design.periods": "Periods",
    "design.seed": "Seed of the draw",
    "plan.treatment": "What is compared",
    "plan.fixed_effects": "Differences allowed for",
    "plan.covariates": "Measures from before that are allowed for",
    "plan.standard_errors": "Kind of standard errors",
    "plan.confidence": "Confidence of intervals",
    "plan.day_basis": "Days that count",
    "plan.winsorise": "Limits for extreme times",
    "plan.exclude_flags": "Task logs left out",
    "plan.subgroups": "Results shown by",
    "plan.multiplicity": "Guard against chance findings",
    "plan.read_out_on": "Read-out day",
    "plan.planned_participants": "Planned number of people",
    "plan.planned_logs_per_participant": "Planned task logs a person",
    "assumptions.working_days_per_year": "Working days a year",
    "assumptions.hours_per_day": "Hours in a working day",
    "assumptions.loaded_cost_per_hour": "Cost of an hour of work",
    "assumptions.licence_cost_per_month": "Cost of a licence a month",
    "survey.bands": "Answers about time saved",
    "survey.top_band_minutes": "Minutes that the open answer counts",
    "disclosure.minimum_people": "Smallest group shown",
}
DRAW: Final = "assignment.draw"
"""How a draw that replaced another stands among the changes of a plan."""
SECTORS: Final = {
    "civil_service": "Civil service",
    "education": "Education",
    "justice": "Justice",
    "security": "Security and emergency response",
}
DESIGNS: Final = {
    "task_randomised": "Chance decides for each task",
    "parallel": "Some people get AI, others do not",
    "cluster": "Some teams get AI, others do not",
    "crossover": "Everybody works some weeks with AI and some without",
    "stepped_wedge": "Everybody gets AI in the end, team after team",
    "observational": "No comparison group",
}
UNITS: Final = {
    "task": "Each task by itself",
    "participant": "Each person by themselves",
    "team": "Whole teams",
    "department": "Whole departments",
}
STRATA: Final = {
    "department": "Department",
    "team": "Team",
    "grade": "Grade",
    "profession": "Profession",
    "task_type": "Type of task",
}
TREATMENTS: Final = {
    "assigned": "What chance decided, whether AI was used or not",
    "used": "Whether AI was used for the task",
}
DAY_BASES: Final = {
    "working_days": "All working days, those without a task log too",
    "logged_days": "Only days on which somebody logged a task",
}
MULTIPLICITIES: Final = {
    "holm": "Strict (Holm)",
    "benjamini_hochberg": "Lenient (Benjamini-Hochberg)",
    "dunnett": "Several groups against one (Dunnett)",
}
FLAGS: Final = {rule.name: f"Task logs {rule.description}" for rule in FLAG_RULES}

MUCH_MOVED: Final = 0.1
"""The share of times beyond which limits for extreme times are told of."""

# Where "must be" and what the engine allows would not be plain.
_REFUSALS: Final = {
    "trial.ends_on": "The last day must be the first day or later",
    "plan.confidence": "Confidence must be more than 0% and less than 100%",
    "plan.winsorise": (
        "The shortest and the longest times that count as limits must be less than 100% together"
    ),
    "plan.standard_errors": "Teams and departments need clustered standard errors",
    "design.arms": (
        "Give each group a name of its own, and have at least one group with AI and one without"
    ),
    "design.periods": (
        "Each period must start after the one before it ends, within the first and last day of "
        "the trial"
    ),
    "disclosure.minimum_people": (
        f"Smallest group shown must be {MINIMUM_PEOPLE} people or more, so that nobody can be "
        "recognised"
    ),
    "survey.bands": (
        f"Each answer must start where the one before it ended or later, from 0 to "
        f"{MAX_MINUTES:,} minutes, and end no earlier than it starts"
    ),
    "survey.top_band_minutes": (
        "Minutes that the open answer counts must be no fewer than it starts with, and at most "
        f"{MAX_MINUTES:,}"
    ),
}


def refusal(fault: DefinitionFault) -> tuple[str, str]:
    """Return the setting that is not allowed, like "plan.confidence", and a sentence about it."""
    path = ".".join(re.split(r"[.\[ ]", fault.where)[:2])
    if path in _REFUSALS:
        return path, _REFUSALS[path]
    name = NAMES.get(path, path)
    return path, f"{name} must be {fault.allowed.rstrip(',')}"


def name_of(path: str) -> str:
    """Return what a setting is called."""
    return "Draw of who gets AI" if path == DRAW else NAMES.get(path, path)


def value_words(path: str, value: Any) -> str:
    """Return the value of a setting as people read it. Lines are separated by newlines."""
    if value is None or value == []:
        return _NOTHING.get(path, "None")
    try:
        return _VALUES.get(path, _plain)(value)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        # The history of a loaded trial may hold what no version of the site has stored.
        return _plain(value)


def long_day(day: datetime.date | str) -> str:
    """Return a day as people say it: 3 October 2024."""
    if isinstance(day, str):
        day = datetime.date.fromisoformat(day)
    return f"{day.day} {day:%B %Y}"


def percent(share: float) -> str:
    """Return a share of 1 in per cent, as it was typed: 0.95 is 95."""
    return f"{(Decimal(repr(float(share))) * 100).normalize():f}"


def percent_above(share: float) -> str:
    """Return in per cent what is above a share of 1: 0.99 has 1 above."""
    return f"{((1 - Decimal(repr(float(share)))) * 100).normalize():f}"


def moves_many(limits: Sequence[float]) -> bool:
    """Return whether limits for extreme times move more times than the extreme ones."""
    low, high = limits
    return low + (1 - high) > MUCH_MOVED


def band_words(low: float, high: float | str) -> str:
    """Return a band of minutes a day: 11 to 20 minutes."""
    unit = "minute" if low == 1 else "minutes"
    if high == "":
        return f"More than {low:g} {unit}"
    if low == high:
        return "No minutes" if high == 0 else f"{low:g} {unit}"
    return f"{low:g} to {high:g} minutes"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.10g}"
    return json.dumps(value, ensure_ascii=False)


def _one_of(names: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda value: names.get(value, str(value))


def _some_of(names: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda value: ", ".join(names.get(item, str(item).replace("_", " ")) for item in value)


def _arms(arms: Any) -> str:
    return "\n".join(
        f"{arm['name']}: {'with AI' if arm['ai'] else 'without AI'}, share {arm['ratio']}"
        for arm in arms
    )


def _periods(periods: Any) -> str:
    return "\n".join(
        f"{period['name']}: {long_day(period['starts_on'])} to {long_day(period['ends_on'])}"
        for period in periods
    )


def _bands(bands: Any) -> str:
    return "\n".join(band_words(low, high) for low, high in bands)


def _winsorise(limits: Any) -> str:
    low, high = limits
    if (low, high) == (0, 1):
        return "None: all times count as they are"
    return (
        f"The shortest {percent(low)}% and the longest {percent_above(high)}% of times count as "
        "the limits there"
    )


def _pounds(value: Any) -> str:
    return f"£{value:,.2f}"


_NOTHING: Final = {
    DRAW: "The draw before",
    "trial.starts_on": "Not given",
    "trial.ends_on": "Not given",
    "plan.read_out_on": "Not given",
    "plan.planned_participants": "Not given",
    "plan.planned_logs_per_participant": "Not given",
    "design.periods": "Not given",
    "plan.fixed_effects": "Those of the design",
    "plan.standard_errors": "That of the design",
    "plan.subgroups": "All together only",
}
_VALUES: Final[Mapping[str, Callable[[Any], str]]] = {
    DRAW: str.capitalize,
    "trial.sector": _one_of(SECTORS),
    "trial.starts_on": long_day,
    "trial.ends_on": long_day,
    "plan.read_out_on": long_day,
    "design.kind": _one_of(DESIGNS),
    "design.unit": _one_of(UNITS),
    "design.arms": _arms,
    "design.stratify_by": _some_of(STRATA),
    "design.periods": _periods,
    "design.seed": str,
    "plan.treatment": _one_of(TREATMENTS),
    "plan.fixed_effects": _some_of(STRATA),
    "plan.covariates": _some_of({}),
    "plan.confidence": lambda value: f"{percent(value)}%",
    "plan.day_basis": _one_of(DAY_BASES),
    "plan.winsorise": _winsorise,
    "plan.exclude_flags": _some_of(FLAGS),
    "plan.subgroups": _some_of(STRATA),
    "plan.multiplicity": _one_of(MULTIPLICITIES),
    "assumptions.loaded_cost_per_hour": _pounds,
    "assumptions.licence_cost_per_month": _pounds,
    "survey.bands": _bands,
    "disclosure.minimum_people": lambda value: f"{value:,} people",
}
