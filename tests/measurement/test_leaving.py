"""Leaving a trial: what is kept, what is erased, and that nothing comes back."""

import datetime
import json
import logging
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.utils import timezone

from measurement import (
    access,
    analysis,
    baseline,
    bundles,
    cells,
    drafting,
    enrolment,
    leaving,
    limits,
    notices,
    recording,
    surveying,
    timing,
    tokens,
)
from measurement.estimation.calendar import today
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.simulate import simulate
from measurement.estimation.waves import Wave
from measurement.models import (
    AnalysisRun,
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
    SurveyResponse,
    TaskLog,
    Timer,
    Trial,
    TrialMark,
    User,
    WinsorisingLimit,
)
from measurement.recording import NewTaskLog
from measurement.tasks import sweep
from tests.gates import Gate, closed_gate, eventually
from tests.people import make_log, make_participant, make_trial, make_user, publish_notice

DAY = datetime.date(2025, 3, 3)
PSEUDONYM = "zanzibar-teaspoon"
KEEPS_THE_CODE = {"measurement_auditevent", "measurement_erasure"}
WAVE = Wave(number=1, opens_on=DAY)


def user_of(participant: Participant) -> User:
    assert participant.user
    return participant.user


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


def belonging() -> dict[str, type[models.Model]]:
    """Return the models that refer to participants, by table."""
    return {
        relation.related_model._meta.db_table: relation.related_model
        for relation in Participant._meta.related_objects
        if not isinstance(relation.related_model, str)
    }


def tables_that_name(pseudonym: str) -> set[str]:
    """Return the tables with a row in whose text the pseudonym is, whatever the column."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = set()
        for table in tables:
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} r WHERE strpos(r::text, %s) > 0)", [pseudonym]
            )
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def tables_that_refer_to(pk: int) -> set[str]:
    """Return the tables with a row whose column `participant_id` is the number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name LIKE '%participant%id'"
        )
        found = set()
        for table, column in cursor.fetchall():
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {column} = %s)", [pk])
            if cursor.fetchone()[0]:
                found.add(table)
    return found


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


def served(trial: Trial) -> bytes:
    stored = analysis.latest_results(trial)
    assert stored is not None
    return json.dumps(stored.results.as_json(), ensure_ascii=False).encode()


def recomputed(trial: Trial) -> bytes:
    """Return what is computed from nothing but the logs that are left."""
    results = evaluate(evidence_of(bundles.export(trial), today()))
    return json.dumps(results.as_json(), ensure_ascii=False).encode()


def settle(trial: Trial) -> None:
    """Sweep as workers do; trials rest for an instant only."""
    for _ in range(20):
        AnalysisRun.objects.update(finished_at=models.F("as_of"))
        sweep()
        if not analysis.is_outdated(trial):
            return
    raise AssertionError("not settled")


@pytest.mark.django_db(transaction=True)
class TestResults:
    @pytest.fixture
    def analysed(self) -> Trial:
        """Have an analysed trial in which one person has the longest task of all."""
        bundle = simulate(
            participants=24, logs_per_participant=12, design="parallel", seed=11
        ).bundle
        trial = bundles.load(bundle)
        longest = self.longest(trial)
        TaskLog.objects.filter(participant=longest).update(minutes=1400.0)
        DirtyMark.objects.create(participant=longest)
        analysis.analyse(trial)
        return trial

    def longest(self, trial: Trial) -> Participant:
        person = Participant.objects.filter(trial=trial).order_by("pseudonym").first()
        assert person
        return person

    def test_results_and_limits_are_those_of_who_is_left(self, analysed: Trial) -> None:
        before = served(analysed)
        old = set(WinsorisingLimit.objects.values_list("task_type", "low", "high"))
        leaving.erase(self.longest(analysed))
        settle(analysed)
        assert served(analysed) == recomputed(analysed) != before
        assert set(WinsorisingLimit.objects.values_list("task_type", "low", "high")) != old

    def test_earlier_results_do_not_outlive_the_next_analysis(self, analysed: Trial) -> None:
        settle(analysed)
        old = set(AnalysisRun.objects.values_list("pk", flat=True))
        leaving.erase(self.longest(analysed))
        settle(analysed)
        assert old.isdisjoint(AnalysisRun.objects.values_list("pk", flat=True))
        analysis.analyse(analysed)
        assert AnalysisRun.objects.count() > 1  # those since then are kept

    def test_limits_wait_until_the_trial_has_rested(self, analysed: Trial) -> None:
        leaving.erase(self.longest(analysed))
        run = AnalysisRun.objects.get()
        run.as_of = run.finished_at - datetime.timedelta(hours=1)
        run.save()
        computed = set(WinsorisingLimit.objects.values_list("computed_at", flat=True))
        sweep()
        assert set(WinsorisingLimit.objects.values_list("computed_at", flat=True)) == computed
        assert AnalysisRun.objects.get() == run


class Behind:
    """Something done in another thread, with its own connection; its outcome is kept."""

    def __init__(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.outcome: Any = None
        self.failure: Exception | None = None

        def run() -> None:
            try:
                self.outcome = act(*args, **kwargs)
            except Exception as failure:  # the test looks at it
                self.failure = failure
            finally:
                connection.close()

        self._thread = Thread(target=run)
        self._thread.start()

    def wait(self) -> None:
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()


def wait_for_lock(gate: Gate) -> None:
    """Wait until somebody waits for another transaction."""

    def waits() -> bool:
        with gate.keeper.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype <> 'advisory'"
            )
            return bool(cursor.fetchone()[0])

    eventually(waits, "somebody waits for a lock")


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    """Erasing meets somebody who writes: whoever comes first, nothing is left."""

    @pytest.fixture
    def person(self) -> Participant:
        person = make_participant(make_trial(), make_user("dot@example.com"), PSEUDONYM)
        make_log(person, "first")
        return person

    def nothing_is_left(self, pk: int) -> None:
        assert tables_that_refer_to(pk) == set()
        assert tables_that_name(PSEUDONYM) == KEEPS_THE_CODE

    def recorded(self, person: Participant) -> None:
        with access.while_taking_part(person):
            recording.record(
                participant=person,
                log=NewTaskLog(key="late", minutes=5.0, ai_used=True, date=DAY),
                actor=person.user,
            )

    def test_a_log_that_is_being_stored(self, person: Participant) -> None:
        """It stands before its dirty mark, its row inserted: erasing does not see it yet."""
        with closed_gate(DirtyMark) as gate:
            storing = Behind(self.recorded, person)
            gate.wait_for_somebody()
            assert leaving.erase(person)
            gate.open()
            storing.wait()
        assert isinstance(storing.failure, PermissionDenied)
        self.nothing_is_left(person.pk)

    def test_a_log_that_comes_while_erasing(self, person: Participant) -> None:
        with closed_gate(Erasure) as gate:
            erasing = Behind(leaving.erase, person)
            gate.wait_for_somebody()
            storing = Behind(self.recorded, person)
            wait_for_lock(gate)
            gate.open()
            erasing.wait()
            storing.wait()
        assert erasing.outcome is True
        assert isinstance(storing.failure, PermissionDenied)
        self.nothing_is_left(person.pk)

    def test_a_correction_an_answer_and_a_timer_after_erasing(self, person: Participant) -> None:
        log = TaskLog.objects.select_related("participant__trial").get()
        user = user_of(person)
        leaving.erase(person)

        def answer() -> None:
            surveying.answer(
                participant=person,
                wave=WAVE,
                band=(1, 2),
                satisfaction=None,
                recommend=None,
                actor=user,
            )

        for act in (
            lambda: recording.void(task_log=log, reason="r", actor=user),
            answer,
            lambda: timing.start(person),
        ):
            with pytest.raises(PermissionDenied), access.while_taking_part(person):
                act()
        assert not SurveyResponse.objects.exists()
        self.nothing_is_left(person.pk)

    def test_other_failures_are_not_explained_away(self, person: Participant) -> None:
        with pytest.raises(TaskLog.DoesNotExist), access.while_taking_part(person):
            TaskLog.objects.get(key="never")

    def test_a_worker_that_writes_cells(self, person: Participant) -> None:
        """Erasing waits for the worker, and then takes what it wrote."""
        with closed_gate(Cell) as gate:
            working = Behind(cells.recompute)
            gate.wait_for_somebody()
            erasing = Behind(leaving.erase, person)
            wait_for_lock(gate)
            gate.open()
            working.wait()
            erasing.wait()
        assert (working.outcome, erasing.outcome) == (1, True)
        self.nothing_is_left(person.pk)

    def test_a_worker_that_comes_while_erasing(self, person: Participant) -> None:
        with closed_gate(Erasure) as gate:
            erasing = Behind(leaving.erase, person)
            gate.wait_for_somebody()
            assert cells.recompute() == 0
            gate.open()
            erasing.wait()
        assert cells.recompute() == 0
        self.nothing_is_left(person.pk)

    def test_two_who_press_at_once(self, person: Participant) -> None:
        with closed_gate(Erasure) as gate:
            first = Behind(leaving.erase, person)
            gate.wait_for_somebody()
            second = Behind(leaving.erase, person)
            wait_for_lock(gate)
            gate.open()
            first.wait()
            second.wait()
        assert (first.outcome, second.outcome) == (True, False)
        self.nothing_is_left(person.pk)

    @pytest.fixture
    def trial_at_work(self) -> Trial:
        trial = bundles.load(
            simulate(participants=24, logs_per_participant=6, design="parallel", seed=3).bundle
        )
        assert cells.recompute() == 24
        return trial

    def somebody(self, trial: Trial) -> Participant:
        person = Participant.objects.filter(trial=trial).order_by("pk").first()
        assert person
        return person

    def test_an_analysis_that_has_seen_the_person(
        self, trial_at_work: Trial, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its snapshot is older than the erasure: it fails, and the next one serves."""
        person = self.somebody(trial_at_work)

        def evaluate_slowly(*args: Any) -> Any:
            results = evaluate(*args)
            erasing = Behind(leaving.erase, person)
            erasing.wait()
            assert erasing.outcome is True
            return results

        with monkeypatch.context() as patch:
            patch.setattr(analysis, "evaluate", evaluate_slowly)
            analysing = Behind(sweep)
            analysing.wait()
        assert "could not serialize" in str(analysing.failure)
        assert analysis.latest_results(trial_at_work) is None
        settle(trial_at_work)
        assert served(trial_at_work) == recomputed(trial_at_work)

    def test_an_analysis_that_is_being_stored(self, trial_at_work: Trial) -> None:
        """Erasing waits for it; its results go with the next analysis."""
        person = self.somebody(trial_at_work)
        with closed_gate(AnalysisRun) as gate:
            analysing = Behind(sweep)
            gate.wait_for_somebody()
            erasing = Behind(leaving.erase, person)
            wait_for_lock(gate)
            gate.open()
            analysing.wait()
            erasing.wait()
        assert (analysing.failure, erasing.outcome) == (None, True)
        with_them = AnalysisRun.objects.get()
        settle(trial_at_work)
        assert not AnalysisRun.objects.filter(pk=with_them.pk).exists()
        assert served(trial_at_work) == recomputed(trial_at_work)
        assert tables_that_refer_to(person.pk) == set()

    def test_limits_that_are_being_computed(self, trial_at_work: Trial) -> None:
        person = self.somebody(trial_at_work)
        WinsorisingLimit.objects.update(computed_at=timezone.now() - datetime.timedelta(days=2))
        TaskLog.objects.filter(participant=person).update(minutes=1400.0)
        with closed_gate(DirtyMark) as gate:
            refreshing = Behind(analysis._when_alone, trial_at_work, limits.refresh)
            gate.wait_for_somebody()
            erasing = Behind(leaving.erase, person)
            wait_for_lock(gate)
            gate.open()
            refreshing.wait()
            erasing.wait()
        assert (refreshing.failure, erasing.outcome) == (None, True)
        settle(trial_at_work)
        assert served(trial_at_work) == recomputed(trial_at_work)
        assert tables_that_refer_to(person.pk) == set()

    def test_a_trial_that_is_being_replaced(self, trial_at_work: Trial) -> None:
        """The bundle still has the person: the load that comes after leaves them out."""
        person, bundle = self.somebody(trial_at_work), bundles.export(trial_at_work)
        with closed_gate(Erasure) as gate:
            erasing = Behind(leaving.erase, person)
            gate.wait_for_somebody()
            loading = Behind(bundles.load, bundle, replace=True)
            wait_for_lock(gate)
            gate.open()
            erasing.wait()
            loading.wait()
        assert (erasing.outcome, loading.failure) == (True, None)
        people = Participant.objects.filter(trial=trial_at_work)
        assert (people.count(), people.filter(pseudonym=person.pseudonym).count()) == (23, 0)
        event = AuditEvent.objects.get(act="replace_trial")
        assert event.detail["erased_left_out"] == 1
