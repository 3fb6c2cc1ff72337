"""Answers about three groups of people, frozen and frozen anew."""

from collections.abc import Iterable

import numpy as np

from measurement.estimation.freezing import frozen_anew, frozen_first
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.standing import (
    TASKS,
    Cell,
    Sides,
)
from tests.estimation.published_rows import results, row

TEN = 10
ALIKE = "minutes_saved_per_task"


def people(numbers: Iterable[int], version: int = 0) -> np.ndarray:
    """Return the hashes of people with a version of their data."""
    return np.unique(np.array([1000 * number + version for number in numbers], dtype=np.uint64))


def both(first: Iterable[int], changed: Iterable[int] = ()) -> Sides:
    """Return people on both sides, some of whom have changed since they had version 0."""
    changed = set(changed)
    side = np.union1d(people(set(first) - changed), people(changed, 1))
    return side, side


def dated(day: int, *rows: EstimateRow, **given: object) -> Results:
    return results(*rows, as_of=f"2026-11-{day:02}", **given)


GROUPS = {"red": range(20), "blue": range(20, 50), "green": range(50, 90)}
EVERYBODY = range(90)


def answer(day: int, value: float) -> Results:
    rows = [
        row(len(numbers), group=group, estimand=ALIKE, value=value + len(numbers))
        for group, numbers in GROUPS.items()
    ]
    everybody = row(90, dimension=ALL, group=ALL, estimand=ALIKE, value=value)
    return dated(day, everybody, *rows)


def standing(changed: Iterable[int] = ()) -> dict[Cell, Sides]:
    changed = set(changed)
    groups = {
        Cell(TASKS, "department", group): both(numbers, changed & set(numbers))
        for group, numbers in GROUPS.items()
    }
    return {Cell(TASKS): both(EVERYBODY, changed), **groups}


def first() -> Frozen:
    return frozen_first(answer(2, 10.0), standing(), arms=())


def after(changed: Iterable[int], old: Frozen | None = None, day: int = 9) -> Frozen:
    return frozen_anew(
        old or first(), answer(day, 20.0), standing(changed), arms=(), minimum_people=TEN
    )


def moved(frozen: Frozen) -> set[str]:
    """Return the groups with new figures."""
    return {
        line.group
        for line in frozen.results.estimates
        if line.value is not None and line.value >= 20 + len(GROUPS.get(line.group, ()))
    }
