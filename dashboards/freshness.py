"""What is wrong with the way from task logs to results, in words."""

import datetime
from dataclasses import dataclass
from typing import Final

BEHIND: Final = datetime.timedelta(minutes=5)
"""Changes are counted within seconds; after so long something is wrong."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What keeps task logs from being counted. It counts nobody's logs: who logged is not told.

    `waiting`: whether changes wait, the `oldest` since when; `parked`: whether some failed again
    and again, so that no worker tries any more; `analysis_parked`: the same of the analysis.
    """

    now: datetime.datetime
    waiting: bool = False
    oldest: datetime.datetime | None = None
    parked: bool = False
    analysis_parked: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should look into."""
        found = []
        if self.oldest is not None and self.now - self.oldest > BEHIND:
            found.append(
                "The workers are behind. Task logs are safe meanwhile. Tell whoever runs this site "
                "if it lasts."
            )
        if self.parked:
            found.append(
                "Some task logs could not be counted and are left out. Tell whoever runs this site."
            )
        if self.analysis_parked:
            found.append(
                "The analysis failed several times, so no newer figures can be frozen. "
                "Tell whoever runs this site."
            )
        return tuple(found)
