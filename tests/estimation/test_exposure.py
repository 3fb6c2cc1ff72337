"""Days with access, counted by hand. Easter Monday 2025 is 21 April, the May holidays 5 and 26."""

import datetime
from typing import Any

import pytest

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.exposure import logged_days_with_access, working_days_with_access
from tests.estimation.frames import AS_OF, bundle, compressed

# Monday 14 April to Friday 2 May 2025: 15 weekdays less Good Friday and Easter Monday.
TRIAL = {"starts_on": "2025-04-14", "ends_on": "2025-05-02"}


def days(
    kind: Any,
    participants: Any,
    *,
    logs: Any = (),
    as_of: Any = AS_OF,
    trial: Any = TRIAL,
    **sections: Any,
) -> Any:
    """Return the working days with access of each participant."""
    data = bundle(kind, logs=logs, participants=participants, trial=trial, **sections)
    cells = compressed(data).cells
    counted = working_days_with_access(data.trial, data.participants, cells, as_of)
    return dict(zip(data.participants["participant"], counted, strict=True))


def test_bank_holidays_joining_leaving_and_access_bound_the_days() -> None:
    people = [
        {"participant": "whole trial"},
        {"participant": "late joiner", "enrolled_on": "2025-04-28"},
        {"participant": "early leaver", "withdrawn_on": "2025-04-22"},
        {"participant": "late access", "ai_from": "2025-05-01"},
        {
            "participant": "left before access",
            "ai_from": "2025-05-01",
            "withdrawn_on": "2025-04-30",
        },
    ]

    assert days("parallel", people) == {
        "whole trial": 13,
        "late joiner": 5,
        "early leaver": 5,
        "late access": 2,
        "left before access": 0,
    }


def test_the_run_in_is_no_working_day() -> None:
    assert days("parallel", [{"participant": "p"}], trial={**TRIAL, "run_in_days": 7}) == {"p": 9}


def test_a_running_trial_counts_up_to_today() -> None:
    today = datetime.date(2025, 4, 23)

    assert days("parallel", [{"participant": "p"}], as_of=today) == {"p": 6}


def test_a_trial_without_dates_has_no_working_days() -> None:
    with pytest.raises(NotEstimable, match="no first and last day"):
        days("parallel", [{"participant": "p"}], trial={})


def test_crossover_counts_the_planned_periods_with_ai() -> None:
    periods = [
        {"name": "1", "starts_on": "2025-04-14", "ends_on": "2025-04-20"},
        {"name": "2", "starts_on": "2025-04-21", "ends_on": "2025-05-02"},
    ]
    people = [
        {"participant": "ai first", "sequence": "BA"},
        {"participant": "ai second", "sequence": "AB"},
        {"participant": "always", "sequence": "BB", "enrolled_on": "2025-04-17"},
    ]

    assert days("crossover", people, design={"periods": periods}) == {
        "ai first": 4,
        "ai second": 9,
        "always": 10,
    }


def test_crossover_without_planned_periods_counts_the_span_of_own_logs() -> None:
    def log(key: Any, date: Any, period: Any) -> Any:
        return {
            "participant": "p",
            "key": key,
            "minutes": 9,
            "ai_used": period == "2",
            "date": date,
            "period": period,
        }

    logs = [
        log("1", "2025-04-14", "1"),
        log("2", "2025-04-17", "2"),
        log("3", "2025-04-23", "2"),
    ]
    people = [{"participant": "p", "sequence": "AB"}, {"participant": "silent", "sequence": "AB"}]

    assert days("crossover", people, logs=logs) == {"p": 3, "silent": 0}


def test_logged_days_are_those_under_the_treatment() -> None:
    logs = [
        {"participant": "p", "key": "1", "minutes": 9, "ai_used": True, "date": "2025-04-14"},
        {"participant": "p", "key": "2", "minutes": 9, "ai_used": False, "date": "2025-04-15"},
    ]
    for kind, expected in (("observational", [2.0]), ("parallel", [0.0])):
        people = [{"participant": "p", "arm": "control"}]
        data = bundle(kind, logs=logs, participants=people)
        totals = compressed(data).totals
        assert logged_days_with_access(data.trial, totals).tolist() == expected
