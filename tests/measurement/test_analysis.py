"""Analyses of stored data: the engine's numbers to the last bit, what is in them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles, stored_results
from measurement.estimation.bundle import read_bundle, write_bundle
from measurement.estimation.results import ESTIMATE_FIELDS, Check
from measurement.models import (
    AnalysisRun,
    Cell,
    DirtyMark,
    Participant,
    StoredEstimate,
    Trial,
    TrialMark,
)
from measurement.recording import NewTaskLog, Refused, record
from tests.measurement.analysed import (
    a_task_type,
    analysed,
    as_bytes,
    from_bundle,
    newest_results,
    simulated,
)
from tests.people import make_log
from tests.real_data import TASK_1, write_real_bundle
from tests.stored_once import stored_once

pytestmark = pytest.mark.django_db
DESIGNS = (
    "parallel",
    "cluster",
    "crossover",
    "task_randomised",
    "stepped_wedge",
    "observational",
)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_database_gives_the_engines_results_to_the_last_bit(
    design: str, tmp_path: Path
) -> None:
    write_bundle(simulated(design), tmp_path / "given")
    bundle = read_bundle(tmp_path / "given")
    trial = bundles.load(bundle)
    expected = from_bundle(bundle)
    assert as_bytes(analysed(trial)) == expected

    write_bundle(bundles.export(trial), tmp_path / "exported.zip")
    exported = read_bundle(tmp_path / "exported.zip")
    assert from_bundle(exported) == expected
    assert as_bytes(analysed(bundles.load(exported, replace=True))) == expected


def test_a_planned_covariate_of_single_logs_gives_the_engines_results() -> None:
    bundle = simulated("parallel")
    plan = replace(bundle.trial.plan, covariates=("log_forecast_minutes",))
    logs = bundle.task_logs.assign(
        forecast_minutes=bundle.task_logs["minutes"].round(-1).clip(lower=10.0)
    )
    bundle = replace(bundle, trial=replace(bundle.trial, plan=plan), task_logs=logs)
    assert as_bytes(analysed(bundles.load(bundle))) == from_bundle(bundle)


@pytest.mark.skipif(not TASK_1.exists(), reason="the real data are not beside this checkout")
def test_real_data_through_the_database(tmp_path: Path) -> None:
    write_real_bundle(tmp_path / "echoes")
    row = analysed(bundles.load(read_bundle(tmp_path / "echoes"))).find("time_ratio")
    assert row is not None
    assert row.value == pytest.approx(0.671903, abs=5e-7)
    assert row.std_error == pytest.approx(0.136596, abs=5e-7)


def test_there_are_no_results_before_the_first_analysis(trial: Trial) -> None:
    assert stored_results.latest_results(trial) is None


def test_every_field_of_an_estimate_is_stored() -> None:
    stored = {field.name for field in StoredEstimate._meta.get_fields()}
    assert stored - {"id", "run", "position"} == set(ESTIMATE_FIELDS) - {"suppressed", "as_of"}


def test_nothing_is_lost_on_the_way(participant: Participant) -> None:
    trial = participant.trial
    for number in range(3):
        make_log(participant, str(number))
    record(
        participant=participant,
        log=NewTaskLog(key="w", ai_used=False, status="withheld"),
        actor=None,
    )
    for _ in range(2):
        with pytest.raises(Refused):
            record(participant=participant, log=NewTaskLog(key="x", ai_used=True), actor=None)
    results = analysed(trial)
    logs = results.logs
    assert (logs.received, logs.refused, logs.stored, logs.analysed) == (6, 2, 4, 3)
    assert logs.received == logs.refused + logs.stored
    assert logs.stored == logs.analysed + sum(logs.excluded.values())
    assert results.last_log == 4


def test_single_logs_and_counts_are_of_one_moment() -> None:
    """Where the model needs single logs, a log whose participant is still dirty counts whole."""
    trial = bundles.load(simulated("task_randomised"))
    before = analysed(trial)
    log = NewTaskLog(key="late", ai_used=True, minutes=30.0, task_type=a_task_type(trial))
    record(participant=Participant.objects.filter(trial=trial)[0], log=log, actor=None)
    TrialMark.objects.create(trial=trial)
    run = analysis.analyse_marked(trial)
    assert run is not None
    stored = stored_results.latest_results(trial)
    assert stored is not None
    assert DirtyMark.objects.exists()
    assert stored.results.logs.stored == before.logs.stored + 1
    assert stored.results.last_log == before.last_log + 1


def analysed_trial() -> Trial:
    trial = bundles.load(simulated())
    analysis.analyse(trial)
    return trial


@pytest.fixture(scope="class")
def stored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    with stored_once(django_db_blocker, analysed_trial) as trial:
        yield trial


class TestAnalysed:
    """A trial that was analysed."""

    @pytest.fixture
    def trial(self, db: None, stored: Trial) -> Trial:
        return Trial.objects.get(pk=stored.pk)

    def test_odd_numbers_of_checks_come_back(self, trial: Trial) -> None:
        run = AnalysisRun.objects.get(trial=trial)
        checks = [
            Check(check="a", statistic=1e22, p_value=5e-324, verdict="pass", message="m"),
            Check(check="b", statistic=3.0, p_value=None, verdict="warn", message="m"),
        ]
        run.checks = [vars(check) for check in checks]
        run.save()
        stored = stored_results.latest_results(trial)
        assert stored is not None
        assert [json.dumps(check) for check in stored.results.as_json()["checks"]] == [
            json.dumps(vars(check)) for check in checks
        ]

    def test_analyse_takes_in_what_was_logged_since(self, trial: Trial) -> None:
        before = newest_results(trial)
        person = Participant.objects.filter(trial=trial).earliest("pk")
        log = NewTaskLog(
            key="new", minutes=3.0, ai_used=True, date=trial.starts_on, ai_assigned=True
        )
        record(participant=person, log=log, actor=None)
        after = analysed(trial)
        assert after.last_log == before.last_log + 1
        assert after.find("time_ratio") != before.find("time_ratio")
        assert as_bytes(after) == from_bundle(bundles.export(trial))
        assert not analysis.is_outdated(trial)

    def test_analyse_gives_parked_participants_another_try(self, trial: Trial) -> None:
        people = Participant.objects.filter(trial=trial)
        DirtyMark.objects.bulk_create(DirtyMark(participant=one, failures=5) for one in people)
        Cell.objects.all().delete()
        assert analysis.parked_participants(trial) == 24
        assert as_bytes(analysed(trial)) == from_bundle(bundles.export(trial))
        assert analysis.parked_participants(trial) == 0

    def test_only_the_newest_runs_are_kept(self, trial: Trial) -> None:
        run = AnalysisRun.objects.get(trial=trial)
        for _ in range(stored_results.RUNS_KEPT + 2):
            run.pk = None
            run.save()
        older = list(AnalysisRun.objects.order_by("pk").values_list("pk", flat=True))
        newest = analysis.analyse(trial)
        kept = AnalysisRun.objects.order_by("pk").values_list("pk", flat=True)
        assert list(kept) == [*older, newest.pk][-stored_results.RUNS_KEPT :]
