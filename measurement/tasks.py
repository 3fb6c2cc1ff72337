"""What workers do. The timetable in trialsite.settings sends these; nothing else does."""

from collections.abc import Mapping
from typing import Final

from celery import shared_task

from measurement import (
    analysis,
    cells,
    computing,
    drafting,
    freezing,
    jobs,
    loading,
    reminding,
    uploads,
)
from measurement.pages import session_limits
from measurement.people import sending
from measurement.people import work as people

CHUNKS_AT_ONCE: Final = 50
"""The most chunks of participants that one sweep recomputes before it looks for analyses."""
SEND_FOR_SECONDS: Final = 60.0
"""How long one run goes on with emails that wait."""
WORK: Final[Mapping[str, jobs.Work]] = {
    computing.KIND: computing.compute,
    loading.KIND: loading.load,
    people.CHECK: people.check,
    people.INVITE: people.invite,
    people.NUDGE: people.nudge,
    people.SEND: people.send,
}
"""How each kind of job is done."""


@shared_task(name="measurement.new_day")
def new_day() -> None:
    """Refresh winsorising limits, and have running trials analysed for one more working day.

    In a new week all are, so that what is published of them is frozen anew. Old drafts, uploaded
    files, sessions that have ended and reminders that nothing is counted from any more go.
    """
    drafting.throw_away_old()
    uploads.throw_away_old()
    analysis.refresh_limits()
    analysis.mark_outdated()
    freezing.mark_due()
    reminding.forget()
    session_limits.forget_ended()


@shared_task(name="measurement.remind")
def remind() -> None:
    """Email the reminders that are due, and invitations that wait for a mail server.

    For a minute at most of each; the next run goes on.
    """
    reminding.remind()
    sending.send_waiting(seconds=SEND_FOR_SECONDS)


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
    analysis.refresh_limits_of_replanned()
    analysis.refresh_limits_of_erased()
    for _ in range(CHUNKS_AT_ONCE):
        if not cells.recompute():
            break
    for trial in analysis.due():
        analysis.analyse_marked(trial)
