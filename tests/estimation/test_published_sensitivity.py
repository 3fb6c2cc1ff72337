"""The published sensitivity table: rounded as its estimates are, silent about few people."""

from dataclasses import asdict
from typing import Any

import pytest

from measurement.estimation.published_sensitivity import published_sensitivity
from measurement.estimation.results import EstimateRow
from measurement.estimation.sensitivity import SensitivityRow

HEADLINE = "minutes_saved_per_working_day"
REPORTED = "reported_minutes_saved_per_day"


def exact(**given: Any) -> SensitivityRow:
    """Return a row of 26.34 minutes (24.2 to 28.48) at 225 days of 7.5 hours."""
    row: dict[str, Any] = {
        "convention": "This trial's plan",
        "estimand": HEADLINE,
        "day_basis": "working_days",
        "working_days_per_year": 225.0,
        "hours_per_day": 7.5,
        "minutes_per_day": 26.34,
        "days_per_year": 13.17,
        "ci_low": 12.1,
        "ci_high": 14.24,
        "confidence": 0.95,
    }
    return SensitivityRow(**(row | given))


def open_band(minutes: float, above: float, **given: Any) -> SensitivityRow:
    """Return a reported row, 13 of 100 people having chosen the open band."""
    return exact(
        **{
            "estimand": REPORTED,
            "day_basis": "reported",
            "primary": above == 0,
            "minutes_per_day": minutes,
            "days_per_year": minutes / 2,
            "ci_low": minutes / 2 - 1,
            "ci_high": minutes / 2 + 1,
            "top_band_minutes": 60.0 + above / 0.13,
            "top_band_share": 0.1322,
            "minutes_above_planned": above,
            "participants": 100,
            "participants_in_top_band": 13,
        }
        | given
    )


def estimate(
    estimand: str = HEADLINE,
    value: float | None = 26.0,
    low: float | None = 24.0,
    high: float | None = 28.0,
    **given: Any,
) -> EstimateRow:
    """Return a published estimate."""
    row: dict[str, Any] = {
        "estimand": estimand,
        "value": value,
        "ci_low": low,
        "ci_high": high,
        "scale": "minutes",
        "confidence": 0.95,
        "comparison": "randomised",
    }
    return EstimateRow(**(row | given))


def shown(*rows: SensitivityRow, of: Any = (), minimum: int = 10) -> list[SensitivityRow]:
    """Return the published rows."""
    mappings = [asdict(row) for row in rows]
    return [
        SensitivityRow(**row) for row in published_sensitivity(mappings, of, minimum_people=minimum)
    ]


def numbers(row: SensitivityRow) -> Any:
    """Return all that a row tells."""
    return (
        row.minutes_per_day,
        row.days_per_year,
        row.ci_low,
        row.ci_high,
        row.top_band_share,
        row.minutes_above_planned,
    )


NOTHING = (None,) * 6


def test_days_follow_from_the_published_minutes() -> None:
    longer = exact(hours_per_day=7.0, days_per_year=26.34 * 225 / 420)
    plan, other = shown(exact(), longer, of=[estimate()])

    assert numbers(plan) == (26.0, 13.0, 12.0, 14.0, None, None)
    # 26, 24 and 28 x 225 / 420.
    assert numbers(other) == (26.0, 13.9, 12.9, 15.0, None, None)
    assert (plan.convention, plan.not_estimable, plan.suppressed) == (
        "This trial's plan",
        None,
        False,
    )


def test_minutes_to_one_decimal_give_their_own_days() -> None:
    (row,) = shown(exact(), of=[estimate(value=26.3, low=24.2, high=28.5)])

    assert numbers(row) == (26.3, 13.2, 12.1, 14.2, None, None)


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (estimate(), (26.0, 13.0, 12.0, 14.0, None, None)),
        (estimate(high=28.5), (26.3, 13.2, 12.1, 14.2, None, None)),
    ],
)
def test_minutes_that_no_estimate_has_are_rounded_like_those_of_their_people(
    published: Any, expected: Any
) -> None:
    logged = exact(primary=False, day_basis="logged_days")

    assert numbers(shown(logged, of=[published])[0]) == expected


def test_zero_has_no_sign() -> None:
    (row,) = shown(
        exact(primary=False, minutes_per_day=-0.1, days_per_year=-0.05, ci_low=-0.2, ci_high=0.1),
        of=[estimate(value=0.0, low=-1.0, high=1.0)],
    )

    assert [str(number) for number in numbers(row)[:4]] == ["0.0", "0.0", "0.0", "0.0"]


def test_rows_are_suppressed_with_their_estimate() -> None:
    hidden = estimate(value=None, low=None, high=None, suppressed=True)
    elsewhere = [
        estimate(dimension="department", group="Kites"),
        estimate(dimension="department"),
        estimate(group="Kites"),
        estimate(sample="raw"),
        estimate(REPORTED),
    ]

    for of in ([hidden], elsewhere):
        (row,) = shown(exact(participants=3), of=of)
        assert row.suppressed
        assert (row.participants, row.participants_in_top_band) == (None, None)
        assert numbers(row) == NOTHING


def test_reasons_are_those_of_the_published_estimate() -> None:
    blank = {"minutes_per_day": None, "days_per_year": None, "ci_low": None, "ci_high": None}
    reason = {"not_estimable": "too many tasks: Zed did 3"}
    missing = estimate(value=None, low=None, high=None, not_estimable="too many tasks")
    rows = shown(exact(**blank, **reason), exact(**blank, **reason, primary=False), of=[missing])

    assert [row.not_estimable for row in rows] == [
        "too many tasks",
        "the data do not allow an estimate",
    ]
    assert [numbers(row) for row in rows] == [NOTHING, NOTHING]
    (row,) = shown(exact(**blank, **reason, primary=False), of=[estimate()])
    assert row.not_estimable == "the data do not allow an estimate"
    (row,) = shown(exact(), of=[missing])
    assert (row.not_estimable, row.minutes_per_day) == ("too many tasks", None)
    assert not row.suppressed


# The open band --------------------------------------------------------------------------------


def test_the_open_band_is_told_in_whole_per_cent_and_minutes() -> None:
    planned, other = shown(
        open_band(26.34, 0.0), open_band(34.27, 7.93), of=[estimate(REPORTED, 26.0, 24.0, 28.0)]
    )

    assert numbers(planned) == (26.0, 13.0, 12.0, 14.0, 0.13, 0.0)
    # 34.27 / 2 -/+ 1 days are 32.27 to 36.27 minutes.
    assert numbers(other) == (34.0, 17.0, 16.0, 18.0, 0.13, 8.0)
    assert (other.participants, other.participants_in_top_band) == (None, None)


def test_many_peoples_open_band_moves_them_to_one_decimal() -> None:
    (row,) = shown(open_band(34.42, 8.08), of=[estimate(REPORTED, 26.3, 24.3, 28.3)])

    assert numbers(row) == (34.4, 17.2, 16.2, 18.2, 0.13, 8.1)


@pytest.mark.parametrize(
    ("people", "in_band", "told"),
    [
        (100, 0, True),
        (100, 1, False),
        (100, 9, False),
        (100, 10, True),
        (100, 90, True),
        (100, 91, False),
        (100, 99, False),
        (100, 100, True),
    ],
)
def test_few_people_on_one_side_of_the_open_band_are_not_told_of(
    people: Any, in_band: Any, told: Any
) -> None:
    counts = {"participants": people, "participants_in_top_band": in_band}
    planned, other = shown(
        open_band(26.34, 0.0, **counts), open_band(34.27, 7.93, **counts), of=[estimate(REPORTED)]
    )

    assert planned.minutes_per_day == 26.0
    assert (planned.top_band_share, planned.minutes_above_planned) == (
        (0.13, 0.0) if told else (None, None)
    )
    assert other.suppressed is not told
    assert numbers(other) == ((34.0, 17.0, 16.0, 18.0, 0.13, 8.0) if told else NOTHING)


def test_the_minimum_is_the_trials() -> None:
    (row,) = shown(open_band(34.27, 7.93), of=[estimate(REPORTED)], minimum=14)

    assert row.suppressed
