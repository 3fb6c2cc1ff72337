"""Periods of whole weeks."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.crossover_periods import cut
from measurement.estimation.definition import Period

MONDAY = datetime.date(2026, 1, 5)


def day(offset: int) -> datetime.date:
    return MONDAY + datetime.timedelta(days=offset)


def test_weeks_are_shared_as_evenly_as_they_can_be() -> None:
    assert cut(MONDAY, day(11 * 7 + 3), 4) == (
        Period("1", day(0), day(20)),
        Period("2", day(21), day(41)),
        Period("3", day(42), day(62)),
        Period("4", day(63), day(80)),
    )


@settings(max_examples=50)
@given(st.integers(0, 400), st.integers(1, 30))
def test_whole_weeks_without_a_gap(days: int, count: int) -> None:
    begun = days // 7 + 1
    if count > begun:
        with pytest.raises(ValueError, match=f"{count} periods do not fit into {begun} weeks"):
            cut(MONDAY, day(days), count)
        return
    periods = cut(MONDAY, day(days), count)
    # The naive witness: list the days of every period and count them.
    lengths = [(one.ends_on - one.starts_on).days + 1 for one in periods]
    listed = [
        one.starts_on + datetime.timedelta(days=offset)
        for one, length in zip(periods, lengths, strict=True)
        for offset in range(length)
    ]
    assert listed == [day(offset) for offset in range(days + 1)]
    assert {length % 7 for length in lengths[:-1]} <= {0}
    weeks = [-(-length // 7) for length in lengths]
    assert max(weeks) - min(weeks) <= 1
    assert weeks == sorted(weeks, reverse=True)
    assert len({one.name for one in periods}) == count


@pytest.mark.parametrize(("days", "count"), [(-5, 1), (20, 0), (5, 2)])
def test_what_cannot_be_cut_is_refused(days: int, count: int) -> None:
    with pytest.raises(ValueError, match="weeks"):
        cut(MONDAY, day(days), count)
