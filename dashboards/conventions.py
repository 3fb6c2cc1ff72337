"""The annual figure under other conventions, in words and as a table. Pure.

Takes the rows of the published sensitivity table, see `estimation.sensitivity.SensitivityRow`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dashboards.measures import (
    PER_WORKING_DAY,
    REPORTED,
    Reading,
    decimals_of,
    fixed,
    minutes_in_words,
    number,
)
from dashboards.number_text import IntervalHeading, interval_text, number_text, short_text
from dashboards.tables import NOT_ESTIMABLE, WITHHELD, Table, dated, marks_explained

Row = Mapping[str, Any]

FORMULA: Final = (
    "Days saved a year are the minutes a day times the days a year, divided by the minutes of a "
    "working day. They follow from the rounded minutes."
)
SELF_REPORTED: Final = "Reported minutes are what people say, not what was measured."


def finding(rows: Sequence[Row]) -> str:
    """Return how far the conventions move the days, if there is a clear saving to convert."""
    measured = [
        row
        for row in rows
        if row["estimand"] == PER_WORKING_DAY.estimand
        and row["primary"]
        and row["ci_low"] is not None
    ]
    if not measured:
        return "There are no measured minutes a day to turn into days a year."
    if all(row["ci_low"] <= 0 <= row["ci_high"] for row in measured):
        return "No clear difference in minutes a day, so none in days a year by any convention."
    minutes = minutes_in_words(abs(measured[0]["minutes_per_day"]), _decimals(measured[0], rows))
    least, most = (pick(abs(row["days_per_year"]) for row in measured) for pick in (min, max))
    decimals = decimals_of(least, most)
    verb = "saved" if measured[0]["minutes_per_day"] > 0 else "lost"
    verb += " a day is" if minutes == "1 minute" else " a day are"
    return (
        f"The same {minutes} {verb} {fixed(least, decimals)} to {fixed(most, decimals)} "
        "working days a year, depending on what counts as a working year."
    )


def top_band(rows: Iterable[Row]) -> str:
    """Return what share of answers is in the survey's open band, and what rests on its minutes."""
    counted = [row for row in rows if row["top_band_minutes"] is not None]
    planned = next((row for row in counted if row["primary"]), None)
    if planned is None or planned["minutes_per_day"] is None:
        return ""
    minutes = number(planned["top_band_minutes"])
    if planned["top_band_share"] is None:
        return (
            f"The open top band is counted as {minutes} minutes a day. What rests on that is "
            "withheld, because few people chose that band, or all but few did."
        )
    said = (
        f"{_share(planned['top_band_share'])} of the answers, each person counting once, are in "
        f"the open top band and count as {minutes} minutes a day."
    )
    others = [row for row in counted if row is not planned]
    if not others:
        return said
    other = max(others, key=lambda row: float(row["top_band_minutes"]))
    decimals = _decimals(planned, counted)
    return (
        f"{said} Counted as {number(other['top_band_minutes'])}, the mean of what people report "
        f"would be {fixed(other['minutes_per_day'], decimals)} minutes a day instead of "
        f"{fixed(planned['minutes_per_day'], decimals)}: "
        f"{_moved(other['minutes_above_planned'], decimals)}."
    )


def table(rows: Sequence[Row]) -> Table:
    """Return one row a convention, the plan's first."""
    level = f"{100 * rows[0]['confidence']:g}%"
    notes = [FORMULA]
    if any(row["estimand"] == REPORTED.estimand for row in rows):
        notes.append(SELF_REPORTED)
    return Table(
        caption="Working days saved a year, by convention",
        columns=(
            "Convention",
            IntervalHeading("Working days saved a year", level),
            "Minutes saved a day",
            "Days a year",
            "Hours a day",
        ),
        rows=tuple(_cells(row, _decimals(row, rows)) for row in rows),
        notes=(
            *notes,
            *marks_explained(
                withheld=any(row["suppressed"] for row in rows),
                reasons=[row["not_estimable"] for row in rows],
            ),
        ),
    )


def _cells(row: Row, decimals: int) -> tuple[str, ...]:
    name = dated(row["convention"], row["as_of"])
    year = (short_text(row["working_days_per_year"]), short_text(row["hours_per_day"]))
    if row["minutes_per_day"] is None:
        mark = WITHHELD if row["suppressed"] else NOT_ESTIMABLE
        return (name, mark, mark, *year)
    days = number_text(row["days_per_year"], 1)
    if row["ci_low"] is not None:
        days = interval_text(Reading(row["days_per_year"], row["ci_low"], row["ci_high"]), 1)
    return (name, days, number_text(row["minutes_per_day"], decimals), *year)


def _decimals(of: Row, rows: Iterable[Row]) -> int:
    """Return the decimals of a row's minutes a day: as others of its figure, no 35 beside 26.1."""
    known = (row["minutes_per_day"] for row in rows if row["estimand"] == of["estimand"])
    return decimals_of(*(minutes for minutes in known if minutes is not None))


def _share(share: float) -> str:
    return f"{fixed(100 * share, 0)}%" if share else "Fewer than 1%"


def _moved(minutes: float, decimals: int) -> str:
    if not minutes:
        return "no change that rounding shows"
    return f"{fixed(abs(minutes), decimals)} {'more' if minutes > 0 else 'fewer'}"
