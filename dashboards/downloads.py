"""Published rows as a CSV file that a spreadsheet opens safely."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dashboards.tables import NOT_ESTIMABLE, WITHHELD
from measurement.estimation.results import EstimateRow, Results

NUMBERS: Final = (
    "value",
    "ci_low",
    "ci_high",
    "reference_mean",
    "participants",
    "participants_with_ai",
    "participants_without_ai",
    "logs",
)
NAMES: Final = ("estimand", "dimension", "group", "sample", "arm", "reference")
LABELS: Final = ("confidence", "scale", "comparison", "not_estimable")
STAMP: Final = (
    "trial",
    "data",
    "results_as_of",
    "plan_sha256",
    "plan_locked_at",
    "plan_changes",
    "code_version",
)
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
BYTES_PER_KB: Final = 1024


@dataclass(frozen=True)
class CsvFile:
    """A CSV file with its name; `size` is for the link's text."""

    name: str
    content: bytes

    @property
    def size(self) -> str:
        """The size as people say it: 3 KB."""
        return f"{max(1, round(len(self.content) / BYTES_PER_KB))} KB"


def csv_file(name: str, rows: Sequence[EstimateRow], results: Results, as_of: datetime) -> CsvFile:
    """Return published rows as CSV: UTF-8 with byte order mark, RFC 4180.

    Every row says which trial, data, plan and moment it is of, when the plan was locked and how
    often it was changed since. Withheld numbers are [c], others that are missing [x]. The last
    line counts the rows, so that a cut file can be told.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*STAMP, *NAMES, *NUMBERS, *LABELS])
    stamp = [
        results.trial,
        "Simulated data" if results.simulated else "Trial data",
        as_of.isoformat(timespec="seconds"),
        results.plan_sha256,
        results.plan_locked_at,
        len(results.deviations),
        results.code_version,
    ]
    for row in rows:
        cells = [*stamp, *(getattr(row, field) for field in NAMES)]
        numbers = [_number(getattr(row, field), row) for field in NUMBERS]
        labels = [getattr(row, field) for field in LABELS]
        writer.writerow([*map(_safe, cells), *numbers, *map(_safe, labels)])
    writer.writerow([f"End of file: {len(rows)} rows"])
    return CsvFile(f"{results.trial}-{name}.csv", out.getvalue().encode("utf-8-sig"))


def _number(value: float | None, row: EstimateRow) -> str:
    if value is None:
        return WITHHELD if row.suppressed else NOT_ESTIMABLE
    return f"{value:.15g}"


def _safe(cell: object) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
