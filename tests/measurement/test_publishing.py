"""Reports for everybody: one person asks, another decides."""

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone

from measurement import planning, publishing
from measurement.estimation.trial_toml import plan_sha256
from measurement.models import (
    AuditEvent,
    Job,
    Publication,
    ReportFile,
    Role,
    Snapshot,
    Trial,
    User,
)
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db
DOCUMENT = {"trial": "teapot", "value": 1e22, "plan_locked_at": "2026-11-20T09:00:00+00:00"}


@pytest.fixture
def sam(trial: Trial) -> User:
    return make_user("sam.spoon@example.com", (Role.LEAD, trial))


MADE = [("report.pdf", "application/pdf", b"%PDF-1.7")]
"""The files of a report, as its worker keeps them."""


def freeze(trial: Trial, week: datetime.date = datetime.date(2026, 11, 23)) -> Snapshot:
    now = timezone.now()
    return Snapshot.objects.create(
        trial=trial,
        week=week,
        frozen_at=now,
        as_of=now,
        plan_sha256=plan_sha256(trial.definition()),
        code_version="1",
        definition={"trial": {"slug": trial.slug}},
        document=DOCUMENT,
    )


@pytest.fixture
def asked(trial: Trial, kim: User) -> Publication:
    """Have a report that Kim asked for, with its files."""
    freeze(trial)
    planning.lock(trial=trial, by=kim)
    return ask(trial, kim)


def ask(trial: Trial, by: User) -> Publication:
    publication = publishing.ask(trial=trial, by=by)
    publishing.keep_files(publication, MADE)
    return publication


def stored(publication: Publication) -> Publication:
    return Publication.objects.get(pk=publication.pk)


def acts() -> list[tuple[str, str]]:
    found = AuditEvent.objects.filter(subject__startswith="report").order_by("pk")
    return [*found.values_list("act", "subject")]


def test_without_results_there_is_nothing_to_publish(trial: Trial, kim: User) -> None:
    with pytest.raises(publishing.Refused, match="no results to publish yet"):
        publishing.ask(trial=trial, by=kim)


def test_a_plan_is_locked_before_anything_is_published(trial: Trial, kim: User) -> None:
    freeze(trial)
    with pytest.raises(publishing.Refused, match="Lock the plan first"):
        publishing.ask(trial=trial, by=kim)
    assert not Publication.objects.exists()


def test_what_is_asked_for_is_a_copy_of_the_newest_frozen_answers(
    asked: Publication, trial: Trial, kim: User
) -> None:
    Snapshot.objects.all().delete()
    found = stored(asked)
    assert (found.number, found.document, found.asked_by) == (1, DOCUMENT, kim)
    assert publishing.waiting(trial) == found
    job = Job.objects.get()
    assert (job.kind, job.given) == (publishing.MAKE_FILES, {"publication": asked.pk})
    assert publishing.approved(trial.slug) == []
    assert publishing.public() == []


def test_one_report_waits_at_a_time(asked: Publication, trial: Trial, sam: User) -> None:
    with pytest.raises(publishing.Refused, match="waits for approval already"):
        publishing.ask(trial=trial, by=sam)


def test_somebody_else_approves(asked: Publication, trial: Trial, kim: User, sam: User) -> None:
    with pytest.raises(publishing.Refused, match="somebody else has to approve"):
        publishing.approve(publication=asked, by=kim)
    publishing.approve(publication=asked, by=sam)
    assert publishing.approved(trial.slug) == [asked]
    assert publishing.public() == [asked]
    assert publishing.waiting(trial) is None
    assert acts() == [("ask_to_publish", "report 1"), ("publish_report", "report 1")]


def test_a_report_without_its_files_is_not_approved(asked: Publication, sam: User) -> None:
    ReportFile.objects.all().delete()
    with pytest.raises(publishing.Refused, match="not made yet"):
        publishing.approve(publication=asked, by=sam)
    assert stored(asked).approved_at is None


def test_files_are_made_again_where_that_failed(asked: Publication, sam: User) -> None:
    first = Job.objects.get()
    assert publishing.make_files(publication=asked, by=sam) == first
    Job.objects.update(state=Job.State.FAILED, ended_at=timezone.now())
    again = publishing.make_files(publication=asked, by=sam)
    assert again != first
    assert again.given == first.given
    assert publishing.files_job(asked) == again
    publishing.approve(publication=asked, by=sam)
    with pytest.raises(publishing.Refused, match="decided about this report meanwhile"):
        publishing.make_files(publication=asked, by=sam)


def test_files_take_the_place_of_older_ones(asked: Publication) -> None:
    publishing.keep_files(asked, [("report.ods", "application/ods", b"PK")])
    assert [(file.name, bytes(file.content)) for file in ReportFile.objects.all()] == [
        ("report.ods", b"PK")
    ]


def test_files_of_what_is_not_published_are_not_kept(asked: Publication, sam: User) -> None:
    publishing.refuse(publication=asked, by=sam, reason="A figure is odd.")
    assert not ReportFile.objects.exists()
    with pytest.raises(publishing.Refused, match="decided about this report meanwhile"):
        publishing.keep_files(asked, MADE)
    assert not ReportFile.objects.exists()


def test_files_that_somebody_approved_stay_what_they_were(asked: Publication, sam: User) -> None:
    publishing.approve(publication=asked, by=sam)
    with pytest.raises(publishing.Refused, match="decided about this report meanwhile"):
        publishing.keep_files(asked, [("report.pdf", "application/pdf", b"another")])
    assert bytes(ReportFile.objects.get().content) == MADE[0][2]


def test_a_report_knows_that_the_plan_was_changed_since(trial: Trial, kim: User) -> None:
    freeze(trial)
    planning.lock(trial=trial, by=kim)
    assert not publishing.ask(trial=trial, by=kim).replanned
    Publication.objects.all().delete()
    Trial.objects.filter(pk=trial.pk).update(plan=trial.plan | {"confidence": 0.9})
    trial.refresh_from_db()
    assert publishing.ask(trial=trial, by=kim).replanned


def test_a_lock_that_came_after_the_figures_stands_in_the_report(trial: Trial, kim: User) -> None:
    snapshot = freeze(trial)
    document = DOCUMENT | {"plan_locked_at": None}
    Snapshot.objects.filter(pk=snapshot.pk).delete()
    snapshot.pk, snapshot.document = None, document
    snapshot.save(force_insert=True)
    lock = planning.lock(trial=trial, by=kim)
    found = publishing.ask(trial=trial, by=kim).document
    assert found == document | {
        "plan_locked_at": lock.locked_at.isoformat(),
        "plan_locked_by": lock.locked_by,
    }


def test_all_that_was_asked_for_is_listed(
    asked: Publication, trial: Trial, kim: User, sam: User
) -> None:
    publishing.refuse(publication=asked, by=sam, reason="A figure is odd.")
    second = publishing.ask(trial=trial, by=kim)
    assert publishing.every(trial) == [second, asked]


def test_who_asked_for_it_may_be_gone(asked: Publication, kim: User, sam: User) -> None:
    kim.delete()
    publishing.approve(publication=asked, by=sam)
    assert stored(asked).asked_by is None


def test_a_refused_report_is_never_public(
    asked: Publication, trial: Trial, kim: User, sam: User
) -> None:
    publishing.refuse(publication=asked, by=sam, reason=" A figure is odd. ")
    assert stored(asked).ended_because == "A figure is odd."
    assert publishing.approved(trial.slug) == []
    second = publishing.ask(trial=trial, by=kim)
    assert second.number == 2


def test_a_public_report_is_withdrawn_for_all_to_see(
    asked: Publication, trial: Trial, kim: User, sam: User
) -> None:
    publishing.approve(publication=asked, by=sam)
    publishing.withdraw(publication=asked, by=kim, reason="The tool was another one.")
    (found,) = publishing.approved(trial.slug)
    assert found == asked
    assert found.ended_because == "The tool was another one."
    assert publishing.public() == []


Decision = Callable[[Publication, User], None]
DECISIONS: list[Decision] = [
    lambda report, by: publishing.approve(publication=report, by=by),
    lambda report, by: publishing.refuse(publication=report, by=by, reason="No."),
]


@pytest.mark.parametrize("first", DECISIONS)
@pytest.mark.parametrize("second", DECISIONS)
def test_a_report_is_decided_about_once(
    asked: Publication, sam: User, first: Decision, second: Decision
) -> None:
    first(asked, sam)
    with pytest.raises(publishing.Refused, match="has decided about this report meanwhile"):
        second(asked, sam)


def test_only_what_is_public_is_withdrawn(asked: Publication, kim: User, sam: User) -> None:
    with pytest.raises(publishing.Refused, match="is not public"):
        publishing.withdraw(publication=asked, by=kim, reason="Why not.")
    publishing.approve(publication=asked, by=sam)
    publishing.withdraw(publication=asked, by=kim, reason="Once.")
    with pytest.raises(publishing.Refused, match="is not public"):
        publishing.withdraw(publication=asked, by=kim, reason="Twice.")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_an_end_has_a_reason(asked: Publication, sam: User, reason: str) -> None:
    with pytest.raises(publishing.Refused, match="Say why"):
        publishing.refuse(publication=asked, by=sam, reason=reason)
    assert stored(asked).ended_at is None


def test_the_newest_report_of_each_trial_is_listed(
    asked: Publication, trial: Trial, kim: User, sam: User
) -> None:
    publishing.approve(publication=asked, by=sam)
    freeze(trial, datetime.date(2026, 11, 30))
    newer = ask(trial, kim)
    assert publishing.public() == [asked]
    publishing.approve(publication=newer, by=sam)
    other = make_trial("coffee")
    freeze(other)
    planning.lock(trial=other, by=kim)
    last = ask(other, kim)
    publishing.approve(publication=last, by=sam)
    assert publishing.public() == [last, newer]
