"""Parameters of an address: each known, given once and within its bounds."""

import re
from collections.abc import Collection
from typing import Final

from django.http import QueryDict

from measurement.api.problems import INVALID_PARAMETER, Fault, Problem, named, shown
from measurement.estimation.definition import nearest

_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def refuse_unknown(query: QueryDict, known: Collection[str]) -> None:
    """Raise Problem (400) that names every unknown parameter, and every one given twice."""
    faults = [_unknown(name, known) for name in query if name not in known]
    faults += [
        Fault(field=name, given=f"{len(values)} times", allowed="once")
        for name, values in query.lists()
        if name in known and len(values) > 1
    ]
    if faults:
        raise Problem(INVALID_PARAMETER, faults=faults)


def whole_number(query: QueryDict, name: str, *, lowest: int, highest: int, default: int) -> int:
    """Return the parameter. Raises Problem (400) unless ASCII digits within the bounds."""
    text = query.get(name)
    if text is None:
        return default
    digits = len(str(highest))
    if text.isascii() and text.isdecimal() and len(text) <= digits:
        number = int(text)
        if lowest <= number <= highest:
            return number
    allowed = f"a whole number from {lowest} to {highest}"
    raise Problem(INVALID_PARAMETER, faults=[Fault(field=name, given=shown(text), allowed=allowed)])


def decimal(text: str) -> float | None:
    """Return the number that ASCII digits spell, with or without decimals; None for other text.

    A whole number is returned as int. Nothing else that Python reads as a number is one here.
    """
    if not _DECIMAL.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def flag(query: QueryDict, name: str) -> bool:
    """Return whether the parameter is 1; left out or 0 is False. Raises Problem (400)."""
    text = query.get(name, "0")
    if text not in {"0", "1"}:
        raise Problem(
            INVALID_PARAMETER, faults=[Fault(field=name, given=shown(text), allowed="0 or 1")]
        )
    return text == "1"


def _unknown(name: str, known: Collection[str]) -> Fault:
    allowed = (
        f"the nearest known parameter is {nearest(named(name), known)}" if known else "no parameter"
    )
    return Fault(field=named(name), given=shown(name), allowed=allowed)
