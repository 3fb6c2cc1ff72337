"""When the waves of the weekly survey are open."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

OPENS_AFTER: Final = datetime.timedelta(days=3)
"""Into each week of the trial: most of the week's work is done, and it is fresh in mind."""
OPEN_FOR: Final = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Wave:
    """One round of the survey: about the trial's week of this number, from 1."""

    number: int
    opens_on: datetime.date

    @property
    def name(self) -> str:
        """Name of the wave as it is stored."""
        return f"week {self.number:02d}"

    @property
    def last_day(self) -> datetime.date:
        """Last day on which it can be answered."""
        return self.opens_on + OPEN_FOR - datetime.timedelta(days=1)


def waves(starts_on: datetime.date, last: datetime.date) -> Iterator[Wave]:
    """Yield the waves that open from the trial's first day to its `last`, in their order."""
    opens_on, number = starts_on + OPENS_AFTER, 1
    while opens_on <= last:
        yield Wave(number, opens_on)
        opens_on, number = opens_on + OPEN_FOR, number + 1
