"""The results of a trial computed anew because a lead wants them now."""

from functools import partial
from typing import Final

from django.db import transaction

from measurement import analysis, jobs
from measurement.jobs import Report
from measurement.models import Job, Trial, User

KIND: Final = "compute_results"
PER_CENT: Final = 100
BEFORE_PEOPLE: Final = 5
BEFORE_RESULTS: Final = 70
"""How far the work is, in per cent, before people are recomputed and before results are."""


def start(trial: Trial, by: User) -> Job:
    """Ask for the results to be computed; who asks while they are, watches the same work."""
    with transaction.atomic():
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        same = Job.objects.filter(kind=KIND, trial=trial, ended_at__isnull=True)
        return same.first() or jobs.ask(kind=KIND, by=by, trial=trial)


def compute(job: Job, report: Report) -> str:
    """Compute the results of the job's trial. Progress is in per cent: it counts nobody."""
    assert job.trial is not None  # noqa: S101 - it is asked for with one

    def progress(done: int, people: int) -> None:
        share = done / people if people else 1.0
        so_far = BEFORE_PEOPLE + share * (BEFORE_RESULTS - BEFORE_PEOPLE)
        report(round(so_far), PER_CENT)

    report(0, PER_CENT)
    # So that a wish to stop is heard between two estimates, too.
    heard = partial(report, BEFORE_RESULTS, PER_CENT)
    analysis.analyse(job.trial, progress=progress, at_each=heard)
    return "The results are computed."
