"""Reports for everybody: one person asks, another decides."""

import datetime
from collections.abc import Callable

import pytest
from django.utils import timezone

from measurement import planning, publishing
from measurement.models import AuditEvent, Job, Publication, Role, Snapshot, Trial, User
from tests.people import make_trial, make_user

pytestmark = pytest.mark.django_db
DOCUMENT = {"trial": "teapot", "value": 1e22}


@pytest.fixture
def trial() -> Trial:
    return make_trial()


@pytest.fixture
def kim(trial: Trial) -> User:
    return make_user("kim.kettle@example.com", (Role.LEAD, trial))


@pytest.fixture
def sam(trial: Trial) -> User:
    return make_user("sam.spoon@example.com", (Role.LEAD, trial))


def freeze(trial: Trial, week: datetime.date = datetime.date(2026, 11, 23)) -> Snapshot:
    now = timezone.now()
    return Snapshot.objects.create(
        trial=trial,
        week=week,
        frozen_at=now,
        as_of=now,
        plan_sha256="0" * 64,
        code_version="1",
        definition={"trial": {"slug": trial.slug}},
        document=DOCUMENT,
    )


@pytest.fixture
def asked(trial: Trial, kim: User) -> Publication:
    """Have a report that Kim asked for."""
    freeze(trial)
    planning.lock(trial=trial, by=kim)
    return publishing.ask(trial=trial, by=kim)


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
    assert publishing.newest(trial.slug) is None
    assert publishing.public() == []


def test_one_report_waits_at_a_time(asked: Publication, trial: Trial, sam: User) -> None:
    with pytest.raises(publishing.Refused, match="waits for approval already"):
        publishing.ask(trial=trial, by=sam)


def test_somebody_else_approves(asked: Publication, trial: Trial, kim: User, sam: User) -> None:
    with pytest.raises(publishing.Refused, match="somebody else has to approve"):
        publishing.approve(publication=asked, by=kim)
    publishing.approve(publication=asked, by=sam)
    assert publishing.newest(trial.slug) == asked
    assert publishing.public() == [asked]
    assert publishing.waiting(trial) is None
    assert acts() == [("ask_to_publish", "report 1"), ("publish_report", "report 1")]


def test_who_asked_for_it_may_be_gone(asked: Publication, kim: User, sam: User) -> None:
    kim.delete()
    publishing.approve(publication=asked, by=sam)
    assert stored(asked).asked_by is None


def test_a_refused_report_is_never_public(
    asked: Publication, trial: Trial, kim: User, sam: User
) -> None:
    publishing.refuse(publication=asked, by=sam, reason=" A figure is odd. ")
    assert stored(asked).ended_because == "A figure is odd."
    assert publishing.newest(trial.slug) is None
    second = publishing.ask(trial=trial, by=kim)
    assert second.number == 2


def test_a_public_report_is_withdrawn_for_all_to_see(
    asked: Publication, trial: Trial, kim: User, sam: User
) -> None:
    publishing.approve(publication=asked, by=sam)
    publishing.withdraw(publication=asked, by=kim, reason="The tool was another one.")
    found = publishing.newest(trial.slug)
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
    newer = publishing.ask(trial=trial, by=kim)
    assert publishing.public() == [asked]
    publishing.approve(publication=newer, by=sam)
    other = make_trial("coffee")
    freeze(other)
    planning.lock(trial=other, by=kim)
    last = publishing.ask(trial=other, by=kim)
    publishing.approve(publication=last, by=sam)
    assert publishing.public() == [last, newer]
