"""Reports for everybody: asked for by one person of a trial, approved by another.

What is published is a copy of the frozen answers that leads see; nothing else ever leaves.
"""

from operator import attrgetter
from typing import Final

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from measurement import jobs
from measurement.models import AuditEvent, PlanLock, Publication, Snapshot, Trial, User

MAKE_FILES: Final = "make_report"
"""The kind of work that makes the files of a report: PDF, spreadsheet, pictures."""
LONGEST_REASON: Final = 1000


class Refused(ValueError):  # noqa: N818 - what it is
    """It may not be published, or not by this person; the message says why, in a sentence."""


def ask(*, trial: Trial, by: User) -> Publication:
    """Ask for the trial's newest frozen answers to be published. Raises Refused."""
    with transaction.atomic():
        _locked(trial)
        snapshot = Snapshot.objects.filter(trial=trial).order_by("-week").first()
        if snapshot is None:
            raise Refused("There are no results to publish yet")
        if not PlanLock.objects.filter(trial=trial).exists():
            raise Refused("Lock the plan first: a result counts for what was promised before it")
        if waiting(trial) is not None:
            raise Refused("A report waits for approval already")
        last = Publication.objects.filter(trial=trial).aggregate(last=Max("number"))["last"] or 0
        publication = Publication.objects.create(
            trial=trial,
            number=last + 1,
            as_of=snapshot.as_of,
            definition=snapshot.definition,
            document=snapshot.document,
            asked_by=by,
            asked_at=timezone.now(),
        )
        jobs.ask(kind=MAKE_FILES, trial=trial, by=by, given={"publication": publication.pk})
        _audit(publication, "ask_to_publish", by)
    return publication


def approve(*, publication: Publication, by: User) -> None:
    """Publish the report. Raises Refused for whoever asked, and once it was decided."""
    with transaction.atomic():
        stored = _undecided(publication)
        if stored.asked_by == by:
            raise Refused("You asked for this report, so somebody else has to approve it")
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
        if stored.approved_at is None or stored.ended_at is not None:
            raise Refused("This report is not public")
        _end(stored, "withdraw_report", by, reason)


def waiting(trial: Trial) -> Publication | None:
    """Return the report that waits for approval."""
    undecided = Publication.objects.filter(approved_at__isnull=True, ended_at__isnull=True)
    return undecided.filter(trial=trial).first()


def newest(trial_slug: str) -> Publication | None:
    """Return the trial's report that was approved last, perhaps withdrawn since."""
    return _approved().filter(trial__slug=trial_slug).order_by("-number").first()


def public() -> list[Publication]:
    """Return the newest public report of every trial, the newest first."""
    reports = _approved().filter(ended_at__isnull=True).order_by("trial_id", "-number")
    return sorted(reports.distinct("trial_id"), key=attrgetter("approved_at"), reverse=True)


def _approved() -> QuerySet[Publication]:
    return Publication.objects.filter(approved_at__isnull=False).select_related("trial")


def _undecided(publication: Publication) -> Publication:
    _locked(publication.trial)
    stored = Publication.objects.get(pk=publication.pk)
    if stored.approved_at is not None or stored.ended_at is not None:
        raise Refused("Somebody has decided about this report meanwhile")
    return stored


def _end(publication: Publication, act: str, by: User, reason: str) -> None:
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refused(f"Say why, in {LONGEST_REASON:,} characters or fewer")
    publication.ended_at, publication.ended_because = timezone.now(), reason
    publication.save(update_fields=["ended_at", "ended_because"])
    _audit(publication, act, by, reason=reason)


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
