"""Working days: weekdays less the bank holidays of England and Wales, 2015 to 2035."""

import datetime
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

FIRST_YEAR: Final = 2015
LAST_YEAR: Final = 2035

LOCAL_TIME: Final = ZoneInfo("Europe/London")
MONDAY, SATURDAY, SUNDAY = 0, 5, 6

_EXTRA_DAYS: Final = (
    datetime.date(2022, 6, 3),  # Platinum Jubilee
    datetime.date(2022, 9, 19),  # State Funeral of Queen Elizabeth II
    datetime.date(2023, 5, 8),  # Coronation of King Charles III
)
_MOVED_DAYS: Final = {
    datetime.date(2020, 5, 4): datetime.date(2020, 5, 8),  # VE Day, 75 years
    datetime.date(2022, 5, 30): datetime.date(2022, 6, 2),  # Platinum Jubilee
}


def today() -> datetime.date:
    """Return today's date where the trials are held."""
    return datetime.datetime.now(LOCAL_TIME).date()


def easter_sunday(year: int) -> datetime.date:
    """Return Easter Sunday by the anonymous Gregorian algorithm (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return datetime.date(year, month, (h - m + r + month + 19) % 32)


def bank_holidays(year: int) -> list[datetime.date]:
    """Return the year's bank holidays in England and Wales, in order."""
    days = [_MOVED_DAYS.get(day, day) for day in _rule_days(year)]
    return sorted([*days, *(day for day in _EXTRA_DAYS if day.year == year)])


def _rule_days(year: int) -> Iterator[datetime.date]:
    easter = easter_sunday(year)
    yield _substitute(datetime.date(year, 1, 1))
    yield easter - datetime.timedelta(days=2)
    yield easter + datetime.timedelta(days=1)
    yield _monday_from(datetime.date(year, 5, 1))
    yield _monday_from(datetime.date(year, 5, 25))
    yield _monday_from(datetime.date(year, 8, 25))
    yield from _christmas(year)


def _monday_from(day: datetime.date) -> datetime.date:
    return day + datetime.timedelta(days=-day.weekday() % 7)


def _substitute(day: datetime.date) -> datetime.date:
    return _monday_from(day) if day.weekday() in (SATURDAY, SUNDAY) else day


def _christmas(year: int) -> Iterator[datetime.date]:
    """Yield Christmas and Boxing Day; a substitute never falls on the other one's day."""
    christmas, boxing_day = datetime.date(year, 12, 25), datetime.date(year, 12, 26)
    weekend = (SATURDAY, SUNDAY)
    yield christmas.replace(day=27) if christmas.weekday() in weekend else christmas
    yield boxing_day.replace(day=28) if boxing_day.weekday() in weekend else boxing_day


@cache
def _calendar() -> np.busdaycalendar:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    holidays = [day for year in years for day in bank_holidays(year)]
    return np.busdaycalendar(holidays=holidays)


def count_working_days(starts: ArrayLike, ends: ArrayLike) -> NDArray[np.int64]:
    """Return the working days from each start to its end, both included.

    A missing date (NaT) or an end before its start gives 0. Outside 2015 to 2035 only weekends
    are taken off.
    """
    first = np.asarray(starts, dtype="datetime64[D]")
    after = np.asarray(ends, dtype="datetime64[D]") + np.timedelta64(1, "D")
    first, after = np.broadcast_arrays(first, after)
    countable = after > first  # False for NaT
    epoch = np.datetime64(0, "D")
    days = np.busday_count(
        np.where(countable, first, epoch), np.where(countable, after, epoch), busdaycal=_calendar()
    )
    return np.asarray(days, dtype=np.int64)


def working_days(start: datetime.date, end: datetime.date) -> int:
    """Return the number of working days from start to end, both included."""
    return int(count_working_days(np.datetime64(start), np.datetime64(end)))


def is_working_day(days: ArrayLike) -> NDArray[Any]:
    """Say for each day whether it is a working day."""
    return np.is_busday(np.asarray(days, dtype="datetime64[D]"), busdaycal=_calendar())
