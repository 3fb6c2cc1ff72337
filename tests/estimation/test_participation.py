"""Who takes part and who of them does, counted by hand and once more day by day."""

import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.calendar import working_days
from measurement.estimation.evidence import Evidence, evidence_of
from measurement.estimation.participation import OTHER_WAVE, Turnout, of_logging, of_survey
from measurement.estimation.simulate import simulate
from tests.estimation.frames import bundle
from tests.untraced import untraced

# Monday to Friday of the third week; no bank holiday among them.
FIRST, LAST = "2025-01-06", "2025-01-24"
OVER = datetime.date(2025, 2, 28)
PEOPLE: list[dict[str, Any]] = [
    {"participant": "all", "department": "Kites"},
    {"participant": "silent", "department": "Kites"},
    {"participant": "late", "department": "Kites", "enrolled_on": "2025-01-14"},
    {"participant": "left", "department": "Ladles", "withdrawn_on": "2025-01-08"},
    # On a Saturday and on the Sunday after it: no working day of the second week.
    {"participant": "gone", "department": "Ladles", "withdrawn_on": "2025-01-12"},
]
LOGS = [("all", "06"), ("all", "15"), ("all", "24"), ("late", "15"), ("left", "07"), ("late", "13")]
ANSWERS: list[dict[str, Any]] = [
    {"participant": "all", "wave": "week 01", "date": "2025-01-09", "satisfaction": 3},
    {"participant": "all", "wave": "week 02", "date": "2025-01-16", "minutes_saved_low": 0},
    {"participant": "late", "wave": "week 02", "date": "2025-01-17", "minutes_saved_low": 0},
    {"participant": "left", "date": "2025-01-08", "minutes_saved_low": 0},
]


def evidence(
    as_of: datetime.date = OVER,
    *,
    people: Iterable[dict[str, Any]] = PEOPLE,
    surveys: Iterable[dict[str, Any]] = ANSWERS,
    **trial: Any,
) -> Evidence:
    logs = [
        {
            "participant": who,
            "key": f"{place}",
            "minutes": 20,
            "ai_used": False,
            "date": f"2025-01-{day}",
        }
        for place, (who, day) in enumerate(LOGS)
    ]
    dates = {"starts_on": FIRST, "ends_on": LAST} | trial
    dates = {name: value for name, value in dates.items() if value is not None}
    data = bundle(
        "observational", participants=[*people], logs=logs, surveys=[*surveys], trial=dates
    )
    return evidence_of(data, as_of)


def counted(turnouts: Iterable[Turnout]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many did, of how many, by dimension and group."""
    return {(one.dimension, one.group): (int(one.did.sum()), len(one.people)) for one in turnouts}


def test_who_logged_of_those_who_took_part() -> None:
    assert counted(of_logging(evidence())) == {
        ("all", "all"): (3, 5),
        ("department", "Kites"): (2, 3),
        ("department", "Ladles"): (1, 2),
        # Late had not joined in the first week, left and gone had left in the second.
        ("week", "1"): (2, 4),
        ("week", "2"): (2, 3),
        ("week", "3"): (1, 3),
    }


def test_who_answered_of_those_who_took_part() -> None:
    assert counted(of_survey(evidence())) == {
        ("all", "all"): (3, 5),
        ("department", "Kites"): (2, 3),
        ("department", "Ladles"): (1, 2),
        # From Thursday the 9th to Wednesday the 15th, when gone had a day and late had two.
        ("wave", "week 01"): (1, 4),
        ("wave", "week 02"): (2, 3),
        # Nobody answered, and it could be answered: that is a share of 0.
        ("wave", "week 03"): (0, 3),
    }


def test_people_stand_in_order_with_what_they_did() -> None:
    first = next(of_logging(evidence()))
    did = dict(zip(first.people, first.did.tolist(), strict=True))
    assert did == {"all": True, "gone": False, "late": True, "left": True, "silent": False}


@pytest.mark.parametrize(
    ("as_of", "weeks", "number"), [("11", 0, 0), ("12", 1, 0), ("15", 1, 1), ("23", 2, 2)]
)
def test_weeks_and_waves_come_once_they_are_over(as_of: str, weeks: int, number: int) -> None:
    found = evidence(datetime.date.fromisoformat(f"2025-01-{as_of}"))
    dimensions = [one.dimension for one in of_logging(found)]
    assert dimensions.count("week") == weeks
    assert [one.dimension for one in of_survey(found)].count("wave") == number


def test_who_has_not_joined_yet_does_not_count() -> None:
    early = evidence(datetime.date(2025, 1, 10))
    assert counted(of_logging(early))["all", "all"] == (2, 4)
    before = evidence(datetime.date(2025, 1, 5))
    assert counted(of_logging(before)) == {("all", "all"): (0, 0)}


def test_the_run_in_asks_for_no_logs_but_for_answers() -> None:
    found = evidence(run_in_days=8)
    logging, answers = counted(of_logging(found)), counted(of_survey(found))
    # From Tuesday the 14th on; who left before is no part of it.
    assert logging["all", "all"] == (2, 3)
    assert ("week", "1") not in logging
    assert logging["week", "2"] == (2, 3)
    assert answers["wave", "week 01"] == (1, 4)
    assert answers["all", "all"] == (3, 5)


def test_without_dates_everybody_counts_and_there_are_no_weeks() -> None:
    found = evidence(starts_on=None, ends_on=None)
    assert counted(of_logging(found)) == {
        ("all", "all"): (3, 5),
        ("department", "Kites"): (2, 3),
        ("department", "Ladles"): (1, 2),
    }
    waves = {one.group: one for one in of_survey(found) if one.dimension == "wave"}
    assert {name: (one.did.sum(), len(one.did)) for name, one in waves.items()} == {
        "week 01": (1, 5),
        "week 02": (2, 5),
    }
    assert {one.notes for one in waves.values()} == {(OTHER_WAVE,)}


def test_without_a_last_day_weeks_go_up_to_the_last_log() -> None:
    weeks = [key for key in counted(of_logging(evidence(ends_on=None))) if key[0] == "week"]
    assert weeks == [("week", "1"), ("week", "2"), ("week", "3")]
    silent = replace(evidence(ends_on=None), cells=evidence().cells.iloc[:0])
    assert not [key for key in counted(of_logging(silent)) if key[0] == "week"]


def test_waves_of_other_names_count_everybody_and_say_so() -> None:
    named = [answer | {"wave": "half-time"} for answer in ANSWERS[:2]]
    found = list(of_survey(evidence(surveys=named)))
    waves = [one for one in found if one.dimension == "wave"]
    assert [(one.group, one.did.sum(), len(one.did), one.notes) for one in waves] == [
        ("half-time", 1, 5, (OTHER_WAVE,))
    ]
    assert not next(iter(found)).notes


def test_without_an_answer_nobody_was_asked() -> None:
    assert counted(of_survey(evidence(surveys=()))) == {("all", "all"): (0, 0)}


def test_without_departments_there_are_none_and_else_nobody_is_left_out() -> None:
    bare = [{**person, "department": None} for person in PEOPLE]
    assert "department" not in {one.dimension for one in of_logging(evidence(people=bare))}
    some = [*PEOPLE[:3], *bare[3:]]
    found = counted(of_logging(evidence(people=some)))
    assert found["department", "(not given)"] == (1, 2)


WITHOUT_ALL = evidence(people=PEOPLE[1:])


@untraced()
@given(joined=st.integers(-5, 25), left=st.integers(-5, 25) | st.none(), as_of=st.integers(0, 40))
def test_a_person_is_counted_in_the_weeks_with_a_working_day_of_theirs(
    joined: int, left: int | None, as_of: int
) -> None:
    """Day by day: enrolled, not withdrawn, a working day, the week over."""
    start = datetime.date.fromisoformat(FIRST)

    def day(number: int) -> datetime.date:
        return start + datetime.timedelta(days=number)

    person = {
        "participant": "all",
        "enrolled_on": day(joined).isoformat(),
        "withdrawn_on": None if left is None else day(left).isoformat(),
    }
    found = counted(of_logging(evidence(day(as_of), people=[*PEOPLE[1:], person])))
    without = counted(of_logging(replace(WITHOUT_ALL, as_of=day(as_of))))
    for week, days in enumerate((range(7), range(7, 14), range(14, 19))):
        here = any(
            joined <= number
            and (left is None or number <= left)
            and working_days(day(number), day(number))
            for number in days
        )
        over = as_of >= days[-1]
        others = without.get(("week", str(week + 1)), (0, 0))[1]
        # Without a row of their own people come from their logs, with no days of their own.
        others -= over
        assert found.get(("week", str(week + 1)), (0, 0))[1] == others + (here and over)


def test_what_is_counted_agrees_with_the_logs_of_a_simulated_trial() -> None:
    data = simulate(participants=60, logs_per_participant=12, design="parallel", seed=9).bundle
    found = counted(of_logging(evidence_of(data, datetime.date(2026, 2, 28))))
    logs, start = data.task_logs, pd.Timestamp(data.trial.starts_on or "")
    assert found["all", "all"] == (logs["participant"].nunique(), 60)
    for week in range(12):
        since = start + pd.Timedelta(weeks=week)
        own = logs[(logs["date"] >= since) & (logs["date"] < since + pd.Timedelta(weeks=1))]
        stayed = data.participants["withdrawn_on"].isna() | (
            data.participants["withdrawn_on"] >= since
        )
        assert found["week", str(week + 1)] == (own["participant"].nunique(), stayed.sum())
