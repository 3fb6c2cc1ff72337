"""Who stands behind a cell, with what data: counted against people looked at one by one."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from measurement.estimation.bundle import Bundle
from measurement.estimation.definition import Arm
from measurement.estimation.designs import ai_arms
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import Evidence, evidence_of
from measurement.estimation.planned_model import NOT_GIVEN
from measurement.estimation.results import ALL
from measurement.estimation.simulate import simulate
from measurement.estimation.standing import (
    ADOPTION,
    GAP,
    LOGGING,
    PROFILES,
    QUALITY,
    REPORTS,
    RESPONSES,
    TASKS,
    TIMED,
    TOGETHER,
    UNFLAGGED,
    Cell,
    Sides,
    cell_of,
    name_of,
    standing,
)
from tests.untraced import untraced

TODAY = datetime.date(2026, 11, 27)
KEY = b"k" * 32


@cache
def bundle_of(design: str = "crossover") -> Bundle:
    return simulate(participants=40, logs_per_participant=10, design=design, seed=5).bundle


@cache
def stands(bundle: Bundle, key: bytes = KEY) -> dict[Cell, Sides]:
    return standing(evidence_of(bundle, TODAY), key)


def changes(before: dict[Cell, Sides], after: dict[Cell, Sides]) -> dict[Cell, list[int]]:
    """Return, of the cells in which somebody changed, how many people came, side by side."""
    found = {
        cell: [
            len(np.setdiff1d(now, then))
            for then, now in zip(before.get(cell, sides), sides, strict=True)
        ]
        for cell, sides in after.items()
    }
    return {cell: counts for cell, counts in found.items() if any(counts)}


def with_logs(bundle: Bundle, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Bundle:
    return replace(bundle, task_logs=change(bundle.task_logs.copy()))


@pytest.mark.parametrize("design", ["crossover", "parallel", "stepped_wedge"])
@untraced()
def test_every_row_over_people_has_somebody_behind_it(design: str) -> None:
    bundle = bundle_of(design)
    evidence = evidence_of(bundle, TODAY)
    found = stands(bundle)
    arms = ai_arms(evidence.trial)
    for row in evaluate(evidence).estimates:
        cell = cell_of(row, arms)
        if row.value is not None and cell.subject not in (GAP, ADOPTION):
            assert cell in found, row
            sides = [len(side) for side in found[cell]]
            if cell.subject in (LOGGING, RESPONSES):
                assert sides == [row.participants_with_ai, row.participants_without_ai], row
            else:
                assert all(sides), row


def test_each_cell_counts_its_own_people() -> None:
    bundle = bundle_of()
    found = stands(bundle)
    cells = evidence_of(bundle, TODAY).cells.merge(bundle.participants, on="participant")

    def people(condition: pd.Series) -> int:
        return int(cells.loc[condition, "participant"].nunique())

    treated, untreated = cells["assigned"] == True, cells["assigned"] == False  # noqa: E712
    expected = {
        Cell(TASKS): (treated, untreated),
        Cell(TIMED): (treated & cells["timed"], untreated & cells["timed"]),
        Cell(UNFLAGGED): (treated & (cells["flags"] == 0), untreated & (cells["flags"] == 0)),
        Cell(QUALITY): (
            treated & (cells["quality_logs"] > 0),
            untreated & (cells["quality_logs"] > 0),
        ),
    }
    for dimension in ("department", "grade", "task_type"):
        for group in cells[dimension].dropna().unique():
            inside = cells[dimension] == group
            expected[Cell(TASKS, dimension, group)] = (treated & inside, untreated & inside)
    for week in cells["week"].unique():
        inside = cells["week"] == week
        expected[Cell(TASKS, "week", str(week + 1))] = (treated & inside, untreated & inside)
    for tool in cells["tool"].dropna().unique():
        of_tool = cells["used"] & (cells["tool"] == tool)
        expected[Cell(TASKS, "tool", tool)] = (of_tool, ~cells["used"])
    for cell, sides in expected.items():
        assert [len(side) for side in found[cell]] == [people(side) for side in sides], cell
    answered = bundle.survey_responses.dropna(subset="minutes_saved_low")["participant"].nunique()
    assert [len(side) for side in found[Cell(REPORTS)]] == [answered]
    assert len(found[Cell(ADOPTION)][0]) == len(bundle.participants)


def test_a_changed_task_log_changes_its_person_where_it_counts_and_nowhere_else() -> None:
    bundle = bundle_of()
    log = bundle.task_logs.iloc[7]

    def longer(logs: pd.DataFrame) -> pd.DataFrame:
        return logs.assign(minutes=logs["minutes"] + (np.arange(len(logs)) == 7))

    found = changes(stands(bundle), stands(with_logs(bundle, longer)))
    person = bundle.participants.set_index("participant").loc[log["participant"]]
    sides = found[Cell(TASKS)]
    assert sorted(sides) == [0, 1]
    assert found[Cell(TASKS, "department", person["department"])] == sides
    assert found[Cell(TASKS, "task_type", log["task_type"])] == sides
    dimensions = {cell.dimension for cell in found if cell.subject == TASKS}
    assert dimensions >= {ALL, "department", "grade", "profession", "task_type", "week", "tool"}
    assert not {QUALITY, ADOPTION, REPORTS} & {cell.subject for cell in found}
    assert all(
        len([c for c in found if c[:2] == (TASKS, name)]) == 1 for name in ("department", "week")
    )


def test_a_score_and_an_answer_change_nothing_else() -> None:
    bundle = bundle_of()

    def better(logs: pd.DataFrame) -> pd.DataFrame:
        scores = logs["quality"].to_numpy(dtype=np.float64, copy=True)
        place = np.flatnonzero(~np.isnan(scores))[0]
        scores[place] = 1.0 if scores[place] > 1 else 2.0
        return logs.assign(quality=scores)

    assert set(changes(stands(bundle), stands(with_logs(bundle, better)))) == {Cell(QUALITY)}
    answers = bundle.survey_responses
    high = answers["minutes_saved_high"] + (np.arange(len(answers)) == 3)
    answers = answers.assign(minutes_saved_high=high)
    found = changes(stands(bundle), stands(replace(bundle, survey_responses=answers)))
    assert found == {Cell(REPORTS): [1]}


def test_nobody_changes_with_the_order_of_logs_nor_with_others_limits() -> None:
    bundle = bundle_of()
    before = stands(bundle)
    assert not changes(
        before, stands(with_logs(bundle, lambda logs: logs.sample(frac=1, random_state=1)))
    )
    evidence = evidence_of(bundle, TODAY)
    flipped = evidence.cells.assign(tail=np.where(evidence.cells["minutes_mean"] > 30, 1, 0))
    assert not changes(before, standing(replace(evidence, cells=flipped), KEY))


def test_whoever_leaves_or_moves_is_told_apart() -> None:
    bundle = bundle_of()
    before = stands(bundle)
    people = bundle.participants.copy()
    first, *others = sorted(people["department"].unique())
    sides = evidence_of(bundle, TODAY).cells.groupby("participant")["assigned"].nunique()
    on_both_sides = people["participant"].isin(sides.index[sides == 2])
    person = people.loc[(people["department"] == first) & on_both_sides].index[0]
    people.loc[person, "department"] = others[0]
    moved = stands(replace(bundle, participants=people))
    for group, went, came in ((first, [1, 1], [0, 0]), (others[0], [0, 0], [1, 1])):
        cell = Cell(TASKS, "department", group)
        assert [len(np.setdiff1d(*pair)) for pair in zip(before[cell], moved[cell])] == went  # noqa: B905
        assert [len(np.setdiff1d(*pair)) for pair in zip(moved[cell], before[cell])] == came  # noqa: B905


def test_hashes_of_another_key_or_cell_have_nothing_in_common() -> None:
    bundle = bundle_of()
    one, other = stands(bundle), stands(bundle, b"another key")
    assert one.keys() == other.keys()
    for cell, sides in one.items():
        assert not any(len(np.intersect1d(*pair)) for pair in zip(sides, other[cell], strict=True))
    everything = np.concatenate([side for sides in one.values() for side in sides])
    assert len(np.unique(everything)) == len(everything)


def test_several_arms_have_their_own_people() -> None:
    bundle = bundle_of("parallel")
    arm = bundle.trial.design.arms[-1]
    design = replace(
        bundle.trial.design, arms=(*bundle.trial.design.arms, replace(arm, name="third"))
    )
    people = bundle.participants.copy()
    treated = people.index[people["arm"] == arm.name]
    people.loc[treated[:8], "arm"] = "third"
    found = stands(replace(bundle, trial=replace(bundle.trial, design=design), participants=people))
    whole, third = found[Cell(TASKS)], found[Cell(TASKS, "arm", "third")]
    assert 0 < len(third[0]) <= 8
    assert len(third[0]) + len(found[Cell(TASKS, "arm", arm.name)][0]) == len(whole[0])
    assert len(found[Cell(TASKS, "arm", "third")][1]) == len(whole[1])


def test_weeks_since_access_need_the_first_day_of_the_trial() -> None:
    evidence = evidence_of(bundle_of("stepped_wedge"), TODAY)

    def dimensions(of: Evidence) -> set[str]:
        return {cell.dimension for cell in standing(of, KEY)}

    assert "weeks_since_access" in dimensions(evidence)
    undated = replace(evidence, trial=replace(evidence.trial, starts_on=None))
    assert "weeks_since_access" not in dimensions(undated)


def test_a_trial_without_anybody_has_nobody_behind_it() -> None:
    bundle = bundle_of()
    nobody = {
        name: getattr(bundle, name).iloc[:0]
        for name in ("participants", "task_logs", "survey_responses")
    }
    assert stands(replace(bundle, **nobody)) == {}


def test_profiles_part_everybody_by_all_groups_of_people_at_once() -> None:
    bundle = bundle_of()
    found = {cell: sides for cell, sides in stands(bundle).items() if cell.subject == PROFILES}
    groups = bundle.participants[["department", "grade", "profession"]]
    names = {
        TOGETHER.join(name_of(str(dimension), str(group)) for dimension, group in each.items())
        for each in groups.fillna(NOT_GIVEN).to_dict("records")
    }
    assert {cell.group for cell in found} == names
    for side, everybody in enumerate(stands(bundle)[Cell(TASKS)]):
        assert sum(len(sides[side]) for sides in found.values()) == len(everybody)


def test_one_breakdown_of_people_has_no_profiles_but_with_arms_it_has() -> None:
    def profiles(design: str, arms: int) -> set[int]:
        trial = simulate(participants=60, logs_per_participant=5, design=design, seed=5).bundle
        names = ("control", "ai", "more")[:arms]
        given = tuple(Arm(name, ai=name != "control", ratio=1) for name in names)
        plan = replace(trial.trial.plan, subgroups=("grade", "task_type"))
        of = replace(trial.trial, plan=plan, design=replace(trial.trial.design, arms=given))
        people = trial.participants
        people = people.assign(arm=[names[place % arms] for place in range(len(people))])
        cells = stands(replace(trial, trial=of, participants=people))
        return {cell.group.count(TOGETHER) + 1 for cell in cells if cell.subject == PROFILES}

    assert profiles("parallel", 2) == set()
    assert profiles("parallel", 3) == {2}
