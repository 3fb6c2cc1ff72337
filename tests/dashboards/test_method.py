"""How a trial found its figures, and what they cannot say, in words."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from dashboards import method as words
from dashboards.method import cautions, method
from measurement.estimation.definition import KINDS
from measurement.estimation.results import Check
from measurement.estimation.trial_toml import parse_trial
from tests.dashboards.invented import results, row, trial

ARMS = [{"name": "without", "ai": False}, {"name": "with", "ai": True}]
LOCKED: dict[str, Any] = {
    "plan_locked_at": "2024-09-02T09:00:00+00:00",
    "plan_locked_by": "lead (user 1)",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_design_says_how_it_compares(kind: str) -> None:
    design = {"kind": kind} | ({"arms": ARMS} if kind in ("parallel", "cluster") else {})
    said = method(parse_trial({"trial": {"slug": "t", "title": "T"}, "design": design}))
    assert said[0] == words.HOW_COMPARED[kind]
    assert all(sentence.endswith(".") for sentence in said)


def test_the_plan_decides_the_words() -> None:
    table = {"trial": {"slug": "t", "title": "T"}, "design": {"kind": "crossover"}}
    plan = {"confidence": 0.9, "day_basis": "logged_days", "read_out_on": "2026-03-02"}
    said = " ".join(method(parse_trial(table | {"plan": plan})))
    assert "90% confidence interval" in said
    assert words.EVERYBODY not in said
    assert "2 March 2026" in said
    assert words.EVERYBODY in method(parse_trial(table))


def checked(**verdicts: str) -> tuple[Check, ...]:
    return tuple(
        Check(check=name, statistic=None, p_value=None, verdict=verdict, message=f"About {name}")
        for name, verdict in verdicts.items()
    )


def test_a_sound_trial_has_the_cautions_of_all() -> None:
    sound = replace(results(row()), **LOCKED)
    year = words.A_YEAR.format(year="225 days of 7.5 hours")
    assert cautions(trial(), sound) == (year, words.OTHERS)


def test_what_is_grave_stands_first() -> None:
    found = replace(
        results(row("reported_minutes_saved_per_day"), simulated=True),
        checks=checked(novelty="warn", sample_ratio="fail", order="pass", heaping="not_estimable"),
        deviations=({"what": "plan.confidence"},),
        **LOCKED,
    )
    observed = parse_trial(
        {"trial": {"slug": "t", "title": "T"}, "design": {"kind": "observational"}}
    )
    assert cautions(observed, found)[:6] == (
        words.SIMULATED,
        words.NO_COMPARISON,
        "About sample_ratio.",
        words.PLAN_CHANGED,
        "About novelty.",
        words.REPORTED_IS_OPINION,
    )


@pytest.mark.parametrize(
    ("locked_at", "is_late"),
    [
        ("2024-09-30T22:59:00+00:00", False),  # a minute before midnight in London
        ("2024-09-30T23:00:00+00:00", True),
    ],
)
def test_a_plan_that_was_locked_after_the_first_day_is_a_caution(
    locked_at: str, is_late: bool
) -> None:
    said = cautions(trial(), replace(results(row()), plan_locked_at=locked_at))
    assert (words.LOCKED_LATE.format(day="1 October 2024") in said) is is_late
    undated = cautions(trial(starts_on=None), replace(results(row()), plan_locked_at=locked_at))
    assert not [words for words in undated if words.startswith("The plan was locked")]


@pytest.mark.parametrize(
    ("locked_at", "is_over"),
    [
        ("2024-12-13T23:59:00+00:00", False),
        ("2024-12-14T00:00:00+00:00", True),
    ],
)
def test_a_plan_that_was_locked_after_the_last_day_came_after_all_data(
    locked_at: str, is_over: bool
) -> None:
    ended = trial(ends_on=datetime.date(2024, 12, 13))
    said = cautions(ended, replace(results(row()), plan_locked_at=locked_at))
    words_of = words.LOCKED_AFTER if is_over else words.LOCKED_LATE
    assert words_of.format(day="14 December 2024" if is_over else "13 December 2024") in said
    (late,) = [one for one in said if one.startswith("The plan was locked")]
    assert ("after all of the data" in late) is is_over


def test_a_plan_that_makes_results_look_clear_is_a_caution() -> None:
    found = replace(results(row()), **LOCKED)
    usual = trial()
    low = replace(usual, plan=replace(usual.plan, confidence=0.5, winsorise=(0.49, 0.6)))
    extra = set(cautions(low, found)) - set(cautions(usual, found))
    assert extra == {
        words.LOW_CONFIDENCE.format(level="50%"),
        words.MANY_MOVED.format(low="49", high="40"),
    }
    mild = replace(usual, plan=replace(usual.plan, confidence=0.99, winsorise=(0.01, 0.95)))
    assert cautions(mild, found) == cautions(usual, found)


def test_a_plan_that_was_not_locked_is_a_caution() -> None:
    assert words.NOT_LOCKED in cautions(trial(), results(row()))
