"""Flag rules: each threshold, blind to treatment, and a person's own business."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.bundle import canonical_task_logs
from measurement.estimation.definition import FLAGS
from measurement.estimation.flags import (
    FLAG_NAMES,
    FLAG_RULES,
    FLAG_RULES_VERSION,
    flag_bits,
    is_flagged,
)
from tests.estimation.frames import bundle
from tests.untraced import untraced

DAY = "2025-03-03"
TIMES = {"started_at", "ended_at", "recorded_at"}


def frame(*logs: Any) -> pd.DataFrame:
    """Return canonical logs of one person, keys by position, 30 minutes unless told otherwise."""
    usual = {"participant": "p", "minutes": 30.0, "ai_used": False}
    data = pd.DataFrame([{**usual, "key": f"{i:03d}", **log} for i, log in enumerate(logs)])
    times = {
        name: pd.to_datetime(data[name], utc=True, format="ISO8601") for name in TIMES & {*data}
    }
    return canonical_task_logs(data.assign(**times))


def flagged(name: str, *logs: Any) -> list[bool]:
    """Say for each log whether the rule holds."""
    return list(is_flagged(flag_bits(frame(*logs)), name))


def span(start: str, end: str, **others: Any) -> dict[str, Any]:
    """Return a log of DAY from one time to another, minutes to match."""
    times = {"started_at": f"{DAY}T{start}Z", "ended_at": f"{DAY}T{end}Z"}
    first, last = (pd.Timestamp(time) for time in times.values())
    minutes = max((last - first).total_seconds() / 60, 1.0)
    return {"date": DAY, "minutes": minutes, **times, **others}


def test_the_rules_are_these() -> None:
    assert FLAG_NAMES == (
        "late_entry",
        "overlapping",
        "straight_lining",
        "too_short",
        "too_long",
        "timestamps_disagree",
        "duplicate",
    )
    assert FLAGS == FLAG_NAMES == tuple(rule.name for rule in FLAG_RULES)
    assert FLAG_RULES_VERSION == (
        "late_entry 1, overlapping 1, straight_lining 1, too_short 1, too_long 1, "
        "timestamps_disagree 1, duplicate 1"
    )
    # Thresholds are named in the words, so that results which name the rules name them too.
    assert [rule.description for rule in FLAG_RULES] == [
        "entered more than 7 days after the day of the task",
        "whose time from start to end overlaps that of another task of the same person",
        "in a row of 10 or more of one person with the same minutes",
        "of less than 1 minute",
        "of more than 8 hours",
        "that end before they start, or whose time from start to end is less than half or more "
        "than twice the minutes given and differs by more than 15 minutes",
        "that repeat another log of the same person: day, task type, minutes and start time",
    ]


def test_bits_stand_in_the_order_of_the_rules() -> None:
    assert list(flag_bits(frame({"minutes": 0.5}, {"minutes": 481.0}, {}))) == [8, 16, 0]
    assert list(flag_bits(frame().iloc[:0])) == []


@pytest.mark.parametrize(
    ("recorded_at", "late"),
    [
        ("2025-03-10T23:59:59Z", False),
        ("2025-03-11T00:00:00Z", True),
        ("2025-03-01T12:00:00Z", False),
        (None, False),
    ],
)
def test_late_entry_is_more_than_seven_days_after(recorded_at: Any, late: bool) -> None:
    assert flagged("late_entry", {"date": DAY, "recorded_at": recorded_at}) == [late]


def test_late_entry_counts_the_days_of_the_place() -> None:
    # Half past eleven at night in Greenwich is the next day in London's summer.
    summer = {"date": "2025-07-01", "recorded_at": "2025-07-08T23:30:00Z"}
    assert flagged("late_entry", summer) == [True]
    assert flagged("late_entry", {**summer, "date": None}) == [False]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("09:00", "10:00"), ("10:00", "11:00")], [False, False]),
        ([("09:00", "10:00:01"), ("10:00", "11:00")], [True, True]),
        # A long task over two short ones, the second of which meets nothing else.
        ([("09:00", "12:00"), ("09:10", "09:20"), ("11:00", "11:30")], [True, True, True]),
        ([("09:00", "09:30"), ("09:00", "09:45"), ("13:00", "13:30")], [True, True, False]),
        # No time from start to end, and a negative one: no task can overlap with it.
        ([("09:00", "10:00"), ("09:30", "09:30"), ("09:40", "09:20")], [False, False, False]),
    ],
)
def test_overlapping_tasks_share_time(spans: Any, expected: Any) -> None:
    logs = [span(*times) for times in spans]
    assert flagged("overlapping", *logs) == expected
    assert flagged("overlapping", *logs[::-1]) == expected[::-1]


def test_only_tasks_of_one_person_overlap() -> None:
    first, second = span("09:00", "10:00"), span("09:30", "10:30")
    other = {**second, "participant": "q"}
    assert flagged("overlapping", first, other) == [False, False]
    assert flagged("overlapping", first, {"date": DAY}, {**second, "status": "void"}) == [False] * 3


def straight(count: int, **others: Any) -> list[dict[str, Any]]:
    return [{"date": f"2025-03-{day + 1:02d}", "minutes": 20.0, **others} for day in range(count)]


def test_straight_lining_is_ten_in_a_row() -> None:
    assert flagged("straight_lining", *straight(9)) == [False] * 9
    assert flagged("straight_lining", *straight(10)) == [True] * 10
    other = {"date": "2025-03-05", "minutes": 21.0, "key": "z"}
    assert flagged("straight_lining", *straight(14), other) == [False] * 5 + [False] * 10
    assert flagged("straight_lining", *straight(15), other) == [False] * 5 + [True] * 10 + [False]


def test_rows_are_ordered_by_date_and_time_not_by_key() -> None:
    backwards = [{**log, "key": f"{9 - i}"} for i, log in enumerate(straight(10))]
    odd = {"date": "2025-03-06", "minutes": 5.0, "key": "zz"}
    assert flagged("straight_lining", *backwards, odd) == [False] * 11
    same_day = straight(10, date=DAY)
    timed = [{**log, "recorded_at": f"{DAY}T09:{i:02d}:00Z"} for i, log in enumerate(same_day)]
    odd = {"date": DAY, "minutes": 5.0, "key": "zz", "recorded_at": f"{DAY}T09:04:30Z"}
    assert flagged("straight_lining", *timed, odd) == [False] * 11
    assert flagged("straight_lining", *same_day, {**odd, "recorded_at": None}) == [
        *[True] * 10,
        False,
    ]


def test_straight_lining_passes_over_censored_and_void_logs() -> None:
    limit = straight(12, censored=True)
    assert flagged("straight_lining", *limit) == [False] * 12
    void = {"date": "2025-03-05", "status": "void", "minutes": None, "key": "z"}
    assert flagged("straight_lining", *straight(10), void) == [True] * 10 + [False]
    people = [*straight(5), *straight(5, participant="q")]
    assert flagged("straight_lining", *people) == [False] * 10
    assert (
        flagged("straight_lining", *straight(10, task_type="draft")[:9], *straight(10)[9:])
        == [True] * 10
    )


def test_too_short_and_too_long() -> None:
    logs = [{"minutes": minutes} for minutes in (0.999, 1.0, 480.0, 480.001)]
    assert flagged("too_short", *logs) == [True, False, False, False]
    assert flagged("too_long", *logs) == [False, False, False, True]


@pytest.mark.parametrize(
    ("times", "minutes", "disagree"),
    [
        (("09:00", "09:31"), 16.0, False),  # 15 apart
        (("09:00", "09:31"), 15.0, True),  # 16 apart, more than twice
        (("09:00", "10:00"), 30.0, False),  # twice
        (("09:00", "10:00"), 29.9, True),
        (("09:00", "10:00"), 120.0, False),  # half
        (("09:00", "10:00"), 120.1, True),
        (("09:00", "09:00"), 15.0, False),
        (("09:00", "09:00"), 15.1, True),
        (("09:00:00", "08:59:59"), 1.0, True),  # ends before it starts
    ],
)
def test_timestamps_disagree_grossly(times: Any, minutes: float, disagree: bool) -> None:
    assert flagged("timestamps_disagree", span(*times, minutes=minutes)) == [disagree]


def test_half_a_timestamp_disagrees_with_nothing() -> None:
    log = span("09:00", "10:00", minutes=1.0)
    for name in ("started_at", "ended_at"):
        assert flagged("timestamps_disagree", {**log, name: None}) == [False]


def test_duplicates_are_the_later_copies() -> None:
    log = span("09:00", "10:00", task_type="draft")
    first = {**log, "recorded_at": "2025-03-03T12:00:00Z", "key": "b"}
    second = {**log, "recorded_at": "2025-03-03T13:00:00Z", "key": "a"}
    # In canonical order, by key: a, b, c.
    assert flagged("duplicate", first, second, {**log, "key": "c"}) == [True, False, True]
    assert flagged("duplicate", log, log) == [False, True]
    # Its copies are no other tasks.
    assert flagged("overlapping", first, second) == [False, False]
    assert flagged("overlapping", log, log, span("09:30", "09:40")) == [True, False, True]


@pytest.mark.parametrize(
    "other",
    [
        {"participant": "q"},
        {"date": "2025-03-04"},
        {"task_type": "search"},
        {"minutes": 59.0},
        {"started_at": f"{DAY}T09:00:01Z"},
        {"status": "void", "minutes": None},
    ],
)
def test_what_differs_is_no_duplicate(other: Any) -> None:
    log = span("09:00", "10:00", task_type="draft")
    assert flagged("duplicate", log, {**log, **other}) == [False, False]


def test_equal_logs_without_start_are_no_duplicates() -> None:
    assert flagged("duplicate", {"date": DAY}, {"date": DAY}) == [False, False]


def test_a_duplicate_without_date_or_type_is_one() -> None:
    log = {**span("09:00", "10:00"), "date": None}
    assert flagged("duplicate", log, log) == [False, True]


moments = st.sampled_from(
    [None, "2025-03-03T09:00:00Z", "2025-03-03T09:20:00Z", "2025-03-14T00:10:00Z"]
)
rows = st.fixed_dictionaries(
    {
        "participant": st.sampled_from(["Ann Example", "Bob Example"]),
        "minutes": st.sampled_from([0.5, 20.0, 20.0, 20.0, 500.0]),
        "ai_used": st.booleans(),
        "ai_assigned": st.sampled_from([None, True, False]),
        "tool": st.sampled_from([None, "kettle"]),
        "novel": st.booleans(),
        "quality": st.sampled_from([None, 1.0, 5.0]),
        "date": st.sampled_from([None, DAY]),
        "task_type": st.sampled_from([None, "draft"]),
        "status": st.sampled_from(["logged", "logged", "logged", "void"]),
        "started_at": moments,
        "ended_at": moments,
        "recorded_at": moments,
    }
)


@untraced()
@given(st.lists(rows, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_neither_treatment_nor_others_nor_order_change_a_flag(logs: Any, random: Any) -> None:
    logs = [log if log["status"] == "logged" else {**log, "minutes": None} for log in logs]
    data = frame(*logs)
    bits = flag_bits(data)
    blind = data.assign(
        ai_used=~data["ai_used"],
        ai_assigned=~data["ai_assigned"],
        tool="other",
        novel=~data["novel"],
        quality=3.0,
        period="2",
    )
    assert list(flag_bits(blind)) == list(bits)

    order = list(range(len(data)))
    random.shuffle(order)
    assert list(flag_bits(data.iloc[order])) == list(bits[order])

    for name in data["participant"].unique():
        own = (data["participant"] == name).to_numpy()
        assert list(flag_bits(data[own])) == list(bits[own])
    assert not bits[(data["status"] != "logged").to_numpy()].any()


@untraced()
@given(st.lists(rows, min_size=1, max_size=25))
def test_overlaps_equal_those_found_pair_by_pair(logs: Any) -> None:
    logs = [{**log, "status": "logged"} for log in logs]
    data = frame(*logs)
    copies = is_flagged(flag_bits(data), "duplicate")
    spans = data.loc[~copies & (data["ended_at"] > data["started_at"]).to_numpy()]
    tasks: list[Any] = list(spans[["participant", "started_at", "ended_at"]].itertuples())
    meeting = {
        one.Index
        for one in tasks
        for other in tasks
        if one.Index != other.Index
        and one.participant == other.participant
        and max(one.started_at, other.started_at) < min(one.ended_at, other.ended_at)
    }
    assert set(np.flatnonzero(is_flagged(flag_bits(data), "overlapping"))) == meeting


def test_a_plan_excludes_by_these_flags_alone() -> None:
    logs = [{"participant": "p", "minutes": 5.0, "ai_used": True}]
    planned = bundle("observational", logs=logs, plan={"exclude_flags": ["too_long"]})
    assert planned.trial.plan.exclude_flags == ("too_long",)
