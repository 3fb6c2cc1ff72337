"""The trial bundle: a folder or a zip of trial.toml and CSV files <-> canonical frames.

A bundle is read whole or refused whole, with every fault named.
"""

import datetime
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation import calendar
from measurement.estimation.bundle_columns import (
    PARTICIPANT_KINDS,
    Kind,
    as_kind,
    canonical_participants,
    canonical_survey_responses,
    canonical_task_logs,
    survey_response_kinds,
    task_log_kinds,
)
from measurement.estimation.bundle_csv import TextColumn, TextTable, read_table, write_table
from measurement.estimation.bundle_faults import BundleErrors, Fault, Faults
from measurement.estimation.bundle_files import (
    COUNTS,
    HISTORY,
    MAX_FILE_BYTES,
    PARTICIPANTS,
    SURVEY_RESPONSES,
    TASK_LOGS,
    TRIAL,
    read_files,
    write_files,
)
from measurement.estimation.bundle_history import read_history, write_history
from measurement.estimation.definition import (
    MAX_WHOLE_NUMBER,
    DefinitionErrors,
    Trial,
    is_storable_text,
    nearest,
)
from measurement.estimation.history import History
from measurement.estimation.trial_toml import parse_trial, to_toml

__all__ = [
    "Bundle",
    "BundleErrors",
    "Fault",
    "canonical_participants",
    "canonical_survey_responses",
    "canonical_task_logs",
    "read_bundle",
    "write_bundle",
]

REQUIRED_COLUMNS: Final = {
    PARTICIPANTS: ("participant",),
    TASK_LOGS: ("participant", "minutes", "ai_used"),
    SURVEY_RESPONSES: ("participant",),
}

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trial with its canonical frames; `counts`: refusals by form and API, by rule.

    `history`: the lock of the plan and what was changed since.

    participants: one row a participant, sorted by participant. task_logs: sorted by participant
    and key. survey_responses: sorted by all columns. Missing texts are NaN, missing dates NaT.
    """

    trial: Trial
    participants: pd.DataFrame
    task_logs: pd.DataFrame
    survey_responses: pd.DataFrame
    counts: dict[str, int] = field(default_factory=dict)
    history: History = field(default_factory=History)


@dataclass(frozen=True, eq=False)
class _ReadTable:
    """A file's frame in file order; `refused`: which cells of a column have a fault already."""

    file: str
    text: TextTable
    frame: pd.DataFrame
    refused: Mapping[str, Mask]
    faults: Faults

    def refuse(self, column: str, where: Mask, allowed: Callable[[int], str] | str) -> None:
        """Note a fault for each cell of the column in `where` (positions, in file order)."""
        cells = (
            (
                int(self.text.rows[position]),
                self._given(column, position),
                allowed if isinstance(allowed, str) else allowed(int(position)),
            )
            for position in np.flatnonzero(where & ~self.refused[column])
        )
        self.faults.add_cells(self.file, column, cells)

    def _given(self, column: str, position: np.intp) -> str:
        if column not in self.text.columns:
            return ""
        cells = self.text.columns[column]
        return cells.text_at(position)


def read_bundle(
    source: Path | str | IO[bytes],
    *,
    today: datetime.date | None = None,
    max_bytes: int = MAX_FILE_BYTES,
) -> Bundle:
    """Read a folder, a zip or an open zip, each file of at most `max_bytes`.

    `today` (default: today in London) is the last day of any log.

    Raises:
        BundleErrors: if anything in it is not allowed.

    """
    last_day = today or calendar.today()
    faults = Faults()
    opened = Path(source) if isinstance(source, str) else source
    files = read_files(opened, faults, max_bytes=max_bytes)
    trial = _read_trial(files.get(TRIAL), faults)
    counts = _read_counts(files.get(COUNTS), faults)
    history = read_history(files.get(HISTORY), last_day, faults)
    people = _read(files, PARTICIPANTS, PARTICIPANT_KINDS, faults)
    logs = _read(files, TASK_LOGS, task_log_kinds(last_day), faults)
    responses = _read(files, SURVEY_RESPONSES, survey_response_kinds(last_day), faults)
    _check_participants(people)
    _check_task_logs(logs)
    _check_survey_responses(responses)
    if trial is not None:
        _check_names_of_trial(trial, people, logs)
    faults.raise_any()
    assert trial is not None  # noqa: S101 - a missing or faulty trial.toml is a fault
    return Bundle(
        trial=trial,
        participants=canonical_participants(
            people.frame, logs.frame["participant"], responses.frame["participant"]
        ),
        task_logs=canonical_task_logs(logs.frame),
        survey_responses=canonical_survey_responses(responses.frame),
        counts=counts,
        history=history,
    )


def _read_trial(data: bytes | None, faults: Faults) -> Trial | None:
    if data is None:
        return None
    try:
        return parse_trial(tomllib.loads(data.decode("utf-8-sig")))
    except DefinitionErrors as errors:
        for error in errors.errors:
            given = None if error.given is None else str(error.given)
            faults.add(TRIAL, None, error.where, given, error.allowed)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        faults.add(TRIAL, None, None, str(error), "TOML in UTF-8")
    return None


def _read_counts(data: bytes | None, faults: Faults) -> dict[str, int]:
    if data is None:
        return {}
    try:
        counts = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        faults.add(COUNTS, None, None, str(error), "JSON in UTF-8")
        return {}
    if not isinstance(counts, dict) or not all(map(_is_count, counts.items())):
        faults.add(COUNTS, None, None, str(counts), "an object of whole numbers by rule")
        return {}
    return counts


def _is_count(item: tuple[str, object]) -> bool:
    rule, count = item
    if not isinstance(count, int) or isinstance(count, bool):
        return False
    return is_storable_text(rule) and 0 <= count <= MAX_WHOLE_NUMBER


def _read(
    files: Mapping[str, bytes], file: str, kinds: Mapping[str, Kind], faults: Faults
) -> _ReadTable:
    # A file that is left out is a file without rows.
    data = files.get(file, ",".join(REQUIRED_COLUMNS[file]).encode())
    text = read_table(file, data, kinds, REQUIRED_COLUMNS[file], faults)
    columns, refused = {}, {}
    for name, kind in kinds.items():
        if name in text.columns:
            columns[name], refused[name] = _parse(file, name, text, kind, faults)
        else:
            blank = pd.Series([kind.blank] * len(text.rows), dtype=object)
            columns[name], refused[name] = as_kind(blank, kind), np.zeros(len(text.rows), bool)
    return _ReadTable(file, text, pd.DataFrame(columns), refused, faults)


def _parse(
    file: str, name: str, table: TextTable, kind: Kind, faults: Faults
) -> tuple["pd.Series[Any]", Mask]:
    """Return the column's values, parsing each distinct text once, and where there are faults."""
    column = table.columns[name]
    values, bad = _parse_distinct(column, kind)
    refused = bad[column.codes] if len(bad) else np.zeros(len(column.codes), bool)
    where = np.flatnonzero(refused)
    cells = ((int(table.rows[i]), column.text_at(i), kind.allowed) for i in where)
    faults.add_cells(file, name, cells)
    return values.take(column.codes).reset_index(drop=True), refused


def _parse_distinct(column: TextColumn, kind: Kind) -> tuple["pd.Series[Any]", Mask]:
    values: list[Any] = []
    bad = np.zeros(len(column.texts), dtype=bool)
    for position, text in enumerate(column.texts):
        stripped = text.strip()
        value = kind.blank
        if stripped:
            try:
                value = kind.parse(stripped)
            except ValueError:
                bad[position] = True
        elif kind.needs_value:
            bad[position] = True
        values.append(value)
    return as_kind(pd.Series(values, dtype=object), kind), bad


def _check_participants(people: _ReadTable) -> None:
    names = people.frame["participant"]
    repeated = names.duplicated() & names.notna()
    people.refuse("participant", repeated.to_numpy(), "each participant once")


def _check_task_logs(logs: _ReadTable) -> None:
    frame = logs.frame
    logged = (frame["status"] == "logged").to_numpy() & ~logs.refused["status"]
    unlogged = (frame["status"] != "logged").to_numpy()
    has_minutes = frame["minutes"].notna().to_numpy()
    if "minutes" in logs.text.columns and "ai_used" in logs.text.columns:
        minutes = task_log_kinds()["minutes"].allowed
        logs.refuse("minutes", logged & ~has_minutes, minutes)
        logs.refuse("minutes", unlogged & has_minutes, "a blank (the status is not logged)")
        cells = logs.text.columns["ai_used"]
        blank = np.array([not text.strip() for text in cells.texts], dtype=bool)
        if len(blank):
            logs.refuse("ai_used", logged & blank[cells.codes], task_log_kinds()["ai_used"].allowed)
    _number_blank_keys(logs)
    _check_keys(logs)


def _number_blank_keys(logs: _ReadTable) -> None:
    """Name each log without a key after its row, so that every log has a key of its own."""
    blank = logs.frame["key"].isna() & ~logs.refused["key"]
    if blank.any():
        rows = pd.Series(logs.text.rows, index=logs.frame.index)
        logs.frame.loc[blank, "key"] = [f"row-{row:07d}" for row in rows[blank]]


def _check_keys(logs: _ReadTable) -> None:
    keys = logs.frame[["participant", "key"]]
    repeated = (keys.duplicated() & keys.notna().all(axis="columns")).to_numpy()
    logs.refuse("key", repeated, "each key once for a participant")


def _check_survey_responses(responses: _ReadTable) -> None:
    low, high = responses.frame["minutes_saved_low"], responses.frame["minutes_saved_high"]
    lacks_low = (low.isna() & high.notna()).to_numpy() & ~responses.refused["minutes_saved_low"]
    responses.refuse("minutes_saved_low", lacks_low, "a number, where there is a highest,")
    responses.refuse(
        "minutes_saved_high", (high < low).to_numpy(), "a number of at least the lowest"
    )


def _check_names_of_trial(trial: Trial, people: _ReadTable, logs: _ReadTable) -> None:
    _check_known(people, "arm", [arm.name for arm in trial.design.arms])
    periods = [period.name for period in trial.design.periods]
    _check_known(logs, "period", periods)
    if trial.design.kind == "crossover":
        _check_sequences(people, len(periods))


def _check_known(table: _ReadTable, column: str, known: Collection[str]) -> None:
    """Refuse names that trial.toml does not list, where it lists any."""
    names = table.frame[column]
    if not known:
        return
    unknown = (names.notna() & ~names.isin(list(known))).to_numpy()

    def allowed(position: int) -> str:
        close = nearest(names.iloc[position], known)
        return f"one of {', '.join(known)} (the nearest is {close!r})"

    table.refuse(column, unknown, allowed)


def _check_sequences(people: _ReadTable, periods: int) -> None:
    sequences = people.frame["sequence"]
    length = f"{{{periods}}}" if periods else "+"
    wrong = sequences.notna() & ~sequences.str.fullmatch(rf"[AB]{length}").fillna(value=False)
    count = f"{periods} letters" if periods else "letters"
    allowed = f"{count} A (without AI) or B (with AI), one for each period,"
    people.refuse("sequence", wrong.to_numpy(dtype=bool), allowed)


def write_bundle(bundle: Bundle, path: Path | str) -> None:
    """Write the bundle into a folder, or a zip where the path ends in .zip.

    Reading it again gives equal frames, to the last bit.
    """
    files = {
        TRIAL: to_toml(bundle.trial).encode(),
        PARTICIPANTS: _written(PARTICIPANTS, bundle.participants, PARTICIPANT_KINDS),
        TASK_LOGS: _written(TASK_LOGS, bundle.task_logs, task_log_kinds()),
    }
    if len(bundle.survey_responses):
        files[SURVEY_RESPONSES] = _written(
            SURVEY_RESPONSES, bundle.survey_responses, survey_response_kinds()
        )
    if bundle.counts:
        files[COUNTS] = json.dumps(bundle.counts, sort_keys=True, indent=2).encode()
    if bundle.history.lock:
        files[HISTORY] = write_history(bundle.history)
    write_files(Path(path), files)


def _written(file: str, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> bytes:
    """Return the frame as CSV, without optional columns that hold nothing."""
    columns = {}
    for name, kind in kinds.items():
        if name in REQUIRED_COLUMNS[file] or not _is_blank(frame[name], kind):
            columns[name] = kind.write(frame[name])
    return write_table(columns)


def _is_blank(column: "pd.Series[Any]", kind: Kind) -> bool:
    return bool((column.isna() if kind.blank is None else column == kind.blank).all())
