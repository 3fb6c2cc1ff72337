"""Leaving a trial: what is kept, and what is erased."""

import logging

import pytest
from django.utils import timezone

from measurement import (
    baseline,
    cells,
    drafting,
    enrolment,
    leaving,
    notices,
    recording,
    surveying,
    timing,
    tokens,
)
from measurement.estimation.calendar import today
from measurement.models import (
    ApiToken,
    Arm,
    AuditEvent,
    Cell,
    DirtyMark,
    Draft,
    Erasure,
    Invitation,
    Membership,
    Participant,
    Reminder,
    ReminderItem,
    Role,
    TaskLog,
    Timer,
    Trial,
    TrialMark,
    User,
)
from measurement.recording import NewTaskLog
from tests.measurement.erased import (
    DAY,
    KEEPS_THE_CODE,
    PSEUDONYM,
    WAVE,
    belonging,
    tables_that_name,
    tables_that_refer_to,
    user_of,
)
from tests.people import make_log, make_participant, make_user, publish_notice


def fill(participant: Participant) -> None:
    """Leave a row of the participant in every table that can hold one."""
    trial, user = participant.trial, user_of(participant)
    Arm.objects.create(trial=trial, name="ai", ai=True)
    enrolment.assign(participant=participant, arm="ai", actor=None)
    log = make_log(participant, "k")
    recording.void(task_log=make_log(participant, "void"), reason="Twice", actor=user)
    recording.change(
        task_log=log, log=NewTaskLog(key="k", minutes=9.0, ai_used=False, date=DAY), actor=user
    )
    surveying.answer(
        participant=participant,
        wave=WAVE,
        band=(11, 20),
        satisfaction=4,
        recommend=None,
        actor=user,
    )
    tokens.issue(user=user, trial=trial, scopes=["write"], days=1)
    cells.recompute()
    timing.start(participant)
    notice = publish_notice(trial)
    Invitation.objects.create(trial=trial, user=user, invited_at=timezone.now())
    notices.accept(participant=participant, notice=notice, actor=user)
    baseline.answer(
        participant=participant, answers=baseline.Answers(ai_use_before="never"), actor=user
    )
    drafting.keep(participant, Draft.Form.LOG, "draft", {"minutes": "5"})
    reminder = Reminder.objects.create(user=user, day=today(), tried_at=timezone.now())
    ReminderItem.objects.create(reminder=reminder, participant=participant, kind="survey")
    DirtyMark.objects.create(participant=participant)


@pytest.mark.django_db
class TestErasing:
    @pytest.fixture
    def zanzibar(self, trial: Trial) -> Participant:
        """Have somebody with a row in every table that can hold one, and a colleague."""
        make_log(make_participant(trial, make_user("kim.kettle@example.com"), "kim"), "k")
        person = make_participant(trial, make_user("zan.teaspoon@example.com"), PSEUDONYM)
        fill(person)
        return person

    def test_no_table_keeps_the_participant(self, zanzibar: Participant) -> None:
        pk, theirs = zanzibar.pk, set(belonging())
        assert tables_that_refer_to(pk) == theirs  # else `fill` forgets a new table
        assert tables_that_name(PSEUDONYM) == {
            "measurement_participant",
            "measurement_auditevent",
        }
        assert leaving.erase(zanzibar)
        assert tables_that_refer_to(pk) == set()
        assert tables_that_name(PSEUDONYM) == KEEPS_THE_CODE
        assert not Participant.objects.filter(pk=pk).exists()

    def test_the_account_stays_and_the_role_and_tokens_go(self, zanzibar: Participant) -> None:
        user = user_of(zanzibar)
        leaving.erase(zanzibar)
        assert User.objects.filter(pk=user.pk).exists()
        assert not Membership.objects.filter(user=user).exists()
        assert not Invitation.objects.filter(user=user).exists()
        assert not ApiToken.objects.filter(user=user).exists()

    def test_another_role_keeps_its_tokens(self, zanzibar: Participant) -> None:
        user = user_of(zanzibar)
        Membership.objects.create(user=user, trial=zanzibar.trial, role=Role.ANALYST)
        leaving.erase(zanzibar)
        assert Membership.objects.get(user=user).role == Role.ANALYST
        assert ApiToken.objects.filter(user=user).exists()

    def test_others_lose_nothing(self, zanzibar: Participant) -> None:
        leaving.erase(zanzibar)
        assert TaskLog.objects.get().participant.pseudonym == "kim"
        assert Membership.objects.filter(role=Role.PARTICIPANT).count() == 1
        assert Cell.objects.exists()

    def test_the_tombstone_and_the_audit_event_know_no_user(self, zanzibar: Participant) -> None:
        leaving.erase(zanzibar)
        tombstone = Erasure.objects.get()
        assert (tombstone.trial_slug, tombstone.pseudonym) == ("teapot", PSEUDONYM)
        event = AuditEvent.objects.get(act="erase_participant")
        assert event.actor is None
        assert event.detail == {"by": "participant", "task_logs": 2, "survey_responses": 1}
        assert str(tombstone) == f"erasure of {PSEUDONYM}"

    def test_the_trial_is_marked_once_and_a_second_press_does_nothing(
        self, zanzibar: Participant
    ) -> None:
        TrialMark.objects.all().delete()
        assert leaving.erase(zanzibar)
        assert not leaving.erase(zanzibar)
        assert TrialMark.objects.count() == 1
        assert AuditEvent.objects.filter(act="erase_participant").count() == 1

    def test_the_log_tells_whom_a_later_list_would_lack(
        self, zanzibar: Participant, caplog: pytest.LogCaptureFixture
    ) -> None:
        Participant.objects.filter(pk=zanzibar.pk).update(pseudonym="two\nlines")
        zanzibar.refresh_from_db()
        with caplog.at_level(logging.INFO, "measurement.leaving"):
            leaving.erase(zanzibar)
        assert r"Erased teapot,'two\nlines',20" in caplog.text

    def test_who_takes_part_again_has_another_pseudonym(self, trial: Trial) -> None:
        user = make_user("ann.teacup@example.com")
        seen = set()
        for _ in range(3):
            person = enrolment.enrol(trial=trial, user=user, actor=None)
            seen.add(person.pseudonym)
            leaving.erase(person)
        assert len(seen) == Erasure.objects.count() == 3

    def test_somebody_without_a_user_can_be_erased(self, trial: Trial) -> None:
        nobody = Participant.objects.create(trial=trial, pseudonym="loaded")
        assert leaving.erase(nobody)
        assert not Participant.objects.exists()


@pytest.mark.django_db
class TestWithdrawing:
    def test_logs_stay_and_the_timer_goes(self, participant: Participant) -> None:
        make_log(participant, "k")
        timing.start(participant)
        leaving.withdraw(participant=participant, actor=user_of(participant))
        participant.refresh_from_db()
        assert participant.withdrawn_on == timezone.localdate()
        assert TaskLog.objects.count() == 1
        assert not Timer.objects.exists()
        assert AuditEvent.objects.filter(act="withdraw_participant").count() == 1

    def test_the_first_day_of_leaving_counts(self, participant: Participant) -> None:
        Participant.objects.filter(pk=participant.pk).update(withdrawn_on=DAY)
        leaving.withdraw(participant=participant, actor=user_of(participant))
        participant.refresh_from_db()
        assert participant.withdrawn_on == DAY

    def test_who_was_erased_meanwhile_is_left_alone(self, participant: Participant) -> None:
        leaving.erase(participant)
        leaving.withdraw(participant=participant, actor=user_of(participant))
        assert not AuditEvent.objects.filter(act="withdraw_participant").exists()

    def test_keeping_first_and_erasing_later(self, participant: Participant) -> None:
        make_log(participant, "k")
        leaving.withdraw(participant=participant, actor=user_of(participant))
        assert leaving.erase(participant)
        assert not TaskLog.objects.exists()
