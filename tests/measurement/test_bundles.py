"""Bundles go into the database and come out without loss, all or nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from django.db import IntegrityError
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles, enrolment, stored_results
from measurement.estimation.bundle import Bundle, BundleErrors, read_bundle, write_bundle
from measurement.estimation.trial_toml import plan_sha256
from measurement.models import (
    AnalysisRun,
    Arm,
    AuditEvent,
    Cell,
    Department,
    DirtyMark,
    Membership,
    Participant,
    Refusal,
    Role,
    SurveyResponse,
    TaskLog,
    Tool,
    Trial,
    TrialMark,
    User,
)
from measurement.recording import NewTaskLog, record
from tests.measurement.odd_bundle import ODD_TEXTS, odd_bundle
from tests.people import make_participant, make_trial, make_user
from tests.stored_once import stored_once

pytestmark = pytest.mark.django_db
FRAMES = ("participants", "task_logs", "survey_responses")


def assert_same_frames(one: Bundle, other: Bundle) -> None:
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def stored_rows() -> int:
    models = (
        Trial,
        Participant,
        TaskLog,
        SurveyResponse,
        Refusal,
        DirtyMark,
        TrialMark,
        AuditEvent,
    )
    return sum(model._default_manager.count() for model in models)


def test_frames_come_back_to_the_last_bit() -> None:
    bundle = odd_bundle()
    exported = bundles.export(bundles.load(bundle))
    assert_same_frames(exported, bundle)


def test_export_file_and_load_again_keep_everything(tmp_path: Path) -> None:
    bundle = odd_bundle()
    write_bundle(bundles.export(bundles.load(bundle)), tmp_path / "odd.zip")
    again = bundles.export(bundles.load(read_bundle(tmp_path / "odd.zip"), replace=True))
    assert_same_frames(again, bundle)
    assert again.trial.title == bundle.trial.title


def test_the_definition_and_its_hash_come_back() -> None:
    bundle = odd_bundle()
    exported = bundles.export(bundles.load(bundle))
    tools = tuple(sorted({*bundle.trial.tools, *bundle.task_logs["tool"].dropna()}))
    assert sorted(exported.trial.tools) == list(tools)
    assert replace(exported.trial, tools=bundle.trial.tools) == bundle.trial
    assert plan_sha256(exported.trial) == plan_sha256(bundle.trial)


def test_refusals_come_back_where_there_were_any() -> None:
    assert bundles.export(bundles.load(odd_bundle())).counts == {"minutes_impossible": 3}


def test_lists_are_defined_by_use() -> None:
    bundle = odd_bundle()
    trial = bundles.load(bundle)
    used = set(bundle.participants["department"].dropna())
    assert {entry.name for entry in Department.objects.filter(trial=trial)} == used
    assert Tool.objects.filter(trial=trial, name="kettle").exists()
    # The design names no arms, so nobody knows which of them had AI.
    assert set(Arm.objects.filter(trial=trial).values_list("ai", flat=True)) == {None}


def test_loading_marks_everybody_and_the_trial() -> None:
    trial = bundles.load(odd_bundle())
    marked = DirtyMark.objects.values_list("participant__pseudonym", flat=True)
    assert sorted(marked) == sorted(ODD_TEXTS)
    assert TrialMark.objects.get().trial == trial
    event = AuditEvent.objects.get()
    assert (event.act, event.trial_slug, event.detail["task_logs"]) == ("load_trial", "odd", 400)


def test_progress_ends_with_all_rows() -> None:
    told: list[tuple[int, int]] = []
    bundles.load(odd_bundle(), progress=lambda done, total: told.append((done, total)))
    rows = 12 + 400 + 40
    assert told == [(12, rows), (412, rows), (rows, rows)]


def test_a_taken_slug_is_an_error_and_stores_nothing() -> None:
    bundles.load(odd_bundle())
    before = stored_rows()
    with pytest.raises(BundleErrors) as errors:
        bundles.load(odd_bundle())
    (line,) = errors.value.lines()
    assert line.startswith("trial.toml:trial.slug: 'odd', ")
    assert "--replace" in line
    assert stored_rows() == before


def test_a_row_that_the_database_refuses_leaves_nothing() -> None:
    bundle = odd_bundle()
    logs = bundle.task_logs.copy()
    logs.loc[399, ["participant", "key"]] = logs.loc[398, ["participant", "key"]]
    with pytest.raises(IntegrityError, match="task_log_key_once"):
        bundles.load(replace(bundle, task_logs=logs))
    assert stored_rows() == 0


def test_comments_go_into_no_bundle(tmp_path: Path) -> None:
    trial = bundles.load(odd_bundle())
    SurveyResponse.objects.update(comment="Pat Kettle likes it")
    write_bundle(bundles.export(trial), tmp_path / "odd")
    for file in (tmp_path / "odd").iterdir():
        assert b"Pat Kettle" not in file.read_bytes(), file
    header = (tmp_path / "odd" / "survey_responses.csv").read_text().splitlines()[0]
    assert "comment" not in header


def test_another_trial_is_left_alone() -> None:
    other = make_trial("other")
    whose = make_participant(other, make_user("dot.teaspoon@example.com"))
    SurveyResponse.objects.create(participant=whose, wave="week 01", comment="Kept")
    mark = TrialMark.objects.create(trial=other)
    bundles.load(odd_bundle())
    bundles.load(odd_bundle(), replace=True)
    assert other.tasktype_set.count() == 3
    assert TrialMark.objects.filter(pk=mark.pk).exists()
    assert SurveyResponse.objects.get(participant=whose).comment == "Kept"


def lived_in_trial() -> Trial:
    trial, user = bundles.load(odd_bundle()), make_user("sam.saucer@example.com")
    person = Participant.objects.get(trial=trial, pseudonym="plain")
    enrolment.link(participant=person, user=user, actor=None)
    enrolment.grant(user=user, trial=trial, role=Role.LEAD, actor=None)
    log = NewTaskLog(key="new", minutes=1.0, ai_used=False)
    record(participant=person, log=log, actor=user)
    analysis.analyse(trial)
    return trial


@pytest.fixture(scope="class")
def lived_in(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    with stored_once(django_db_blocker, lived_in_trial) as trial:
        yield trial


class TestReplace:
    """`load(replace=True)` on a trial with users, results and logs of its own."""

    @pytest.fixture
    def trial(self, db: None, lived_in: Trial) -> Trial:
        return Trial.objects.get(pk=lived_in.pk)

    @pytest.fixture
    def user(self, trial: Trial) -> User:
        return User.objects.get(membership__trial=trial, membership__role=Role.LEAD)

    @pytest.fixture
    def smaller(self) -> Bundle:
        """Have the bundle without its last three people."""
        bundle = odd_bundle(title="Smaller")
        kept = bundle.participants["participant"].isin(sorted(ODD_TEXTS)[:9])
        names = bundle.participants.loc[kept, "participant"]
        return replace(
            bundle,
            counts={},
            participants=bundle.participants[kept].reset_index(drop=True),
            task_logs=bundle.task_logs[bundle.task_logs["participant"].isin(names)].reset_index(
                drop=True
            ),
            survey_responses=bundle.survey_responses[
                bundle.survey_responses["participant"].isin(names)
            ].reset_index(drop=True),
        )

    def test_the_data_are_the_new_bundles(self, trial: Trial, smaller: Bundle) -> None:
        replaced = bundles.load(smaller, replace=True)
        assert replaced.pk == trial.pk
        exported = bundles.export(replaced)
        assert_same_frames(exported, smaller)
        assert exported.trial.title == "Smaller"
        assert exported.counts == {}
        assert not AnalysisRun.objects.exists()
        assert not Cell.objects.exists()
        assert AuditEvent.objects.filter(act="replace_trial").count() == 1

    def test_memberships_and_users_stay(self, trial: Trial, smaller: Bundle, user: User) -> None:
        before = Participant.objects.get(trial=trial, user=user)
        bundles.load(smaller, replace=True)
        after = Participant.objects.get(trial=trial, user=user)
        assert (after.pk, after.pseudonym) == (before.pk, "plain")
        assert set(Membership.objects.values_list("role", flat=True)) == {"participant", "lead"}

    def test_comments_stay_with_the_answers_that_come_again(
        self, trial: Trial, smaller: Bundle
    ) -> None:
        people = smaller.survey_responses["participant"]
        stays = SurveyResponse.objects.filter(participant__pseudonym=people.iloc[0])[0]
        gone = Participant.objects.exclude(pseudonym__in=sorted(ODD_TEXTS)[:9])[0]
        orphan = SurveyResponse.objects.create(participant=gone, wave="week 01", comment="Gone")
        twin = SurveyResponse.objects.create(
            participant=stays.participant, wave="week 99", comment="No such wave in the bundle"
        )
        SurveyResponse.objects.filter(pk=stays.pk).update(comment="It helps.\nSometimes.")
        bundles.load(smaller, replace=True)
        (kept,) = SurveyResponse.objects.exclude(comment="")
        assert kept.pk not in (stays.pk, orphan.pk, twin.pk)
        assert kept.comment == "It helps.\nSometimes."
        assert (kept.participant.pseudonym, kept.wave) == (stays.participant.pseudonym, stays.wave)
        assert (
            kept.pk == kept.participant.surveyresponse_set.filter(wave=kept.wave).earliest("pk").pk
        )
        assert AuditEvent.objects.get(act="replace_trial").detail["comments_lost"] == 2

    def test_results_are_those_of_a_first_load(self, trial: Trial, smaller: Bundle) -> None:
        bundles.load(smaller, replace=True)
        analysis.analyse(trial)
        replaced = stored_results.latest_results(trial)
        Trial.objects.all().delete()
        first = bundles.load(smaller)
        analysis.analyse(first)
        fresh = stored_results.latest_results(first)
        assert replaced is not None
        assert fresh is not None
        assert replaced.results == fresh.results

    def test_a_failure_keeps_the_old_trial(self, trial: Trial) -> None:
        old = bundles.export(trial)
        broken = odd_bundle()
        logs = broken.task_logs.copy()
        logs.loc[399, "minutes"] = -1.0
        logs.loc[399, "status"] = "logged"
        with pytest.raises(IntegrityError, match="task_log_minutes_are_possible"):
            bundles.load(replace(broken, task_logs=logs), replace=True)
        assert_same_frames(bundles.export(trial), old)
        assert stored_results.latest_results(trial) is not None
