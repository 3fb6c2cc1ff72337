"""What workers do. The timetable in trialsite.settings sends these; nothing else does."""

from collections.abc import Mapping
from typing import Final

from celery import shared_task

from measurement import analysis, cells, drafting, jobs, reminding
from measurement.pages import session_limits

CHUNKS_AT_ONCE: Final = 50
"""The most chunks of participants that one sweep recomputes before it looks for analyses."""
WORK: Final[Mapping[str, jobs.Work]] = {}
"""How each kind of job is done."""


@shared_task(name="measurement.new_day")
def new_day() -> None:
    """Refresh winsorising limits, and have running trials analysed for one more working day.

    Old drafts, sessions that have ended and reminders that nothing is counted from any more go.
    """
    drafting.throw_away_old()
    analysis.refresh_limits()
    analysis.mark_outdated()
    reminding.forget()
    session_limits.forget_ended()


@shared_task(name="measurement.remind")
def remind() -> None:
    """Email the reminders that are due, for a minute at most; the next run goes on."""
    reminding.remind()


@shared_task(name="measurement.work")
def work() -> None:
    """Do the long work that people asked for, one job after the other."""
    while jobs.run_next(WORK):
        pass


@shared_task(name="measurement.sweep")
def sweep() -> None:
    """Recompute the cells of dirty participants, then analyse the trials that changed.

    A lost sweep is made good by the next, and a doubled one finds nothing to do.
    """
    analysis.refresh_limits_of_erased()
    for _ in range(CHUNKS_AT_ONCE):
        if not cells.recompute():
            break
    for trial in analysis.due():
        analysis.analyse_marked(trial)
