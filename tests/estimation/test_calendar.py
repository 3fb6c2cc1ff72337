import datetime

import holidays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    bank_holidays,
    count_working_days,
    easter_sunday,
    is_working_day,
    working_days,
)

DAYS = st.dates(datetime.date(FIRST_YEAR, 1, 1), datetime.date(LAST_YEAR, 12, 31))
ENGLAND = holidays.country_holidays(
    "GB", subdiv="ENG", years=range(FIRST_YEAR, LAST_YEAR + 1), expand=False
)


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_bank_holidays_are_those_of_an_independent_calendar(year: int) -> None:
    # The other calendar also lists the day itself where a substitute was given.
    theirs = [day for day in sorted(ENGLAND) if day.year == year and day.weekday() < 5]
    assert bank_holidays(year) == theirs


def test_published_bank_holidays_of_2022() -> None:
    # As announced: substitutes, the Jubilee, the State Funeral.
    assert [f"{day:%d %b}" for day in bank_holidays(2022)] == [
        "03 Jan",
        "15 Apr",
        "18 Apr",
        "02 May",
        "02 Jun",
        "03 Jun",
        "29 Aug",
        "19 Sep",
        "26 Dec",
        "27 Dec",
    ]


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2016, 3, 27), (2019, 4, 21), (2024, 3, 31), (2035, 3, 25)]
)
def test_easter(year: int, month: int, day: int) -> None:
    assert easter_sunday(year) == datetime.date(year, month, day)


def test_a_trial_of_the_published_kind() -> None:
    # 30 September to 31 December 2024: 67 weekdays less Christmas and Boxing Day.
    assert working_days(datetime.date(2024, 9, 30), datetime.date(2024, 12, 31)) == 65


@given(start=DAYS, length=st.integers(-5, 40))
def test_working_days_are_counted_one_by_one(start: datetime.date, length: int) -> None:
    days = [start + datetime.timedelta(days=offset) for offset in range(length + 1)]
    expected = sum(day.weekday() < 5 and day not in ENGLAND for day in days)

    assert working_days(start, start + datetime.timedelta(days=length)) == expected
    assert int(np.sum(is_working_day(np.array(days, dtype="M8[D]")))) == expected


def test_missing_dates_count_no_days() -> None:
    starts = np.array(["2024-10-01", "NaT", "2024-10-01", "2024-10-04"], dtype="datetime64[s]")
    ends = np.array(["2024-10-07", "2024-10-07", "NaT", "2024-10-03"], dtype="datetime64[s]")

    assert count_working_days(starts, ends).tolist() == [5, 0, 0, 0]
    assert count_working_days(np.datetime64("2024-10-01"), ends).tolist() == [5, 5, 0, 3]
