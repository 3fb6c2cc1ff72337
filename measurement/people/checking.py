"""What a file of people would do, tried without doing it."""

import csv
import io
from typing import Any, Final

from measurement.enrolment import LISTS
from measurement.models import Trial, Upload
from measurement.people.faults import Fault
from measurement.people.known import invited_before
from measurement.people.reading import LISTED, Lists, People
from measurement.spreadsheets import safe_cell

FAULTS_SHOWN: Final = 200


def lists_of(trial: Trial) -> Lists:
    """Return the entries that each listed column may hold, in alphabetical order."""
    return {
        name: list(LISTS[name]._default_manager.filter(trial=trial).values_list("name", flat=True))
        for name in LISTED
    }


def note(upload: Upload, trial: Trial, found: People) -> None:
    """Store with the upload what was found in it: counts, and all that is wrong."""
    before = invited_before(trial, [person.email for person in found.people])
    upload.report = {
        "rows": found.rows,
        "new": len(found.people) - len(before),
        "before": len(before),
        "repeated": found.repeated,
        "faults": len(found.faults),
        "cut": found.cut,
        "shown": [[one.row, one.column, one.message] for one in found.faults[:FAULTS_SHOWN]],
    }
    upload.faults = _csv(found.faults) if found.faults else ""
    upload.save(update_fields=["report", "faults"])


def _csv(faults: list[Fault]) -> str:
    """Return the faults as CSV that no spreadsheet calculates anything of."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["row", "column", "fault"])
    rows: list[list[Any]] = [
        [one.row, safe_cell(one.column), safe_cell(one.message)] for one in faults
    ]
    writer.writerows(rows)
    return lines.getvalue()
