"""How fresh results are is said in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards.freshness import Freshness, in_words

NOW = datetime(2024, 11, 24, 15, 16, tzinfo=UTC)


def freshness(**given: Any) -> Freshness:
    return Freshness(**({"now": NOW, "as_of": NOW - timedelta(minutes=12)} | given))


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-3), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=3, minutes=50), "3 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1400), "1,400 days"),
    ],
)
def test_spans_are_said_in_their_largest_unit(span: timedelta, words: str) -> None:
    assert in_words(span) == words


def test_nothing_new_is_said_so() -> None:
    assert freshness().age == "12 minutes ago"
    assert freshness().since_then == "Nothing has changed since then."
    assert freshness().warnings == ()
    assert freshness(as_of=None).age == ""


def test_changes_that_wait_are_counted() -> None:
    one = freshness(waiting=1, oldest=NOW - timedelta(seconds=2))
    assert one.since_then == "1 change to task logs since then is still being counted."
    assert one.warnings == ()
    assert freshness(waiting=3).since_then.startswith("3 changes to task logs since then are")


def test_an_analysis_under_way_is_said() -> None:
    assert "worked out anew" in freshness(being_analysed=True).since_then


def test_workers_that_lag_behind_are_told_of() -> None:
    (warning,) = freshness(waiting=3, oldest=NOW - timedelta(hours=2)).warnings
    assert "waiting for 2 hours" in warning


def test_parked_changes_are_told_of() -> None:
    (warning,) = freshness(parked=2).warnings
    assert warning.startswith("2 changes could not be counted and are left out")
