"""The commands, as they are typed."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from dashboards.tasks import make_reports
from fixtures.demo import DEMO_LOCKED_AT, DEMO_SLUG, PLAYGROUND_SLUG
from measurement import bundles, tokens
from measurement.estimation.bundle import read_bundle, write_bundle
from measurement.management.demo import PARTICIPANT, SIGN_INS
from measurement.management.progress import Progress
from measurement.models import (
    ApiToken,
    AuditEvent,
    DirtyMark,
    Membership,
    Participant,
    Publication,
    Role,
    SurveyResponse,
    Trial,
    User,
)
from measurement.tasks import sweep
from tests.people import make_participant, make_trial, make_user
from tests.small_trials import short_trial

pytestmark = pytest.mark.django_db


def run(*command: str, **options: Any) -> tuple[str, str]:
    """Return what the command wrote on standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*command, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def bundle_path(tmp_path: Path) -> Path:
    """Have the bundle of a simulated crossover."""
    bundle = short_trial("crossover")
    write_bundle(replace(bundle, counts={"minutes_impossible": 2}), tmp_path / "given")
    return tmp_path / "given"


class TestTheBundlesWay:
    """`load_trial`, `analyse`, `export_trial`, and the engine without a database."""

    def test_the_same_bytes_with_and_without_the_database(
        self, bundle_path: Path, tmp_path: Path
    ) -> None:
        out, _ = run("load_trial", str(bundle_path))
        assert out.startswith("Loaded simulated-trial: 24 participants, ")
        analysed, _ = run("analyse", "simulated-trial", "--json")
        assert analysed == engine_alone(bundle_path)

        run("export_trial", "simulated-trial", str(tmp_path / "exported.zip"))
        assert engine_alone(tmp_path / "exported.zip") == analysed
        run("load_trial", str(tmp_path / "exported.zip"), "--replace")
        again, _ = run("analyse", "simulated-trial", "--json")
        assert again == analysed
        assert json.loads(again)["logs"]["refused"] == 2

    def test_comments_that_a_replaced_trial_loses_are_told(self, bundle_path: Path) -> None:
        run("load_trial", str(bundle_path))
        person = Participant.objects.earliest("pk")
        SurveyResponse.objects.create(participant=person, wave="week 99", comment="It helps")
        out, _ = run("load_trial", str(bundle_path), "--replace")
        assert out.splitlines()[-1].endswith("the bundle lacks, now deleted: 1.")
        out, _ = run("load_trial", str(bundle_path), "--replace")
        assert "now deleted" not in out

    def test_analyse_prints_every_result_for_people(self, bundle_path: Path) -> None:
        run("load_trial", str(bundle_path))
        table, errors = run("analyse", "simulated-trial")
        results = json.loads(run("analyse", "simulated-trial", "--json")[0])
        assert len(results["estimates"]) > 20
        for row in results["estimates"]:
            assert row["estimand"] in table
        assert f"{results['estimates'][0]['value']:.6g}" in table
        assert "Simulated data" in table
        assert not errors

    def test_analyse_says_whom_it_had_to_leave_out(
        self, bundle_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        run("load_trial", str(bundle_path))
        poisoned = Participant.objects.earliest("pk")
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE measurement_participanttotal ADD CONSTRAINT none"
                f" CHECK (participant_id <> {poisoned.pk})"
            )
        _, errors = run("analyse", "simulated-trial")
        assert errors.startswith("Participants that could not be recomputed: 1. ")
        assert "cannot be recomputed" in caplog.text

    @pytest.mark.parametrize("command", [["analyse", "nowhere"], ["export_trial", "nowhere", "x"]])
    def test_an_unknown_slug_names_the_known_ones(self, command: list[str]) -> None:
        with pytest.raises(CommandError, match="'nowhere', no trial is stored"):
            run(*command)
        make_trial("teapot")
        make_trial("kettle")
        with pytest.raises(CommandError, match="'nowhere', one of kettle, teapot is allowed"):
            run(*command)

    def test_a_path_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        make_trial("teapot")
        (tmp_path / "file").touch()
        with pytest.raises(CommandError, match=r"PATH: .*file"):
            run("export_trial", "teapot", str(tmp_path / "file" / "below"))

    def test_every_fault_is_listed_and_nothing_is_stored(
        self, bundle_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (bundle_path / "task_logs.csv").write_text(
            "participant,minutes,ai_used,colour\n"
            "p1,NaN,1,red\np1,-5,0,red\np1,2000,1,red\np1,5,1,red\n"
        )
        err = io.StringIO()
        with pytest.raises(SystemExit) as stopped:
            call_command("load_trial", str(bundle_path), stderr=err)
        assert stopped.value.code == 1
        allowed = "a number above 0 and at most 1440 is allowed"
        lines = err.getvalue().splitlines()
        assert lines[0].startswith("task_logs.csv:1:colour: 'colour', a known column")
        assert lines[1:] == [
            f"task_logs.csv:2:minutes: 'NaN', {allowed}",
            f"task_logs.csv:3:minutes: '-5', {allowed}",
            f"task_logs.csv:4:minutes: '2000', {allowed}",
        ]
        assert not Trial.objects.exists()

    def test_a_taken_slug_is_such_an_error(self, bundle_path: Path) -> None:
        run("load_trial", str(bundle_path))
        err = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("load_trial", str(bundle_path), stderr=err)
        assert err.getvalue().startswith("trial.toml:trial.slug: 'simulated-trial', ")


def engine_alone(path: Path) -> str:
    """Return what the engine prints in a process of its own, where Django is not set up."""
    command = [sys.executable, "-m", "measurement.estimation", str(path), "--json"]
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=settings.BASE_DIR, env=environment
    )
    return done.stdout


class TestSimulateTrial:
    """`simulate_trial`."""

    def simulate(self, path: Path, **options: str) -> str:
        given = {"participants": "9", "logs-per-participant": "5", "design": "cluster", "seed": "3"}
        named = [f"--{name}={value}" for name, value in {**given, **options}.items()]
        return run("simulate_trial", str(path), *named)[0]

    def test_it_writes_a_bundle_and_the_truth_beside_it(self, tmp_path: Path) -> None:
        out = self.simulate(tmp_path / "one")
        assert f"9 participants to {tmp_path / 'one'}" in out
        assert read_bundle(tmp_path / "one").trial.simulated
        assert "time_ratio" in (tmp_path / "one" / "truth.json").read_text()
        run("load_trial", str(tmp_path / "one"))

    def test_equal_arguments_write_equal_files(self, tmp_path: Path) -> None:
        for name in ("one.zip", "two.zip"):
            self.simulate(tmp_path / name)
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
        self.simulate(tmp_path / "other.zip", seed="4")
        assert (tmp_path / "one.zip").read_bytes() != (tmp_path / "other.zip").read_bytes()

    def test_an_impossible_size_is_an_error_and_no_traceback(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"1 participants.*at least 2"):
            self.simulate(tmp_path / "one", participants="1")


class TestCreateToken:
    """`create_token`."""

    def create(self, email: str, *scopes: str, **options: Any) -> tuple[str, str]:
        scoped = [f"--scope={scope}" for scope in scopes]
        return run("create_token", email, "--trial", "teapot", *scoped, **options)

    def test_it_prints_the_token_alone_and_makes_an_analyst(self, trial: Trial) -> None:
        out, err = self.create("Amy.Ladle@Example.com", "results", "records")
        token = tokens.find(out.strip())
        assert out == f"{out.strip()}\n"
        assert token is not None
        assert (token.user.email, token.scopes) == (
            "amy.ladle@example.com",
            ["records", "results"],
        )
        assert (token.expires_at - timezone.now()).days == 89
        assert out.strip() not in str(list(ApiToken.objects.values()))
        assert err.splitlines() == [
            "amy.ladle@example.com is a new user.",
            "amy.ladle@example.com is now an analyst of teapot.",
        ]
        assert Membership.objects.get().role == "analyst"
        acts = list(AuditEvent.objects.order_by("pk").values_list("act", flat=True))
        assert acts == ["grant_role", "token_issued"]

    def test_a_second_token_grants_nothing(self, trial: Trial) -> None:
        first, _ = self.create("amy.ladle@example.com", "results")
        second, err = self.create("amy.ladle@example.com", "results", days=1)
        assert first != second
        assert not err
        assert User.objects.count() == Membership.objects.count() == 1

    @pytest.mark.parametrize("scope", ApiToken.Scope.values)
    def test_a_participant_stays_one(self, trial: Trial, scope: str) -> None:
        make_participant(trial, make_user("ann.teacup@example.com"))
        out, err = self.create("ann.teacup@example.com", scope)
        assert tokens.find(out.strip()) is not None
        assert not err
        assert set(Membership.objects.values_list("role", flat=True)) == {"participant"}

    @pytest.mark.parametrize("role", [Role.LEAD, Role.ADMINISTRATOR])
    def test_who_runs_the_trial_does_not_become_an_analyst(self, trial: Trial, role: Role) -> None:
        Membership.objects.create(user=make_user("ann.teacup@example.com"), trial=trial, role=role)
        _, err = self.create("ann.teacup@example.com", "results", "records")
        assert not err
        assert set(Membership.objects.values_list("role", flat=True)) == {role}

    def test_anybody_else_becomes_an_analyst_to_write(self, trial: Trial) -> None:
        # A loaded participant without a user must not stand in for them.
        Participant.objects.create(trial=trial, pseudonym="p1")
        _, err = self.create("new@example.com", "write")
        assert "new@example.com is now an analyst of teapot." in err
        assert set(Membership.objects.values_list("role", flat=True)) == {"analyst"}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["amy.ladle", "--trial", "teapot", "--scope", "results"], "EMAIL: 'amy.ladle'"),
            (["a@example.com", "--trial", "nope", "--scope", "results"], "one of teapot"),
            (["a@example.com", "--trial", "teapot", "--scope", "all"], "invalid choice: 'all'"),
            (["a@example.com", "--trial", "teapot"], "--scope"),
            (
                ["a@example.com", "--trial", "teapot", "--scope", "results", "--days", "0"],
                "0 days",
            ),
        ],
    )
    def test_what_is_not_allowed_is_named(
        self, trial: Trial, arguments: list[str], message: str
    ) -> None:
        with pytest.raises(CommandError, match=message):
            run("create_token", *arguments)
        assert not User.objects.exists()


class TestDemo:
    """`load_demo` and `demo_sign_ins`."""

    @pytest.fixture
    def _worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Sweep and make reports while the command waits, as a worker does meanwhile."""
        monkeypatch.setattr("measurement.management.commands.load_demo.time.sleep", _sweep)

    @pytest.mark.usefixtures("_worker")
    def test_it_loads_what_is_missing_and_waits_for_the_workers(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        command = ["load_demo", "--participants", "120", "--truth", str(tmp_path)]
        out, _ = run(*command)
        truth = json.loads((tmp_path / DEMO_SLUG / "truth.json").read_text())
        assert truth["reported_minutes_saved_per_day"] > truth["minutes_saved_per_working_day"] > 0
        assert set(Trial.objects.values_list("slug", flat=True)) == {DEMO_SLUG, PLAYGROUND_SLUG}
        assert f"{DEMO_SLUG}: analysed" in out
        assert not DirtyMark.objects.exists()
        progress = capsys.readouterr().out
        assert f"{PLAYGROUND_SLUG}: participants recomputed by the workers: 100 %" in progress
        for trial in Trial.objects.all():
            assert dict(trial.membership_set.values_list("user__email", "role")) == {
                email: role for email, (role, _) in SIGN_INS.items()
            }
            assert Participant.objects.filter(trial=trial, user__email=PARTICIPANT).count() == 1
        assert Participant.objects.filter(trial__slug=PLAYGROUND_SLUG).count() == 30
        report = Publication.objects.get()
        assert (report.trial.slug, report.is_public) == (DEMO_SLUG, True)
        assert report.asked_by != report.approved_by
        assert report.document["plan_locked_at"] == DEMO_LOCKED_AT.isoformat()

        events = AuditEvent.objects.count()
        again, _ = run(*command)  # nor is a second report asked for
        assert again.splitlines() == [f"{PLAYGROUND_SLUG}: analysed", f"{DEMO_SLUG}: analysed"]
        assert AuditEvent.objects.count() == events

    def test_it_gives_up_where_no_worker_works(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        name = "measurement.management.commands.load_demo.SECONDS_WITHOUT_PROGRESS"
        monkeypatch.setattr(name, 0)
        with pytest.raises(CommandError, match="Do worker, timetable and broker run"):
            run("load_demo", "--participants", "60", "--truth", str(tmp_path))

    def test_sign_ins_name_every_role_and_where_the_codes_are(self, settings: Any) -> None:
        settings.DEMO = True
        out, _ = run("demo_sign_ins")
        for email, (role, _) in SIGN_INS.items():
            assert email in out
            assert role.value in out
        assert f"{settings.SITE_URL}/demo/codes/" in out

    def test_sign_ins_are_the_demos_alone(self, settings: Any) -> None:
        settings.DEMO = False
        with pytest.raises(CommandError, match="TRIALSITE_DEMO"):
            run("demo_sign_ins")


def _sweep(seconds: float) -> None:
    sweep()
    make_reports()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal() -> None:
    stream = Terminal()
    progress = Progress("rows", stream)
    progress(0, 200)
    progress(200, 200)
    first, last = stream.getvalue().split("\r")[1:]
    assert first == f"[{'.' * 30}]   0 % rows"
    assert last == f"[{'#' * 30}] 100 % rows\n"


def test_progress_is_a_line_now_and_then_elsewhere() -> None:
    stream = io.StringIO()
    progress = Progress("rows", stream)
    for done in range(1, 101):
        progress(done, 100)
    assert stream.getvalue().splitlines() == ["rows: 1 %", "rows: 100 %"]


def test_nothing_to_do_is_all_done() -> None:
    stream = io.StringIO()
    Progress("rows", stream)(0, 0)
    assert stream.getvalue() == "rows: 100 %\n"


def test_a_trial_without_rows_is_exported_too(trial: Trial, tmp_path: Path) -> None:
    out, _ = run("export_trial", "teapot", str(tmp_path / "teapot"))
    assert out.endswith(": 0 participants, 0 task logs, 0 survey responses.\n")
    assert bundles.load(read_bundle(tmp_path / "teapot"), replace=True) == trial
