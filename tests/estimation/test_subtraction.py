"""Figures of several breakdowns, added and subtracted: nothing about few people is had by it."""

import datetime
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.bundle import Bundle
from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.overlaps import overlaps_of
from measurement.estimation.results import Results
from measurement.estimation.simulate import simulate
from measurement.estimation.standing import ARM, TASKS, Cell, cell_of
from measurement.estimation.subtraction import cells_to_withhold, tells_of_few
from tests.estimation.attacked_trials import (
    EXACT,
    Attack,
    People,
    attack_on,
    results_of,
    trial_of,
)
from tests.estimation.frames import AS_OF, bundle
from tests.untraced import untraced

TEN = 10
TYPES = ("drafting", "search", "training")


def publish(population: Sequence[People], *, across: bool = True) -> tuple[Results, Attack]:
    """Return what is published, all breakdowns looked at or each alone, and the attack on it."""
    trial = trial_of(population)
    results = results_of(trial)
    overlaps = overlaps_of(evidence_of(trial, AS_OF)) if across else None
    found = published(results, minimum_people=TEN, overlaps=overlaps)
    return found, attack_on(found, trial)


def told(attack: Attack) -> list[str]:
    return [name for name, atoms in attack.few_people() if attack.tells(atoms)]


def shown(found: Results, dimension: str) -> set[str]:
    return {
        row.group for row in found.estimates if row.dimension == dimension and not row.suppressed
    }


names = st.integers(0, 3)
clumps = st.builds(
    lambda number, department, grade, profession, with_ai, without_ai: People(
        number,
        f"Bureau {department}",
        f"Grade {grade}",
        f"Profession {profession}",
        tuple(sorted(with_ai)),
        tuple(sorted(without_ai)),
    ),
    st.one_of(st.integers(1, 6), st.integers(10, 30)),
    names,
    st.integers(0, 2),
    st.integers(0, 2),
    st.sets(st.sampled_from(TYPES), max_size=2),
    st.sets(st.sampled_from(TYPES), min_size=1, max_size=2),
)


@untraced()
@given(st.lists(clumps, min_size=2, max_size=9))
def test_adding_and_subtracting_tells_nothing_of_few_people(population: list[People]) -> None:
    _, attack = publish(population)
    assert told(attack) == []
    for _, atoms in list(attack.few_people())[:2]:
        least, most = attack.bounds(atoms)
        assert most - least > EXACT


# Known cases ----------------------------------------------------------------------------------


def people(number: int, department: str, grade: str = "A", *tasks: str) -> People:
    types = tasks or ("drafting",)
    return People(number, department, grade, "Clerk", types, types)


NESTED = [
    people(20, "Kites", "A"),
    people(4, "Teapots", "A"),
    people(30, "Teapots", "B"),
    people(40, "Ladles", "B"),
]


def test_a_department_within_a_grade_is_not_shown_beside_it() -> None:
    """The grade less the department would tell of four people; two departments are not shown then.

    One alone would follow from the total and the others. Two grades would be more people.
    """
    before, attack = publish(NESTED, across=False)
    assert shown(before, "department") == {"Kites", "Teapots", "Ladles"}
    assert "A less Kites, with AI" in told(attack)
    found, attack = publish(NESTED)
    assert shown(found, "department") == {"Ladles"}
    assert shown(found, "grade") == {"A", "B"}
    assert told(attack) == []


def test_nor_are_departments_that_are_within_it_together() -> None:
    population = [*NESTED, people(25, "Spoons", "A")]
    assert "A less each department in it, with AI" in told(publish(population, across=False)[1])
    found, attack = publish(population)
    assert told(attack) == []
    assert shown(found, "department") == {"Spoons", "Ladles"}


@pytest.mark.parametrize("left", [0, 10])
def test_nobody_and_enough_people_may_be_told_of(left: int) -> None:
    population = [people(20, "Kites", "A"), people(30, "Teapots", "B"), people(40, "Ladles", "B")]
    found, attack = publish([*population, *([people(left, "Teapots", "A")] if left else [])])
    assert shown(found, "department") == {"Kites", "Teapots", "Ladles"}
    assert shown(found, "grade") == {"A", "B"}
    assert told(attack) == []


def test_who_logs_in_a_department_is_withheld_with_it() -> None:
    """Else the number of those who logged would tell as much as the department's own row."""
    trial = trial_of(NESTED)
    results = results_of(trial)
    rates = [
        replace(row, estimand="logging_rate", participants_without_ai=0, value=1.0)
        for row in results.estimates
        if row.dimension == "department"
    ]
    overlaps = overlaps_of(evidence_of(trial, AS_OF))
    everything = replace(results, estimates=(*results.estimates, *rates))
    found = published(everything, minimum_people=TEN, overlaps=overlaps)
    lines = [row for row in found.estimates if row.estimand == "logging_rate"]
    assert [row.group for row in lines if not row.suppressed] == ["Ladles"]


def test_departments_and_their_own_types_of_task_are_not_shown_together() -> None:
    """No group lies in another: schools less teaching and marking are three people's filing."""
    population = [
        people(30, "First school", "A", "teaching", "marking"),
        people(25, "Second school", "A", "teaching", "marking"),
        people(3, "Second school", "A", "teaching", "filing"),
        people(40, "First office", "A", "filing", "phoning"),
        people(35, "Second office", "A", "filing", "phoning"),
    ]
    before, attack = publish(population, across=False)
    schools = [("department", "First school"), ("department", "Second school")]
    types = [("task_type", "teaching"), ("task_type", "marking")]
    less = np.logical_xor(attack.inside(*schools), attack.inside(*types))
    assert attack.number_of(less) == 3
    assert attack.tells(less)
    found, attack = publish(population)
    assert not attack.tells(less)
    hidden = {
        dimension: shown(before, dimension) - shown(found, dimension)
        for dimension in ("department", "task_type")
    }
    assert hidden == {"department": {"Second school", "Second office"}, "task_type": set()}


def test_three_breakdowns_tell_what_no_two_do() -> None:
    """Departments 0 and 3 and profession 1 are everybody of grade 2, profession 2 and grade 0."""
    both, old, new = ("drafting", "search"), ("search", "training"), ("drafting", "training")
    population = [
        People(30, "Bureau 0", "Grade 1", "Profession 2", both, both),
        People(5, "Bureau 1", "Grade 0", "Profession 1", (), both),
        People(29, "Bureau 3", "Grade 2", "Profession 0", ("search",), old),
        People(16, "Bureau 0", "Grade 2", "Profession 0", new, new),
        People(17, "Bureau 1", "Grade 1", "Profession 0", (), old),
        People(10, "Bureau 2", "Grade 2", "Profession 1", ("drafting",), old),
        People(2, "Bureau 3", "Grade 0", "Profession 0", (), new),
    ]
    assert told(publish(population)[1]) == []


# Cells that the trials above do not have ------------------------------------------------------


def logs_of(number: int, first: int = 0, **given: object) -> list[dict[str, object]]:
    return [
        {"participant": f"P{first + place:03d}", "key": str(given), "minutes": 10, **given}
        for place in range(number)
    ]


def withheld(trial: Bundle, *cells: Cell) -> set[str]:
    """Return the groups of all shown cells that must not be shown."""
    overlaps = overlaps_of(evidence_of(trial, AS_OF))
    assert {*cells} <= overlaps.people.keys()
    return {cell.group for cell in cells_to_withhold(overlaps, cells, minimum_people=TEN)}


def cells_of(dimension: str, *groups: str) -> list[Cell]:
    return [Cell(TASKS, dimension, group) for group in groups]


def test_an_arm_is_not_shown_beside_a_department_that_lies_in_it() -> None:
    arms = [
        {"name": "none", "ai": False},
        {"name": "chat", "ai": True},
        {"name": "search", "ai": True},
    ]
    groups = [("Kites", "chat", 20), ("Ladles", "chat", 4), ("Ladles", "search", 30)]
    groups += [("Kites", "none", 15), ("Ladles", "none", 15)]
    everybody = [
        {"participant": f"{department}{arm}{number}", "department": department, "arm": arm}
        for department, arm, size in groups
        for number in range(size)
    ]
    logs = [
        {
            "participant": each["participant"],
            "key": "1",
            "minutes": 9,
            "ai_used": each["arm"] != "none",
        }
        for each in everybody
    ]
    trial = bundle("parallel", design={"arms": arms}, participants=everybody, logs=logs)
    departments, by_arm = cells_of("department", "Kites", "Ladles"), cells_of(ARM, "chat", "search")
    assert withheld(trial, *departments, *by_arm) == {"Kites", "Ladles"}
    assert withheld(trial, *departments) == withheld(trial, *by_arm) == set()


def test_what_is_done_without_tools_is_compared_with_what_was_assigned_without() -> None:
    """Four people did without what they were given: told, all tools have to go."""
    logs = logs_of(40, ai_used=True, ai_assigned=True, tool="chat")
    logs += logs_of(30, ai_used=True, ai_assigned=True, tool="search")
    logs += logs_of(40, ai_used=False, ai_assigned=False)
    tools = cells_of("tool", "chat", "search")
    assert withheld(bundle("task_randomised", logs=logs), *tools) == set()
    logs += logs_of(4, ai_used=False, ai_assigned=True)
    assert withheld(bundle("task_randomised", logs=logs), *tools) == {"chat", "search"}


def test_a_type_of_task_of_one_week_is_not_shown_beside_it() -> None:
    logs = [
        log
        for ai in (True, False)
        for log in (
            *logs_of(30, ai_used=ai, task_type="census", date="2025-01-07"),
            *logs_of(5, ai_used=ai, task_type="drafting", date="2025-01-07"),
            *logs_of(50, ai_used=ai, task_type="drafting", date="2025-01-14"),
            *logs_of(60, ai_used=ai, task_type="search", date="2025-01-14"),
        )
    ]
    trial = bundle("task_randomised", logs=logs, trial={"starts_on": "2025-01-06"})
    types, weeks = cells_of("task_type", "census", "drafting", "search"), cells_of("week", "1", "2")
    assert withheld(trial, *types) == withheld(trial, *weeks) == set()
    assert withheld(trial, *types, *weeks) == {"census", "drafting"}


def test_cells_that_are_known_cannot_be_withheld() -> None:
    overlaps = overlaps_of(evidence_of(trial_of(NESTED), AS_OF))
    departments = cells_of("department", "Kites", "Teapots", "Ladles")
    grades = cells_of("grade", "A", "B")
    everything = frozenset([*departments, *grades])
    others = cells_to_withhold(
        overlaps, everything, minimum_people=TEN, known=frozenset(departments)
    )
    assert others == {*grades}
    assert not tells_of_few(overlaps, frozenset(departments), minimum_people=TEN)
    assert tells_of_few(overlaps, everything, minimum_people=TEN)
    stuck = cells_to_withhold(overlaps, everything, minimum_people=TEN, known=everything)
    assert stuck == set()


def test_without_task_logs_nothing_is_told() -> None:
    overlaps = overlaps_of(evidence_of(bundle("task_randomised", logs=[]), AS_OF))
    assert cells_to_withhold(overlaps, [], minimum_people=TEN) == set()


@pytest.mark.parametrize("design", ["crossover", "stepped_wedge"])
def test_as_many_people_are_behind_a_cell_as_its_row_counts(design: str) -> None:
    trial = simulate(participants=60, logs_per_participant=12, design=design, seed=4).bundle
    evidence = evidence_of(trial, datetime.date(2026, 11, 27))
    overlaps, counted = overlaps_of(evidence), 0
    for row in evaluate(evidence).estimates:
        cell = cell_of(row, overlaps.arms)
        if cell.subject == TASKS and row.sample == "primary" and row.participants is not None:
            people = overlaps.people[cell]
            # Units that take no part in a roll-out's effects have weeks since access all the same.
            assert people - row.participants in (range(4) if "since" in row.dimension else [0]), row
            counted += 1
    assert counted > 20
