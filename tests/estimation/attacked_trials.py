"""An attacker who knows who is in which groups, and adds and subtracts all that is published.

Stronger than a real one: the figures are not rounded, and given for each side of the comparison.
The unknowns are what the task logs add up to (their number, their minutes) in each combination of
groups that somebody is in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from measurement.estimation.bundle import Bundle
from measurement.estimation.results import ALL, EstimateRow, LogCounts, Results
from tests.estimation.frames import bundle

DIMENSIONS = ("department", "grade", "profession", "task_type")
OF_PEOPLE = DIMENSIONS[:3]
FEW = range(1, 10)
EXACT = 1e-6

Group = tuple[str, str]
"""A dimension and a group of it."""
Atoms = NDArray[np.bool_]
"""Which of the combinations of side and groups."""


@dataclass(frozen=True)
class People:
    """So many people alike: their groups, and what they do with AI and without."""

    number: int
    department: str
    grade: str
    profession: str
    with_ai: tuple[str, ...] = ("drafting",)
    without_ai: tuple[str, ...] = ("drafting",)


def trial_of(population: Sequence[People]) -> Bundle:
    """Return a trial in which chance decides for each task."""
    people: list[dict[str, str]] = []
    logs: list[dict[str, Any]] = []
    for kind in population:
        for _ in range(kind.number):
            name = f"P{len(people):03d}"
            people.append(
                {"participant": name, **{each: getattr(kind, each) for each in OF_PEOPLE}}
            )
            tasks = [(True, each) for each in kind.with_ai]
            tasks += [(False, each) for each in kind.without_ai]
            logs += [
                {
                    "participant": name,
                    "key": f"{number}",
                    "minutes": 10 + len(logs) % 7,
                    "ai_used": with_ai,
                    "task_type": task_type,
                }
                for number, (with_ai, task_type) in enumerate(tasks)
            ]
    return bundle("task_randomised", logs=logs, participants=people)


def table_of(trial: Bundle) -> pd.DataFrame:
    """Return the task logs with the groups of their people; `ai_used` is the side."""
    logs = trial.task_logs[["participant", "ai_used", "task_type", "minutes"]]
    return logs.merge(trial.participants[["participant", *OF_PEOPLE]], on="participant")


def results_of(trial: Bundle) -> Results:
    """Return results with a row for the total and each group, not counted by the engine."""
    table = table_of(trial)
    groups: list[Group] = [(ALL, ALL)]
    groups += [(name, str(each)) for name in DIMENSIONS for each in sorted(table[name].unique())]
    counts = LogCounts(received=0, refused=0, stored=0, excluded={}, analysed=0)
    return Results(
        trial="invented",
        design="task_randomised",
        simulated=True,
        plan_sha256="0" * 64,
        code_version="1",
        last_log=0,
        logs=counts,
        as_of="2025-06-01",
        estimates=tuple(_row(table[inside(table, group)], group) for group in groups),
    )


def _row(logs: pd.DataFrame, group: Group) -> EstimateRow:
    people = [
        logs.loc[side, "participant"].nunique()
        for side in (logs["ai_used"] | True, logs["ai_used"], ~logs["ai_used"])
    ]
    return EstimateRow(
        estimand="time_ratio",
        dimension=group[0],
        group=group[1],
        scale="log",
        confidence=0.95,
        comparison="randomised",
        value=0.8,
        logs=len(logs),
        participants=people[0],
        participants_with_ai=people[1],
        participants_without_ai=people[2],
    )


def inside(table: pd.DataFrame, group: Group) -> pd.Series:
    """Say which rows are in the group."""
    if group == (ALL, ALL):
        return pd.Series(True, index=table.index)
    return table[group[0]] == group[1]


@dataclass(frozen=True, eq=False)
class Attack:
    """What is known of the sums over `atoms`, the combinations of side and groups that occur.

    people: who is in which atom (atoms x people); true: the sums; known: for each published sum,
    the atoms that it is over.
    """

    atoms: pd.DataFrame
    people: Atoms
    true: NDArray[np.float64]
    known: NDArray[np.float64]

    def tells(self, atoms: Atoms) -> bool:
        """Say whether the sum over these is had by adding and subtracting what is published."""
        goal = atoms.astype(np.float64)
        left = goal - self._directions @ (self._directions.T @ goal)
        return bool(np.abs(left).max() < EXACT)

    @cached_property
    def _directions(self) -> NDArray[np.float64]:
        _, sizes, directions = np.linalg.svd(self.known, full_matrices=False)
        return directions[sizes > EXACT].T

    def bounds(self, atoms: Atoms) -> tuple[float, float]:
        """Return the least and the most that the sum over these can be, as no sum is below 0."""
        goal, found = atoms.astype(np.float64), []
        for sign in (1, -1):
            solved: Any = linprog(
                sign * goal, A_eq=self.known, b_eq=self.known @ self.true, bounds=(0, None)
            )
            unbounded = solved.status == 3
            found.append(np.inf * -sign if unbounded else sign * float(solved.fun))
        return found[0], found[1]

    def inside(self, *groups: Group) -> Atoms:
        """Return the atoms of any of the groups."""
        found = np.zeros(len(self.atoms), dtype=bool)
        for group in groups:
            found |= inside(self.atoms, group).to_numpy(dtype=bool)
        return found

    def number_of(self, atoms: Atoms) -> int:
        """Return how many people are in these."""
        return int(np.count_nonzero(self.people[atoms].any(axis=0)))

    def few_people(self) -> Iterator[tuple[str, Atoms]]:
        """Yield what must not be told: what groups point out, if it is of one to nine people.

        What two groups have in common; a group less another, and less all groups of one dimension
        that lie in it; what groups of all dimensions of people have in common.
        """
        with_ai = self.atoms["ai_used"].to_numpy(dtype=bool)
        for name, atoms in self._pointed_out():
            for side, word in ((with_ai, "with"), (~with_ai, "without")):
                if self.number_of(atoms & side) in FEW:
                    yield f"{name}, {word} AI", atoms & side

    def _pointed_out(self) -> Iterator[tuple[str, Atoms]]:
        of = {ALL: {ALL: np.ones(len(self.atoms), dtype=bool)}} | {
            dimension: _groups(self.atoms[dimension]) for dimension in DIMENSIONS
        }
        for one, other in permutations(of, 2):
            for (first, atoms), (second, others) in product(of[one].items(), of[other].items()):
                yield f"{first} and {second}", atoms & others
                yield f"{first} less {second}", atoms & ~others
            for first, atoms in of[one].items():
                within = [each for each in of[other].values() if not (each & ~atoms).any()]
                yield f"{first} less each {other} in it", atoms & ~np.any([~atoms, *within], axis=0)
        joint = self.atoms["department"]
        for dimension in OF_PEOPLE[1:]:
            joint = joint + ", " + self.atoms[dimension]
        yield from _groups(joint).items()


def _groups(values: pd.Series) -> Mapping[str, Atoms]:
    return {str(each): (values == each).to_numpy() for each in sorted(values.unique())}


def attack_on(published: Results, trial: Bundle) -> Attack:
    """Return the attack with every row that is shown."""
    shown = [(row.dimension, row.group) for row in published.estimates if not row.suppressed]
    return attack_with(shown, table_of(trial))


def attack_with(shown: Iterable[Group], table: pd.DataFrame) -> Attack:
    """Return the attack with the sums over these groups, on both sides of the comparison."""
    names = ["ai_used", *DIMENSIONS]
    atoms = table[names].drop_duplicates(ignore_index=True)
    place = table.merge(atoms.reset_index(), on=names, how="left")["index"].to_numpy()
    who, everybody = pd.factorize(table["participant"])
    people = np.zeros((len(atoms), len(everybody)), dtype=bool)
    people[place, who] = True
    lines = []
    for group in shown:
        whole = inside(atoms, group)
        lines += [whole & atoms["ai_used"], whole & ~atoms["ai_used"]]
    known = np.array(lines, dtype=np.float64).reshape(len(lines), len(atoms))
    return Attack(atoms, people, np.bincount(place).astype(np.float64), known)
