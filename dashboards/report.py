"""What a report for everybody says: the dashboard of one day, its method and limits. Pure."""

import datetime
from dataclasses import dataclass, replace
from typing import Final

from dashboards.method import cautions, method
from dashboards.pages import Page, Published, page
from dashboards.plan import Locking

CHANGED_SINCE: Final = (
    "The plan was changed after these figures were worked out. They follow the plan as it was "
    "before that change."
)
SOMEBODY: Final = "those who run the trial"
"""Who locked and changed the plan, as everybody reads it: names are for the trial's leads."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. It never changes: it speaks of the day of its data, not of today.

    `method` and `limits` are paragraphs. `page` has the figures, tables, checks and the plan.
    """

    number: int
    page: Page
    method: tuple[str, ...]
    limits: tuple[str, ...]


def report(found: Published, *, number: int, on: datetime.date) -> Report:
    """Return the report of published results whose data are of the day `on`."""
    shown = page(found, today=on)
    limits = [
        shown.not_final,
        *cautions(found.trial, found.results),
        CHANGED_SINCE if found.replanned else "",
    ]
    return Report(
        number=number,
        page=replace(shown, locking=_without_names(shown.locking)),
        method=method(found.trial),
        limits=tuple(filter(None, limits)),
    )


def _without_names(locking: Locking | None) -> Locking | None:
    if locking is None:
        return None
    deviations = tuple(replace(change, who=SOMEBODY) for change in locking.deviations)
    return replace(locking, by=SOMEBODY, deviations=deviations)
