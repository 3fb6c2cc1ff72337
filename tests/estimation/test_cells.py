"""Cells lose nothing, depend on nobody else and on no order; exclusions are counted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.cells import CELL_COLUMNS, CELL_KEYS, TOTAL_COLUMNS, compress
from tests.estimation.frames import bundle

PEOPLE = ("Ann Example", "Bob Example", "Cy Example")
ARMS = [
    {"participant": PEOPLE[0], "arm": "ai"},
    {"participant": PEOPLE[1], "arm": "control"},
    {"participant": PEOPLE[2], "arm": "ai"},
]

log_rows = st.fixed_dictionaries(
    {
        "participant": st.sampled_from(PEOPLE),
        "minutes": st.floats(0.01, 1440, allow_subnormal=False),
        "ai_used": st.booleans(),
        "task_type": st.sampled_from(["draft", "search", None]),
        "date": st.sampled_from(["2025-01-06", "2025-01-07", "2025-03-03", None]),
        "novel": st.booleans(),
        "status": st.sampled_from(["logged", "logged", "logged", "void", "withheld"]),
    }
)


def trial_of(rows: Any, **sections: Any) -> Any:
    """Return a parallel bundle of the rows, keys by position."""
    logs = [
        {
            **row,
            "key": f"{number:04d}",
            "minutes": row["minutes"] if row["status"] == "logged" else None,
        }
        for number, row in enumerate(rows)
    ]
    return bundle("parallel", logs=logs, participants=ARMS, **sections)


@settings(max_examples=40, deadline=None)
@given(st.lists(log_rows, min_size=1, max_size=60))
def test_cells_hold_number_mean_and_spread_of_their_logs(rows: Any) -> None:
    data = trial_of(rows)
    compressed = compress(data.trial, data.participants, data.task_logs)

    logged = data.task_logs[data.task_logs["status"] == "logged"]
    values = {"minutes": logged["minutes"], "log_minutes": np.log(logged["minutes"])}
    for outcome, column in values.items():
        groups = column.groupby(
            [logged[name] for name in ("participant", "task_type", "ai_used", "novel")],
            dropna=False,
        )
        expected = pd.DataFrame(
            {
                "n": groups.size(),
                "mean": groups.mean(),
                "squares": groups.var(ddof=0) * groups.size(),
            }
        )
        cells = compressed.cells.sort_values(["participant", "task_type", "used", "novel"])
        assert cells["logs"].tolist() == expected["n"].tolist()
        assert cells[f"{outcome}_mean"].to_numpy() == pytest.approx(
            expected["mean"].to_numpy(), rel=1e-12
        )
        assert cells[f"{outcome}_squares"].to_numpy() == pytest.approx(
            expected["squares"].to_numpy(), rel=1e-9, abs=1e-6
        )


@settings(max_examples=40, deadline=None)
@given(st.lists(log_rows, min_size=2, max_size=60), st.randoms(use_true_random=False))
def test_neither_order_nor_other_people_change_a_bit(rows: Any, random: Any) -> None:
    data = trial_of(rows)
    whole = compress(data.trial, data.participants, data.task_logs)

    shuffled = list(data.task_logs.index)
    random.shuffle(shuffled)
    again = compress(data.trial, data.participants, data.task_logs.loc[shuffled])
    pd.testing.assert_frame_equal(again.cells, whole.cells, check_exact=True)

    for name in PEOPLE:
        alone = compress(
            data.trial,
            data.participants[data.participants["participant"] == name].reset_index(drop=True),
            data.task_logs[data.task_logs["participant"] == name].reset_index(drop=True),
        )
        own = whole.cells[whole.cells["participant"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone.cells, own, check_exact=True)
        total = whole.totals[whole.totals["participant"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone.totals, total)


@settings(max_examples=40, deadline=None)
@given(st.lists(log_rows, min_size=1, max_size=60))
def test_stored_is_analysed_and_excluded(rows: Any) -> None:
    data = trial_of(rows, trial={"starts_on": "2025-01-07", "ends_on": "2025-02-01"})
    compressed = compress(data.trial, data.participants, data.task_logs)

    excluded = sum(sum(by_rule.values()) for by_rule in compressed.totals["excluded"])
    assert compressed.totals["stored"].sum() == len(rows)
    assert compressed.cells["logs"].sum() + excluded == len(rows)


def excluded_by(log: Any, *, person: Any = None, **sections: Any) -> Any:
    """Return the rule that excludes a single log of a participant of the ai arm, or None."""
    data = bundle(
        "parallel",
        logs=[{"participant": "p", "key": "1", "minutes": 10, "ai_used": True, **log}],
        participants=[{"participant": "p", "arm": "ai", **(person or {})}],
        **sections,
    )
    (by_rule,) = compress(data.trial, data.participants, data.task_logs).totals["excluded"]
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

    totals = compress(data.trial, data.participants, data.task_logs).totals.set_index("participant")

    days = ["days_logged", "days_assigned", "days_used"]
    assert [totals.at["p", name] for name in days] == [2, 2, 1]
    assert [totals.at["q", name] for name in ("stored", *days)] == [0, 0, 0, 0]


def test_no_logs_give_no_cells() -> None:
    data = bundle("parallel", logs=[], participants=ARMS)

    compressed = compress(data.trial, data.participants, data.task_logs)

    assert compressed.cells.empty
    assert tuple(compressed.cells.columns) == CELL_COLUMNS
    assert tuple(compressed.totals.columns) == TOTAL_COLUMNS
    assert compressed.totals["stored"].tolist() == [0, 0, 0]


def test_cells_split_by_week_only_where_the_model_has_weeks() -> None:
    logs = [
        {"participant": "p", "key": "1", "minutes": 5, "ai_used": True, "date": "2025-01-06"},
        {"participant": "p", "key": "2", "minutes": 5, "ai_used": True, "date": "2025-01-14"},
    ]
    trial = {"starts_on": "2025-01-06", "ends_on": "2025-02-28"}
    by_week = bundle("observational", logs=logs, trial=trial)
    plain = bundle("task_randomised", logs=logs, trial=trial)

    assert compress(by_week.trial, by_week.participants, by_week.task_logs).cells[
        "week"
    ].tolist() == [0, 1]
    assert len(compress(plain.trial, plain.participants, plain.task_logs).cells) == 1
    assert CELL_KEYS[0] == "participant"
