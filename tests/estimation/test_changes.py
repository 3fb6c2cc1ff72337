"""Weeks that follow each other, attacked in all breakdowns at once: no change of few people is had.

A second witness: it knows whose data changed and looks at every pair of weeks and at each week with
what it repeats of earlier ones.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.bundle import Bundle
from measurement.estimation.changes import PROFILES_SEEN, cells_told_too_much, told_cell
from measurement.estimation.disclosure import published
from measurement.estimation.evidence import evidence_of
from measurement.estimation.freezing import frozen_anew, frozen_first, held
from measurement.estimation.frozen_answer import Frozen, Sighting
from measurement.estimation.overlaps import overlaps_of
from measurement.estimation.results import Results
from measurement.estimation.standing import (
    ARM,
    PEOPLE,
    PROFILES,
    TASKS,
    TOGETHER,
    Cell,
    name_of,
    standing,
)
from tests.estimation.attacked_trials import (
    Attack,
    Group,
    People,
    attack_with,
    results_of,
    table_of,
    trial_of,
)
from tests.estimation.frames import AS_OF
from tests.untraced import untraced

TEN = 10
KEY = b"k" * 32
GONE = -1000
Week = tuple[dict[int, int], dict[int, int]]
"""How many people of each clump change, and how many leave."""


@dataclass
class Weeks:
    """A trial that is frozen week by week. Values of rows are the week that they are of."""

    population: tuple[People, ...]
    across: bool = True
    versions: dict[str, int] = field(default_factory=dict)
    tables: list[pd.DataFrame] = field(default_factory=list)
    shown: list[dict[Group, int]] = field(default_factory=list)
    frozen: Frozen | None = None

    def live(self, changes: dict[int, int], leavers: dict[int, int]) -> None:
        """Let so many people of each clump change or, the last of it, leave; then freeze."""
        trial = self._trial(changes, leavers)
        evidence, week = evidence_of(trial, AS_OF), len(self.tables) + 1
        overlaps = overlaps_of(evidence)
        exact = results_of(trial)
        rows = tuple(replace(row, value=float(week)) for row in exact.estimates)
        exact = replace(exact, estimates=rows, as_of=f"2025-06-{week:02}")
        new = published(exact, minimum_people=TEN, overlaps=overlaps)
        stands = standing(evidence, KEY)
        if not self.across:
            stands = {cell: sides for cell, sides in stands.items() if cell.subject != PROFILES}
        if self.frozen is None:
            self.frozen = frozen_first(new, stands, arms=())
        else:
            self.frozen = frozen_anew(
                self.frozen,
                new,
                stands,
                arms=(),
                minimum_people=TEN,
                overlaps=overlaps if self.across else None,
            )
        self.tables.append(table_of(trial))
        self.shown.append(_weeks(self.frozen.results))

    @cached_property
    def _begun(self) -> Bundle:
        return trial_of(self.population)

    def _trial(self, changes: dict[int, int], leavers: dict[int, int]) -> Bundle:
        trial, begin = self._begun, 0
        for place, clump in enumerate(self.population):
            members = [f"P{begin + number:03d}" for number in range(clump.number)]
            begin += clump.number
            gone = members[len(members) - leavers.get(place, 0) :]
            for person in members[: changes.get(place, 0)]:
                self.versions[person] = self.versions.get(person, 0) + 1
            self.versions |= dict.fromkeys(gone, GONE)
        version = trial.task_logs["participant"].map(self.versions).fillna(0)
        logs = trial.task_logs.assign(minutes=trial.task_logs["minutes"] + 10 * version)
        return replace(trial, task_logs=logs[version >= 0].reset_index(drop=True))

    def changed(self, before: int, now: int) -> pd.DataFrame:
        """Return the task logs of whoever changed between two weeks, left or came."""
        both = pd.concat([self.tables[before], self.tables[now]])
        columns = ["participant", "ai_used", "task_type", "minutes"]
        odd = both.loc[~both.duplicated(columns, keep=False), "participant"]
        changed = both[both["participant"].isin(odd)]
        return changed.drop_duplicates([*columns[:3]], ignore_index=True)

    def differences(self) -> list[Attack]:
        """Return the attacks on what changed between any two weeks."""
        found = []
        for before, now in combinations(range(len(self.tables)), 2):
            fresh = [self._of_its_week(week) for week in (before, now)]
            found.append(attack_with(sorted(fresh[0] & fresh[1]), self.changed(before, now)))
        return found

    def levels(self) -> list[Attack]:
        """Return the attacks on each week, with older rows where nobody in them changed since."""
        found = []
        for now, table in enumerate(self.tables):
            groups = []
            for group, week in self.shown[now].items():
                changed = self.changed(week - 1, now)
                same = group[0] in changed and not (changed[group[0]] == group[1]).any()
                if week == now + 1 or same:
                    groups.append(group)
            found.append(attack_with(groups, table))
        return found

    def _of_its_week(self, week: int) -> set[Group]:
        return {group for group, of in self.shown[week].items() if of == week + 1}


def _weeks(results: Results) -> dict[Group, int]:
    return {
        (row.dimension, row.group): int(row.value)
        for row in results.estimates
        if row.value is not None and not row.suppressed
    }


def told(attacks: list[Attack]) -> list[str]:
    return [
        name for attack in attacks for name, atoms in attack.few_people() if attack.tells(atoms)
    ]


clumps = st.builds(
    lambda number, department, grade, profession: People(
        number, f"Bureau {department}", f"Grade {grade}", f"Profession {profession}"
    ),
    st.one_of(st.integers(1, 6), st.integers(10, 30)),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(0, 1),
)
moves = st.dictionaries(st.integers(0, 7), st.one_of(st.integers(1, 5), st.integers(9, 30)))


@untraced()
@settings(max_examples=10)
@given(
    st.lists(clumps, min_size=2, max_size=8),
    st.lists(st.tuples(moves, moves), min_size=1, max_size=3),
)
def test_no_change_of_few_people_is_told(population: list[People], weeks: list[Week]) -> None:
    trial = Weeks(tuple(population))
    trial.live({}, {})
    for changes, leavers in weeks:
        trial.live(changes, _at_most(leavers, population))
    assert told(trial.differences()) == []
    assert told(trial.levels()) == []


def _at_most(leavers: dict[int, int], population: list[People]) -> dict[int, int]:
    return {
        place: min(number, population[place].number)
        for place, number in leavers.items()
        if place < len(population)
    }


# Known cases ----------------------------------------------------------------------------------

NESTED = (
    People(20, "Kites", "A", "Clerk"),
    People(15, "Teapots", "A", "Clerk"),
    People(30, "Teapots", "B", "Clerk"),
    People(40, "Ladles", "B", "Clerk"),
)


def lived(*weeks: Week, across: bool) -> Weeks:
    trial = Weeks(NESTED, across=across)
    for week in weeks:
        trial.live(*week)
    return trial


def test_a_grade_and_a_department_in_it_do_not_move_together_if_few_others_changed() -> None:
    """Of grade A 15 people changed, 12 of them in Kites: the others are three."""
    weeks: list[Week] = [({}, {}), ({0: 12, 1: 3, 2: 12, 3: 20}, {})]
    before = lived(*weeks, across=False)
    assert "A less Kites, with AI" in told(before.differences())
    trial = lived(*weeks, across=True)
    assert told(trial.differences()) == []
    kept = {group for dimension, group in trial.shown[0] if trial.shown[1][dimension, group] == 1}
    assert kept == {"Kites", "Teapots"}
    trial.live({1: 10}, {})
    assert told(trial.differences()) == []


def test_an_older_freeze_is_remembered_until_a_later_one_told_as_much() -> None:
    """Grade A moves alone, then Kites does: since the first freeze three others changed."""
    weeks: list[Week] = [({}, {}), ({0: 9, 1: 3, 2: 12, 3: 12}, {}), ({0: 20, 2: 12, 3: 12}, {})]
    trial = lived(*weeks, across=True)
    assert trial.shown[1]["department", "Kites"] == 1
    assert trial.shown[1]["grade", "A"] == 2
    assert told(trial.differences()) == []
    assert len(_seen(trial)) > 1
    trial.live({0: 20, 1: 15, 2: 30, 3: 40}, {})
    assert len(_seen(trial)) == 1, "a freeze that told everything"


def _seen(trial: Weeks) -> tuple[Sighting, ...]:
    assert trial.frozen is not None
    return trial.frozen.sightings[PROFILES_SEEN]


def test_figures_over_everybody_wait_where_old_answers_would_tell_of_few() -> None:
    """Of Kites five people are left, and nobody else changed: the total less the others."""
    weeks: list[Week] = [({}, {}), ({}, {0: 15})]
    assert "all and Kites, with AI" in told(lived(*weeks, across=False).levels())
    trial = lived(*weeks, across=True)
    assert told(trial.levels()) == []
    assert {*trial.shown[1].values()} == {1}


def test_a_freeze_whose_hashes_are_lost_begins_anew() -> None:
    trial = lived(({}, {}), across=True)
    assert trial.frozen is not None
    stands = standing(evidence_of(trial_of(NESTED), AS_OF), b"other")
    found = held(trial.frozen, stands)
    assert all(cell.subject != PROFILES for cell in found.cells)
    (seen,) = found.sightings[PROFILES_SEEN]
    assert told_cell(Cell(TASKS, "grade", "A")) in seen.left


def test_arms_are_told_apart_with_ai_alone() -> None:
    """Of the chat arm 12 people in Kites changed and 4 others; without AI it is one group."""
    groups = [("Kites", "chat"), ("Ladles", "chat"), ("Kites", "none"), ("Ladles", "none")]
    profiles = [
        Cell(PROFILES, PEOPLE, TOGETHER.join([name_of("department", one), name_of(ARM, other)]))
        for one, other in groups
    ]
    chat, search = Cell(TASKS, ARM, "chat"), Cell(TASKS, ARM, "search")
    departments = [Cell(TASKS, "department", name) for name in ("Kites", "Ladles")]

    def withheld(*counts: tuple[int, int]) -> set[str]:
        hashes = [tuple(np.arange(number, dtype=np.uint64) for number in each) for each in counts]
        now = dict(zip(profiles, hashes, strict=True))
        cells = [chat, search, *departments]
        return {cell.group for cell in cells_told_too_much({}, now, cells, minimum_people=TEN)}

    assert withheld((12, 0), (4, 0), (0, 15), (0, 15)) != set()
    assert withheld((12, 0), (0, 0), (0, 15), (0, 15)) == set()
    assert withheld((12, 0), (14, 0), (0, 15), (0, 15)) == set()
