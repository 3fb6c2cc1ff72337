"""Reports for everybody: asked for by one person of a trial, approved by another.

What is published is a copy of the frozen answers that leads see; nothing else ever leaves.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from measurement import jobs
from measurement.estimation.trial_toml import plan_sha256
from measurement.models import (
    AuditEvent,
    Job,
    PlanLock,
    Publication,
    ReportFile,
    Snapshot,
    Trial,
    User,
)
from measurement.plan_history import with_lock

MAKE_FILES: Final = "make_report"
"""The kind of work that makes the files of a report: PDF, spreadsheet, pictures."""
LONGEST_REASON: Final = 1000
_DOCUMENTS: Final = ("document", "definition")
"""What is big in a report, and not needed to list it."""


class Refused(ValueError):  # noqa: N818 - what it is
    """It may not be published, or not by this person; the message says why, in a sentence."""


def ask(*, trial: Trial, by: User) -> Publication:
    """Ask for the trial's newest frozen answers to be published. Raises Refused."""
    with transaction.atomic():
        _locked(trial)
        if reason := why_not(trial):
            raise Refused(reason)
        snapshot = Snapshot.objects.filter(trial=trial).latest("week")
        last = Publication.objects.filter(trial=trial).aggregate(last=Max("number"))["last"] or 0
        publication = Publication.objects.create(
            trial=trial,
            number=last + 1,
            as_of=snapshot.as_of,
            definition=snapshot.definition,
            document=with_lock(trial, snapshot.document),
            replanned=plan_sha256(trial.definition()) != snapshot.plan_sha256,
            asked_by=by,
            asked_at=timezone.now(),
        )
        _ask_for_files(publication, by)
        _audit(publication, "ask_to_publish", by)
    return publication


def why_not(trial: Trial) -> str:
    """Return why nobody can ask for a report of the trial now; empty where somebody can."""
    if not Snapshot.objects.filter(trial=trial).exists():
        return "There are no results to publish yet"
    if not PlanLock.objects.filter(trial=trial).exists():
        return "Lock the plan first: a result counts for what was promised before it"
    return "A report waits for approval already" if waiting(trial) else ""


def make_files(*, publication: Publication, by: User) -> Job:
    """Have the report's files made again where that failed; who asks while it goes on watches it.

    Raises Refused once it was decided.
    """
    with transaction.atomic():
        stored = _undecided(publication)
        job = files_job(stored)
        return job if job and job.ended_at is None else _ask_for_files(stored, by)


def approve(*, publication: Publication, by: User) -> None:
    """Publish the report. Raises Refused for whoever asked, and once it was decided."""
    with transaction.atomic():
        stored = _undecided(publication)
        if stored.asked_by == by:
            raise Refused("You asked for this report, so somebody else has to approve it")
        if not ReportFile.objects.filter(publication=stored).exists():
            raise Refused("The files of this report are not made yet")
        stored.approved_by, stored.approved_at = by, timezone.now()
        stored.save(update_fields=["approved_by", "approved_at"])
        _audit(stored, "publish_report", by)


def refuse(*, publication: Publication, by: User, reason: str) -> None:
    """Decide that the report is not published. Raises Refused once it was decided."""
    with transaction.atomic():
        _end(_undecided(publication), "refuse_report", by, reason)


def withdraw(*, publication: Publication, by: User, reason: str) -> None:
    """Take a published report back: its page then says when and why. Raises Refused if it is none.

    People have seen it, so that it was there is never hidden.
    """
    with transaction.atomic():
        _locked(publication.trial)
        stored = Publication.objects.get(pk=publication.pk)
        if not stored.is_public:
            raise Refused("This report is not public")
        _end(stored, "withdraw_report", by, reason)


def waiting(trial: Trial) -> Publication | None:
    """Return the report that waits for approval."""
    undecided = Publication.objects.filter(approved_at__isnull=True, ended_at__isnull=True)
    return undecided.filter(trial=trial).first()


def is_decided(trial: Trial, number: int) -> bool:
    """Return whether somebody approved, refused or took back the report of that number."""
    decided = Q(approved_at__isnull=False) | Q(ended_at__isnull=False)
    return Publication.objects.filter(decided, trial=trial, number=number).exists()


def files_job(publication: Publication) -> Job | None:
    """Return the newest work that makes the report's files."""
    made = Job.objects.filter(kind=MAKE_FILES, given__publication=publication.pk)
    return made.order_by("-pk").first()


def keep_files(publication: Publication, files: Iterable[tuple[str, str, bytes]]) -> None:
    """Store the report's files, each as name, content type and content, instead of older ones.

    Raises Refused once it was decided: what somebody approved stays what it was.
    """
    with transaction.atomic():
        stored = _undecided(publication)
        ReportFile.objects.filter(publication=stored).delete()
        ReportFile.objects.bulk_create(
            ReportFile(publication=stored, name=name, content_type=kind, content=content)
            for name, kind, content in files
        )


def approved(trial_slug: str) -> list[Publication]:
    """Return the trial's reports that were approved, the newest first, withdrawn ones too."""
    return [*_approved().filter(trial__slug=trial_slug).order_by("-number")]


def every(trial: Trial) -> list[Publication]:
    """Return all that was ever asked for of the trial, the newest first, with who decided."""
    found = Publication.objects.filter(trial=trial).select_related(
        "asked_by", "approved_by", "ended_by"
    )
    return [*found.defer(*_DOCUMENTS).order_by("-number")]


def public() -> list[Publication]:
    """Return every trial's report that was approved last, the newest first, if it is public still.

    One that was withdrawn does not make an older one the trial's word again.
    """
    last = _approved().order_by("trial_id", "-number").distinct("trial_id")
    found = [publication for publication in last if publication.is_public]
    return sorted(found, key=attrgetter("approved_at"), reverse=True)


def _approved() -> QuerySet[Publication]:
    found = Publication.objects.filter(approved_at__isnull=False)
    return found.select_related("trial").defer(*_DOCUMENTS)


def _undecided(publication: Publication) -> Publication:
    _locked(publication.trial)
    stored = Publication.objects.get(pk=publication.pk)
    if not stored.waits:
        raise Refused("Somebody has decided about this report meanwhile")
    return stored


def _end(publication: Publication, act: str, by: User, reason: str) -> None:
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refused(f"Say why, in {LONGEST_REASON:,} characters or fewer")
    publication.ended_by, publication.ended_at = by, timezone.now()
    publication.ended_because = reason
    publication.save(update_fields=["ended_by", "ended_at", "ended_because"])
    ReportFile.objects.filter(publication=publication).delete()
    _audit(publication, act, by, reason=reason)


def _ask_for_files(publication: Publication, by: User) -> Job:
    given = {"publication": publication.pk}
    return jobs.ask(kind=MAKE_FILES, trial=publication.trial, by=by, given=given)


def _locked(trial: Trial) -> None:
    """Wait for another decision about the trial's reports, and see it."""
    Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)


def _audit(publication: Publication, act: str, by: User, **detail: str) -> None:
    AuditEvent.objects.create(
        actor=by,
        trial_slug=publication.trial.slug,
        act=act,
        subject=f"report {publication.number}",
        detail=detail,
    )
