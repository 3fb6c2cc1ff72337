"""Who counts as assigned to AI, and who was given it, in each design."""

from typing import Any

import numpy as np
import pytest

from measurement.estimation.cells import classify
from measurement.estimation.designs import (
    BY_USE,
    NOT_CAUSAL,
    RANDOMISED,
    arm_names,
    comparison,
    fixed_effects,
    rules,
    standard_errors,
)
from measurement.estimation.trial_toml import parse_trial
from tests.estimation.frames import bundle, trial_table


def assigned(kind: Any, *, logs: Any, participants: Any = (), **sections: Any) -> Any:
    """Return the assignment of each log: True, False or None."""
    given = bundle(kind, logs=logs, participants=participants, **sections)
    column = classify(given.trial, given.participants, given.task_logs)["assigned"]
    return [
        None if value is None else bool(value)
        for value in column.astype(object).where(column.notna(), None)
    ]


def log(participant: Any, key: Any = "1", **values: Any) -> Any:
    """Return a log of 30 minutes without AI."""
    return {"participant": participant, "key": key, "minutes": 30, "ai_used": False, **values}


def test_task_randomised_follows_the_coin_and_else_the_use() -> None:
    logs = [
        log("p", "1", ai_assigned=True, ai_used=False),
        log("p", "2", ai_assigned=False, ai_used=True),
        log("p", "3", ai_assigned=None, ai_used=True),
    ]

    assert assigned("task_randomised", logs=logs) == [True, False, True]


@pytest.mark.parametrize("kind", ["parallel", "cluster"])
def test_arms_decide_whatever_was_used(kind: Any) -> None:
    logs = [log("a", ai_used=True), log("b"), log("c", ai_used=True)]
    people = [{"participant": "a", "arm": "control"}, {"participant": "b", "arm": "ai"}]

    assert assigned(kind, logs=logs, participants=people) == [False, True, None]


def test_crossover_reads_the_letter_of_the_period() -> None:
    periods = [
        {"name": "first", "starts_on": "2025-01-06", "ends_on": "2025-01-10"},
        {"name": "second", "starts_on": "2025-01-13", "ends_on": "2025-01-17"},
    ]
    logs = [
        log("p", "1", date="2025-01-07"),
        log("p", "2", date="2025-01-14"),
        log("p", "3", period="second", date="2025-01-07"),
        log("p", "4", date="2025-02-20"),
        log("p", "5", ai_assigned=True, date="2025-01-07"),
    ]
    people = [{"participant": "p", "sequence": "AB"}]

    given = assigned("crossover", logs=logs, participants=people, design={"periods": periods})

    assert given == [False, True, True, None, True]


def test_crossover_without_planned_periods_numbers_them() -> None:
    logs = [log("p", "1", period="1"), log("p", "2", period="2"), log("p", "3", period="third")]
    people = [{"participant": "p", "sequence": "BA"}]

    assert assigned("crossover", logs=logs, participants=people) == [True, False, None]


def test_stepped_wedge_follows_the_date_of_access() -> None:
    logs = [
        log("p", "1", date="2025-01-09"),
        log("p", "2", date="2025-01-10"),
        log("p", "3", date=None),
        log("never", "1", date="2025-01-10"),
    ]
    people = [{"participant": "p", "ai_from": "2025-01-10"}, {"participant": "never"}]

    assert assigned("stepped_wedge", logs=logs, participants=people) == [False, False, True, None]


def test_given_ai_is_the_population_of_the_design() -> None:
    people = [
        {"participant": "a", "arm": "ai", "ai_from": "2025-01-06"},
        {"participant": "b", "arm": "control"},
        {"participant": "c"},
    ]
    by_design = {
        "parallel": [True, False, False],
        "cluster": [True, False, False],
        "stepped_wedge": [True, False, False],
        "observational": [True, False, False],
        "crossover": [True, True, True],
        "task_randomised": [True, True, True],
    }
    for kind, expected in by_design.items():
        given = bundle(kind, logs=[log("a"), log("b"), log("c")], participants=people)
        population = rules(given.trial).given_ai(given.trial, given.participants)
        assert population.tolist() == expected, kind


def test_observational_without_days_of_access_counts_everybody() -> None:
    given = bundle("observational", logs=[log("a"), log("b")])

    assert rules(given.trial).given_ai(given.trial, given.participants).tolist() == [True, True]


def test_plan_overrides_the_defaults_of_the_design() -> None:
    planned = parse_trial(
        trial_table("crossover", plan={"fixed_effects": ["week"], "standard_errors": "HC3"})
    )
    default = parse_trial(trial_table("crossover"))

    assert (fixed_effects(planned), standard_errors(planned)) == (("week",), "HC3")
    assert fixed_effects(default) == ("participant", "task_type", "period")
    assert standard_errors(default) == "cluster"


def test_strata_belong_to_the_default_model_of_arms() -> None:
    stratified = parse_trial(trial_table("parallel", design={"stratify_by": ["department"]}))

    assert fixed_effects(stratified) == ("task_type", "department")


def test_every_effect_says_how_it_was_compared() -> None:
    assert comparison(parse_trial(trial_table("parallel"))) == RANDOMISED
    assert comparison(parse_trial(trial_table("parallel", plan={"treatment": "used"}))) == BY_USE
    assert comparison(parse_trial(trial_table("observational"))) == NOT_CAUSAL


def test_arms_of_a_kind_are_named_together() -> None:
    arms = [
        {"name": "none", "ai": False},
        {"name": "chat", "ai": True},
        {"name": "plug-in", "ai": True},
    ]

    assert arm_names(parse_trial(trial_table("parallel", design={"arms": arms}))) == (
        "chat + plug-in",
        "none",
    )
    assert arm_names(parse_trial(trial_table("observational"))) == ("ai", "control")


def test_an_observed_assignment_is_unknown() -> None:
    given = bundle("observational", logs=[log("a", ai_used=True)])
    logs = classify(given.trial, given.participants, given.task_logs)

    assert np.isnan(logs["assigned"].to_numpy(dtype=float, na_value=np.nan)).all()
    assert (logs["rule"] == "").all()
