"""The waves of the weekly survey, against what the page that asks says day by day."""

import datetime

import pytest

from measurement.estimation.waves import waves

MONDAY = datetime.date(2026, 11, 2)


def day(days: int) -> datetime.date:
    return MONDAY + datetime.timedelta(days=days)


def test_a_wave_opens_on_the_fourth_day_of_each_week_for_a_week() -> None:
    first, second = waves(MONDAY, day(10))
    assert (first.name, first.opens_on, first.last_day) == ("week 01", day(3), day(9))
    assert (second.name, second.opens_on, second.last_day) == ("week 02", day(10), day(16))


@pytest.mark.parametrize(("last", "number"), [(2, 0), (3, 1), (9, 1), (10, 2), (83, 12)])
def test_a_week_has_a_wave_from_its_fourth_day_on(last: int, number: int) -> None:
    assert [wave.number for wave in waves(MONDAY, day(last))] == [*range(1, number + 1)]
