"""Cells in the database: recomputed from the logs, never incremented, none forgotten."""

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest
from django.db import connection
from django.utils import timezone

from measurement import bundles, cells, enrolment, frames
from measurement.estimation.cells import compress
from measurement.estimation.flags import FLAG_NAMES
from measurement.estimation.simulate import simulate
from measurement.models import (
    Cell,
    DirtyMark,
    Participant,
    ParticipantTotal,
    TaskLog,
    Trial,
    TrialMark,
    WinsorisingLimit,
)
from measurement.recording import NewTaskLog, change, record, void
from tests.gates import closed_gate
from tests.measurement.odd_bundle import odd_bundle
from tests.people import TASK_TYPES, make_log, make_trial


def new_log(key: str, minutes: float = 5.0) -> NewTaskLog:
    return NewTaskLog(key=key, minutes=minutes, ai_used=True, date=datetime.date(2025, 3, 3))


def assert_cells_are_those_of_the_logs(trial: Trial) -> None:
    """Compare what is stored with the logs compressed from scratch, to the last bit."""
    bundle = bundles.export(trial)
    limits = frames.limits(trial)
    fresh = compress(bundle.trial, bundle.participants, bundle.task_logs, limits)
    everybody = frames.of_trial(trial)
    pd.testing.assert_frame_equal(frames.cells(everybody), fresh.cells, check_exact=True)
    pd.testing.assert_frame_equal(frames.totals(everybody), fresh.totals, check_exact=True)


@contextmanager
def poison(participant: Participant) -> Iterator[None]:
    """Make the database refuse any cell of the participant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION test_poison() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'poison'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER test_poison BEFORE INSERT ON measurement_cell FOR EACH ROW"
            f" WHEN (NEW.participant_id = {participant.pk}) EXECUTE FUNCTION test_poison()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION test_poison CASCADE")


@pytest.mark.parametrize(
    "design", ["parallel", "cluster", "crossover", "task_randomised", "stepped_wedge"]
)
def test_stored_cells_are_the_engines(db: None, design: str) -> None:
    bundle = simulate(participants=12, logs_per_participant=8, design=design, seed=5).bundle
    trial = bundles.load(bundle)
    assert cells.recompute() == 12
    assert Cell.objects.exists()
    assert_cells_are_those_of_the_logs(trial)


def test_odd_texts_and_numbers_survive(db: None) -> None:
    trial = bundles.load(odd_bundle())
    assert cells.recompute() == 12
    assert_cells_are_those_of_the_logs(trial)


def test_chunks_and_their_order_do_not_matter(db: None) -> None:
    bundle = simulate(participants=20, logs_per_participant=8, design="parallel", seed=5).bundle
    trial = bundles.load(bundle)
    while cells.recompute(at_most=3):
        pass
    assert not DirtyMark.objects.exists()
    # One mark from loading, and one from each chunk.
    assert TrialMark.objects.filter(trial=trial).count() == 1 + 7
    assert_cells_are_those_of_the_logs(trial)


def test_recomputing_follows_every_kind_of_change(participant: Participant) -> None:
    trial = participant.trial
    task_log = make_log(participant, "one")
    for act in (
        lambda: make_log(participant, "two", ai_used=True),
        lambda: change(task_log=task_log, log=new_log("one", minutes=99.0), actor=None),
        lambda: void(task_log=task_log, reason="not mine", actor=None),
        lambda: enrolment.withdraw(
            participant=participant, on=datetime.date(2025, 3, 2), actor=None
        ),
        lambda: enrolment.assign(
            participant=participant, ai_from=datetime.date(2025, 1, 1), actor=None
        ),
    ):
        act()
        assert DirtyMark.objects.filter(participant=participant).exists()
        assert cells.recompute() == 1
        assert not DirtyMark.objects.exists()
        assert_cells_are_those_of_the_logs(trial)
    assert ParticipantTotal.objects.get().excluded == {"void": 1, "after_withdrawal": 1}


def test_the_tails_are_those_of_the_stored_limits(participant: Participant) -> None:
    trial = participant.trial
    for name, minutes in (("below", 9.0), ("within", 10.0), ("above", 600.0)):
        make_log(participant, name, minutes=minutes)
    WinsorisingLimit.objects.create(
        trial=trial, task_type=TASK_TYPES[0], low=10.0, high=30.0, computed_at=timezone.now()
    )
    other = {"task_type": TASK_TYPES[0], "low": 500.0, "high": 500.0}
    WinsorisingLimit.objects.create(trial=make_trial("other"), computed_at=timezone.now(), **other)
    assert cells.recompute() == 1
    assert dict(Cell.objects.values_list("minutes_mean", "tail")) == {9.0: -1, 10.0: 0, 600.0: 1}
    flags = Cell.objects.get(minutes_mean=600.0).flags
    assert flags == 1 << FLAG_NAMES.index("late_entry") | 1 << FLAG_NAMES.index("too_long")
    assert_cells_are_those_of_the_logs(trial)


def test_nothing_is_done_without_marks(participant: Participant) -> None:
    assert cells.recompute() == 0
    assert not TrialMark.objects.exists()


def test_only_the_named_trial_is_recomputed(participant: Participant) -> None:
    other = Participant.objects.create(trial=make_trial("other"), pseudonym="p1")
    make_log(participant, "one")
    record(participant=other, log=new_log("one"), actor=None)
    assert cells.recompute(trial=other.trial) == 1
    assert DirtyMark.objects.get().participant == participant


def test_a_poisoned_participant_is_parked_and_others_are_served(
    trial: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    people = [Participant.objects.create(trial=trial, pseudonym=f"p{i}") for i in range(9)]
    for person in people:
        record(participant=person, log=new_log("one"), actor=None)

    with poison(people[4]):
        assert cells.recompute() == 8
        for failures in range(1, 6):
            assert DirtyMark.objects.get().failures == failures
            assert cells.recompute() == 0
    mark = DirtyMark.objects.get()
    assert (mark.participant, mark.failures) == (people[4], 5)
    assert Cell.objects.count() == 8
    assert f"participant {people[4].pk} cannot be recomputed" in caplog.text


def test_a_new_log_gives_a_parked_participant_another_try(participant: Participant) -> None:
    make_log(participant, "one")
    DirtyMark.objects.update(failures=5)
    assert cells.recompute() == 0
    make_log(participant, "two")
    assert cells.recompute() == 1
    assert not DirtyMark.objects.exists()
    assert_cells_are_those_of_the_logs(participant.trial)


class Worker(threading.Thread):
    """Another worker: recomputes once, on a connection of its own."""

    recomputed: int | None = None

    def run(self) -> None:
        try:
            self.recomputed = cells.recompute()
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
class TestConcurrently:
    """What a worker and others do at the same moment."""

    @pytest.fixture
    def participant(self) -> Participant:
        return Participant.objects.create(trial=make_trial(), pseudonym="p1")

    def test_a_log_stored_meanwhile_waits_for_nobody_and_is_not_forgotten(
        self, participant: Participant
    ) -> None:
        record(participant=participant, log=new_log("one"), actor=None)
        worker = Worker()
        with closed_gate(Cell) as gate:
            worker.start()
            gate.wait_for_somebody()
            # The worker has read the logs and stands before writing the cells.
            assert record(participant=participant, log=new_log("two"), actor=None).created
            gate.open()
            worker.join()
        assert worker.recomputed == 1
        assert DirtyMark.objects.count() == 1
        assert ParticipantTotal.objects.get().stored == 1

        assert cells.recompute() == 1
        assert ParticipantTotal.objects.get().stored == 2
        assert_cells_are_those_of_the_logs(participant.trial)

    def test_two_workers_never_meet_at_one_participant(self, participant: Participant) -> None:
        record(participant=participant, log=new_log("one"), actor=None)
        worker = Worker()
        with closed_gate(Cell) as gate:
            worker.start()
            gate.wait_for_somebody()
            record(participant=participant, log=new_log("two"), actor=None)
            assert cells.recompute() == 0
            gate.open()
            worker.join()
        assert cells.recompute() == 1
        assert TaskLog.objects.count() == ParticipantTotal.objects.get().stored == 2

    def test_a_replaced_trial_has_no_cells_of_old_logs(self) -> None:
        trial = bundles.load(odd_bundle())
        worker = Worker()
        with closed_gate(Cell) as gate:
            worker.start()
            gate.wait_for_somebody()
            loader = threading.Thread(target=_replace)
            loader.start()
            gate.open()
            worker.join()
            loader.join()
        assert worker.recomputed == 12
        assert not Cell.objects.exists()
        assert cells.recompute() == 12
        assert_cells_are_those_of_the_logs(trial)


def _replace() -> None:
    try:
        bundles.load(odd_bundle(), replace=True)
    finally:
        connection.close()
