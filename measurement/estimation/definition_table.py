"""Reads one table of a trial.toml key by key, noting every fault instead of stopping at one."""

import datetime
import difflib
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

Parsed = TypeVar("Parsed")

MAX_MINUTES: Final = 1440
"""Minutes in a day: no task log, forecast or report may exceed it."""
MAX_TEXT_LENGTH: Final = 200
MAX_SLUG_LENGTH: Final = 100
MAX_WHOLE_NUMBER: Final = 2**31 - 1
"""The largest number that every store holds as an integer."""

Band = tuple[float, float | None]
"""Lowest and highest minutes a day of a survey band; None: the band is open at the top."""


@dataclass(frozen=True)
class DefinitionFault:
    """One thing in a trial.toml that is not allowed; `where` is like "plan.confidence"."""

    where: str
    given: object
    allowed: str

    def __str__(self) -> str:
        given = "nothing" if self.given is None else repr(self.given)
        return f"{self.where}: {given}, {self.allowed} is allowed"


class DefinitionErrors(ValueError):  # noqa: N818 - it carries many
    """Every fault of a trial.toml at once."""

    def __init__(self, errors: Sequence[DefinitionFault]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that `name` most resembles."""
    return max(known, key=lambda other: difflib.SequenceMatcher(None, name, other).ratio())


def is_storable_text(text: str) -> bool:
    """Say whether every store can hold the text: not too long, and no NUL in it."""
    return len(text) <= MAX_TEXT_LENGTH and "\x00" not in text


class Table:
    """Reads one table of a trial.toml key by key; a fault is noted and the default returned."""

    def __init__(self, name: str, table: Any, faults: list[DefinitionFault]) -> None:
        self._name = name
        self._faults = faults
        self._known: list[str] = []
        if table is not None and not isinstance(table, Mapping):
            faults.append(DefinitionFault(name, table, "a table"))
            table = None
        self._table: Mapping[str, Any] = table or {}

    def fail(self, key: str, given: object, allowed: str) -> None:
        """Note a fault of the key."""
        self._faults.append(DefinitionFault(self._where(key), given, allowed))

    def _where(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self._table.get(key)

    def section(self, key: str) -> "Table":
        """Return the table under the key, empty where left out."""
        return Table(self._where(key), self._take(key), self._faults)

    def tables(self, key: str) -> list["Table"]:
        """Return the tables of the list under the key."""
        given = self._take(key)
        if given is None:
            return []
        if not isinstance(given, list | tuple):
            self.fail(key, given, "a list of tables")
            return []
        return [
            Table(f"{self._where(key)}[{number}]", table, self._faults)
            for number, table in enumerate(given, 1)
        ]

    def text(self, key: str) -> str:
        """Read a text that must be there, without surrounding spaces."""
        given = self._take(key)
        text = given.strip() if isinstance(given, str) else ""
        if not text or not is_storable_text(text):
            self.fail(key, given, f"a text of 1 to {MAX_TEXT_LENGTH} characters")
        return text

    def slug(self, key: str) -> str:
        """Read a name that fits into an address; it must be there."""
        given = self._take(key)
        pattern = rf"[a-zA-Z0-9_-]{{1,{MAX_SLUG_LENGTH}}}"
        if not isinstance(given, str) or not re.fullmatch(pattern, given):
            self.fail(
                key,
                given,
                f"1 to {MAX_SLUG_LENGTH} letters, digits, hyphens and underscores",
            )
            return ""
        return given

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        given = self._take(key)
        if given is None:
            return ()
        if not isinstance(given, list | tuple) or not all(
            isinstance(item, str) and item.strip() and is_storable_text(item) for item in given
        ):
            self.fail(key, given, f"a list of texts of 1 to {MAX_TEXT_LENGTH} characters")
            return ()
        return tuple(item.strip() for item in given)

    def boolean(self, key: str, default: bool | None) -> bool:
        """Read true or false; it must be there where the default is None."""
        given = self._take(key)
        if isinstance(given, bool):
            return given
        if given is not None or default is None:
            self.fail(key, given, "true or false")
        return bool(default)

    def choice(self, key: str, default: str | None, choices: Sequence[str]) -> str | None:
        """Read one of the choices."""
        given = self._take(key)
        if given is None:
            return default
        if given not in choices:
            self.fail(key, given, one_of(choices))
            return default
        return str(given)

    def choices(
        self, key: str, default: tuple[str, ...] | None, choices: Sequence[str]
    ) -> tuple[str, ...] | None:
        """Read a list of some of the choices, each once."""
        given = self._take(key)
        if given is None:
            return default
        if not isinstance(given, list | tuple):
            self.fail(key, given, f"a list of {_some_of(choices)}")
            return default
        for position, item in enumerate(given):
            if item not in choices or item in given[:position]:
                self.fail(key, item, f"{_some_of(choices)}, each once,")
        return tuple(map(str, given))

    def number(
        self, key: str, default: float, *, above: float | None = None, at_most: float = math.inf
    ) -> float:
        """Read a number above `above`, or at least 0 where `above` is None."""
        given = self._take(key)
        if given is None:
            return default
        low_enough = is_number(given) and given <= at_most
        if not low_enough or (given < 0 if above is None else given <= above):
            lowest = "of at least 0" if above is None else f"above {above:g}"
            highest = "" if at_most == math.inf else f" and at most {at_most:g}"
            self.fail(key, given, f"a number {lowest}{highest}")
            return default
        return float(given)

    def share(self, key: str, default: float) -> float:
        """Read a number between 0 and 1, both excluded."""
        given = self._take(key)
        if given is None:
            return default
        if not is_number(given) or not 0 < given < 1:
            self.fail(key, given, "a number above 0 and below 1")
            return default
        return float(given)

    def whole(
        self, key: str, default: int | None, *, at_least: int, at_most: int = MAX_WHOLE_NUMBER
    ) -> int | None:
        """Read a whole number."""
        given = self._take(key)
        if given is None:
            return default
        if (
            not isinstance(given, int)
            or isinstance(given, bool)
            or not at_least <= given <= at_most
        ):
            self.fail(key, given, f"a whole number from {at_least} to {at_most}")
            return default
        return given

    def date(self, key: str) -> datetime.date | None:
        """Read a date, or ISO text of one."""
        given = self._take(key)
        if given is None:
            return None
        date = _as_date(given)
        if date is None:
            self.fail(key, given, "a date such as 2024-09-30")
        return date

    def pair(self, key: str, default: tuple[float, float]) -> tuple[float, float]:
        """Read two ascending shares."""
        given = self._take(key)
        if given is None:
            return default
        if (
            not _is_pair(given)
            or not all(map(is_number, given))
            or not 0 <= given[0] < given[1] <= 1
        ):
            self.fail(key, given, "a lower and a higher share, both from 0 to 1,")
            return default
        return float(given[0]), float(given[1])

    def bands(self, key: str, default: tuple[Band, ...]) -> tuple[Band, ...]:
        """Read survey bands; a last highest of "" is open."""
        given = self._take(key)
        if given is None:
            return default
        bands = _as_bands(given)
        if bands is None:
            allowed = (
                "a list of [lowest, highest] minutes a day, each from 0 to "
                f'{MAX_MINUTES}, in ascending order, the last one perhaps open (highest ""),'
            )
            self.fail(key, given, allowed)
            return default
        return bands

    def parsed(
        self, key: str, parse: Callable[[Any], Parsed], allowed: str, otherwise: Parsed
    ) -> Parsed:
        """Read what `parse` makes of the value; where it raises ValueError, `otherwise`."""
        given = self._take(key)
        try:
            return parse(given)
        except ValueError:
            self.fail(key, given, allowed)
            return otherwise

    def refuse_unknown(self) -> None:
        """Note every key that nothing has read."""
        for key in self._table:
            if key not in self._known:
                self.fail(key, key, f"a known name (the nearest is {nearest(key, self._known)!r})")


def one_of(choices: Sequence[str]) -> str:
    """Say which choices there are."""
    return "one of " + ", ".join(choices)


def _some_of(choices: Sequence[str]) -> str:
    return "any of " + ", ".join(choices) if choices else "nothing (no such rule exists)"


def is_number(given: object) -> bool:
    """Say whether the value is a finite number that a float can hold."""
    return (
        isinstance(given, int | float)
        and not isinstance(given, bool)
        and abs(given) <= sys.float_info.max
    )


def _is_pair(given: object) -> bool:
    return isinstance(given, list | tuple) and len(given) == 2


def _as_date(given: object) -> datetime.date | None:
    if isinstance(given, datetime.date) and not isinstance(given, datetime.datetime):
        return given
    if isinstance(given, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII):
        try:
            return datetime.date.fromisoformat(given)
        except ValueError:
            return None
    return None


def _as_bands(given: object) -> tuple[Band, ...] | None:
    if not isinstance(given, list | tuple) or not given or not all(map(_is_pair, given)):
        return None
    edges = [item for pair in given for item in pair]
    if edges[-1] == "":
        edges[-1] = MAX_MINUTES
    if not all(is_number(edge) and 0 <= edge <= MAX_MINUTES for edge in edges):
        return None
    if edges != sorted(edges):
        return None
    return tuple((float(low), None if high == "" else float(high)) for low, high in given)
