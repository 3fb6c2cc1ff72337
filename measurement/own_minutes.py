"""Somebody's own typical minutes with and without AI: what can be shown, and what is missing.

No estimate of an effect: the tasks on both sides differ, and nothing is adjusted for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final

ENOUGH: Final = 3
"""Tasks of one kind on either side: with three, one odd task alone does not make the median."""


@dataclass(frozen=True)
class OwnTask:
    """A task as its participant logged it; `minutes` is None if it was taken out or withheld."""

    task_type: str | None
    ai_used: bool
    novel: bool
    minutes: float | None


@dataclass(frozen=True)
class Typical:
    """The median minutes of some tasks, and how many they are."""

    minutes: float
    tasks: int


@dataclass(frozen=True)
class Compared:
    """One kind of task, None where no kind was said."""

    task_type: str | None
    without_ai: Typical
    with_ai: Typical


@dataclass(frozen=True)
class Missing:
    """How many tasks of a kind have to come until it can be compared; one may be 0."""

    task_type: str | None
    without_ai: int
    with_ai: int


@dataclass(frozen=True)
class OwnMinutes:
    """Kinds of task with enough on both sides, the longest without AI first.

    `nearest`: the kind that lacks fewest tasks; None if none lacks any or none was logged.
    """

    compared: tuple[Compared, ...]
    nearest: Missing | None

    @property
    def longest(self) -> float:
        """The largest number of minutes shown. Raises ValueError if there is none."""
        return max(
            side.minutes for kind in self.compared for side in (kind.without_ai, kind.with_ai)
        )


def compare(tasks: Iterable[OwnTask]) -> OwnMinutes:
    """Compare somebody's tasks without and with AI, kind by kind.

    Only logged tasks count, and no novel ones: a task done only because of AI has no counterpart
    without it.
    """
    sides: dict[str | None, tuple[list[float], list[float]]] = {}
    for task in tasks:
        if task.minutes is not None and not task.novel:
            sides.setdefault(task.task_type, ([], []))[task.ai_used].append(task.minutes)
    compared, missing = [], []
    for kind, (without_ai, with_ai) in sides.items():
        if min(len(without_ai), len(with_ai)) >= ENOUGH:
            compared.append(Compared(kind, _typical(without_ai), _typical(with_ai)))
        else:
            missing.append(Missing(kind, _lacking(without_ai), _lacking(with_ai)))
    return OwnMinutes(
        compared=tuple(sorted(compared, key=_place)),
        nearest=min(missing, key=_distance, default=None),
    )


def _typical(minutes: list[float]) -> Typical:
    return Typical(minutes=median(minutes), tasks=len(minutes))


def _lacking(minutes: list[float]) -> int:
    return max(ENOUGH - len(minutes), 0)


def _place(kind: Compared) -> tuple[float, str]:
    return -kind.without_ai.minutes, kind.task_type or ""


def _distance(kind: Missing) -> tuple[int, str]:
    return kind.without_ai + kind.with_ai, kind.task_type or ""
