"""Which task logs are analysed, and how those that are not are counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.cells import (
    EXCLUSION_RULES,
    exclusion_rules,
)
from tests.estimation.frames import bundle, compressed
from tests.estimation.logs_for_cells import log_rows, one_log, trial_of
from tests.untraced import untraced


@untraced()
@given(st.lists(log_rows, min_size=1, max_size=60))
def test_stored_is_analysed_and_excluded(rows: Any) -> None:
    data = trial_of(rows, trial={"starts_on": "2025-01-07", "ends_on": "2025-02-01"})
    found = compressed(data)

    excluded = sum(sum(by_rule.values()) for by_rule in found.totals["excluded"])
    assert found.totals["stored"].sum() == len(rows)
    assert found.cells["logs"].sum() + excluded == len(rows)


def excluded_by(log: Any, *, person: Any = None, **sections: Any) -> Any:
    """Return the rule that excludes a single log of a participant of the ai arm, or None."""
    data = bundle(
        "parallel",
        logs=[{"participant": "p", "key": "1", "minutes": 10, "ai_used": True, **log}],
        participants=[{"participant": "p", "arm": "ai", **(person or {})}],
        **sections,
    )
    (by_rule,) = compressed(data).totals["excluded"]
    assert sum(by_rule.values()) <= 1
    return next(iter(by_rule), None)


YEAR = {"starts_on": "2025-01-06", "ends_on": "2025-01-31", "run_in_days": 7}


@pytest.mark.parametrize(
    ("log", "person", "rule"),
    [
        ({"status": "void", "minutes": None}, {}, "void"),
        ({"status": "withheld", "minutes": None}, {}, "withheld"),
        ({"date": "2025-01-05"}, {}, "before_start"),
        ({"date": "2025-02-01"}, {}, "after_end"),
        ({"date": "2025-01-12"}, {}, "run_in"),
        ({"date": "2025-01-13"}, {}, None),
        ({"date": None}, {}, None),
        ({"date": "2025-01-31"}, {}, None),
        ({"date": "2025-01-20"}, {"enrolled_on": "2025-01-21"}, "before_enrolment"),
        ({"date": "2025-01-21"}, {"enrolled_on": "2025-01-21"}, None),
        ({"date": "2025-01-22"}, {"withdrawn_on": "2025-01-21"}, "after_withdrawal"),
        ({"date": "2025-01-21"}, {"withdrawn_on": "2025-01-21"}, None),
        ({"date": "2025-01-20"}, {"arm": None}, "not_assigned"),
        ({"date": "2025-01-05"}, {"arm": None}, "before_start"),
    ],
)
def test_the_first_rule_that_holds_excludes(log: Any, person: Any, rule: Any) -> None:
    assert excluded_by(log, person=person, trial=YEAR) == rule


def test_unassigned_logs_count_where_use_is_compared() -> None:
    assert excluded_by({}, person={"arm": None}, plan={"treatment": "used"}) is None


def test_days_are_distinct_dates_after_access() -> None:
    logs = [
        {"participant": "p", "key": "1", "minutes": 5, "ai_used": True, "date": "2025-01-06"},
        {"participant": "p", "key": "2", "minutes": 5, "ai_used": False, "date": "2025-01-07"},
        {"participant": "p", "key": "3", "minutes": 5, "ai_used": True, "date": "2025-01-07"},
        {"participant": "p", "key": "4", "minutes": 5, "ai_used": False, "date": "2025-01-08"},
        {"participant": "p", "key": "5", "minutes": 5, "ai_used": False, "date": None},
    ]
    people = [{"participant": "p", "arm": "ai", "ai_from": "2025-01-07"}, {"participant": "q"}]
    data = bundle("parallel", logs=logs, participants=people)

    totals = compressed(data).totals.set_index("participant")

    days = ["days_logged", "days_assigned", "days_used"]
    assert [totals.at["p", name] for name in days] == [2, 2, 1]
    assert [totals.at["q", name] for name in ("stored", *days)] == [0, 0, 0, 0]


def test_a_planned_flag_excludes_after_every_other_rule() -> None:
    trial: Any = {"trial": YEAR, "plan": {"exclude_flags": ["too_long", "late_entry"]}}
    late = {"date": "2025-01-20", "recorded_at": "2025-02-20T00:00:00Z"}
    assert excluded_by({**late}, **trial) == "flag_late_entry"
    # The order of the rules counts, not that of the plan.
    assert excluded_by({**late, "minutes": 600.0}, **trial) == "flag_late_entry"
    assert excluded_by({"date": "2025-01-20", "minutes": 600.0}, **trial) == "flag_too_long"
    assert excluded_by({"date": "2025-01-05", "minutes": 600.0}, **trial) == "before_start"
    assert excluded_by({"date": "2025-01-20", "minutes": 0.5}, **trial) is None


def test_exclusion_rules_are_the_general_ones_and_the_plans() -> None:
    plain = bundle("observational", logs=[])
    planned = bundle("observational", logs=[], plan={"exclude_flags": ["too_long", "late_entry"]})
    assert exclusion_rules(plain.trial) == EXCLUSION_RULES
    assert exclusion_rules(planned.trial) == (
        *EXCLUSION_RULES,
        "flag_late_entry",
        "flag_too_long",
    )


def test_withheld_tasks_are_counted_by_assignment() -> None:
    assignments: list[Any] = [True, True, False, None]
    logs = [
        one_log(key=str(i), status="withheld", minutes=None, ai_used=False, ai_assigned=coin)
        for i, coin in enumerate(assignments)
    ]
    logs += [one_log(key="v", status="void", minutes=None, ai_assigned=True)]
    data = bundle("crossover", logs=[*logs, one_log(key="l", ai_assigned=True)])
    totals = compressed(data).totals
    assert totals[["withheld_with_ai", "withheld_without_ai"]].to_numpy().tolist() == [[2, 1]]
