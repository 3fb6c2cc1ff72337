"""What each column of a bundle may hold, and the canonical frames that everything else reads."""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from measurement.estimation.definition import MAX_MINUTES, MAX_TEXT_LENGTH, is_storable_text

SOURCES: Final = ("timer", "recall", "import")
STATUSES: Final = ("logged", "withheld", "void")
QUALITY_SCORES: Final = (1, 5)
SURVEY_SCORES: Final = (0, 10)

_NUMBER_CHARACTERS: Final = "0123456789.+-eE"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_BOOLEANS: Final = {"1": True, "true": True, "0": False, "false": False}
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)


@dataclass(frozen=True)
class Kind:
    """What a column may hold.

    `parse` turns a text without surrounding spaces into a value, or raises ValueError; `write` is
    its inverse on a whole column. A blank counts as `blank`, unless the column `needs_value`.
    """

    allowed: str
    dtype: Any  # the name of a pandas dtype
    parse: Callable[[str], Any]
    write: Callable[["pd.Series[Any]"], list[str]]
    blank: Any = None
    needs_value: bool = False


def _parse_text(text: str) -> str:
    if not is_storable_text(text):
        raise ValueError(text)
    return text


def _parse_choice(choices: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


def _parse_boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text]


def _parse_number(is_allowed: Callable[[float], bool]) -> Callable[[str], float]:
    def parse(text: str) -> float:
        # float() alone would also read "1_000", "NaN" and the digits of other scripts.
        if text.strip(_NUMBER_CHARACTERS) or not is_allowed(number := float(text)):
            raise ValueError(text)
        return number

    return parse


def _parse_date(latest: datetime.date) -> Callable[[str], datetime.date]:
    def parse(text: str) -> datetime.date:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        date = datetime.date.fromisoformat(text)
        if date > latest:
            raise ValueError(text)
        return date

    return parse


def _parse_time(latest: datetime.date) -> Callable[[str], datetime.datetime]:
    def parse(text: str) -> datetime.datetime:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        time = datetime.datetime.fromisoformat(text)
        if time.tzinfo is None:
            time = time.replace(tzinfo=datetime.UTC)
        try:
            time = time.astimezone(datetime.UTC)
        except OverflowError as error:
            raise ValueError(text) from error
        if time.date() > latest:
            raise ValueError(text)
        return time

    return parse


def _write_text(column: "pd.Series[Any]") -> list[str]:
    return list(column.fillna(""))


def _write_boolean(column: "pd.Series[Any]") -> list[str]:
    return list(column.astype(object).map({True: "1", False: "0"}).fillna(""))


def _write_number(column: "pd.Series[Any]") -> list[str]:
    """Write the shortest text that reads back to the same bits."""
    return ["" if number != number else repr(number).removesuffix(".0") for number in column]


def _write_date(column: "pd.Series[Any]") -> list[str]:
    texts = np.datetime_as_string(column.to_numpy(dtype="datetime64[s]"), unit="D")
    return [str(text) for text in np.where(column.isna(), "", texts)]


def _write_time(column: "pd.Series[Any]") -> list[str]:
    times = column.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    texts = np.char.add(np.datetime_as_string(times, unit="us"), "Z")
    return [str(text) for text in np.where(column.isna(), "", texts)]


def _text(*, needs_value: bool = False) -> Kind:
    allowed = f"a text of at most {MAX_TEXT_LENGTH} characters without a NUL"
    if needs_value:
        allowed = f"a text of 1 to {MAX_TEXT_LENGTH} characters without a NUL"
    return Kind(allowed, "str", _parse_text, _write_text, needs_value=needs_value)


def _choice(choices: Sequence[str], blank: str | None = None) -> Kind:
    allowed = "one of " + ", ".join(choices)
    return Kind(allowed, "str", _parse_choice(choices), _write_text, blank=blank)


def _boolean(dtype: str, blank: bool | None = None) -> Kind:
    return Kind("one of 1, 0, true, false", dtype, _parse_boolean, _write_boolean, blank=blank)


def _number(allowed: str, is_allowed: Callable[[float], bool]) -> Kind:
    return Kind(allowed, "float64", _parse_number(is_allowed), _write_number)


def _score(lowest: int, highest: int) -> Kind:
    return _number(
        f"a whole number from {lowest} to {highest}",
        lambda number: lowest <= number <= highest and number == int(number),
    )


def _date(latest: datetime.date | None = None) -> Kind:
    allowed = "a date such as 2024-09-30"
    if latest:
        allowed += f", not after {latest} (today),"
    return Kind(allowed, "datetime64[s]", _parse_date(latest or datetime.date.max), _write_date)


def time_kind(latest: datetime.date) -> Kind:
    """Return the kind of dates with times, up to a last day; in UTC."""
    allowed = f"a date and time such as 2024-09-30T14:05:00Z, not after {latest} (today),"
    return Kind(allowed, "datetime64[us, UTC]", _parse_time(latest), _write_time)


_MINUTES: Final = _number(
    f"a number above 0 and at most {MAX_MINUTES}", lambda number: 0 < number <= MAX_MINUTES
)
_SAVED_MINUTES: Final = _number(
    f"a number from 0 to {MAX_MINUTES}", lambda number: 0 <= number <= MAX_MINUTES
)
_EVER: Final = datetime.date.max

PARTICIPANT_KINDS: Final[Mapping[str, Kind]] = {
    "participant": _text(needs_value=True),
    "department": _text(),
    "team": _text(),
    "grade": _text(),
    "profession": _text(),
    "arm": _text(),
    "sequence": _text(),
    "ai_from": _date(),
    "enrolled_on": _date(),
    "withdrawn_on": _date(),
    "baseline_minutes": _MINUTES,
}


def task_log_kinds(today: datetime.date = _EVER) -> dict[str, Kind]:
    """Return the kinds of a task log's columns; nothing was logged after `today`."""
    return {
        "participant": _text(needs_value=True),
        "key": _text(),
        "minutes": _MINUTES,
        "ai_used": _boolean("bool", blank=False),
        "date": _date(today),
        "task_type": _text(),
        "ai_assigned": _boolean("boolean"),
        "period": _text(),
        "tool": _text(),
        "forecast_minutes": _MINUTES,
        "forecast_minutes_with_ai": _MINUTES,
        "quality": _score(*QUALITY_SCORES),
        "novel": _boolean("bool", blank=False),
        "censored": _boolean("bool", blank=False),
        "source": _choice(SOURCES),
        "status": _choice(STATUSES, blank="logged"),
        "announced_at": time_kind(today),
        "started_at": time_kind(today),
        "ended_at": time_kind(today),
        "recorded_at": time_kind(today),
    }


def survey_response_kinds(today: datetime.date = _EVER) -> dict[str, Kind]:
    """Return the kinds of a survey response's columns; nobody answered after `today`."""
    return {
        "participant": _text(needs_value=True),
        "date": _date(today),
        "wave": _text(),
        "minutes_saved_low": _SAVED_MINUTES,
        "minutes_saved_high": _SAVED_MINUTES,
        "satisfaction": _score(*SURVEY_SCORES),
        "recommend": _score(*SURVEY_SCORES),
    }


def canonical_participants(frame: pd.DataFrame, *others: "pd.Series[Any]") -> pd.DataFrame:
    """Return the canonical frame of participants, with a row for each one named in `others`.

    Columns that `frame` lacks are missing throughout; sorted by participant.
    """
    named = pd.concat([pd.Series(column, dtype="str") for column in others]) if others else None
    if named is not None:
        known = pd.Index(frame["participant"])
        unknown = pd.Index(named.unique()).difference(known)
        frame = pd.concat([frame, pd.DataFrame({"participant": unknown})], ignore_index=True)
    return _sorted(_conform(frame, PARTICIPANT_KINDS), ["participant"])


def canonical_task_logs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the canonical frame of task logs, sorted by participant and key."""
    return _sorted(_conform(frame, task_log_kinds()), ["participant", "key"])


def canonical_survey_responses(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the canonical frame of survey responses, sorted by all columns."""
    kinds = survey_response_kinds()
    return _sorted(_conform(frame, kinds), list(kinds))


def _conform(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    columns = {
        name: as_kind(frame[name], kind)
        if name in frame
        else pd.Series(kind.blank, index=frame.index, dtype=kind.dtype)
        for name, kind in kinds.items()
    }
    return pd.DataFrame(columns)


def as_kind(column: "pd.Series[Any]", kind: Kind) -> "pd.Series[Any]":
    """Return the column in its kind's dtype. An empty text is missing, as None is."""
    if column.dtype == kind.dtype and kind.dtype != "str":
        return column
    if kind.dtype == "datetime64[us, UTC]":
        column = pd.to_datetime(column, utc=True)
    if kind.blank is not None:
        column = column.astype(object).where(column.notna(), kind.blank)
    typed: pd.Series[Any] = column.astype(kind.dtype)
    return typed.mask(typed == "") if kind.dtype == "str" else typed


def _sorted(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.sort_values(by, kind="stable", ignore_index=True)
