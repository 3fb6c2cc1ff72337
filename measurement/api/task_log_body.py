"""From the JSON body of a request to a task log that is still to be judged.

Only the shape is judged here; what a field may hold, `measurement.recording` says for every door,
and counts what it refuses. So a value of the wrong type is passed on as it came.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from measurement.api.problems import INVALID_BODY, Fault, Problem, named, shown
from measurement.estimation.definition import nearest
from measurement.recording import NewTaskLog

LOG_FIELDS = tuple(field.name for field in fields(NewTaskLog))
FIELDS = ("participant", *LOG_FIELDS)
MAX_FAULTS = 20  # finding the nearest name takes time, and a body has room for thousands

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def named_participant(body: object) -> object:
    """Return what the body gives as `participant`, or None: then it is the sender's own log."""
    return body.get("participant") if isinstance(body, dict) else None


def new_task_log(body: object) -> NewTaskLog:
    """Return the task log that `body` describes; null is the same as left out.

    Raises Problem (400) naming every field that is unknown or holds a list or an object.
    """
    if not isinstance(body, dict):
        raise Problem(INVALID_BODY, f"The body is {shown(body)}; an object is allowed.")
    faults = [*islice(_shape_faults(body), MAX_FAULTS)]
    if faults:
        raise Problem(INVALID_BODY, faults=faults)
    given = {
        name: _read(name, value)
        for name, value in body.items()
        if name in LOG_FIELDS and value is not None
    }
    return NewTaskLog(**{"key": None, "ai_used": None} | given)


def _shape_faults(body: Mapping[str, object]) -> Iterator[Fault]:
    for name, value in body.items():
        if name not in FIELDS:
            yield Fault(
                field=named(name),
                given=shown(value),
                allowed=f"the nearest known field is {nearest(named(name), FIELDS)}",
            )
        elif isinstance(value, dict | list):
            yield Fault(field=name, given=shown(value), allowed="a single value")


def _read(name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    return reader(value) if reader and isinstance(value, str) else value


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else text
    except ValueError:
        return text


def _moment(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if _MOMENT.fullmatch(text) else text
    except (ValueError, OverflowError):
        return text


_READERS: Mapping[str, Callable[[str], object]] = {
    "date": _date,
    "announced_at": _moment,
    "started_at": _moment,
    "ended_at": _moment,
}
