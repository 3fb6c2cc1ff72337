"""The engine runs where nothing but numpy, pandas and scipy can be imported."""

import json
import subprocess
import sys
from pathlib import Path

from measurement.estimation.bundle import write_bundle
from tests.estimation.frames import bundle

BLOCKED = ("django", "rest_framework", "celery", "plotly", "psycopg", "statsmodels")
PROGRAM = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BLOCKED!r}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocker())
from measurement.estimation.__main__ import main
sys.exit(main())
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the engine's command in a Python that cannot import the site's packages."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )


def small_bundle(folder: Path) -> Path:
    """Write a bundle of twelve people in two arms."""
    people = [f"p{number:02d}" for number in range(12)]
    data = bundle(
        "parallel",
        logs=[
            {"participant": name, "key": "1", "minutes": 10.5 + place, "ai_used": place % 2 == 0}
            for place, name in enumerate(people)
        ],
        participants=[
            {"participant": name, "arm": ("ai", "control")[place % 2]}
            for place, name in enumerate(people)
        ],
    )
    write_bundle(data, folder)
    return folder


def test_the_command_prints_the_results_without_django(tmp_path: Path) -> None:
    done = run(str(small_bundle(tmp_path / "small")), "--json")

    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["trial"] == "invented"
    assert document["estimates"][0]["estimand"] == "time_ratio"


def test_the_command_prints_a_line_a_result(tmp_path: Path) -> None:
    done = run(str(small_bundle(tmp_path / "small.zip")))

    assert done.returncode == 0
    assert "received 12 = refused 0 + stored 12; analysed 12" in done.stdout
    assert "minutes_saved_per_working_day" in done.stdout
    assert "not estimable: task logs have no dates" in done.stdout


def test_a_faulty_bundle_is_refused_line_by_line(tmp_path: Path) -> None:
    folder = small_bundle(tmp_path / "faulty")
    with (folder / "task_logs.csv").open("a") as file:
        file.write("p00,2,NaN,1\np00,3,-4,1\n")

    done = run(str(folder), "--json")

    assert (done.returncode, done.stdout) == (1, "")
    assert [line.split(":")[:3] for line in done.stderr.splitlines()] == [
        ["task_logs.csv", "14", "minutes"],
        ["task_logs.csv", "15", "minutes"],
    ]
