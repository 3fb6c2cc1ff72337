"""Cells lose nothing of their logs, and depend on nobody else and on no order."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation import cells as module
from measurement.estimation.bundle import Bundle
from measurement.estimation.cells import (
    CELL_COLUMNS,
    CELL_DTYPES,
    CELL_KEYS,
    CELL_VALUES,
    TOTAL_COLUMNS,
    aggregated,
    classify,
    compress,
    in_order,
    single_logs,
    winsorised,
)
from measurement.estimation.cells import compressed as compressed_logs
from measurement.estimation.flags import FLAG_NAMES
from measurement.estimation.limits import canonical_limits
from tests.estimation.frames import bundle, compressed
from tests.estimation.logs_for_cells import ARMS, LIMITS, PEOPLE, log_rows, one_log, trial_of
from tests.untraced import untraced


@untraced()
@given(
    st.lists(log_rows, min_size=1, max_size=60),
    st.lists(st.sampled_from(CELL_KEYS), unique=True, max_size=5),
    st.randoms(use_true_random=False),
)
def test_cells_lose_nothing_of_their_logs(rows: Any, keys: Any, random: Any) -> None:
    data = trial_of(rows)
    classified = classify(data.trial, data.participants, data.task_logs)
    cells = compressed_logs(data.participants, classified, LIMITS).cells

    assert_cells_hold_number_mean_and_spread(cells, data)
    logs = single_logs(classified[classified["rule"] == ""], LIMITS)
    assert_coarser_cells_equal_those_made_from(logs, cells, keys)
    order = list(range(len(cells)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(in_order(cells.iloc[order]), cells, check_exact=True)


def assert_cells_hold_number_mean_and_spread(cells: pd.DataFrame, data: Bundle) -> None:
    logged = data.task_logs[data.task_logs["status"] == "logged"]
    logged = logged.assign(
        week=(logged["date"] - pd.Timestamp("1970-01-05")).dt.days // 7,
        tool=logged["tool"].where(logged["ai_used"]),
        timed=logged["source"] == "timer",
        censored_minutes=logged["minutes"].where(logged["censored"]),
        log_minutes=np.log(logged["minutes"]),
    )
    names = ["participant", "task_type", "ai_used", "novel", "week", "tool", "timed"]
    keys = [*names, "censored_minutes"]
    groups = logged.groupby(keys, dropna=False)
    coarse = aggregated(cells, [*CELL_KEYS[:8], "tool", "timed", "censored_minutes"])
    coarse = coarse.rename(columns={"used": "ai_used"}).sort_values(keys)

    assert coarse["logs"].tolist() == groups.size().tolist()
    for outcome in ("minutes", "log_minutes", "quality"):
        assert coarse[f"{outcome}_mean"].to_numpy() == pytest.approx(
            groups[outcome].mean().to_numpy(), rel=1e-12, nan_ok=True
        )
        assert coarse[f"{outcome}_squares"].to_numpy() == pytest.approx(
            (groups[outcome].var(ddof=0) * groups[outcome].count()).fillna(0.0).to_numpy(),
            rel=1e-9,
            abs=1e-6,
        )
    assert coarse["quality_logs"].tolist() == groups["quality"].count().tolist()
    for heap in (5, 15, 30):
        heaped = logged.assign(heaped=logged["minutes"] % heap == 0)
        multiples = heaped.groupby(keys, dropna=False)["heaped"].sum()
        assert coarse[f"heaped_{heap}"].tolist() == multiples.tolist()
    for name, date in (("first_date", groups["date"].min()), ("last_date", groups["date"].max())):
        assert coarse[name].reset_index(drop=True).equals(date.reset_index(drop=True))


def assert_coarser_cells_equal_those_made_from(
    logs: pd.DataFrame, cells: pd.DataFrame, keys: list[str]
) -> None:
    coarse, expected = aggregated(cells, keys), aggregated(logs, keys)

    assert list(coarse) == [*keys, *CELL_VALUES]
    squares = [name for name in CELL_VALUES if name.endswith("squares")]
    pd.testing.assert_frame_equal(
        coarse.drop(columns=squares), expected.drop(columns=squares), rtol=1e-12
    )
    for name in squares:
        assert coarse[name].to_numpy() == pytest.approx(
            expected[name].to_numpy(), rel=1e-9, abs=1e-6
        )
    pd.testing.assert_frame_equal(aggregated(cells, CELL_KEYS), cells, check_exact=True)


@untraced()
@given(
    st.lists(log_rows, min_size=2, max_size=60),
    st.sampled_from(PEOPLE),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_other_people_change_a_bit(rows: Any, name: str, random: Any) -> None:
    data = trial_of(rows)
    whole = compress(data.trial, data.participants, data.task_logs, LIMITS)

    shuffled = list(data.task_logs.index)
    random.shuffle(shuffled)
    task_logs = data.task_logs.loc[shuffled]
    for part in ([name], [other for other in PEOPLE if other != name]):
        alone = compress(
            data.trial, rows_of(part, data.participants), rows_of(part, task_logs), LIMITS
        )
        own = rows_of(part, whole.cells)
        pd.testing.assert_frame_equal(alone.cells, own, check_exact=True)
        pd.testing.assert_frame_equal(alone.totals, rows_of(part, whole.totals))


def rows_of(people: list[str], frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["participant"].isin(people)].reset_index(drop=True)


def test_no_logs_give_no_cells() -> None:
    data = bundle("parallel", logs=[], participants=ARMS)

    found = compressed(data)

    assert found.cells.empty
    assert tuple(found.cells.columns) == CELL_COLUMNS
    assert found.cells.dtypes.astype(str).to_dict() == CELL_DTYPES
    assert tuple(found.totals.columns) == TOTAL_COLUMNS
    assert found.totals["stored"].tolist() == [0, 0, 0]
    assert aggregated(found.cells, ["participant"]).empty


@pytest.mark.parametrize(
    ("kind", "start", "date", "week"),
    [
        ("parallel", "2025-01-06", "2025-01-12", 0),
        ("parallel", "2025-01-06", "2025-01-13", 1),
        ("observational", "2025-01-08", "2025-01-14", 0),
        ("task_randomised", None, "1970-01-11", 0),
        ("task_randomised", None, "1970-01-12", 1),
        ("task_randomised", None, "1970-01-04", -1),
    ],
)
def test_cells_know_the_week_whatever_the_design(
    kind: Any, start: Any, date: Any, week: int
) -> None:
    about = {} if start is None else {"starts_on": start, "ends_on": "2025-02-28"}
    people = [{"participant": "p", "arm": "ai"}]
    data = bundle(kind, logs=[one_log(date=date)], participants=people, trial=about)
    assert compressed(data).cells["week"].tolist() == [week]


def test_a_log_without_a_date_has_no_week() -> None:
    cells = compressed(bundle("observational", logs=[one_log()])).cells
    assert cells[["week", "first_date", "last_date"]].isna().all(axis=None)
    assert cells["week"].dtype == "Int64"


@pytest.mark.parametrize(
    ("log", "cell"),
    [
        ({"tool": "kettle"}, {"tool": "kettle"}),
        ({"tool": "kettle", "ai_used": False}, {"tool": None}),
        ({"source": "timer"}, {"timed": True}),
        ({"source": "recall"}, {"timed": False}),
        ({}, {"timed": False, "flags": 0, "tail": 0, "censored_minutes": None}),
        ({"minutes": 600.0}, {"flags": 1 << FLAG_NAMES.index("too_long")}),
        ({"censored": True, "minutes": 45.0}, {"censored_minutes": 45.0}),
        ({"quality": 4.0}, {"quality_logs": 1, "quality_mean": 4.0, "quality_squares": 0.0}),
        ({}, {"quality_logs": 0, "quality_mean": None, "quality_squares": 0.0}),
        ({"minutes": 60.0}, {"heaped_5": 1, "heaped_15": 1, "heaped_30": 1}),
        ({"minutes": 45.0}, {"heaped_5": 1, "heaped_15": 1, "heaped_30": 0}),
        ({"minutes": 20.0}, {"heaped_5": 1, "heaped_15": 0, "heaped_30": 0}),
        ({"minutes": 30.5}, {"heaped_5": 0, "heaped_15": 0, "heaped_30": 0}),
    ],
)
def test_what_a_cell_knows_of_its_logs(log: Any, cell: Any) -> None:
    cells = compressed(bundle("observational", logs=[one_log(**log)])).cells
    (found,) = cells.astype(object).where(cells.notna(), None).to_dict("records")
    assert {name: found[name] for name in cell} == cell


def test_tails_are_those_of_the_given_limits() -> None:
    minutes = (4.0, 5.0, 700.0, 701.0)
    logs = [one_log(minutes=one, key=str(i), task_type="draft") for i, one in enumerate(minutes)]
    data = bundle("observational", logs=[*logs, one_log(minutes=1000.5, key="9")])
    cells = compress(data.trial, data.participants, data.task_logs, LIMITS).cells
    assert dict(zip(cells["minutes_mean"], cells["tail"], strict=True)) == {
        1000.5: 0,
        4.0: -1,
        5.0: 0,
        700.0: 0,
        701.0: 1,
    }


def cell_frame(**columns: Any) -> pd.DataFrame:
    """Return cells of a participant with the given columns, nothing of note in the others."""
    (log,) = compressed(bundle("observational", logs=[one_log()])).cells.to_dict("records")
    rows = len(next(iter(columns.values())))
    cells = pd.DataFrame([log] * rows).assign(**columns)
    return cells.astype({name: CELL_DTYPES[name] for name in CELL_COLUMNS})


def test_two_cells_become_one_by_hand() -> None:
    # 10, 20 and 40: mean 70 / 3, squares 100 + 400 + 1600 - 4900 / 3.
    cells = cell_frame(
        logs=[2, 1],
        minutes_mean=[15.0, 40.0],
        minutes_squares=[50.0, 0.0],
        quality_logs=[0, 2],
        quality_mean=[np.nan, 3.0],
        quality_squares=[0.0, 8.0],
        heaped_5=[2, 1],
        used=[True, False],
    )
    (joint,) = aggregated(cells, ["participant"]).to_dict("records")
    assert joint["logs"] == 3
    assert joint["minutes_mean"] == pytest.approx(70 / 3, rel=1e-15)
    assert joint["minutes_squares"] == pytest.approx(2100 - 4900 / 3, rel=1e-15)
    assert (joint["quality_logs"], joint["quality_mean"], joint["quality_squares"]) == (2, 3.0, 8.0)
    assert joint["heaped_5"] == 3
    assert "used" not in joint


def test_no_spread_is_made_up_by_rounding() -> None:
    cells = cell_frame(logs=[3, 7], minutes_mean=[0.1, 0.1], minutes_squares=[0.0, 0.0])
    (joint,) = aggregated(cells, []).to_dict("records")
    assert (joint["minutes_mean"], joint["minutes_squares"]) == (0.1, 0.0)


def test_keys_of_any_column_sort_with_missing_ones_first() -> None:
    cells = cell_frame(logs=[1, 1, 1, 1]).assign(
        team=pd.Series(["b", None, "a", "b"], dtype="category")
    )
    coarse = aggregated(cells, ["team"])
    assert coarse["team"].astype(object).fillna("?").tolist() == ["?", "a", "b"]
    assert coarse["logs"].tolist() == [1, 1, 2]
    assert coarse["team"].dtype == "category"


def test_many_keys_of_many_values_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes are numbered anew before they outgrow 64 bits; here they outgrow 4."""
    rng = np.random.default_rng(4)
    frame = cell_frame(logs=[1] * 300).assign(**{name: rng.integers(0, 6, 300) for name in "abc"})
    expected = aggregated(frame, list("abc"))
    assert expected[list("abc")].apply(tuple, axis=1).tolist() == sorted(
        set(frame[list("abc")].apply(tuple, axis=1))
    )
    monkeypatch.setattr(module, "LARGEST_CODE", 10)
    pd.testing.assert_frame_equal(aggregated(frame, list("abc")), expected, check_exact=True)


def test_cells_from_back_to_front_are_put_back_in_order() -> None:
    logs = [one_log(key=kind or "none", task_type=kind) for kind in ("search", None, "draft")]
    cells = compressed(bundle("observational", logs=logs)).cells
    assert cells["task_type"].fillna("?").tolist() == ["?", "draft", "search"]
    pd.testing.assert_frame_equal(in_order(cells.iloc[::-1]), cells, check_exact=True)


def test_winsorised_cells_stand_at_the_limit() -> None:
    cells = cell_frame(
        task_type=["draft", "draft", "draft", "other"],
        tail=[-1, 0, 1, 1],
        minutes_mean=[3.0, 50.0, 800.0, 900.0],
        minutes_squares=[1.0, 2.0, 3.0, 4.0],
        log_minutes_mean=[1.0, 2.0, 3.0, 4.0],
        log_minutes_squares=[0.1, 0.2, 0.3, 0.4],
    )
    found = winsorised(cells, LIMITS)
    assert found["minutes_mean"].tolist() == [5.0, 50.0, 700.0, 900.0]
    assert found["minutes_squares"].tolist() == [0.0, 2.0, 0.0, 4.0]
    assert found["log_minutes_mean"].tolist() == [np.log(5.0), 2.0, np.log(700.0), 4.0]
    assert found["log_minutes_squares"].tolist() == [0.0, 0.2, 0.0, 0.4]
    others = [key for key in CELL_COLUMNS if "minutes_mean" not in key and "squares" not in key]
    pd.testing.assert_frame_equal(found[others], cells[others])


@untraced()
@given(st.lists(log_rows, min_size=1, max_size=60))
def test_winsorising_cells_is_winsorising_logs(rows: Any) -> None:
    data = trial_of(rows)
    limits = pd.DataFrame({"task_type": [None, "draft", "search"], "low": 9.0, "high": 300.0})
    limits = canonical_limits(limits)
    cells = compress(data.trial, data.participants, data.task_logs, limits).cells
    found = aggregated(winsorised(cells, limits), ["participant"])

    logged = data.task_logs[data.task_logs["status"] == "logged"]
    minutes = logged["minutes"].clip(9.0, 300.0)
    for outcome, values in {"minutes": minutes, "log_minutes": np.log(minutes)}.items():
        groups = values.groupby(logged["participant"])
        assert found[f"{outcome}_mean"].to_numpy() == pytest.approx(groups.mean().to_numpy())
        assert found[f"{outcome}_squares"].to_numpy() == pytest.approx(
            (groups.var(ddof=0) * groups.size()).to_numpy(), rel=1e-9, abs=1e-6
        )
