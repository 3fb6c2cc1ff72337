"""Leaving a trial while somebody writes: nothing comes back."""

import datetime
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from measurement import (
    access,
    analysis,
    bundles,
    cells,
    leaving,
    limits,
    recording,
    stored_results,
    surveying,
    timing,
)
from measurement.estimation.evaluation import evaluate
from measurement.models import (
    AnalysisRun,
    AuditEvent,
    Cell,
    DirtyMark,
    Erasure,
    Participant,
    SurveyResponse,
    TaskLog,
    Trial,
    WinsorisingLimit,
)
from measurement.recording import NewTaskLog
from measurement.tasks import sweep
from tests.gates import Gate, closed_gate, eventually
from tests.measurement.erased import (
    DAY,
    KEEPS_THE_CODE,
    PSEUDONYM,
    WAVE,
    recomputed,
    served,
    settle,
    tables_that_name,
    tables_that_refer_to,
    user_of,
)
from tests.people import make_log, make_participant, make_trial, make_user
from tests.small_trials import plain_trial


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
        trial = bundles.load(plain_trial("parallel"))
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

        def evaluate_slowly(*args: Any, **named: Any) -> Any:
            results = evaluate(*args, **named)
            erasing = Behind(leaving.erase, person)
            erasing.wait()
            assert erasing.outcome is True
            return results

        with monkeypatch.context() as patch:
            patch.setattr(analysis, "evaluate", evaluate_slowly)
            analysing = Behind(sweep)
            analysing.wait()
        assert "could not serialize" in str(analysing.failure)
        assert stored_results.latest_results(trial_at_work) is None
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
