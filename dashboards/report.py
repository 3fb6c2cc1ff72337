"""What a report for everybody says: the dashboard of one day, its method and limits. Pure."""

import datetime
from dataclasses import dataclass, replace
from typing import Final

from dashboards.method import cautions, method
from dashboards.pages import Page, Published, page
from dashboards.plan import Locking, day
from dashboards.shown_intervals import is_early, read_out_on

CHANGED_SINCE: Final = (
    "The plan was changed after these figures were worked out. They follow the plan as it was "
    "before that change."
)
NOT_FINAL: Final = (
    "These results are not final: they are to be read on {day}. Intervals are wider than they will "
    "be then, so that they hold however often they are looked at."
)
SOMEBODY: Final = "those who run the trial"
"""Who locked and changed the plan, as everybody reads it: names are for the trial's leads."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. It never changes: it speaks of the day of its data, not of today.

    `method` and `limits` are paragraphs. `page` has the figures, tables, checks and the plan.
    """

    title: str
    number: int
    simulated: bool
    minimum_people: int
    page: Page
    method: tuple[str, ...]
    limits: tuple[str, ...]


def report(found: Published, *, number: int, on: datetime.date) -> Report:
    """Return the report of published results whose data are of the day `on`."""
    trial = found.trial
    limits = [
        _not_final(found, on),
        *cautions(trial, found.results),
        CHANGED_SINCE if found.replanned else "",
    ]
    shown = page(found, today=on)
    return Report(
        title=trial.title,
        number=number,
        simulated=trial.simulated,
        minimum_people=trial.disclosure.minimum_people,
        page=replace(shown, locking=_without_names(shown.locking)),
        method=method(trial),
        limits=tuple(filter(None, limits)),
    )


def _without_names(locking: Locking | None) -> Locking | None:
    if locking is None:
        return None
    deviations = tuple(replace(change, who=SOMEBODY) for change in locking.deviations)
    return replace(locking, by=SOMEBODY, deviations=deviations)


def _not_final(found: Published, on: datetime.date) -> str:
    final_on = read_out_on(found.trial)
    if final_on is None or not is_early(found.trial, on):
        return ""
    return NOT_FINAL.format(day=day(final_on))
