"""Published rows as a CSV file that a spreadsheet opens safely."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboards.shown_intervals import kind_of_interval
from dashboards.tables import NOT_ESTIMABLE, WITHHELD
from measurement.estimation.results import EstimateRow, Results
from measurement.spreadsheets import safe_cell

NUMBERS: Final = (
    "value",
    "ci_low",
    "ci_high",
    "shrunken_value",
    "reference_mean",
    "participants",
    "participants_with_ai",
    "participants_without_ai",
    "logs",
)
NAMES: Final = ("estimand", "dimension", "group", "sample", "arm", "reference")
LABELS: Final = ("confidence", "scale", "comparison", "not_estimable", "as_of")
CONVENTION: Final = (
    "convention",
    "estimand",
    "day_basis",
    "working_days_per_year",
    "hours_per_day",
)
CONVENTION_NUMBERS: Final = ("minutes_per_day", "days_per_year", "ci_low", "ci_high")
OPEN_BAND: Final = ("top_band_minutes", "top_band_share", "minutes_above_planned")
CONVENTION_LABELS: Final = ("confidence", "not_estimable", "as_of")
STAMP: Final = (
    "trial",
    "data",
    "results_as_of",
    "plan_sha256",
    "plan_locked_at",
    "plan_changes",
    "code_version",
)
BYTES_PER_KB: Final = 1024


CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
}
"""The content type of each kind of file, by how its name ends."""


@dataclass(frozen=True)
class Download:
    """A file with its name; `size` is for the link's text."""

    name: str
    content: bytes

    @property
    def size(self) -> str:
        """The size as people say it."""
        return size_words(len(self.content))


def size_words(size: int) -> str:
    """Return a number of bytes as people say it: 3 KB, 1.2 MB."""
    kilobytes = max(1, round(size / BYTES_PER_KB))
    if kilobytes < BYTES_PER_KB:
        return f"{kilobytes} KB"
    return f"{size / BYTES_PER_KB**2:.1f} MB"


def content_type(name: str) -> str:
    """Return the content type of a file of that name. Raises KeyError for other kinds."""
    return CONTENT_TYPES[name.rpartition(".")[2]]


def csv_file(name: str, rows: Sequence[EstimateRow], results: Results, as_of: datetime) -> Download:
    """Return published rows as CSV: UTF-8 with byte order mark, RFC 4180.

    Every row says which trial, data, plan and moment it is of, when the plan was locked and how
    often it was changed since; `as_of` is filled where a row is not of that moment. Withheld
    numbers are [c], others that are missing [x]. `interval`: fixed, adjusted for the number of
    groups, or always_valid, as on the page. The last line counts the rows, so that a cut file
    can be told.
    """
    lines = [
        [
            *(_safe(getattr(row, field)) for field in NAMES),
            *(_number(getattr(row, field), suppressed=row.suppressed) for field in NUMBERS),
            *(_safe(getattr(row, field)) for field in LABELS),
            kind_of_interval(row),
        ]
        for row in rows
    ]
    return _file(name, [*NAMES, *NUMBERS, *LABELS, "interval"], lines, results, as_of)


def conventions_file(
    name: str, rows: Sequence[Mapping[str, Any]], results: Results, as_of: datetime
) -> Download:
    """Return the rows of the published sensitivity table as CSV, in the manner of `csv_file`.

    What the open band is counted as, and moves, is blank where a row does not rest on it.
    """
    lines = [
        [
            *(_safe(row[field]) for field in CONVENTION),
            *(_number(row[field], suppressed=row["suppressed"]) for field in CONVENTION_NUMBERS),
            *(_open_band(row, field) for field in OPEN_BAND),
            *(_safe(row[field]) for field in CONVENTION_LABELS),
        ]
        for row in rows
    ]
    header = [*CONVENTION, *CONVENTION_NUMBERS, *OPEN_BAND, *CONVENTION_LABELS]
    return _file(name, header, lines, results, as_of)


def _file(
    name: str,
    header: Sequence[str],
    lines: Sequence[Sequence[str]],
    results: Results,
    as_of: datetime,
) -> Download:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*STAMP, *header])
    about = (
        results.trial,
        "Simulated data" if results.simulated else "Trial data",
        as_of.isoformat(timespec="seconds"),
        results.plan_sha256,
        results.plan_locked_at,
        len(results.deviations),
        results.code_version,
    )
    stamp = [*map(_safe, about)]
    writer.writerows([*stamp, *line] for line in lines)
    writer.writerow([f"End of file: {len(lines)} rows"])
    return Download(f"{results.trial}-{name}.csv", out.getvalue().encode("utf-8-sig"))


def _number(value: float | None, *, suppressed: bool) -> str:
    if value is None:
        return WITHHELD if suppressed else NOT_ESTIMABLE
    return f"{value:.15g}"


def _open_band(row: Mapping[str, Any], field: str) -> str:
    if row["top_band_minutes"] is None:
        return ""
    # A row that has minutes tells nothing of its open band where that would tell of few people.
    return _number(row[field], suppressed=row["not_estimable"] is None)


def _safe(cell: object) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return safe_cell("" if cell is None else str(cell))
