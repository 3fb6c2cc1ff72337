"""What is published is frozen once a week, whatever is computed meanwhile."""

import datetime
from dataclasses import replace

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from measurement import analysis, bundles, freezing
from measurement.models import FrozenCell, Participant, Snapshot, Trial, TrialMark
from measurement.tasks import new_day, sweep
from tests.freezes import change_logs, weeks_later
from tests.measurement.freezing.frozen_weeks import (
    LARGE,
    MONDAY,
    of,
    shown,
    simulated,
)
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db


# The week ---------------------------------------------------------------------------------------


def test_the_first_analysis_freezes_and_none_does_again_in_its_week(trial: Trial) -> None:
    snapshot = Snapshot.objects.get()
    assert snapshot.week == MONDAY.date()
    assert snapshot.as_of <= snapshot.frozen_at
    with time_machine.travel(MONDAY + datetime.timedelta(days=6, hours=14)):
        analysis.analyse(trial)
        new_day()
    assert Snapshot.objects.get() == snapshot
    assert not TrialMark.objects.exists()
    with time_machine.travel(MONDAY - datetime.timedelta(days=9)):
        analysis.analyse(trial)
    assert Snapshot.objects.get() == snapshot, "a clock that was set back"


def test_a_trial_without_a_log_is_not_frozen_for_a_week() -> None:
    trial = make_trial()
    analysis.analyse(trial)
    snapshots = Snapshot.objects.filter(trial=trial)
    assert not snapshots.exists()
    make_log(make_participant(trial, make_user("pat.pot@example.com")), "k1")
    analysis.analyse(trial)
    assert snapshots.count() == 1


def test_weeks_begin_on_mondays_in_london() -> None:
    summer = datetime.datetime(2026, 6, 7, 23, 30, tzinfo=datetime.UTC)
    assert freezing.monday_of(summer) == datetime.date(2026, 6, 8)
    winter = datetime.datetime(2026, 11, 29, 23, 30, tzinfo=datetime.UTC)
    assert freezing.monday_of(winter) == datetime.date(2026, 11, 23)


def test_the_timetable_freezes_every_trial_each_week(trial: Trial) -> None:
    make_trial("never-analysed")
    with time_machine.travel(MONDAY + datetime.timedelta(weeks=1)):
        for _ in range(3):
            new_day()
        assert TrialMark.objects.filter(trial=trial).count() == 1
        for _ in range(3):
            sweep()
            new_day()
    assert Snapshot.objects.filter(trial=trial).count() == Snapshot.objects.count() == 2
    assert not TrialMark.objects.exists()


def test_a_trial_that_was_just_loaded_is_frozen_by_the_same_sweep() -> None:
    bundle = simulated({LARGE: 12})
    trial = bundles.load(replace(bundle, trial=replace(bundle.trial, slug="just-loaded")))
    assert freezing.frozen_results(trial) is None
    sweep()
    found = freezing.frozen_results(trial)
    assert found is not None
    assert found.next_on == freezing.monday_of(timezone.now()) + datetime.timedelta(days=7)
    assert found.trial == trial.definition()


def test_no_request_freezes(trial: Trial) -> None:
    with weeks_later(2):
        shown(trial)
    assert Snapshot.objects.count() == 1


# What stays -------------------------------------------------------------------------------------


def test_who_was_erased_leaves_no_hash_that_anybody_can_make_again(trial: Trial) -> None:
    """The hashes stay until their cell is frozen anew, but not the key to make them."""
    before = Snapshot.objects.get()
    assert FrozenCell.objects.filter(trial=trial).exists()
    columns = {field.name for field in FrozenCell._meta.get_fields()}
    assert not columns & {"participant", "user", "pseudonym"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM measurement_snapshot WHERE document LIKE %s",
            [f"%{of(trial, LARGE)[0].pseudonym}%"],
        )
        assert cursor.fetchone() == (0,)
    of(trial, LARGE)[0].delete()
    assert Snapshot.objects.get() == before


def test_a_trial_that_is_replaced_by_the_same_data_keeps_its_answers(trial: Trial) -> None:
    first = Snapshot.objects.get().document
    bundles.load(simulated(), replace=True)
    assert Snapshot.objects.get().document == first
    with weeks_later():
        analysis.analyse(trial)
    assert Snapshot.objects.latest("week").document == first


def test_a_trial_that_is_replaced_by_other_data_moves(trial: Trial) -> None:
    first = Snapshot.objects.get()
    other = simulated()
    logs = other.task_logs.assign(minutes=other.task_logs["minutes"] + 1)
    bundles.load(replace(other, task_logs=logs), replace=True)
    with weeks_later():
        analysis.analyse(trial)
    second = Snapshot.objects.latest("week")
    assert second.document["estimates"] != first.document["estimates"]
    assert second.as_of > first.as_of


@pytest.mark.parametrize("kept", [True, False])
def test_another_secret_key_holds_answers_back_unless_the_old_one_is_kept(
    trial: Trial, kept: bool
) -> None:
    fallbacks = [settings.SECRET_KEY] if kept else []
    first = Snapshot.objects.get()
    change_logs(Participant.objects.filter(trial=trial))
    with (
        override_settings(SECRET_KEY="another " * 8, SECRET_KEY_FALLBACKS=fallbacks),
        weeks_later(),
    ):
        analysis.analyse(trial)
        second = Snapshot.objects.latest("week")
        assert (second.key_sha256 == first.key_sha256) == kept
        assert (second.document == first.document) == (not kept)
        change_logs(Participant.objects.filter(trial=trial))
        with weeks_later():
            analysis.analyse(trial)
        assert Snapshot.objects.latest("week").document != second.document


# The database -----------------------------------------------------------------------------------


def test_a_snapshot_is_never_changed(trial: Trial) -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Snapshot.objects.update(code_version="2")
    trial.delete()
    assert not Snapshot.objects.exists()
    assert not FrozenCell.objects.exists()
