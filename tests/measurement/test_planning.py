"""A plan is fixed first; whatever is changed of it later shows through every door."""

import csv
import io
import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from measurement import analysis, bundles, plan_history, planning, stored_results, tokens
from measurement.estimation.__main__ import main as engine
from measurement.estimation.bundle import read_bundle, write_bundle
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.history import Change, History, Tuning
from measurement.estimation.trial_toml import plan_sha256, to_toml
from measurement.models import (
    AlwaysValidTuning,
    ApiToken,
    AuditEvent,
    Cell,
    DirtyMark,
    PlanChange,
    PlanLock,
    Role,
    TaskLog,
    Trial,
    TrialMark,
    User,
    WinsorisingLimit,
)
from measurement.tasks import sweep
from tests.freezes import next_freeze
from tests.people import make_participant, make_user
from tests.small_trials import plain_trial

pytestmark = pytest.mark.django_db
SLUG = "simulated-trial"
EMAIL = "ida.trivet@example.com"
WHY = "The stopwatch “broke”"


def run(*command: str) -> tuple[str, str]:
    """Return what the command wrote on standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*command, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def printed(*command: str) -> Any:
    return json.loads(run(*command, "--json")[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Have the bundle of a simulated crossover, analysed quickly as it has no breakdowns."""
    write_bundle(plain_trial("crossover"), tmp_path / "given")
    return tmp_path / "given"


@pytest.fixture
def stored(path: Path) -> Trial:
    return bundles.load(read_bundle(path))


@pytest.fixture
def analyst(stored: Trial) -> User:
    return make_user(EMAIL, (Role.ANALYST, stored))


def edited(path: Path, change: Callable[[Definition], Definition]) -> Definition:
    """Change the trial.toml of the bundle in the folder."""
    definition = change(read_bundle(path).trial)
    (path / "trial.toml").write_text(to_toml(definition))
    return definition


def less_sure(trial: Definition) -> Definition:
    """Return the trial with another level of confidence and later days that count."""
    return replace(trial, run_in_days=3, plan=replace(trial.plan, confidence=0.9))


class TestLock:
    """`lock_plan`."""

    def test_it_fixes_the_plan_and_says_so(self, stored: Trial, analyst: User) -> None:
        out, _ = run("lock_plan", SLUG, "--by", " Ida.Trivet@Example.com")
        lock = PlanLock.objects.get()
        assert out == (
            f"The plan of {SLUG} is locked since {lock.locked_at.isoformat(timespec='seconds')} "
            f"by analyst (user {analyst.pk}): {plan_sha256(stored.definition())}\n"
        )
        assert lock.sections["plan"] == stored.plan
        assert lock.sections["trial"]["run_in_days"] == 0
        event = AuditEvent.objects.get(act="lock_plan")
        assert (event.actor, event.trial_slug) == (analyst, SLUG)
        assert event.detail == {"plan_sha256": lock.plan_sha256}

    def test_results_are_computed_anew(self, stored: Trial, analyst: User) -> None:
        before = analysis.analyse(stored)
        assert (before.plan_locked_at, before.plan_locked_by) == (None, None)
        planning.lock(trial=stored, by=analyst)
        assert TrialMark.objects.filter(trial=stored).exists()
        analysis.analyse(stored)
        found = stored_results.latest_results(stored)
        assert found is not None
        assert found.results.plan_locked_at == PlanLock.objects.get().locked_at.isoformat()
        assert found.results.plan_locked_by == f"analyst (user {analyst.pk})"
        assert found.results.deviations == ()

    def test_a_locked_plan_is_not_locked_again(self, stored: Trial, analyst: User) -> None:
        run("lock_plan", SLUG, "--by", EMAIL)
        with pytest.raises(CommandError, match=rf"the plan of {SLUG} is locked since 20\d\d-"):
            run("lock_plan", SLUG, "--by", EMAIL)
        assert AuditEvent.objects.filter(act="lock_plan").count() == 1

    def test_only_staff_of_the_trial_answer_for_it(self, stored: Trial) -> None:
        make_participant(stored, make_user("peg.pot@example.com"), "new")
        for email in ("peg.pot@example.com", "nobody@example.com"):
            with pytest.raises(CommandError, match=f"--by: '{email}', the email of a lead"):
                run("lock_plan", SLUG, "--by", email)
        assert not PlanLock.objects.exists()

    def test_who_is_a_role_and_never_a_name(self, stored: Trial, analyst: User) -> None:
        both = make_user("lu.lid@example.com", (Role.LEAD, stored), (Role.ADMINISTRATOR, stored))
        assert planning.who(both, stored) == f"administrator (user {both.pk})"
        assert planning.who(make_user("no@example.com"), stored).startswith("user ")


class TestReplace:
    """`load_trial --replace` of a trial whose plan is locked."""

    @pytest.fixture(autouse=True)
    def _locked(self, stored: Trial, analyst: User) -> None:
        planning.lock(trial=stored, by=analyst)

    def test_another_plan_is_refused_and_nothing_changes(self, path: Path) -> None:
        edited(path, less_sure)
        (path / "task_logs.csv").write_text("participant,minutes,ai_used\np1,5,1\n")
        logs, events = TaskLog.objects.count(), AuditEvent.objects.count()
        for more in ([], ["--by", EMAIL], ["--reason", WHY], ["--by", EMAIL, "--reason", " "]):
            err = io.StringIO()
            with pytest.raises(SystemExit) as stopped:
                call_command("load_trial", str(path), "--replace", *more, stderr=err)
            assert stopped.value.code == 1
            allowed = "or a change of the locked plan with --by and --reason, is allowed"
            assert err.getvalue().splitlines() == [
                f"trial.toml:trial.run_in_days: '3', 0, {allowed}",
                f"trial.toml:plan.confidence: '0.9', 0.95, {allowed}",
            ]
        assert (TaskLog.objects.count(), AuditEvent.objects.count()) == (logs, events)
        assert Trial.objects.get().plan["confidence"] == 0.95

    def test_with_a_reason_it_is_a_deviation(self, path: Path, analyst: User) -> None:
        edited(path, less_sure)
        run("load_trial", str(path), "--replace", "--by", EMAIL, "--reason", WHY)
        change = PlanChange.objects.get()
        assert change.changes == [["trial.run_in_days", 0, 3], ["plan.confidence", 0.95, 0.9]]
        assert (change.reason, change.changed_by) == (WHY, f"analyst (user {analyst.pk})")
        event = AuditEvent.objects.get(act="change_plan")
        assert (event.actor, event.detail["reason"]) == (analyst, WHY)
        assert AuditEvent.objects.get(act="replace_trial").actor == analyst
        assert [item["what"] for item in printed("analyse", SLUG)["deviations"]] == [
            "trial.run_in_days",
            "plan.confidence",
        ]

    def test_changing_back_shows_too(self, path: Path) -> None:
        original = (path / "trial.toml").read_text()
        edited(path, less_sure)
        run("load_trial", str(path), "--replace", "--by", EMAIL, "--reason", WHY)
        (path / "trial.toml").write_text(original)
        run("load_trial", str(path), "--replace", "--by", EMAIL, "--reason", "It was mended")
        assert [item["to"] for item in printed("analyse", SLUG)["deviations"]] == [3, 0.9, 0, 0.95]

    def test_the_same_plan_needs_no_reason(self, path: Path) -> None:
        lock = PlanLock.objects.get()
        run("load_trial", str(path), "--replace")
        assert PlanLock.objects.get() == lock
        assert not PlanChange.objects.exists()

    def test_a_history_of_the_bundle_does_not_take_the_place_of_the_stored_one(
        self, stored: Trial, path: Path
    ) -> None:
        bundle = bundles.export(stored)
        assert bundle.history.lock is not None
        forged = replace(bundle.history.lock, locked_by="somebody else")
        write_bundle(replace(bundle, history=History(forged)), path)
        run("load_trial", str(path), "--replace")
        assert plan_history.of_trial(stored) == bundle.history

    def test_reasons_are_for_replacing(self, path: Path) -> None:
        with pytest.raises(CommandError, match="--by and --reason are for --replace"):
            run("load_trial", str(path), "--by", EMAIL, "--reason", WHY)


def test_before_the_lock_a_plan_changes_without_a_reason(path: Path, stored: Trial) -> None:
    edited(path, less_sure)
    run("load_trial", str(path), "--replace")
    assert printed("analyse", SLUG)["deviations"] == []
    event = AuditEvent.objects.get(act="change_plan")
    assert event.detail["changes"][1] == {"path": "plan.confidence", "before": 0.95, "after": 0.9}


class TestChange:
    """`change_plan`: the data stay."""

    def change(self, path: Path, reason: str = WHY) -> str:
        toml = str(path / "trial.toml")
        return run("change_plan", SLUG, toml, "--by", EMAIL, "--reason", reason)[0]

    def test_a_locked_plan_changes_with_a_reason(
        self, path: Path, stored: Trial, analyst: User
    ) -> None:
        planning.lock(trial=stored, by=analyst)
        analysis.analyse(stored)
        logs = set(TaskLog.objects.values_list("pk", flat=True))
        definition = edited(path, less_sure)
        assert self.change(path).splitlines() == [
            "trial.run_in_days: 0 is now 3",
            "plan.confidence: 0.95 is now 0.9",
            "Changed: 2",
        ]
        changed = Trial.objects.get()
        assert replace(changed.definition(), tools=definition.tools) == definition
        assert set(TaskLog.objects.values_list("pk", flat=True)) == logs
        assert [mark.replanned for mark in TrialMark.objects.all()] == [True]
        document = printed("analyse", SLUG)
        assert [item["why"] for item in document["deviations"]] == [WHY, WHY]
        assert document["estimates"][0]["confidence"] == 0.9
        assert document["logs"]["excluded"]["run_in"] > 0

    def test_workers_compute_limits_and_cells_of_the_new_plan(
        self, path: Path, stored: Trial, analyst: User
    ) -> None:
        """Whoever changes the plan does not wait for them: a large trial takes many seconds."""
        analysis.analyse(stored)
        before = list(WinsorisingLimit.objects.values_list("low", "high"))
        edited(path, lambda trial: replace(trial, plan=replace(trial.plan, winsorise=(0.1, 0.9))))
        self.change(path)
        assert list(WinsorisingLimit.objects.values_list("low", "high")) == before
        assert not DirtyMark.objects.exists()

        sweep()

        assert list(WinsorisingLimit.objects.values_list("low", "high")) != before
        assert not TrialMark.objects.filter(replanned=True).exists()
        assert not DirtyMark.objects.exists()
        assert set(Cell.objects.values_list("tail", flat=True)) == {-1, 0, 1}

    def test_the_same_plan_changes_nothing(self, path: Path, stored: Trial, analyst: User) -> None:
        TrialMark.objects.all().delete()
        assert self.change(path) == "Changed: 0\n"
        assert not TrialMark.objects.exists()
        assert not AuditEvent.objects.filter(act="change_plan").exists()

    def test_a_locked_plan_does_not_change_for_nothing(
        self, path: Path, stored: Trial, analyst: User
    ) -> None:
        planning.lock(trial=stored, by=analyst)
        edited(path, less_sure)
        names = r"trial\.run_in_days, plan\.confidence"
        for reason in (" ", "x" * 1001):
            with pytest.raises(CommandError, match=f"the plan is locked: a change of {names}"):
                self.change(path, reason)
        assert Trial.objects.get().plan == stored.plan

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            (lambda trial: replace(trial, title="Other"), "title"),
            (lambda trial: replace(trial, design=replace(trial.design, seed=9)), "design"),
            (lambda trial: replace(trial, tools=("whistle",)), "tools"),
        ],
    )
    def test_what_is_no_plan_needs_a_whole_bundle(
        self,
        path: Path,
        stored: Trial,
        analyst: User,
        change: Callable[[Definition], Definition],
        name: str,
    ) -> None:
        edited(path, change)
        with pytest.raises(CommandError, match=f"PATH: {name}: another value, the stored one is"):
            self.change(path)

    def test_a_faulty_file_is_named(self, path: Path, stored: Trial, analyst: User) -> None:
        table = tomllib.loads((path / "trial.toml").read_text())
        assert table["trial"]["slug"] == SLUG
        toml = path / "trial.toml"
        toml.write_text(toml.read_text().replace("confidence = 0.95", "confidence = 2"))
        err = io.StringIO()
        with pytest.raises(SystemExit) as stopped:
            call_command("change_plan", SLUG, str(toml), "--by", EMAIL, "--reason", WHY, stderr=err)
        assert stopped.value.code == 1
        assert err.getvalue().startswith("trial.toml:plan.confidence: 2, a number above 0")
        toml.write_text("[")
        with pytest.raises(CommandError, match="PATH: "):
            self.change(path)
        toml.unlink()
        with pytest.raises(CommandError, match=r"PATH: .*trial\.toml': No such file"):
            self.change(path)


class TestTuning:
    """Taus are fixed by the first analysis after the lock."""

    ROW = Tuning("time_ratio", "all", "all", "primary", "ai", 0.25)
    OTHER = replace(ROW, arm=None, tau=0.1 + 0.2)

    def test_before_the_lock_none_is_kept(self, stored: Trial) -> None:
        plan_history.fix_tuning(stored, [vars(self.ROW)])
        assert not AlwaysValidTuning.objects.exists()

    def test_the_first_tau_stays(self, stored: Trial, analyst: User) -> None:
        planning.lock(trial=stored, by=analyst)
        plan_history.fix_tuning(stored, [vars(self.ROW)])
        later = [vars(replace(self.ROW, tau=9.0)), vars(self.OTHER)]
        plan_history.fix_tuning(stored, later)
        found = plan_history.of_trial(stored)
        assert found.tuning == (self.ROW, self.OTHER)
        assert found.tau_of(self.ROW.key) == 0.25

    def test_an_analysis_uses_and_keeps_what_was_fixed(
        self, path: Path, stored: Trial, analyst: User
    ) -> None:
        planning.lock(trial=stored, by=analyst)
        first = printed("analyse", SLUG)["tuning"]
        assert AlwaysValidTuning.objects.count() == len(first) > 3
        person = stored.participant_set.earliest("pk")
        TaskLog.objects.filter(participant=person).update(minutes=1000.0)
        DirtyMark.objects.create(participant=person)
        assert printed("analyse", SLUG)["tuning"] == first


def test_a_changed_plan_shows_through_every_door(
    path: Path,
    stored: Trial,
    analyst: User,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    planning.lock(trial=stored, by=analyst)
    analysis.analyse(stored)
    edited(path, less_sure)
    run("change_plan", SLUG, str(path / "trial.toml"), "--by", EMAIL, "--reason", WHY)
    moment = PlanChange.objects.get().changed_at.isoformat()
    by = {"who": f"analyst (user {analyst.pk})", "when": moment, "why": WHY}
    expected = [
        {"what": "trial.run_in_days", "from": 0, "to": 3, **by},
        {"what": "plan.confidence", "from": 0.95, "to": 0.9, **by},
    ]

    of_database, _ = run("analyse", SLUG, "--json")
    assert json.loads(of_database)["deviations"] == expected
    text, _ = run("analyse", SLUG)
    assert f"deviation: plan.confidence from 0.95 to 0.9, by {by['who']} at {moment}: {WHY}" in text

    for name in ("folder", "bundle.zip"):
        run("export_trial", SLUG, str(tmp_path / name))
        assert engine([str(tmp_path / name), "--json"]) == 0
        assert capsys.readouterr().out == of_database

    document = served(stored, analyst)
    assert document["deviations"] == expected
    assert served(stored, analyst, "?published=1")["deviations"] == []
    assert "The plan was changed after these figures were frozen." in shown(stored, "")
    with next_freeze(stored):
        assert served(stored, analyst, "?published=1")["deviations"] == expected
        page = shown(stored, "")
    assert "The plan was changed 2 times after it was locked." in page
    assert WHY in page
    rows = list(csv.DictReader(io.StringIO(shown(stored, "all-results.csv"))))
    assert {row["plan_changes"] for row in rows[:-1]} == {"2"}
    for text in (of_database, page, json.dumps(document)):
        assert EMAIL not in text

    # Loaded elsewhere, or again after it was deleted, the history is the same.
    history = plan_history.of_trial(stored)
    Trial.objects.all().delete()
    run("load_trial", str(tmp_path / "bundle.zip"))
    assert plan_history.of_trial(Trial.objects.get()) == history
    assert run("analyse", SLUG, "--json")[0] == of_database


def test_an_edited_export_shows_what_nobody_recorded(
    stored: Trial, analyst: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planning.lock(trial=stored, by=analyst)
    run("export_trial", SLUG, str(tmp_path / "exported"))
    edited(tmp_path / "exported", less_sure)
    assert engine([str(tmp_path / "exported")]) == 0
    text = capsys.readouterr().out
    assert f"by analyst (user {analyst.pk})" in text
    change = "deviation: plan.confidence from 0.95 to 0.9"
    assert f"{change}, by unknown at an unknown time: not recorded" in text


def test_floats_and_the_order_of_keys_survive_the_database(stored: Trial, analyst: User) -> None:
    planning.lock(trial=stored, by=analyst)
    lock = PlanLock.objects.get()
    odd = {"z": 1e22, "a": [0.1 + 0.2, None, "“"], "m": {"y": 1, "b": 2}}
    PlanChange.objects.create(
        lock=lock, changed_at=lock.locked_at, changed_by="x", reason="y", changes=[["p", None, odd]]
    )
    (change,) = plan_history.of_trial(stored).changes[0].changes
    assert change == Change("p", None, odd)
    assert json.dumps(change.after) == json.dumps(odd)
    assert isinstance(change.after["z"], float)


def served(trial: Trial, user: User, query: str = "") -> Any:
    """Return the results as the API gives them to the user."""
    token = tokens.issue(user=user, trial=trial, scopes=[ApiToken.Scope.RESULTS], days=1)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return client.get(f"/api/v1/trials/{trial.slug}/results/{query}").json()


def shown(trial: Trial, name: str) -> str:
    """Return a page or a file as a lead gets it."""
    lead = User.objects.filter(email="lu.lid@example.com").first()
    client = Client()
    client.force_login(lead or make_user("lu.lid@example.com", (Role.LEAD, trial)))
    return client.get(f"/trials/{trial.slug}/{name}").content.decode("utf-8-sig")
