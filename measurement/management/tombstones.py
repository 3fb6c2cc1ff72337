"""The list of who was erased, as a file that outlives the database."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from measurement.estimation.definition import MAX_SLUG_LENGTH, MAX_TEXT_LENGTH, is_storable_text

COLUMNS: Final = ("trial", "pseudonym", "erased_at")


@dataclass(frozen=True)
class Tombstone:
    """One line of the list."""

    trial_slug: str
    pseudonym: str
    erased_at: datetime


def read(path: Path) -> tuple[list[Tombstone], list[str]]:
    """Return the lines of the list, and what is wrong with it: `line: what is allowed`.

    Raises OSError if the file cannot be read.
    """
    found, faults = [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in _rows(file):
                tombstone = _tombstone(row)
                if tombstone:
                    found.append(tombstone)
                else:
                    faults.append(f"{number}: {row}, {', '.join(COLUMNS)} are allowed")
    except (csv.Error, UnicodeDecodeError) as error:
        faults.append(f"{error}: CSV in UTF-8 is allowed")
    return found, faults


def _rows(file: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(csv.reader(file, strict=True), 1):
        if row and not (number == 1 and tuple(row) == COLUMNS):
            yield number, row


def _tombstone(row: list[str]) -> Tombstone | None:
    """Return what the line says, or None if it says something else."""
    if len(row) != len(COLUMNS):
        return None
    trial, pseudonym, at = row
    if not _fits(trial, MAX_SLUG_LENGTH) or not _fits(pseudonym, MAX_TEXT_LENGTH):
        return None
    try:
        moment = parse_datetime(at)
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment):
        return None
    return Tombstone(trial, pseudonym, moment)


def _fits(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest and is_storable_text(text)
