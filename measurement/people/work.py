"""The long work with a file of people: check it, store its invitations, send their emails."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import transaction

from measurement import jobs, uploads
from measurement.jobs import Refused, Report, Stopped
from measurement.models import Job, Trial, Upload, User
from measurement.people import checking, draw_needs, sending, storing
from measurement.people.faults import NotReadable
from measurement.people.reading import People, read

CHECK: Final = "check_people"
INVITE: Final = "invite_people"
SEND: Final = "send_invitations"
NUDGE: Final = "nudge_invited"
KINDS: Final = frozenset({CHECK, INVITE, SEND, NUDGE})
SEND_FOR_SECONDS: Final = 600.0
"""How long one job sends at most: a worker may not work longer than that for anybody."""

GONE: Final = "The file is no longer there: files are kept for a day at most. Upload it again."
CHANGED: Final = (
    "The file no longer fits the trial: its lists were changed meanwhile. Upload the file again."
)
REMINDED: Final = (
    "Those who have not answered get an email, unless they got one less than a week ago. If the "
    "mail server takes none now, it is sent later by itself."
)
"""The same whoever has answered: a lead may not learn of one person whether they have."""
LATER: Final = (
    "The others are sent by themselves later: the mail server takes none now, or they are many."
)
HELD: Final = "You stopped the sending. What is not sent yet waits until you have it sent."


def start_check(upload: Upload, by: User) -> Job:
    """Ask for the dry run of the uploaded file."""
    return jobs.ask(kind=CHECK, by=by, trial=upload.trial, given={"upload": upload.pk})


def start_invitations(upload: Upload, by: User) -> Job:
    """Ask for everybody of the uploaded file to be invited; pressing twice asks once."""
    with transaction.atomic():
        Upload.objects.select_for_update().get(pk=upload.pk)
        same = Job.objects.filter(
            kind=INVITE, trial=upload.trial, given__upload=upload.pk, ended_at__isnull=True
        )
        return same.first() or jobs.ask(
            kind=INVITE, by=by, trial=upload.trial, given={"upload": upload.pk}
        )


def start_nudge(trial: Trial, by: User) -> Job:
    """Ask for those who have not answered to be reminded; pressing twice asks once."""
    return _once(NUDGE, trial, by)


def start_sending(trial: Trial, by: User) -> Job:
    """Ask for the emails to be sent that somebody stopped."""
    sending.release(trial)
    return _once(SEND, trial, by)


def sending_job(trial: Trial) -> Job | None:
    """Return the work that sends emails of the trial now, if any."""
    kinds = (SEND, NUDGE)
    return Job.objects.filter(kind__in=kinds, trial=trial, ended_at__isnull=True).first()


def check(job: Job, report: Report) -> str:
    """Try the file without storing anything of it, and keep what was found for a page."""
    upload = _upload(job)
    with _thrown_away_if_not_done(upload):
        found = _read(upload, report)
        checking.note(upload, _trial(job), found)
    if found.faults:
        uploads.throw_content_away(upload)
        return "The file has faults, and nobody is invited yet. Go on to see them, row by row."
    return "The file has no faults. Go on to invite the people."


def invite(job: Job, report: Report) -> str:
    """Store the invitations, all or none, and ask for their emails to be sent."""
    if "stored" in job.given:  # a worker died just after it
        return _invited(job.given["stored"])
    upload, trial = _upload(job), _trial(job)
    if hindrances := storing.hindrances(trial):
        raise Refused(". ".join(hindrances) + ".")
    with _thrown_away_if_not_done(upload), transaction.atomic():
        found = _read(upload, lambda rows, total: report(rows, 2 * total))
        if found.faults:
            raise Refused(CHANGED)
        stored = storing.invite(
            trial=trial,
            people=found.people,
            actor=job.asked_by,
            sha256=upload.sha256,
            progress=lambda done: report(found.rows + done, 2 * found.rows),
        )
        upload.delete()
        Job.objects.filter(pk=job.pk).update(given=job.given | {"stored": stored})
        if stored:
            jobs.ask(kind=SEND, by=job.asked_by, trial=trial, given={"emails": stored})
    return _invited(stored)


def send(job: Job, report: Report) -> str:
    """Send the emails that wait; say exactly how many only of a file that was just uploaded."""
    trial = _trial(job)
    emails = job.given.get("emails", 0)
    left = emails

    def note(waiting: int) -> None:
        nonlocal left
        left = min(waiting, emails)
        report(emails - left, emails)

    try:
        finished = sending.send_waiting(trial=trial, seconds=SEND_FOR_SECONDS, progress=note)
    except Stopped:
        sending.hold(trial)
        return HELD
    if finished:
        return f"All {emails:,} emails are sent." if emails > 1 else "All emails are sent."
    return f"{emails - left:,} of {emails:,} emails are sent. {LATER}" if emails else LATER


def nudge(job: Job, report: Report) -> str:
    """Remind those who have not answered, once a week at most."""
    sending.nudge(trial=_trial(job), by=job.asked_by)
    send(job, report)
    return REMINDED


def _once(kind: str, trial: Trial, by: User) -> Job:
    with transaction.atomic():
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        same = Job.objects.filter(kind=kind, trial=trial, ended_at__isnull=True)
        return same.first() or jobs.ask(kind=kind, by=by, trial=trial)


def _read(upload: Upload, report: Report) -> People:
    """Return what the file says. Raises Refused for one that cannot be read as a whole."""
    trial = upload.trial
    assert trial is not None  # noqa: S101 - a constraint of the database
    content = uploads.content(upload)
    if not content:
        raise Refused(GONE)
    try:
        needs = draw_needs.of_trial(trial)
        return read(content, checking.lists_of(trial), needs=needs, progress=report)
    except NotReadable as error:
        raise Refused(str(error)) from error


def _upload(job: Job) -> Upload:
    upload = Upload.objects.filter(pk=job.given["upload"]).select_related("trial").first()
    if upload is None:
        raise Refused(GONE)
    return upload


def _trial(job: Job) -> Trial:
    assert job.trial is not None  # noqa: S101 - all of these kinds are asked for with one
    return job.trial


@contextmanager
def _thrown_away_if_not_done(upload: Upload) -> Iterator[None]:
    try:
        yield
    except (Refused, Stopped):
        upload.delete()
        raise


def _invited(stored: int) -> str:
    if not stored:
        return "Everybody in the file was invited before. Nothing was changed."
    who = "1 person is" if stored == 1 else f"{stored:,} people are"
    return f"{who} invited. Emails are being sent: the page of people says how far that is."
