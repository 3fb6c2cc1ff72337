"""`make calibrate`: simulate, analyse, count, write the table; say what is outside its band."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from calibration.figures import figures_of
from calibration.foreseen import foreseen
from calibration.progress import Progress
from calibration.report import calibration_table, failures
from calibration.scenarios import TRIALS, scenarios_of
from calibration.workers import chunks, gather, workers
from measurement.estimation.definition import KINDS
from trialsite.embedded import ROOT, VAR
from trialsite.processes import StartError

TABLE: Final = ROOT / "docs" / "calibration.md"
FOLDER: Final = VAR / "calibration"


def main(words: Sequence[str]) -> int:
    """Run the command; 0: all figures are inside, 1: some are not, or something failed."""
    asked = _parsed(words)
    _stop_on_signals()
    scenarios = scenarios_of(asked.designs)
    power, work = foreseen(scenarios), list(chunks(scenarios, asked.trials))
    progress = Progress(sum(chunk.trials for chunk in work), sys.stderr)
    try:
        with workers(asked.folder, asked.workers) as started:
            rows = gather(work, started, progress)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    figures = figures_of(rows, power)
    path = table_path(asked.trials, asked.designs, asked.folder)
    path.write_text(calibration_table(figures), encoding="utf-8")
    print(f"Wrote {path}")
    outside = failures(figures)
    for line in outside:
        print(line, file=sys.stderr)
    return 1 if outside else 0


def table_path(trials: int, designs: Sequence[str], folder: Path) -> Path:
    """Return where the table goes: a run that is not the full one never goes over the committed."""
    full = trials == TRIALS and set(designs) == set(KINDS) and folder == FOLDER
    return TABLE if full else folder / TABLE.name


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.add_argument("--trials", type=_whole, default=TRIALS, help="trials a line of the table")
    parser.add_argument("--designs", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument(
        "--workers", type=_whole, default=_cores(), help="processes; one a core if not given"
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="for the broker, logs and a quick run's table"
    )
    return parser.parse_args(words)


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}: 1 or more are allowed")
    return number


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _stop_on_signals() -> None:
    """Leave in order on Ctrl-C and its like: what was started is stopped on the way out."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
