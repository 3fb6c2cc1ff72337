"""history.json of a bundle <-> the lock of a plan, its changes and its taus."""

import datetime
import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from measurement.estimation.bundle_columns import time_kind
from measurement.estimation.bundle_faults import Faults
from measurement.estimation.bundle_files import HISTORY
from measurement.estimation.definition import (
    MAX_TEXT_LENGTH,
    DefinitionErrors,
    DefinitionFault,
    is_storable_text,
)
from measurement.estimation.definition_table import Table, is_number
from measurement.estimation.history import (
    DATES,
    MAX_REASON_LENGTH,
    Change,
    History,
    PlanChange,
    PlanLock,
    Tuning,
    is_reason,
    locked_trial,
)
from measurement.estimation.trial_toml import sections_sha256

MAX_BYTES: Final = 2**24
"""The most that history.json may hold: over 50,000 taus."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NEVER: Final = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
_TEXT: Final = f"a text of 1 to {MAX_TEXT_LENGTH} characters"


def read_history(data: bytes | None, last_day: datetime.date, faults: Faults) -> History:
    """Return the history of a bundle, empty where there is none; what is not allowed is a fault.

    No moment in it may be after `last_day`.
    """
    document = None if data is None else _document(data, faults)
    if document is None:
        return History()
    noted: list[DefinitionFault] = []
    history = _Reader(document, last_day, noted).history()
    for fault in noted:
        given = None if fault.given is None else str(fault.given)
        faults.add(HISTORY, None, fault.where, given, fault.allowed)
    return history


def write_history(history: History) -> bytes:
    """Return a history as the bytes of history.json."""
    lock = history.lock
    document = {
        "lock": lock and asdict(lock) | {"locked_at": lock.locked_at.isoformat()},
        "changes": [
            asdict(change) | {"changed_at": change.changed_at.isoformat()}
            for change in history.changes
        ],
        "tuning": [asdict(row) for row in history.tuning],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2).encode()


def _document(data: bytes, faults: Faults) -> Mapping[str, Any] | None:
    if len(data) > MAX_BYTES:
        allowed = f"a file of at most {MAX_BYTES} bytes"
        faults.add(HISTORY, None, None, f"{len(data)} bytes", allowed)
        return None
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
        # A lone surrogate, which JSON can write and nothing can store, is a ValueError here.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        faults.add(HISTORY, None, None, str(error), "JSON in UTF-8")
        return None
    if not isinstance(document, dict):
        faults.add(HISTORY, None, None, str(document), "an object of lock, changes and tuning")
        return None
    return document


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


class _Reader:
    """Reads the document of a history.json; faults are noted."""

    def __init__(
        self, document: Mapping[str, Any], last_day: datetime.date, noted: list[DefinitionFault]
    ) -> None:
        self._root = Table("", document, noted)
        self._moments = time_kind(last_day)
        self._noted = noted

    def history(self) -> History:
        history = History(
            lock=self._lock(self._root.section("lock")),
            changes=tuple(map(self._plan_change, self._root.tables("changes"))),
            tuning=tuple(map(_tuning, self._root.tables("tuning"))),
        )
        self._root.refuse_unknown()
        keys = Counter(row.key for row in history.tuning)
        for key in (key for key, count in keys.items() if count > 1):
            self._root.fail("tuning", ", ".join(map(str, key)), "each interval once")
        return history

    def _lock(self, table: Table) -> PlanLock:
        lock = PlanLock(
            locked_at=self._moment(table, "locked_at"),
            locked_by=_text(table, "locked_by"),
            plan_sha256=table.parsed("plan_sha256", _sha256, "64 hexadecimal digits", ""),
            sections=table.parsed("sections", _tables, "an object of objects", {}),
        )
        table.refuse_unknown()
        self._check_promise(lock)
        return lock

    def _check_promise(self, lock: PlanLock) -> None:
        """Note what is no promise of a trial, and a hash that is not the sections'."""
        table = Table("lock.sections.trial", {}, self._noted)
        for name in lock.sections.get("trial", {}).keys() - set(DATES):
            table.fail(name, name, f"any of {', '.join(DATES)}")
        try:
            locked_trial(lock.sections)
        except DefinitionErrors as errors:
            self._noted.extend(
                DefinitionFault(f"lock.sections.{fault.where}", fault.given, fault.allowed)
                for fault in errors.errors
            )
        five = {name: table for name, table in lock.sections.items() if name != "trial"}
        hashed = sections_sha256(five)
        if lock.plan_sha256 not in ("", hashed):
            allowed = f"the SHA-256 of the sections, {hashed},"
            Table("lock", {}, self._noted).fail("plan_sha256", lock.plan_sha256, allowed)

    def _plan_change(self, table: Table) -> PlanChange:
        change = PlanChange(
            changed_at=self._moment(table, "changed_at"),
            changed_by=_text(table, "changed_by"),
            reason=table.parsed(
                "reason", _reason, f"a text of 1 to {MAX_REASON_LENGTH} characters", ""
            ),
            changes=tuple(map(_change, table.tables("changes"))),
        )
        table.refuse_unknown()
        return change

    def _moment(self, table: Table, key: str) -> datetime.datetime:
        def parse(given: Any) -> datetime.datetime:
            time: datetime.datetime = self._moments.parse(given if isinstance(given, str) else "")
            return time

        return table.parsed(key, parse, self._moments.allowed, _NEVER)


def _change(table: Table) -> Change:
    change = Change(
        path=_text(table, "path"),
        before=table.parsed("before", _as_given, "anything", None),
        after=table.parsed("after", _as_given, "anything", None),
    )
    table.refuse_unknown()
    return change


def _tuning(table: Table) -> Tuning:
    row = Tuning(
        estimand=_text(table, "estimand"),
        dimension=_text(table, "dimension"),
        group=_text(table, "group"),
        sample=_text(table, "sample"),
        arm=table.parsed("arm", _arm, f"{_TEXT}, or null", None),
        tau=table.parsed("tau", _tau, "a number above 0", math.nan),
    )
    table.refuse_unknown()
    return row


def _text(table: Table, key: str) -> str:
    return table.parsed(key, _name, _TEXT, "")


def _name(given: Any) -> str:
    # Not stripped: a group's name is what it is.
    if not isinstance(given, str) or not given.strip() or not is_storable_text(given):
        raise ValueError(given)
    return given


def _reason(given: Any) -> str:
    if not isinstance(given, str) or not is_reason(given):
        raise ValueError(given)
    return given


def _arm(given: Any) -> str | None:
    return None if given is None else _name(given)


def _sha256(given: Any) -> str:
    if not isinstance(given, str) or not _SHA256.fullmatch(given):
        raise ValueError(given)
    return given


def _tables(given: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(given, dict) or not all(isinstance(item, dict) for item in given.values()):
        raise ValueError(given)
    return given


def _tau(given: Any) -> float:
    if not is_number(given) or given <= 0:
        raise ValueError(given)
    return float(given)


def _as_given(given: Any) -> Any:
    return given
