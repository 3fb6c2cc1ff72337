"""Long work that somebody asks for in a page, that workers do, and that a page then watches.

A job is a row: the timetable's worker finds it, so that no request talks to the broker. Whoever
does the work reports how far it is; a thread beside it writes that down, shows that the worker is
alive and hears whether somebody wants the work stopped.
"""

import datetime
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from measurement.models import Job, Trial, User
from measurement.models.job import MAX_MESSAGE_LENGTH

Report = Callable[[int, int], None]
"""Is told how much is done, and of how much. Raises Stopped where somebody wants it stopped."""
Work = Callable[[Job, Report], str]
"""Does a job, all of it or nothing; returns what came of it, in words for whoever asked."""

LOST_AFTER: Final = datetime.timedelta(minutes=2)
"""A worker that has not been heard of for so long is dead, and its job is taken anew."""
MOST_TRIES: Final = 3
SECONDS_BETWEEN_BEATS: Final = 1.0
LOST: Final = "The work was interrupted three times and is not tried again. Nothing was stored."
TOO_LONG: Final = "The work took longer than it may and was stopped. Nothing was stored."
FAULT: Final = (
    "Something went wrong on this site, and nothing was stored. Tell whoever runs it the number of "
    "this work, {}: its log says why."
)
STOPPED: Final = "It was stopped. Nothing was stored."

logger = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818 - what it is
    """The work cannot be done as it was asked for; the message tells whoever asked why."""


class Stopped(Exception):  # noqa: N818 - what happened
    """Somebody wants the work stopped."""


def ask(
    *,
    kind: str,
    by: User | None,
    trial: Trial | None = None,
    given: Mapping[str, Any] | None = None,
) -> Job:
    """Store that `by` wants the work done."""
    return Job.objects.create(
        kind=kind, trial=trial, asked_by=by, asked_at=timezone.now(), given=dict(given or {})
    )


def stop(job: Job) -> None:
    """Stop the job: at once if it waits, soon if it runs. One that has ended stays as it is."""
    same = Job.objects.filter(pk=job.pk)
    if not _end(same.filter(state=Job.State.WAITING), Job.State.CANCELLED, STOPPED):
        same.filter(state=Job.State.RUNNING).update(stop_asked=True)


def run_next(work: Mapping[str, Work]) -> bool:
    """Do the job that has waited longest, if there is one, and return whether there was.

    `work` says how a kind is done; other kinds are left to others. A failure ends the job with a
    message and is not raised; only the database's own trouble is, and then the job is tried again.
    """
    job = _claim([*work])
    if job is None:
        return False
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, tries=job.tries)
    with _Watch(job) as watch:
        try:
            state, message = Job.State.DONE, work[job.kind](job, watch.report)
        except OperationalError:
            mine.update(state=Job.State.WAITING, beat_at=None)
            raise
        except Refused as refusal:
            state, message = Job.State.FAILED, str(refusal)
        except Stopped:
            state, message = Job.State.CANCELLED, STOPPED
        except SoftTimeLimitExceeded:
            state, message = Job.State.FAILED, TOO_LONG
        except Exception:
            logger.exception("%s failed", job)
            state, message = Job.State.FAILED, FAULT.format(job.pk)
    _end(mine, state, message)
    return True


def _claim(kinds: Collection[str]) -> Job | None:
    """Take the next job of these kinds, unless another worker does; jobs lost too often end."""
    lost = Q(state=Job.State.RUNNING, beat_at__lt=timezone.now() - LOST_AFTER)
    _end(Job.objects.filter(lost, tries__gte=MOST_TRIES), Job.State.FAILED, LOST)
    with transaction.atomic():
        free = Job.objects.filter(Q(state=Job.State.WAITING) | lost, kind__in=kinds)
        job = free.select_for_update(skip_locked=True).order_by("pk").first()
        if job is None:
            return None
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.RUNNING, tries=F("tries") + 1, beat_at=timezone.now(), done=0, total=0
        )
    return Job.objects.select_related("trial", "asked_by").get(pk=job.pk)


def _end(jobs: Any, state: Job.State, message: str) -> int:
    ended: int = jobs.update(
        state=state, message=message[:MAX_MESSAGE_LENGTH], ended_at=timezone.now()
    )
    return ended


class _Watch:
    """Writes down how far a job is, once a second, in a thread with a connection of its own.

    The work itself stores all or nothing, so what it wrote would be seen by nobody until its end.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._progress = (0, 0)
        self._stop_asked = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def report(self, done: int, total: int) -> None:
        """Note how much is done. Raises Stopped where somebody wants the work stopped."""
        self._progress = (done, total)
        if self._stop_asked.is_set():
            raise Stopped

    def _beat(self) -> None:
        same = Job.objects.filter(pk=self._job.pk, tries=self._job.tries)
        try:
            over = False
            while not over:
                over = self._over.wait(SECONDS_BETWEEN_BEATS)
                done, total = self._progress
                same.update(beat_at=timezone.now(), done=done, total=total)
                if same.filter(stop_asked=True).exists():
                    self._stop_asked.set()
        except OperationalError:
            logger.warning("%s goes on unwatched: the database cannot be reached", self._job)
        finally:
            connections.close_all()
