"""An attacker who adds up everything published in two weeks, by linear programming.

Stronger than a real one: the figures are not rounded, only withheld and frozen. So whatever is had
by adding up and subtracting would be had here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from measurement.estimation.bundle import Bundle
from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.freezing import frozen_anew, frozen_first
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.results import ALL, EstimateRow, Results
from measurement.estimation.standing import standing
from measurement.freezing import monday_of
from tests.measurement.freezing.frozen_weeks import MONDAY, simulated

TEN = 10
KEY = b"k" * 32
FIGURE = "minutes_saved_per_task"
COUNTED = ("logs", "participants")
RATE = "logging_rate"
SIDES = ("participants_with_ai", "participants_without_ai")
"""Of a share of people: those who did it, those who did not."""
EXACT = 1e-6
UNBOUNDED = 3
"""What linprog calls a goal without bounds."""


@dataclass
class Weeks:
    """What an attacker sees of departments: exact counts, week by week, as far as shown."""

    shown: list[Results]
    live: list[Results]


def exact_but_withheld(results: Results) -> Results:
    """Return results with what may not be shown withheld and the rest unrounded."""
    pairs = zip(results.estimates, published(results, minimum_people=TEN).estimates, strict=True)
    rows = (shown if shown.suppressed else exact for exact, shown in pairs)
    return replace(results, estimates=tuple(rows), sensitivity=())


def followed(trials: Iterable[Bundle]) -> Weeks:
    """Let a trial be analysed and frozen week by week."""
    weeks = Weeks([], [])
    frozen: Frozen | None = None
    for number, bundle in enumerate(trials):
        today = monday_of(MONDAY).replace(day=1 + 7 * number)
        evidence = evidence_of(bundle, today)
        results = evaluate(evidence)
        new, stands = exact_but_withheld(results), standing(evidence, KEY)
        if frozen is None:
            frozen = frozen_first(new, stands, arms=())
        else:
            frozen = frozen_anew(frozen, new, stands, arms=(), minimum_people=TEN)
        weeks.shown.append(frozen.results)
        weeks.live.append(results)
    return weeks


def rows(results: Results, figure: str = FIGURE) -> dict[str, EstimateRow]:
    return {
        row.group: row
        for row in results.estimates
        if row.estimand == figure
        and row.dimension in (ALL, "department")
        and row.sample == "primary"
    }


def attacked(
    seen: list[Results], names: list[str], what: str, figure: str = FIGURE
) -> dict[str, tuple[float, float]]:
    """Return the least and the most by which each department can have grown in the last week.

    The variables are each department's count in each week. They add up to the shown total of their
    week, and are known where a row of that week is shown.
    """
    weeks = len(seen)
    known: list[tuple[list[float], float]] = []
    days = [results.as_of for results in seen]
    for results in seen:
        for group, row in rows(results, figure).items():
            count = getattr(row, what)
            day = row.as_of or results.as_of
            if count is None or day not in days:
                continue
            at = days.index(day)
            members = names if group == ALL else [group]
            line = [0.0] * (weeks * len(names))
            for name in members:
                line[at * len(names) + names.index(name)] = 1.0
            known.append((line, float(count)))
    equations = np.array([line for line, _ in known])
    totals = np.array([total for _, total in known])
    found = {}
    for place, name in enumerate(names):
        goal = np.zeros(weeks * len(names))
        goal[(weeks - 1) * len(names) + place] = 1.0
        goal[(weeks - 2) * len(names) + place] = -1.0
        ends = []
        for sign in (1, -1):
            solved = linprog(sign * goal, A_eq=equations, b_eq=totals, bounds=(0, None))
            # Where a whole week waited nothing bounds it.
            assert solved.status in (0, UNBOUNDED), solved.message
            least = -np.inf if solved.status == UNBOUNDED else float(solved.fun or 0.0)
            ends.append(sign * least)
        found[name] = (ends[0], ends[1])
    return found


def with_more_logs(bundle: Bundle, people: Iterable[str], week: int) -> Bundle:
    """Let these people log all their tasks a second time, a little slower."""
    own = bundle.task_logs[bundle.task_logs["participant"].isin(list(people))]
    again = own.assign(key=own["key"] + f"-{week}", minutes=own["minutes"] + week)
    logs = pd.concat([bundle.task_logs, again])
    logs = logs.sort_values(["participant", "key"], ignore_index=True)
    return replace(bundle, task_logs=logs)


@cache
def story(seed: int) -> tuple[list[Bundle], list[dict[str, int]]]:
    """Return a trial in three weeks, and how many people of each department changed in each."""
    random = np.random.default_rng(seed)
    sizes = {f"Bureau {number}": int(random.integers(11, 40)) for number in range(4)}
    bundle = simulated(sizes)
    people = bundle.participants.groupby("department")["participant"].apply(list)
    bundles, changed = [bundle], []
    for week in (1, 2):
        counts = {name: int(random.integers(0, len(people[name]) + 1)) for name in sizes}
        few = str(random.choice(list(sizes)))
        counts[few] = int(random.integers(1, TEN))
        chosen = [who for name, count in counts.items() for who in people[name][:count]]
        bundles.append(with_more_logs(bundles[-1], chosen, week))
        changed.append(counts)
    return bundles, changed


@cache
def told(seed: int) -> Weeks:
    """Return what an attacker sees of that trial."""
    return followed(story(seed)[0])


def recovered(found: dict[str, tuple[float, float]]) -> set[str]:
    return {name for name, (least, most) in found.items() if most - least < EXACT}


@pytest.mark.parametrize("seed", [1, 2])
def test_adding_up_recovers_no_change_of_few_people(seed: int) -> None:
    weeks, (_, changed) = told(seed), story(seed)
    names = sorted(changed[0])
    for last in (2, 3):
        few = {name for name in names if 0 < changed[last - 2][name] < TEN}
        assert few
        for what in COUNTED:
            found = attacked(weeks.shown[:last], names, what)
            assert not recovered(found) & few, (what, found, changed)
    naive = attacked(weeks.live[:2], names, "logs")
    assert recovered(naive) == set(names), "live figures tell everything"


def beginning(seed: int) -> tuple[list[Bundle], list[dict[str, int]]]:
    """Return a trial of which half log at first, and how many of each department then begin."""
    random = np.random.default_rng(seed)
    sizes = {f"Bureau {number}": int(random.integers(45, 61)) for number in range(3)}
    whole = simulated(sizes)
    people = whole.participants.groupby("department")["participant"].apply(list)
    silent = {name: people[name][: len(people[name]) // 2] for name in sizes}
    bundles, changed = [whole], []
    for week in (0, 1, 2):
        if week:
            counts = {name: int(random.integers(0, 12)) for name in sizes}
            counts[f"Bureau {week}"] = int(random.integers(1, TEN))
            silent = {name: silent[name][counts[name] :] for name in sizes}
            changed.append(counts)
        still = [who for names in silent.values() for who in names]
        logs = whole.task_logs[~whole.task_logs["participant"].isin(still)]
        bundles.append(replace(whole, task_logs=logs.reset_index(drop=True)))
    return bundles[1:], changed


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_adding_up_recovers_no_few_who_began_to_log(seed: int) -> None:
    bundles, changed = beginning(seed)
    weeks, names = followed(bundles), sorted(changed[0])
    for last in (2, 3):
        few = {name for name in names if 0 < changed[last - 2][name] < TEN}
        assert few
        for what in SIDES:
            found = attacked(weeks.shown[:last], names, what, RATE)
            assert not recovered(found) & few, (what, found, changed)
    assert any(row.as_of for row in rows(weeks.shown[-1], RATE).values()), "some had to wait"
    naive = attacked(weeks.live[:2], names, SIDES[0], RATE)
    assert recovered(naive) == set(names), "live figures tell everything"


def test_withholding_the_group_alone_would_not_do() -> None:
    """The attack finds a change by subtraction: the rows of one department kept, all others new."""
    weeks, (_, changed) = told(1), story(1)
    names = sorted(changed[0])
    few = next(name for name in names if 0 < changed[0][name] < TEN)
    kept = replace(
        weeks.live[1],
        estimates=tuple(
            replace(row, logs=None) if row.group == few else row for row in weeks.live[1].estimates
        ),
    )
    assert few in recovered(attacked([weeks.live[0], kept], names, "logs"))


def test_nothing_of_a_small_department_is_had_in_any_week() -> None:
    sizes = {"Bureau of Kites": 30, "Office of Teapots": 16, "Ministry of Ladles": 4}
    bundle = simulated(sizes)
    people = bundle.participants
    more = people.loc[people["department"] != "Office of Teapots", "participant"]
    weeks = followed([bundle, with_more_logs(bundle, more, 1)])
    names = sorted(sizes)
    for what in COUNTED:
        assert "Ministry of Ladles" not in recovered(attacked(weeks.shown, names, what))
    assert "Ministry of Ladles" in recovered(attacked(weeks.live, names, "logs"))


def test_the_plan_is_of_the_figures() -> None:
    """A plan that changed shows with the figures that follow it, and not before."""
    bundle = simulated({"Bureau of Kites": 30})
    plan = replace(bundle.trial.plan, confidence=0.9)
    replanned = replace(bundle, trial=replace(bundle.trial, plan=plan))
    everybody = bundle.participants["participant"]
    weeks = followed([bundle, replanned, with_more_logs(replanned, everybody, 2)])
    first, second, third = (results.plan_sha256 for results in weeks.shown)
    assert first == second == weeks.live[0].plan_sha256
    assert third == weeks.live[1].plan_sha256 != first
    assert [rows(results)[ALL].confidence for results in weeks.shown] == [0.95, 0.95, 0.9]
