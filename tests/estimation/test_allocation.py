"""Who is drawn for what: units, strata, newcomers, and what is refused in plain words."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.allocation import (
    COLUMNS,
    NOTHING_TO_DRAW,
    Allocation,
    CannotDraw,
    Drawn,
    Option,
    allocate,
    in_several_departments,
)
from measurement.estimation.bundle import canonical_participants
from measurement.estimation.definition import KINDS, Trial
from measurement.estimation.lots import key_of
from measurement.estimation.trial_toml import parse_trial
from tests.estimation.frames import trial_table
from tests.untraced import untraced

APRIL, MAY, JUNE = (datetime.date(2025, month, 1) for month in (4, 5, 6))
PERIODS = [
    {"name": str(month), "starts_on": f"2025-0{month}-01", "ends_on": f"2025-0{month}-28"}
    for month in (3, 4, 5)
]


def trial_of(kind: str, **design: Any) -> Trial:
    dates = {"starts_on": "2025-03-01", "ends_on": "2025-07-31"}
    return parse_trial(trial_table(kind, design=design, trial=dates))


def people(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return canonical_participants(pd.DataFrame(rows))


def crowd(size: int, **columns: Any) -> pd.DataFrame:
    """Return people; a column is given by a function of the person's number."""
    return people(
        [
            {"participant": f"p{n:03d}"} | {name: value(n) for name, value in columns.items()}
            for n in range(size)
        ]
    )


def teams(size: int, *, of: int) -> pd.DataFrame:
    """Return people in teams of so many, two teams a department."""
    return crowd(
        size, team=lambda n: f"team {n // of}", department=lambda n: f"department {n // of // 2}"
    )


def values(found: Allocation) -> dict[str, str]:
    return {one.participant: one.value for one in found.people}


def drawn_into(found: Allocation, participants: pd.DataFrame) -> pd.DataFrame:
    """Return the participants with what they drew, as the database has them afterwards."""
    drawn: pd.Series[Any] = participants["participant"].map(values(found))
    if found.column == "ai_from":
        drawn = pd.to_datetime(drawn).astype("datetime64[s]")
    column = participants[found.column]
    return participants.assign(**{found.column: column.where(column.notna(), drawn)})


class TestDesigns:
    def test_people_draw_arms_by_their_ratio_within_strata(self) -> None:
        arms = [
            {"name": "control", "ai": False, "ratio": 1},
            {"name": "ai", "ai": True, "ratio": 2},
        ]
        trial = trial_of("parallel", arms=arms, stratify_by=["grade"])
        participants = crowd(31, grade=lambda n: "HEO" if n % 3 else None)
        found = allocate(trial, participants, draw=1)
        assert (found.column, found.options) == ("arm", (Option("control", 1), Option("ai", 2)))
        assert len(found.lots) == len(found.people) == 31
        grade = participants.set_index("participant")["grade"].notna()
        counts: dict[bool, Counter[str]] = defaultdict(Counter)
        for participant, value in values(found).items():
            counts[grade[participant]][value] += 1
        # 20 people with a grade, 11 without one: a stratum of their own.
        assert sorted(counts[True].values()) in ([6, 14], [7, 13])
        assert sorted(counts[False].values()) in ([3, 8], [4, 7])
        assert Counter(lot.stratum for lot in found.lots).total() == 31

    def test_a_team_draws_as_a_whole(self) -> None:
        found = allocate(trial_of("cluster"), teams(40, of=5), draw=1)
        assert len(found.lots) == 8
        arms = defaultdict(set)
        for n, value in enumerate(values(found).values()):
            arms[n // 5].add(value)
        assert all(len(held) == 1 for held in arms.values())
        assert Counter(min(held) for held in arms.values()) == {"ai": 4, "control": 4}
        name = "invented:1:1"
        assert {lot.key for lot in found.lots} == {key_of(f"team {n}", name=name) for n in range(8)}
        assert found.people[7] == Drawn("p007", found.people[5].lot, found.people[5].value)

    def test_departments_may_be_the_units(self) -> None:
        found = allocate(trial_of("cluster", unit="department"), teams(40, of=5), draw=1)
        assert len(found.lots) == 4
        assert Counter(values(found).values()) == {"ai": 20, "control": 20}

    def test_orders_have_a_letter_for_each_period(self) -> None:
        found = allocate(trial_of("crossover", periods=PERIODS), crowd(9), draw=1)
        assert found.options == (Option("ABA"), Option("BAB"))
        assert sorted(Counter(values(found).values()).values()) == [4, 5]

    def test_dates_of_access_get_near_equal_numbers_of_units_in_each_stratum(self) -> None:
        trial = trial_of("stepped_wedge", stratify_by=["profession"])
        participants = crowd(46, team=lambda n: f"t{n // 2}", profession=lambda n: str(n // 2 % 3))
        found = allocate(trial, participants, draw=1, steps=[APRIL, MAY, JUNE])
        counts: dict[int, Counter[int]] = defaultdict(Counter)
        for lot in found.lots:
            counts[lot.stratum][lot.option] += 1
        for stratum in (*counts.values(), sum(counts.values(), Counter())):
            assert max(stratum.values()) - min(stratum[step] for step in range(3)) <= 1
        assert set(values(found).values()) == {"2025-04-01", "2025-05-01", "2025-06-01"}

    @pytest.mark.parametrize("kind", KINDS)
    def test_each_design_is_drawn_or_says_why_not(self, kind: str) -> None:
        assert (kind in COLUMNS) != (kind in NOTHING_TO_DRAW)
        if kind in NOTHING_TO_DRAW:
            with pytest.raises(CannotDraw, match=NOTHING_TO_DRAW[kind]):
                allocate(trial_of(kind), crowd(4), draw=1)


KEYS_OF_TWO = ["32af8f41", "743fa2a5"]
INPUT_OF_TWO = "b44ea167bc8c2d32f2cd53fd6b4bf95002aec042c781ba6e39f67fbfec2e4a35"
OUTCOME_OF_TWO = "fe20441d7201130402461261cf7fc4b6a0b194713b31fd26116bad6d358fec86"


class TestHashes:
    def test_they_are_those_of_the_lines(self) -> None:
        """Made with sha256sum from the lots of the two people."""
        found = allocate(trial_of("parallel"), crowd(2), draw=1)
        assert [lot.key[:8] for lot in found.lots] == KEYS_OF_TWO
        assert found.input_sha256 == INPUT_OF_TWO
        assert found.outcome_sha256 == OUTCOME_OF_TWO

    def test_they_tell_the_input_from_the_outcome(self) -> None:
        found = allocate(trial_of("parallel"), crowd(6), draw=1)
        other = replace(found, options=(found.options[1], found.options[0]))
        assert other.input_sha256 == found.input_sha256
        assert other.outcome_sha256 != found.outcome_sha256
        fewer = replace(found, lots=found.lots[:-1])
        assert fewer.input_sha256 != found.input_sha256


class TestLaterJoiners:
    def test_only_those_without_an_assignment_draw(self) -> None:
        trial = trial_of("parallel")
        first = crowd(10)
        before = drawn_into(allocate(trial, first, draw=1), first)
        later = pd.concat([before, people([{"participant": "x"}, {"participant": "y"}])])
        found = allocate(trial, later, draw=2)
        assert set(values(found)) == {"x", "y"}
        assert sorted(values(found).values()) == ["ai", "control"]

    def test_who_left_does_not_draw(self) -> None:
        gone = people([{"participant": "x", "withdrawn_on": pd.Timestamp("2025-04-01")}])
        found = allocate(trial_of("parallel"), pd.concat([crowd(4), gone]), draw=1)
        assert "x" not in values(found)

    @pytest.mark.parametrize(("kind", "steps"), [("cluster", ()), ("stepped_wedge", (APRIL, MAY))])
    def test_a_newcomer_gets_what_the_team_has_without_chance(
        self, kind: str, steps: Sequence[datetime.date]
    ) -> None:
        trial = trial_of(kind)
        first = teams(20, of=5)
        drawn = allocate(trial, first, draw=1, steps=steps)
        new = people(
            [
                {"participant": "x", "team": "team 2", "department": "elsewhere"},
                {"participant": "y", "team": "brand new"},
            ]
        )
        later = pd.concat([drawn_into(drawn, first), new])
        found = allocate(trial, later, draw=2, steps=steps[-1:])
        assert found.people[0] == Drawn("x", None, values(drawn)["p010"])
        assert (found.people[1].participant, found.people[1].lot) == ("y", 0)
        assert len(found.lots) == 1

    def test_newcomers_alone_need_no_lot(self) -> None:
        trial, first = trial_of("cluster"), teams(20, of=5)
        drawn = allocate(trial, first, draw=1)
        new = people([{"participant": "x", "team": "team 2"}])
        found = allocate(trial, pd.concat([drawn_into(drawn, first), new]), draw=2)
        assert (found.lots, found.people) == ((), (Drawn("x", None, values(drawn)["p010"]),))

    def test_a_team_with_two_assignments_says_nothing_about_newcomers(self) -> None:
        rows = [{"participant": f"p{n}", "team": "kiln", "arm": arm} for n, arm in enumerate("ab")]
        new = {"participant": "x", "team": "kiln"}
        with pytest.raises(CannotDraw, match=r"one team have different assignments.*get: kiln"):
            allocate(trial_of("cluster"), people([*rows, new]), draw=2)
        other = {"participant": "x", "team": "wheel"}
        found = allocate(trial_of("cluster"), people([*rows, other]), draw=2)
        assert set(values(found)) == {"x"}


class TestRefusals:
    def refused(self, trial: Trial, participants: pd.DataFrame, **given: Any) -> str:
        with pytest.raises(CannotDraw) as refusal:
            allocate(trial, participants, draw=1, **given)
        return str(refusal.value)

    def test_nobody(self) -> None:
        everybody = crowd(4, arm=lambda n: "ai")
        assert self.refused(trial_of("parallel"), everybody).startswith("Everybody who takes part")

    def test_people_without_a_team_are_counted_as_leads_may_know_it(self) -> None:
        def said(missing: int) -> str:
            participants = crowd(40, team=lambda n: None if n < missing else "kiln")
            return self.refused(trial_of("cluster"), participants)

        assert said(9).startswith("There are fewer than 10 people without a team, and each team")
        assert said(23).startswith("There are about 25 people without a team")

    def test_a_team_of_two_strata_is_named(self) -> None:
        trial = trial_of("cluster", stratify_by=["department", "grade"])
        participants = crowd(16, team=lambda n: f"t{n % 8}", grade=lambda n: str(n < 8))
        assert self.refused(trial, participants) == (
            "People of one team differ in department or grade, by which the plan stratifies, and "
            "a team is drawn as a whole: t0, t1, t2, t3, t4 and 3 more"
        )

    def test_fewer_units_than_options(self) -> None:
        said = self.refused(trial_of("cluster"), teams(9, of=9))
        assert said.startswith("There are fewer teams than arms")
        steps = [APRIL, MAY, JUNE]
        said = self.refused(trial_of("stepped_wedge"), teams(9, of=5), steps=steps)
        assert said.startswith("There are fewer teams than dates of access")

    def test_no_periods(self) -> None:
        said = self.refused(trial_of("crossover", periods=PERIODS[:1]), crowd(9))
        assert said.startswith("The plan names fewer than two periods")

    @pytest.mark.parametrize(
        ("steps", "reason"),
        [
            ([], "needs two dates"),
            ([MAY], "needs two dates"),
            ([MAY, APRIL], "in order, each once"),
            ([MAY, MAY], "in order, each once"),
            ([datetime.date(2025, 3, 1), MAY], "after the first day of the trial"),
            ([MAY, datetime.date(2025, 8, 1)], "not be after the last day"),
        ],
    )
    def test_dates_of_access(self, steps: list[datetime.date], reason: str) -> None:
        assert reason in self.refused(trial_of("stepped_wedge"), teams(40, of=5), steps=steps)

    def test_dates_on_the_edges_are_allowed(self) -> None:
        edges = [datetime.date(2025, 3, 2), datetime.date(2025, 7, 31)]
        wedge = trial_of("stepped_wedge")
        assert allocate(wedge, teams(40, of=5), draw=1, steps=edges).lots
        dateless = replace(wedge, starts_on=None, ends_on=None)
        steps = [datetime.date(2001, 1, 1), JUNE]
        assert allocate(dateless, teams(40, of=5), draw=1, steps=steps).lots


def test_teams_of_several_departments_are_named() -> None:
    rows = [("a", "kiln", "North"), ("b", "kiln", "South"), ("c", "wheel", "North")]
    participants = people(
        [dict(zip(("participant", "team", "department"), row, strict=True)) for row in rows]
    )
    assert in_several_departments(trial_of("cluster"), participants) == ("kiln",)
    assert in_several_departments(trial_of("parallel"), participants) == ()
    found = allocate(trial_of("cluster"), participants, draw=1)
    assert values(found)["a"] == values(found)["b"] != values(found)["c"]


@untraced()
@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.sampled_from(["parallel", "cluster"]))
def test_the_order_of_the_rows_changes_nothing(size: int, seed: int, kind: str) -> None:
    participants = teams(size, of=1 if kind == "parallel" else 2)
    trial = trial_of(kind, stratify_by=["department"])
    order = np.random.default_rng(seed).permutation(size)
    try:
        found = allocate(trial, participants, draw=3)
    except CannotDraw:
        assert size <= 2
        return
    assert allocate(trial, participants.iloc[order], draw=3) == found
