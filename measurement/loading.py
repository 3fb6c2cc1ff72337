"""A whole trial that somebody uploads as a bundle: read, loaded, and led by whoever did so."""

import tempfile
from itertools import takewhile
from typing import Final

from measurement import bundles, enrolment, jobs, uploads
from measurement.estimation.bundle import Bundle, BundleErrors, read_bundle
from measurement.jobs import Refused, Report, Stopped
from measurement.models import Job, Role, Trial, Upload, User
from measurement.models.job import MAX_MESSAGE_LENGTH

KIND: Final = "load_trial"
MAX_BYTES: Final = 100 * 10**6
MAX_UNPACKED_BYTES: Final = 256 * 2**20
"""Of each file in the bundle: about two million task logs. A worker holds them all at once."""
GONE: Final = "The file is no longer there: files are kept for a day at most. Upload it again."
NOT_ALLOWED: Final = "You may no longer start trials."
"""Somebody's right to start trials may end while their file waits."""


def start(upload: Upload, by: User) -> Job:
    """Ask for the uploaded bundle to be loaded."""
    return jobs.ask(kind=KIND, by=by, given={"upload": upload.pk})


def load(job: Job, report: Report) -> str:
    """Load the uploaded bundle as a new trial, all of it or nothing."""
    if job.trial is not None:  # a worker died just after it
        return _loaded(job.trial)
    upload = Upload.objects.filter(pk=job.given["upload"]).first()
    if upload is None:
        raise Refused(GONE)
    try:
        return _load(job, upload, report)
    except (Refused, Stopped):
        upload.delete()
        raise


def _load(job: Job, upload: Upload, report: Report) -> str:
    lead = job.asked_by
    if lead is None or not lead.may_start_trials:
        raise Refused(NOT_ALLOWED)

    def then(trial: Trial) -> None:
        enrolment.grant(user=lead, trial=trial, role=Role.LEAD, actor=lead)
        upload.delete()
        Job.objects.filter(pk=job.pk).update(trial=trial)

    try:
        bundle = _read(upload, report)
        _refuse_taken(bundle.trial.slug)
        trial = bundles.load(bundle, actor=lead, progress=report, then=then)
    except BundleErrors as errors:
        raise Refused(_listed(errors)) from errors
    return _loaded(trial)


def _read(upload: Upload, report: Report) -> Bundle:
    """Return the bundle. Raises BundleErrors."""
    # Without a name, so that the machine itself deletes it if the worker dies.
    with tempfile.TemporaryFile() as file:
        uploads.write(upload, file)
        report(0, 0)
        file.seek(0)
        return read_bundle(file, max_bytes=MAX_UNPACKED_BYTES)


def _refuse_taken(slug: str) -> None:
    if Trial.objects.filter(slug=slug).exists():
        raise Refused(
            f"There is a trial with the short name “{slug}” already. Give the trial another "
            "“slug” in trial.toml, and upload the bundle again."
        )


def _listed(errors: BundleErrors) -> str:
    """Return a line for each fault, as many as a message holds."""
    lines = ["Nothing was stored. What is wrong, as file:row:column:", *errors.lines()]
    room = MAX_MESSAGE_LENGTH - 100
    ends = [sum(len(line) + 1 for line in lines[: place + 1]) for place in range(len(lines))]
    kept = sum(1 for _ in takewhile(lambda end: end <= room, ends))
    more = [f"And {len(lines) - kept:,} lines more."] if kept < len(lines) else []
    return "\n".join([*lines[:kept], *more])


def _loaded(trial: Trial) -> str:
    return f"“{trial.title}” is loaded, and you lead it. Its results are computed now."
