"""What keeps task logs from being counted is said in words, and nobody's logs are counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboards.freshness import Freshness

NOW = datetime(2024, 11, 24, 15, 16, tzinfo=UTC)


def freshness(**given: Any) -> Freshness:
    return Freshness(**({"now": NOW} | given))


def test_nothing_wrong_is_said_of_a_change_that_was_just_made() -> None:
    assert freshness().warnings == ()
    assert freshness(waiting=True, oldest=NOW - timedelta(seconds=2)).warnings == ()


def test_workers_that_lag_behind_are_told_of() -> None:
    (warning,) = freshness(waiting=True, oldest=NOW - timedelta(hours=2)).warnings
    assert warning.startswith("The workers are behind. Task logs are safe meanwhile.")


def test_parked_changes_are_told_of() -> None:
    (warning,) = freshness(parked=True).warnings
    assert warning.startswith("Some task logs could not be counted and are left out.")


def test_a_parked_analysis_is_told_of() -> None:
    (warning,) = freshness(analysis_parked=True).warnings
    assert warning.startswith("The analysis failed several times")
