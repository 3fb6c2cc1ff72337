"""Who logs moves with enough people of its own; arms, lost hashes, stored results."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from measurement.estimation.disclosure import published
from measurement.estimation.freezing import frozen_anew, frozen_first, held
from measurement.estimation.results import ALL, Results, results_from_json
from measurement.estimation.standing import (
    LOGGING,
    TASKS,
    Cell,
    Sides,
    cell_of,
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


def taking_part(weeks: Mapping[str, Sides] | None = None) -> dict[Cell, Sides]:
    """Return who logged, those of even numbers, and who did not."""
    logging = {
        cell: (people(numbers[::2]), people(numbers[1::2])) for cell, numbers in groups_of_logging()
    }
    of_weeks = {Cell(LOGGING, "week", name): sides for name, sides in (weeks or {}).items()}
    return {Cell(TASKS): both(EVERYBODY), **logging, **of_weeks}


def groups_of_logging() -> list[tuple[Cell, range]]:
    groups = [(Cell(LOGGING, "department", name), numbers) for name, numbers in GROUPS.items()]
    return [(Cell(LOGGING), EVERYBODY), *groups]


def rates(day: int, value: float, weeks: Iterable[str] = ()) -> Results:
    lines = [row(90, dimension=ALL, estimand=name, value=value) for name in (ALIKE, "logging_rate")]
    lines += [row(20, group=name, estimand="logging_rate", value=value) for name in GROUPS]
    lines += [
        row(40, dimension="week", group=name, estimand="logging_rate", value=value)
        for name in weeks
    ]
    return dated(day, *lines)


def rates_after(
    before: Mapping[Cell, Sides], after: Mapping[Cell, Sides], weeks: Iterable[str] = ()
) -> dict[str, float | None]:
    """Return the values of the rates after a second freeze: 1.0 kept, 2.0 new."""
    old = frozen_first(rates(2, 1.0, weeks), before, arms=())
    found = frozen_anew(old, rates(9, 2.0, weeks), after, arms=(), minimum_people=TEN)
    assert not found.moved, "nobody's task logs changed"
    return {line.group: line.value for line in found.results.estimates if line.estimand != ALIKE}


def began(before: Sides, who: Iterable[int]) -> Sides:
    """Return the sides once these people, who did not, did."""
    new = people(who)
    assert np.isin(new, before[1]).all()
    return np.union1d(before[0], new), np.setdiff1d(before[1], new)


def rates_once(who: Iterable[int]) -> dict[str, float | None]:
    """Return the values of the rates after these people began to log."""
    who, before = set(who), taking_part()
    after = {cell: began(before[cell], who & set(numbers)) for cell, numbers in groups_of_logging()}
    return rates_after(before, before | after)


def test_taking_part_moves_with_its_own_total_and_without_new_task_logs() -> None:
    assert rates_once(range(1, 20, 2)) == {"all": 2.0, "red": 2.0, "blue": 1.0, "green": 1.0}
    assert set(rates_once(range(1, 18, 2)).values()) == {1.0}, "nine people"


def test_few_who_began_are_not_had_by_subtraction() -> None:
    """In blue ten began and in red three: their total, less blue, would tell of three."""
    who = {1, 3, 5, *range(21, 41, 2)}
    assert rates_once(who) == {"all": 2.0, "red": 1.0, "blue": 1.0, "green": 1.0}
    # Green began, too, and waits no longer than red and blue, which hide each other.
    assert rates_once({*who, *range(51, 81, 2)}) == {
        "all": 2.0,
        "red": 1.0,
        "blue": 1.0,
        "green": 2.0,
    }


def test_departments_of_taking_part_wait_for_their_total() -> None:
    """Twenty people change places: their departments are compared with a total of the same day."""
    before = taking_part()
    red, blue = (Cell(LOGGING, "department", name) for name in ("red", "blue"))
    swapped = before | {red: before[blue], blue: before[red]}
    assert set(rates_after(before, swapped).values()) == {1.0}


def test_each_side_of_taking_part_needs_enough_people() -> None:
    """Eleven new people of whom two log: that two did would be told."""
    before = taking_part()
    did, did_not = before[Cell(LOGGING)]
    after = before | {
        Cell(LOGGING): (
            np.union1d(did, people([200, 202])),
            np.union1d(did_not, people(range(301, 310))),
        )
    }
    assert rates_after(before, after)["all"] == 1.0
    after[Cell(LOGGING)] = (np.union1d(did, people(range(200, 210))), did_not)
    assert rates_after(before, after)["all"] == 2.0


def test_weeks_of_taking_part_move_by_themselves() -> None:
    """A task that somebody logs late for the first week holds no later week back."""
    first, second = taking_part()[Cell(LOGGING)], both(range(40))
    before = taking_part({"1": first, "2": second})
    late = before | {
        Cell(LOGGING, "week", "1"): began(first, [1]),
        Cell(LOGGING, "week", "3"): (people(range(30)), people(range(30, 50))),
        Cell(LOGGING, "week", "4"): (people(range(30)), people(range(30, 35))),
        # Nobody logged at all: that tells of everybody.
        Cell(LOGGING, "week", "5"): (people([]), people(range(50))),
    }
    found = rates_after(before, late, [*"12345"])
    assert {name: found.get(name) for name in "12345"} == {
        "1": 1.0,
        "2": 1.0,
        "3": 2.0,
        "4": 1.0,
        "5": 2.0,
    }


def test_without_the_old_hashes_everything_waits_once() -> None:
    lost = held(first(), standing(range(5)))
    assert lost.results == first().results
    assert not lost.moved
    assert after(range(9), lost).results.as_json() == first().results.as_json()
    assert moved(after(range(20), lost)) == {"all", "red"}
    assert moved(after([*range(5), *range(20, 40)], lost)) == {"all", "blue"}


def test_arms_are_parts_of_the_whole() -> None:
    arms = ("one", "two")
    line = row(50, dimension=ALL, estimand=ALIKE, arm="two")
    assert cell_of(line, arms) == Cell(TASKS, "arm", "two")
    assert cell_of(line, ("two",)) == Cell(TASKS)
    assert cell_of(replace(line, arm="one + two"), arms) == Cell(TASKS)


def test_results_come_back_from_json_as_they_were() -> None:
    found = published(answer(2, 10.0), minimum_people=TEN)
    assert results_from_json(found.as_json()) == found
