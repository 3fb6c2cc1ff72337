"""How the pages say dates, moments and numbers."""

import datetime

import pytest
from babel.dates import format_date
from babel.units import format_unit
from django.utils import translation

from measurement.wording import hours, long_date, minute_words, minutes, moment, number, tasks

COUNTS = [*range(12), 20, 21, 22, 23, 26, 100, 2.5, 0.1]


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


@pytest.mark.parametrize("month", range(1, 13))
def test_welsh_months_are_those_of_cldr(month: int) -> None:
    day = datetime.date(2025, month, 3)
    with translation.override("cy"):
        assert long_date(day) == format_date(day, "d MMMM y", locale="cy")


@pytest.mark.parametrize(("hour", "said"), [(0, "12:05yb"), (11, "11:05yb"), (12, "12:05yh")])
def test_welsh_moments(hour: int, said: str) -> None:
    at = datetime.datetime(2025, 1, 31, hour, 5, tzinfo=datetime.UTC)
    with translation.override("cy"):
        assert moment(at) == f"31 Ionawr 2025 am {said}"


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("count", COUNTS)
def test_lengths_of_time_are_those_of_cldr(language: str, count: float) -> None:
    with translation.override(language):
        assert minutes(count) == format_unit(count, "duration-minute", "long", locale=language)
        if isinstance(count, int):
            assert hours(count) == format_unit(count, "duration-hour", "long", locale=language)


@pytest.mark.parametrize("language", ["en", "cy"])
def test_scripts_say_minutes_as_the_server_does(language: str) -> None:
    with translation.override(language):
        words = minute_words()
        said = [
            words[count] if count < 7 else words[7].replace("7", str(count)) for count in range(999)
        ]
        assert said == [minutes(count) for count in range(999)]


def test_tasks_mutate_after_numbers() -> None:
    with translation.override("cy"):
        said = [tasks(count) for count in (0, 1, 2, 3, 6, 1234)]
    assert said == ["0 tasg", "1 dasg", "2 dasg", "3 tasg", "6 thasg", "1,234 tasg"]
    assert (tasks(1), tasks(2)) == ("1 task", "2 tasks")
