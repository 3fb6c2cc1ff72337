"""An answer moves only with enough people, and nothing that is left over tells of fewer."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

import numpy as np
import pytest

from measurement.estimation.freezing import frozen_anew, frozen_first
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.results import ALL, Results
from measurement.estimation.sensitivity import SensitivityRow
from measurement.estimation.standing import (
    REPORTS,
    TASKS,
    TIMED,
    Cell,
    Sides,
)
from tests.estimation.frozen_answers import (
    ALIKE,
    EVERYBODY,
    GROUPS,
    TEN,
    after,
    answer,
    both,
    dated,
    first,
    moved,
    people,
    standing,
)
from tests.estimation.published_rows import row


@pytest.mark.parametrize("changed", [[], [3], range(9), [0, 20, 50]])
def test_too_few_people_move_nothing(changed: Iterable[int]) -> None:
    assert after(changed).results.as_json() == first().results.as_json()
    assert not after(changed).moved


def test_ten_people_move_their_group_and_the_whole() -> None:
    found = after(range(20, 30))
    assert moved(found) == {"all", "blue"}
    assert found.moved
    assert found.results.as_of == "2026-11-09"
    days = {line.group: line.as_of for line in found.results.estimates}
    assert days == {"all": None, "blue": None, "red": "2026-11-02", "green": "2026-11-02"}


def test_a_group_that_waits_is_not_had_by_subtraction() -> None:
    """Red waits with 3 people; of the others, the one with fewer changes waits with it."""
    found = after([0, 1, 2, *range(20, 32), *range(50, 90)])
    assert moved(found) == {"all", "green"}


def test_groups_that_wait_may_hide_each_other() -> None:
    found = after([*range(5), *range(20, 26), *range(50, 90)])
    assert moved(found) == {"all", "green"}


def test_where_every_group_has_to_wait_the_whole_moves_alone() -> None:
    assert moved(after([*range(3), *range(20, 27), *range(50, 59)])) == {"all"}


def test_who_waited_is_compared_with_when_the_others_were_frozen_without_them() -> None:
    """Red and blue were seen together; one more person in red is one more in both together."""
    second = after([*range(5), *range(20, 26), *range(50, 90)])
    changed = {*range(6), *range(20, 26)}
    # Somebody in green changes again: all of them have another version.
    third = dict(standing(changed))
    green = (people(GROUPS["green"], 2),) * 2
    third[Cell(TASKS, "department", "green")] = green
    third[Cell(TASKS)] = tuple(np.union1d(side, green[0]) for side in both(range(50), changed))
    found = frozen_anew(second, answer(16, 30.0), third, arms=(), minimum_people=TEN)
    values = {line.group: line.value for line in found.results.estimates}
    assert values == {"all": 30.0, "red": 30.0, "blue": 40.0, "green": 60.0}


def test_a_change_taken_back_is_none() -> None:
    second = after(range(20, 30))
    assert after(range(20, 30), second, day=16).results.as_json() == second.results.as_json()


def test_either_side_of_a_comparison_needs_enough_people() -> None:
    new, before = standing(range(20, 40)), standing()
    one_sided = {cell: (new[cell][0], before[cell][1]) for cell in new}
    found = frozen_anew(first(), answer(9, 20.0), one_sided, arms=(), minimum_people=TEN)
    assert moved(found) == {"all", "blue"}
    few = standing([20])
    one_sided = {cell: (new[cell][0], few[cell][1]) for cell in new}
    found = frozen_anew(first(), answer(9, 20.0), one_sided, arms=(), minimum_people=TEN)
    assert moved(found) == set()


def test_people_who_left_count_as_changed() -> None:
    gone = {
        cell: tuple(side[(side < 20_000) | (side >= 29_000)] for side in sides)
        for cell, sides in standing().items()
    }
    found = frozen_anew(first(), answer(9, 20.0), gone, arms=(), minimum_people=TEN)
    assert moved(found) == set()
    gone = {
        cell: tuple(side[(side < 20_000) | (side >= 30_000)] for side in sides)
        for cell, sides in standing().items()
    }
    found = frozen_anew(first(), answer(9, 20.0), gone, arms=(), minimum_people=TEN)
    assert moved(found) == {"all", "blue"}


def test_suppression_turns_no_sooner_than_figures_do() -> None:
    """A group that is too small now keeps its old answer until enough people changed."""
    hidden = answer(9, 20.0)
    hidden = replace(
        hidden,
        estimates=tuple(
            replace(line, value=None, suppressed=True) if line.group == "red" else line
            for line in hidden.estimates
        ),
    )
    some = standing([*range(9), *range(20, 90)])
    found = frozen_anew(first(), hidden, some, arms=(), minimum_people=TEN)
    red = next(line for line in found.results.estimates if line.group == "red")
    assert (red.value, red.suppressed, red.as_of) == (30.0, False, "2026-11-02")
    found = frozen_anew(first(), hidden, standing(EVERYBODY), arms=(), minimum_people=TEN)
    red = next(line for line in found.results.estimates if line.group == "red")
    assert (red.value, red.suppressed, red.as_of) == (None, True, None)


def test_a_higher_minimum_holds_at_once() -> None:
    found = frozen_anew(first(), answer(9, 20.0), standing(), arms=(), minimum_people=30)
    values = {line.group: (line.value, line.suppressed) for line in found.results.estimates}
    assert values["red"] == (None, True)
    assert values["blue"] == (40.0, False)


def test_new_groups_appear_and_old_ones_go_with_enough_people() -> None:
    new = standing(range(20, 90))
    for name, size in (("white", 9), ("black", 12)):
        new[Cell(TASKS, "department", name)] = both(range(500, 500 + size))
    rows = [row(12, group=name, estimand=ALIKE, value=99.0) for name in ("white", "black")]
    grown = replace(answer(9, 20.0), estimates=(*answer(9, 20.0).estimates, *rows))
    found = frozen_anew(first(), grown, new, arms=(), minimum_people=TEN)
    assert [line.group for line in found.results.estimates] == ["all", "red", "blue", "green"]
    del new[Cell(TASKS, "department", "white")]
    found = frozen_anew(first(), grown, new, arms=(), minimum_people=TEN)
    assert {line.group for line in found.results.estimates} >= {"black"}
    del new[Cell(TASKS, "department", "green")]
    gone = replace(grown, estimates=tuple(x for x in grown.estimates if x.group != "green"))
    found = frozen_anew(first(), gone, new, arms=(), minimum_people=TEN)
    assert "green" not in {line.group for line in found.results.estimates}


def test_overlapping_groups_count_the_most_that_one_of_them_has() -> None:
    """Nine people in two types of task may be the same nine."""

    def typed(changed: Mapping[str, Iterable[int]]) -> dict[Cell, Sides]:
        groups = {
            Cell(TASKS, "task_type", name): both(EVERYBODY, changed.get(name, ()))
            for name in ("email", "notes", "search")
        }
        return {Cell(TASKS): both(EVERYBODY, changed["search"]), **groups}

    def rows(day: int, value: float) -> Results:
        lines = [
            row(90, dimension="task_type", group=name, estimand=ALIKE, value=value)
            for name in ("email", "notes", "search")
        ]
        return dated(day, row(90, dimension=ALL, estimand=ALIKE, value=value), *lines)

    old = frozen_first(rows(2, 1.0), typed({"search": ()}), arms=())
    new = typed({"email": range(9), "notes": range(9), "search": range(90)})
    found = frozen_anew(old, rows(9, 2.0), new, arms=(), minimum_people=TEN)
    values = {line.group: line.value for line in found.results.estimates}
    assert values == {"all": 2.0, "email": 1.0, "notes": 1.0, "search": 1.0}
    new = typed({"email": range(9), "notes": range(12), "search": range(90)})
    found = frozen_anew(old, rows(9, 2.0), new, arms=(), minimum_people=TEN)
    values = {line.group: line.value for line in found.results.estimates}
    assert values == {"all": 2.0, "email": 1.0, "notes": 1.0, "search": 2.0}


def test_values_drawn_towards_others_are_left_out_beside_an_answer_that_waits() -> None:
    new = answer(9, 20.0)
    new = replace(new, estimates=tuple(replace(line, shrunken_value=7.0) for line in new.estimates))
    found = frozen_anew(first(), new, standing(EVERYBODY), arms=(), minimum_people=TEN)
    assert {line.shrunken_value for line in found.results.estimates} == {7.0}
    found = frozen_anew(first(), new, standing(range(20, 90)), arms=(), minimum_people=TEN)
    drawn = {line.group: line.shrunken_value for line in found.results.estimates}
    assert (drawn["blue"], drawn["green"]) == (None, None)


def test_the_task_logs_that_a_sample_leaves_out_tell_of_enough_people_too() -> None:
    def rows(day: int, value: float) -> Results:
        lines = (
            row(90, dimension=ALL, estimand=ALIKE, value=value, sample=sample)
            for sample in ("primary", "timer_only")
        )
        return dated(day, *lines)

    def stands(changed: Iterable[int], timed: Iterable[int]) -> dict[Cell, Sides]:
        return {Cell(TASKS): both(EVERYBODY, changed), Cell(TIMED): both(range(40), timed)}

    old = frozen_first(rows(2, 1.0), stands((), ()), arms=())

    def values(changed: Iterable[int], timed: Iterable[int]) -> list[float | None]:
        found = frozen_anew(old, rows(9, 2.0), stands(changed, timed), arms=(), minimum_people=TEN)
        return [line.value for line in found.results.estimates]

    assert values(range(30), range(20)) == [2.0, 2.0]
    assert values(range(30), range(25)) == [2.0, 1.0]
    assert values(range(30), range(9)) == [2.0, 1.0]
    assert values(range(12), range(12)) == [2.0, 2.0]


def reported(day: int, value: float) -> Results:
    lines = [
        row(90, dimension=ALL, estimand=name, value=value)
        for name in (ALIKE, "reported_minutes_saved_per_day", "perception_gap_minutes")
    ]
    table = [
        SensitivityRow(
            convention="This trial's plan",
            estimand=name,
            day_basis="reported",
            working_days_per_year=225.0,
            hours_per_day=7.5,
            minutes_per_day=value,
            days_per_year=value / 2,
            ci_low=0.0,
            ci_high=9.0,
            confidence=0.95,
        )
        for name in ("minutes_saved_per_working_day", "reported_minutes_saved_per_day")
    ]
    return dated(day, *lines, sensitivity=tuple(map(asdict, table)))


def stands_and_says(tasks: Iterable[int], answers: Iterable[int]) -> dict[Cell, Sides]:
    return {
        Cell(TASKS): both(EVERYBODY, tasks),
        Cell(REPORTS): (both(EVERYBODY, answers)[0],),
    }


@pytest.mark.parametrize(
    ("tasks", "answers", "expected"),
    [
        (range(20), range(20), [2.0, 2.0, 2.0]),
        (range(20), range(9), [2.0, 1.0, 1.0]),
        (range(9), range(20), [1.0, 2.0, 1.0]),
        ((), (), [1.0, 1.0, 1.0]),
    ],
)
def test_what_people_say_moves_by_who_says_it(
    tasks: Iterable[int], answers: Iterable[int], expected: list[float]
) -> None:
    old = frozen_first(reported(2, 1.0), stands_and_says((), ()), arms=())
    new = stands_and_says(tasks, answers)
    found = frozen_anew(old, reported(9, 2.0), new, arms=(), minimum_people=TEN).results
    assert [line.value for line in found.estimates] == expected
    assert [line["minutes_per_day"] for line in found.sensitivity] == expected[:2]
    of_header = "2026-11-09" if expected[0] == 2.0 else "2026-11-02"
    assert found.as_of == of_header
    for line, own in zip(found.estimates, expected, strict=True):
        day = "2026-11-09" if own == 2.0 else "2026-11-02"
        assert line.as_of == (None if day == of_header else day)
    says = found.sensitivity[1]
    assert says["as_of"] == found.estimates[1].as_of


def test_the_sensitivity_table_heeds_a_higher_minimum() -> None:
    old = frozen_first(reported(2, 1.0), stands_and_says((), ()), arms=())
    new = stands_and_says((), ())
    found = frozen_anew(old, reported(9, 2.0), new, arms=(), minimum_people=91).results
    assert all(line["suppressed"] and line["minutes_per_day"] is None for line in found.sensitivity)
    again = frozen_anew(Frozen(found, old.cells), reported(9, 2.0), new, arms=(), minimum_people=91)
    assert again.results == found
