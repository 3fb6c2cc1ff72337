"""All answers of the set-up in words, and all changes of the plan since its lock."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from measurement import plan_history
from measurement.estimation import history
from measurement.estimation.definition import Trial as Definition
from measurement.lead.set_up_words import SECTIONS, TITLES, page_of
from measurement.models import Trial
from measurement.plan_words import name_of, value_words
from measurement.set_up_answers import LISTS, PATHS, Step, flat, is_design_chosen, stored

LIST_NAMES = {
    "task_types": "Types of task",
    "tools": "Tools",
    "departments": "Departments",
    "grades": "Grades",
    "professions": "Professions",
}
FOR_KINDS = {
    "design.arms": ("parallel", "cluster"),
    "design.periods": ("crossover",),
}
"""Settings that only some designs have."""
SEED = "design.seed"


@dataclass(frozen=True)
class Deviation:
    """A change of the plan since its lock, in words; `when` is None where nobody recorded it."""

    what: str
    before: str
    after: str
    who: str
    when: datetime.datetime | None
    why: str


@dataclass(frozen=True)
class Group:
    """The answers of one task: rows of a name and lines of words."""

    title: str
    change: str
    rows: list[tuple[str, list[str]]]


def summary(trial: Trial, definition: Definition, tasks: Iterable[str]) -> list[Group]:
    """Return the answers of the tasks that are listed, each with where to change them."""
    listed = list(tasks)
    return [
        Group(
            TITLES[task], reverse(page_of(task), args=[trial.slug]), _rows(trial, definition, task)
        )
        for _, of_section in SECTIONS
        for task in of_section
        if task in listed and (task in PATHS or task in LISTS)
    ]


def summary_of(definition: Definition, steps: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return the settings of some steps as rows of a name and lines of words."""
    values = flat(definition)
    return [
        (name_of(path), value_words(path, values[path]).split("\n"))
        for step in steps
        for path in _paths(step)
        if definition.design.kind in FOR_KINDS.get(path, (definition.design.kind,))
    ]


def deviations(trial: Trial, definition: Definition) -> list[Deviation]:
    """Return every change of the plan since its lock, the first one first."""
    found = history.deviations(definition, plan_history.of_trial(trial))
    return list(map(_deviation, found))


def _paths(step: str) -> tuple[str, ...]:
    return (*PATHS[step], SEED) if step == Step.GROUPS else PATHS[step]


def _rows(trial: Trial, definition: Definition, task: str) -> list[tuple[str, list[str]]]:
    if task == Step.DESIGN and not is_design_chosen(trial):
        return [(name_of("design.kind"), ["Not chosen yet"])]
    if task in PATHS:
        return summary_of(definition, (task,))
    return [
        (LIST_NAMES[name], entries or ["None"]) for name, entries in stored(trial, task).items()
    ]


def _deviation(item: Mapping[str, Any]) -> Deviation:
    path = item["what"]
    return Deviation(
        what=name_of(path),
        before=value_words(path, item["from"]),
        after=value_words(path, item["to"]),
        who=item["who"] or "not known",
        when=item["when"] and datetime.datetime.fromisoformat(item["when"]),
        why=item["why"],
    )
