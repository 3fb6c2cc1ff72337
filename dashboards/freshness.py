"""How fresh results are, in words."""

import datetime
from dataclasses import dataclass
from typing import Final

BEHIND: Final = datetime.timedelta(minutes=5)
"""Changes are counted within seconds; after so long something is wrong."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What has come in since the results: `waiting` changes of task logs, the `oldest` of them.

    `being_analysed`: changes are counted and the figures are being worked out anew. `parked`:
    changes that failed again and again and that no worker tries any more; `analysis_parked`: the
    same of the analysis.
    """

    now: datetime.datetime
    as_of: datetime.datetime | None
    waiting: int = 0
    being_analysed: bool = False
    oldest: datetime.datetime | None = None
    parked: int = 0
    analysis_parked: bool = False

    @property
    def age(self) -> str:
        """How long ago the results were: "12 minutes ago"."""
        return "" if self.as_of is None else f"{in_words(self.now - self.as_of)} ago"

    @property
    def since_then(self) -> str:
        """What has come in since."""
        if self.waiting:
            changes = _changes(self.waiting)
            return f"{changes} to task logs since then {_are(self.waiting)} still being counted."
        if self.being_analysed:
            return "Newer task logs are counted; the figures are being worked out anew."
        return "Nothing has changed since then."

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should look into."""
        found = []
        if self.oldest is not None and self.now - self.oldest > BEHIND:
            found.append(
                "The workers are behind: the oldest change has been waiting for "
                f"{in_words(self.now - self.oldest)}. Task logs are safe meanwhile. Tell whoever "
                "runs this site if it lasts."
            )
        if self.parked:
            found.append(
                f"{_changes(self.parked)} could not be counted and {_are(self.parked)} left out of "
                "these results. Tell whoever runs this site."
            )
        if self.analysis_parked:
            found.append(
                "The analysis failed several times, so newer task logs are not in these results. "
                "Tell whoever runs this site."
            )
        return tuple(found)


def in_words(span: datetime.timedelta) -> str:
    """Return a span of time in its largest whole unit: 3 hours."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
    raise AssertionError("unreachable: a minute is the smallest unit")


def _changes(count: int) -> str:
    return f"{count:,} change" if count == 1 else f"{count:,} changes"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
