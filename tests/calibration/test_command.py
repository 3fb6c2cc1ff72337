"""The command and its workers, as processes: they outlive a kill, and end when they are told."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from celery import current_app

from calibration.__main__ import FOLDER, TABLE, main, table_path
from calibration.progress import Progress
from calibration.scenarios import LOGNORMAL, SCENARIOS, scenarios_of
from calibration.trials import judged
from calibration.worker import application
from calibration.workers import Chunk, chunks, gather, workers
from measurement.estimation.definition import KINDS
from tests.gates import eventually
from trialsite.embedded import ROOT
from trialsite.processes import StartError

CROSSOVER = next(
    each for each in SCENARIOS if each.kind == LOGNORMAL and each.design == "crossover"
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_work_is_cut_into_chunks() -> None:
    work = list(chunks(scenarios_of(["crossover"])[:1], 45))

    assert [(chunk.first, chunk.trials) for chunk in work] == [(0, 20), (20, 20), (40, 5)]
    assert {scenario.design for scenario in scenarios_of(["cluster", "parallel"])} == {
        "cluster",
        "parallel",
    }


@pytest.mark.long
def test_a_killed_worker_process_loses_nothing(tmp_path: Path) -> None:
    work = [Chunk(CROSSOVER, first, 4) for first in range(0, 16, 4)]
    killed: list[psutil.Process] = []

    class KillOnce(Progress):
        def advance(self, trials: int) -> None:
            super().advance(trials)
            if not killed:
                killed.extend(psutil.Process(started.child.process.pid).children())
                for process in killed:
                    process.kill()

    with workers(tmp_path, 1) as started:
        rows = gather(work, started, KillOnce(16, io.StringIO()))
        leader = started.child.process.pid
    assert killed
    assert rows == {CROSSOVER: [row for trial in range(16) for row in judged(CROSSOVER, trial)]}
    assert not psutil.pid_exists(leader)


def test_a_worker_that_ends_is_told(tmp_path: Path) -> None:
    with workers(tmp_path, 1) as started:
        started.child.process.kill()
        started.child.process.wait()
        with pytest.raises(StartError, match="worker has ended"):
            gather([Chunk(CROSSOVER, 0, 1)], started, Progress(1, io.StringIO()))


def test_a_quick_run_writes_elsewhere_and_fails_outside_the_bands(tmp_path: Path) -> None:
    # The share of one trial is 0 or 100 %: outside, whatever it is.
    words = ["--trials", "1", "--designs", "crossover", "--workers", "1"]
    command = [sys.executable, "-m", "calibration", *words, "--folder", str(tmp_path)]
    committed = TABLE.read_bytes() if TABLE.exists() else None
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stderr
    assert "5 of 5 trials" in done.stderr
    assert "crossover, 48 clusters, effects, time_ratio: " in done.stderr
    assert "## Coverage of 95 % intervals" in (tmp_path / "calibration.md").read_text()
    assert committed == (TABLE.read_bytes() if TABLE.exists() else None)


def test_ctrl_c_stops_what_was_started(tmp_path: Path) -> None:
    words = ["--trials", "500", "--designs", "crossover", "--workers", "1"]
    command = [sys.executable, "-m", "calibration", *words, "--folder", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT) as run:
        started = psutil.Process(run.pid)
        # The broker, the worker and its one process.
        eventually(lambda: len(started.children(recursive=True)) == 3, "all have started")
        children = started.children(recursive=True)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 128 + signal.SIGINT

    eventually(lambda: not any(map(psutil.Process.is_running, children)), "all have ended")


def test_only_a_full_run_goes_over_the_committed_table(tmp_path: Path) -> None:
    assert table_path(2000, KINDS, FOLDER) == TABLE
    assert table_path(2001, KINDS, FOLDER) == FOLDER / "calibration.md"
    assert table_path(2000, KINDS[1:], FOLDER) == FOLDER / "calibration.md"
    assert table_path(2000, KINDS, tmp_path) == tmp_path / "calibration.md"


@pytest.mark.parametrize("words", [["--trials", "0"], ["--designs", "paralel"]])
def test_what_is_not_allowed_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert words[1] in capsys.readouterr().err


def test_progress_says_how_long_it_will_take() -> None:
    now, out = [0.0], io.StringIO()
    progress = Progress(1000, out, lambda: now[0])
    for now[0], trials in ((60.0, 250), (70.0, 250), (120.0, 500)):
        progress.advance(trials)

    assert out.getvalue().splitlines() == [
        "250 of 1,000 trials, about 3 minutes left",
        "1,000 of 1,000 trials, about 0 minutes left",
    ]


def test_progress_on_a_terminal_is_one_line() -> None:
    now, out = [0.0], Terminal()
    progress = Progress(4, out, lambda: now[0])
    for now[0] in (60.0, 61.0):
        progress.advance(2)

    first, second = out.getvalue().split("\r")[1:]
    assert first.rstrip() == "2 of 4 trials, about 1 minutes left"
    assert second == f"{'4 of 4 trials, about 0 minutes left':<70}\n"


def test_the_sites_tasks_still_go_to_the_sites_broker() -> None:
    current = current_app._get_current_object()  # type: ignore[attr-defined]  # of the proxy

    application("redis://nowhere.invalid/0")

    assert current_app._get_current_object() is current  # type: ignore[attr-defined]
