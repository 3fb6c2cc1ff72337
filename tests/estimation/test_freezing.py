"""An answer moves only with enough people, and nothing that is left over tells of fewer."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.disclosure import published
from measurement.estimation.freezing import Frozen, frozen_anew, frozen_first, held
from measurement.estimation.results import ALL, EstimateRow, Results, results_from_json
from measurement.estimation.sensitivity import SensitivityRow
from measurement.estimation.standing import (
    LOGGING,
    REPORTS,
    TASKS,
    TIMED,
    Cell,
    Sides,
    cell_of,
)
from tests.estimation.test_disclosure import results, row

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


# A second witness ------------------------------------------------------------------------------

FEW = 3
NAMES = ("a", "b", "c", "d")


@dataclass
class Town:
    """People in groups, each with a version that counts up; and all that was ever shown."""

    sizes: tuple[int, ...]
    estimand: str = ALIKE
    versions: list[dict[int, int]] = field(default_factory=list)
    shown: list[set[str]] = field(default_factory=list)
    frozen: Frozen | None = None

    def group(self, name: str) -> range:
        place = NAMES.index(name)
        begin = 100 * place
        return range(begin, begin + self.sizes[place])

    def live(self, changed: set[int]) -> None:
        """Let people change, and freeze. Of taking part: nobody's task logs ever change."""
        before = self.versions[-1] if self.versions else {}
        self.versions.append(
            {
                person: before.get(person, 0) + (person in changed)
                for name in NAMES
                for person in self.group(name)
            }
        )
        day = len(self.versions)
        rows = [
            row(len(self.group(name)), group=name, estimand=self.estimand, value=float(day))
            for name in NAMES
        ]
        whole = row(sum(self.sizes), dimension=ALL, estimand=self.estimand, value=float(day))
        new = published(dated(day, whole, *rows), minimum_people=FEW)
        subject = cell_of(whole, ()).subject
        stands = {Cell(subject, "department", name): self.sides(self.group(name)) for name in NAMES}
        stands[Cell(subject)] = self.sides([p for name in NAMES for p in self.group(name)])
        stands.setdefault(Cell(TASKS), both(EVERYBODY))
        if self.frozen is None:
            self.frozen = frozen_first(new, stands, arms=())
        else:
            self.frozen = frozen_anew(self.frozen, new, stands, arms=(), minimum_people=FEW)
        self.shown.append(
            {line.group for line in self.frozen.results.estimates if line.value == day}
        )

    def sides(self, members: Iterable[int]) -> Sides:
        now = self.versions[-1]
        hashes = np.unique(np.array([1000 * p + now[p] for p in members], dtype=np.uint64))
        return hashes, hashes

    def changed(self, names: Iterable[str], before: int, now: int) -> int:
        """Return how many people of the groups changed between two days."""
        return sum(
            self.versions[before][person] != self.versions[now][person]
            for name in names
            for person in self.group(name)
        )

    def known(self, day: int) -> list[set[str]]:
        """Return the groups of which sums are known, alone or together with others, on a day."""
        alone = [{name} for name in NAMES if name in self.shown[day]]
        rest = {*NAMES} - self.shown[day]
        return [*alone, *([rest] if rest and ALL in self.shown[day] else [])]


def told(town: Town) -> list[int]:
    """Return of how many people each difference of two sums tells that can be had at all."""
    found = []
    days = range(len(town.versions))
    for before, now in combinations(days, 2):
        common = _common(town.known(before), town.known(now))
        found += [town.changed(joint, before, now) for joint in common]
    for now in days:
        for joint in town.known(now):
            # Each group's latest figure of its own, however old.
            own = {
                name: [day for day in days if day < now and name in town.shown[day]]
                for name in joint
            }
            if all(own.values()):
                found.append(sum(town.changed([name], days[-1], now) for name, days in own.items()))
    return found


def _common(first: list[set[str]], second: list[set[str]]) -> list[set[str]]:
    """Return the least unions of known sums that are known on both days."""
    parts = [set(part) for part in first]
    for part in second:
        touched = [other for other in parts if other & part]
        merged = set().union(part, *touched)
        parts = [other for other in parts if not other & part] + [merged]
    covered = (set().union(*first), set().union(*second))
    return [part for part in parts if part <= covered[0] and part <= covered[1]]


@pytest.mark.parametrize("estimand", [ALIKE, "logging_rate"])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_difference_of_sums_tells_of_few_people(estimand: str, data: st.DataObject) -> None:
    """Of all sums that are known on two days, and of groups' own figures of whatever day."""
    sizes = data.draw(st.tuples(*[st.integers(1, 9)] * len(NAMES)))
    town = Town(sizes, estimand)
    everybody = [person for name in NAMES for person in town.group(name)]
    for _ in range(data.draw(st.integers(2, 5))):
        town.live(data.draw(st.sets(st.sampled_from(everybody))))
    assert not [people for people in told(town) if 0 < people < FEW]


def test_the_second_witness_finds_what_live_figures_tell() -> None:
    town = Town((5, 5, 5, 5))
    town.live(set())
    town.live({0, 100, 101, 102})
    assert not [people for people in told(town) if 0 < people < FEW]
    town.shown[-1] = {ALL, *NAMES}
    assert 1 in told(town), "every group's own figure"
    town.shown[-1] = {ALL, *NAMES[1:]}
    assert 1 in told(town), "the whole less all other groups"
