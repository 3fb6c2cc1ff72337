"""The balance of a draw: what leads see of it, and what they cannot work out."""

import datetime
import math
from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.allocation import Allocation, Drawn, Option, allocate
from measurement.estimation.bundle import canonical_participants
from measurement.estimation.definition import Trial
from measurement.estimation.draw_balance import (
    ALIKE,
    BEYOND_CHANCE,
    UNLIKE,
    WITHHELD,
    DrawBalance,
    Likeness,
    draw_balance,
)
from measurement.estimation.lots import Lot
from measurement.estimation.trial_toml import parse_trial
from tests.estimation.frames import trial_table
from tests.untraced import untraced

STEPS = tuple(datetime.date(2025, month, 1) for month in (4, 5, 6))


def trial_of(kind: str, **design: Any) -> Trial:
    return parse_trial(trial_table(kind, design=design))


def crowd(size: int, **columns: Any) -> pd.DataFrame:
    """Return people; a column is given by a function of the person's number."""
    rows = [
        {"participant": f"p{n:04d}"} | {name: value(n) for name, value in columns.items()}
        for n in range(size)
    ]
    return canonical_participants(pd.DataFrame(rows))


def drawn_as(trial: Trial, sides: list[int]) -> Allocation:
    """Return a draw in which each person, in order, got the option of that place."""
    options = tuple(Option(arm.name, arm.ratio) for arm in trial.design.arms)
    lots = tuple(Lot(f"{n:064x}", 1, side) for n, side in enumerate(sides))
    people = tuple(Drawn(f"p{n:04d}", n, options[s].value) for n, s in enumerate(sides))
    return Allocation("arm", options, lots, people)


def balanced(participants: pd.DataFrame, sides: list[int], **design: Any) -> DrawBalance:
    trial = trial_of("parallel", **design)
    return draw_balance(trial, participants, drawn_as(trial, sides))


class TestWhatIsShown:
    def test_counts_are_rounded_and_small_groups_withheld(self) -> None:
        """North 38 + 33, South 12 + 16, West 9 + 20: West has nine on one side."""
        where = ["North"] * 71 + ["South"] * 28 + ["West"] * 29
        sides = [0] * 38 + [1] * 33 + [0] * 12 + [1] * 16 + [0] * 9 + [1] * 20
        found = balanced(crowd(128, department=lambda n: where[n]), sides)
        assert found.options == ("control", "ai")
        assert (found.people, found.everybody) == ((60, 70), 130)
        assert (found.units, found.strata) == ((), 1)
        north, south, west = found.groups["department"]
        assert (north.name, north.people) == ("North", (40, 35))
        # Nine of West are what the total less the other two leaves, so South goes as well.
        assert (south.people, west.people) == ((None, None), (None, None))
        assert south.likeness == west.likeness == Likeness(WITHHELD, None)
        assert set(found.groups) == {"department"}

    def test_groups_that_are_big_enough_hide_nothing(self) -> None:
        where = ["North"] * 40 + ["South"] * 20 + ["West"] * 20
        sides = ([0] * 20 + [1] * 20) + ([0] * 10 + [1] * 10) + [0] * 20
        found = balanced(crowd(80, grade=lambda n: where[n]), sides)
        shown = {group.name: group.people for group in found.groups["grade"]}
        assert shown == {"North": (20, 20), "South": (10, 10), "West": (20, 0)}

    def test_what_is_not_given_is_a_group(self) -> None:
        found = balanced(crowd(60, profession=lambda n: "Law" if n < 30 else None), [0, 1] * 30)
        assert [group.name for group in found.groups["profession"]] == ["(not given)", "Law"]

    def test_a_draw_of_a_few_shows_no_number(self) -> None:
        found = balanced(crowd(9, department=lambda n: "North"), [0] * 4 + [1] * 5)
        assert (found.people, found.everybody) == ((None, None), None)
        assert found.groups["department"][0].people == (None, None)
        assert found.minutes == (None, None)

    def test_minutes_beforehand(self) -> None:
        """Whole minutes; one decimal from 400 people; nothing below ten who said any."""
        minutes = lambda n: 20.25 + n % 2 if n % 10 else None  # noqa: E731
        few = balanced(crowd(200, baseline_minutes=minutes), [0, 1] * 100)
        assert few.minutes == (20.0, 21.0)
        many = balanced(crowd(1000, baseline_minutes=minutes), [0, 1] * 500)
        assert many.minutes == (20.2, 21.2)
        assert few.minutes_likeness.verdict == BEYOND_CHANCE
        some = balanced(
            crowd(60, baseline_minutes=lambda n: n + 1 if n < 19 else None), [0, 1] * 30
        )
        assert some.minutes == (10.0, None)
        assert some.minutes_likeness == Likeness(WITHHELD, None)

    def test_units_are_counted_exactly_and_newcomers_not_at_all(self) -> None:
        trial = trial_of("cluster", stratify_by=["department"])
        columns = {"team": lambda n: f"t{n // 5:02d}", "department": lambda n: str(n // 50)}
        participants = crowd(100, **columns)
        drawn = allocate(trial, participants, draw=1)
        found = draw_balance(trial, participants, drawn)
        assert (found.units, found.strata, found.people) == ((10, 10), 2, (50, 50))
        more = crowd(101, **{**columns, "arm": lambda n: "ai" if n < 5 else None})
        more.loc[100, "team"] = "t00"
        later = allocate(trial, more, draw=2)
        assert [one.participant for one in later.people if one.lot is None] == ["p0100"]
        assert sum(draw_balance(trial, more, later).units) == 19
        assert draw_balance(trial, more, later).everybody == 95

    def test_newcomers_alone(self) -> None:
        trial = trial_of("cluster")
        arm = lambda n: "ai" if n < 15 else None  # noqa: E731
        participants = crowd(20, team=lambda n: "t", arm=arm, department=lambda n: "North")
        drawn = allocate(trial, participants, draw=2)
        found = draw_balance(trial, participants, drawn)
        assert (found.people, found.units, found.everybody) == ((0, 0), (0, 0), 0)
        assert found.groups == {}


class TestLikeness:
    def test_the_difference_is_that_of_the_check(self) -> None:
        """30 of 50 against 20 of 50: 0.2 / √0.24 = 0.41, more than 1.96 √(2/50) = 0.392."""
        where = ["North"] * 30 + ["South"] * 20 + ["North"] * 20 + ["South"] * 30
        found = balanced(crowd(100, department=lambda n: where[n]), [0] * 50 + [1] * 50)
        assert [group.likeness for group in found.groups["department"]] == [
            Likeness(BEYOND_CHANCE, 0.4)
        ] * 2

    def test_few_units_are_unlike_by_chance(self) -> None:
        """The same in teams of five: ten units a side, of which chance leaves up to 0.88."""
        where = ["North"] * 30 + ["South"] * 20 + ["North"] * 20 + ["South"] * 30
        trial = trial_of("cluster")
        participants = crowd(100, department=lambda n: where[n], team=lambda n: str(n // 5))
        options = tuple(Option(arm.name) for arm in trial.design.arms)
        lots = tuple(Lot(f"{n:064x}", 1, n // 10) for n in range(20))
        people = tuple(Drawn(f"p{n:04d}", n // 5, options[n // 50].value) for n in range(100))
        found = draw_balance(trial, participants, Allocation("arm", options, lots, people))
        assert [group.likeness for group in found.groups["department"]] == [
            Likeness(UNLIKE, 0.4)
        ] * 2

    def test_alike(self) -> None:
        found = balanced(crowd(80, grade=lambda n: str(n % 4 // 2)), [0, 1] * 40)
        assert {group.likeness for group in found.groups["grade"]} == {Likeness(ALIKE, 0.0)}

    def test_sides_without_a_value_in_common(self) -> None:
        found = balanced(crowd(40, grade=lambda n: str(n // 20)), [0] * 20 + [1] * 20)
        assert found.groups["grade"][0].likeness == Likeness(BEYOND_CHANCE, None)

    def test_a_side_without_people_is_compared_with_nothing(self) -> None:
        found = balanced(crowd(40, grade=lambda n: str(n // 20)), [0] * 40)
        assert found.groups["grade"][0].people == (20, 0)
        assert found.groups["grade"][0].likeness == Likeness(WITHHELD, None)

    def test_each_arm_with_ai_is_compared_with_all_without(self) -> None:
        """The second arm with AI differs, the first does not: the larger difference stands."""
        arms = [{"name": name, "ai": name[0] == "a"} for name in ("a1", "a2", "c1", "c2")]
        grades = ["HEO", "SEO"] * 10 + ["HEO"] * 20 + ["HEO", "SEO"] * 20
        found = balanced(
            crowd(80, grade=lambda n: grades[n]), [n // 20 for n in range(80)], arms=arms
        )
        # 20 of 20 against 20 of 40: 0.5 / √((0 + 0.25) / 2) = 1.41.
        assert found.groups["grade"][0].likeness == Likeness(BEYOND_CHANCE, 1.4)
        minutes = [30.0 + n % 2 + 5 * (20 <= n < 40) for n in range(80)]
        found = balanced(
            crowd(80, baseline_minutes=lambda n: minutes[n]),
            [n // 20 for n in range(80)],
            arms=arms,
        )
        one = np.array(minutes)
        spread = math.sqrt((one[20:40].var(ddof=1) + one[40:].var(ddof=1)) / 2)
        assert found.minutes_likeness == Likeness(BEYOND_CHANCE, round(5 / spread, 1))

    def test_orders_and_dates_are_compared(self) -> None:
        periods = [
            {"name": str(m), "starts_on": f"2025-0{m}-01", "ends_on": f"2025-0{m}-28"}
            for m in (3, 4)
        ]
        columns = {
            "team": lambda n: str(n // 3),
            "grade": lambda n: str(n % 2),
            "baseline_minutes": lambda n: 10.0 + n % 7,
        }
        participants = crowd(240, **columns)
        crossover, wedge = trial_of("crossover", periods=periods), trial_of("stepped_wedge")
        for trial, steps in ((crossover, ()), (wedge, STEPS)):
            drawn = allocate(trial, participants, draw=1, steps=steps)
            found = draw_balance(trial, participants, drawn)
            value = {one.participant: one.value for one in drawn.people}
            frame = participants.assign(got=participants["participant"].map(value))
            naive = []
            for option in found.options[1:] if trial is crossover else found.options:
                one = frame[frame["got"] == option]["baseline_minutes"]
                rest = frame[frame["got"] != option]["baseline_minutes"]
                naive.append(
                    abs(one.mean() - rest.mean()) / math.sqrt((one.var() + rest.var()) / 2)
                )
            assert found.minutes_likeness.difference == round(max(naive), 1)


@untraced()
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from([0, 1])), min_size=1, max_size=120)
)
def test_no_small_group_can_be_worked_out(people: list[tuple[str, int]]) -> None:
    """No shown group is small on a side, and neither is what all hidden ones have in common."""
    found = balanced(crowd(len(people), grade=lambda n: people[n][0]), [side for _, side in people])
    true = Counter(people)
    hidden = {group.name for group in found.groups["grade"] if None in group.people}
    for group, side in product(found.groups["grade"], (0, 1)):
        if group.name not in hidden:
            assert true[group.name, side] == 0 or true[group.name, side] >= 10
            shown = group.people[side]
            assert shown is not None
            assert shown % 5 == 0
            assert abs(shown - true[group.name, side]) <= 2
    if len(hidden) < len(found.groups["grade"]):
        for side in (0, 1):
            together = sum(true[name, side] for name in hidden)
            assert together == 0 or together >= 10


@pytest.mark.parametrize("minimum", [10, 20])
def test_the_minimum_is_the_trials(minimum: int) -> None:
    trial = parse_trial(trial_table("parallel", disclosure={"minimum_people": minimum}))
    found = draw_balance(trial, crowd(30), drawn_as(trial, [0, 1] * 15))
    assert found.people == ((15, 15) if minimum == 10 else (None, None))
