"""Winsorising limits: pooled percentiles of each task type, and the tails beyond them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.bundle import Bundle
from measurement.estimation.cells import classify
from measurement.estimation.limits import (
    USUAL_PERCENTILES,
    canonical_limits,
    limits_of,
    plans_winsorising,
    tails,
    winsorising_limits,
    winsorising_percentiles,
)
from tests.estimation.frames import bundle
from tests.untraced import untraced


def limits_by_type(data: Bundle) -> dict[Any, tuple[float, float]]:
    classified = classify(data.trial, data.participants, data.task_logs)
    limits = winsorising_limits(data.trial, classified)
    types = limits["task_type"].astype(object).where(limits["task_type"].notna(), None)
    pairs = zip(limits["low"], limits["high"], strict=True)
    return dict(zip(types, pairs, strict=True))


def logs_of(task_type: Any, minutes: Any, **others: Any) -> list[dict[str, Any]]:
    return [
        {
            "participant": "pq"[i % 2],
            "key": f"{task_type}{i:04d}",
            "minutes": float(one),
            "ai_used": bool(i % 2),
            "task_type": task_type,
            **others,
        }
        for i, one in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("planned", "plans", "percentiles"),
    [
        ([0.0, 1.0], False, USUAL_PERCENTILES),
        ([0.0, 0.95], True, (0.0, 0.95)),
        ([0.05, 1.0], True, (0.05, 1.0)),
    ],
)
def test_the_plans_percentiles_count_where_it_has_any(
    planned: Any, plans: bool, percentiles: Any
) -> None:
    trial = bundle("observational", logs=[], plan={"winsorise": planned}).trial
    assert plans_winsorising(trial) is plans
    assert winsorising_percentiles(trial) == percentiles
    assert USUAL_PERCENTILES == (0.01, 0.99)


def test_limits_are_interpolated_between_logs_of_both_arms_together() -> None:
    logs = [*logs_of("draft", range(1, 102)), *logs_of(None, [10.0, 20.0]), *logs_of("one", [7.0])]
    data = bundle("observational", logs=logs)
    assert limits_by_type(data) == {
        None: (pytest.approx(10.1), pytest.approx(19.9)),
        "draft": (2.0, 100.0),
        "one": (7.0, 7.0),
    }
    planned = bundle("observational", logs=logs, plan={"winsorise": [0.0, 0.5]})
    assert limits_by_type(planned) == {None: (10.0, 15.0), "draft": (1.0, 51.0), "one": (7.0, 7.0)}


def test_logs_that_are_not_analysed_move_no_limit() -> None:
    logs = [
        *logs_of("draft", [10.0, 10.0], date="2025-01-07"),
        *logs_of("early", [600.0, 700.0], date="2025-01-01"),
        {**logs_of("draft", [900.0], date="2025-01-07")[0], "key": "flagged"},
    ]
    data = bundle(
        "observational",
        logs=logs,
        trial={"starts_on": "2025-01-06", "ends_on": "2025-02-06"},
        plan={"exclude_flags": ["too_long"]},
    )
    assert limits_by_type(data) == {"draft": (10.0, 10.0)}


def test_without_logs_there_are_no_limits() -> None:
    data = bundle("observational", logs=[])
    classified = classify(data.trial, data.participants, data.task_logs)
    limits = winsorising_limits(data.trial, classified)
    assert limits.dtypes.astype(str).to_dict() == {
        "task_type": "str",
        "low": "float64",
        "high": "float64",
    }
    assert limits.empty
    assert list(tails(pd.Series(["draft"], dtype="str"), np.array([5.0]), limits)) == [0]


@untraced()
@given(
    st.lists(
        st.tuples(st.sampled_from(["draft", "search", None]), st.floats(0.01, 1440)),
        min_size=1,
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
def test_limits_are_pandas_quantiles_in_any_order(drawn: Any, random: Any) -> None:
    logs = [
        {"participant": "p", "key": f"{i:03d}", "minutes": one, "ai_used": True, "task_type": kind}
        for i, (kind, one) in enumerate(drawn)
    ]
    data = bundle("observational", logs=logs)
    classified = classify(data.trial, data.participants, data.task_logs)
    limits = winsorising_limits(data.trial, classified)
    groups = data.task_logs.groupby("task_type", dropna=False)["minutes"]
    for name, share in (("low", 0.01), ("high", 0.99)):
        expected = groups.quantile(share).sort_index(na_position="first")
        assert limits[name].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)

    order = list(range(len(logs)))
    random.shuffle(order)
    again = winsorising_limits(data.trial, classified.iloc[order])
    pd.testing.assert_frame_equal(again, limits, check_exact=True)


LIMITS = canonical_limits(
    pd.DataFrame({"task_type": ["search", "", "draft"], "low": [2, 1, 3], "high": [20, 10, 30]})
)


def test_limits_stand_in_order_and_an_empty_type_is_missing() -> None:
    assert LIMITS["task_type"].fillna("?").tolist() == ["?", "draft", "search"]
    assert LIMITS["low"].tolist() == [1.0, 3.0, 2.0]


def test_tails_lie_beyond_the_limits_of_the_type() -> None:
    types = pd.Series(["draft", "draft", "draft", "draft", None, "search", "other"], dtype="str")
    minutes = np.array([2.9, 3.0, 30.0, 30.1, 11.0, 1.0, 999.0])
    assert list(tails(types, minutes, LIMITS)) == [-1, 0, 0, 1, 1, -1, 0]
    assert list(tails(types.astype("category"), minutes, LIMITS)) == [-1, 0, 0, 1, 1, -1, 0]


def test_each_type_has_its_limits_or_none() -> None:
    low, high = limits_of(pd.Series([None, "other", "search"], dtype="str"), LIMITS)
    assert low == pytest.approx([1.0, np.nan, 2.0], nan_ok=True)
    assert high == pytest.approx([10.0, np.nan, 20.0], nan_ok=True)
