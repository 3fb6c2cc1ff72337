"""How the pages say dates, moments and numbers."""

import datetime

import pytest

from measurement.pages.wording import long_date, minutes, moment, number


def test_a_day_is_said_as_people_say_it() -> None:
    assert long_date(datetime.date(2024, 10, 3)) == "3 October 2024"


@pytest.mark.parametrize(
    ("utc", "day", "at"),
    [
        ((2025, 6, 30, 23, 5), "1 July 2025", "1 July 2025 at 12:05am"),
        ((2025, 1, 31, 12, 0), "31 January 2025", "31 January 2025 at 12:00pm"),
        ((2025, 1, 31, 23, 59), "31 January 2025", "31 January 2025 at 11:59pm"),
    ],
)
def test_moments_are_londons(utc: tuple[int, int, int, int, int], day: str, at: str) -> None:
    given = datetime.datetime(*utc, tzinfo=datetime.UTC)
    assert long_date(given) == day
    assert moment(given) == at


@pytest.mark.parametrize(
    ("given", "said"),
    [(1.0, "1 minute"), (25.0, "25 minutes"), (2.5, "2.5 minutes"), (1440, "1,440 minutes")],
)
def test_minutes_carry_their_unit(given: float, said: str) -> None:
    assert minutes(given) == said


def test_numbers_have_commas() -> None:
    assert (number(1234567), number(1234.56, 1)) == ("1,234,567", "1,234.6")
