"""What is refused of the answers of a set-up, and why, in sentences."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Given = Mapping[str, Any]
"""What is to be stored, by setting ("plan.confidence") or list ("tools")."""


class Fault(NamedTuple):
    """A setting that is refused, like "plan.confidence", and a sentence that says why."""

    where: str
    words: str


class Refused(Exception):  # noqa: N818 - what happened
    """What was given is not stored; `faults` says why, in sentences for whoever gave it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.words for fault in faults))
        self.faults = faults


class ChangedMeanwhile(Exception):  # noqa: N818 - what happened
    """Somebody else changed the same answers since they were seen: nothing is stored."""
