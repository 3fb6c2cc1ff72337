"""The engine runs where nothing but numpy, pandas and scipy can be imported."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from measurement.estimation.bundle import write_bundle
from tests.estimation.frames import bundle

BLOCKED = ("django", "rest_framework", "celery", "plotly", "psycopg", "statsmodels")
PROGRAM = f"""
import contextlib, io, json, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BLOCKED!r}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocker())
from measurement.estimation.__main__ import main

def done(arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        return main(arguments), out.getvalue(), err.getvalue()

json.dump([done(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
"""


class Done(NamedTuple):
    """What the command gave back and printed."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, traced: dict[str, str]) -> dict[str, Done]:
    """Run the engine's command on three bundles in a Python that cannot import what is blocked."""
    folder = tmp_path_factory.mktemp("bundles")
    faulty = small_bundle(folder / "faulty")
    with (faulty / "task_logs.csv").open("a") as file:
        file.write("p00,2,NaN,1\np00,3,-4,1\n")
    asked = {
        "json": [str(small_bundle(folder / "small")), "--json"],
        "text": [str(small_bundle(folder / "small.zip"))],
        "faulty": [str(faulty), "--json"],
    }
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | traced,
        input=json.dumps([*asked.values()]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    return {name: Done(*each) for name, each in zip(asked, found, strict=True)}


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


def test_the_command_prints_the_results_without_django(commands: dict[str, Done]) -> None:
    done = commands["json"]

    assert (done.code, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["trial"] == "invented"
    assert document["estimates"][0]["estimand"] == "time_ratio"


def test_the_command_prints_a_line_a_result(commands: dict[str, Done]) -> None:
    done = commands["text"]

    assert done.code == 0
    assert "received 12 = refused 0 + stored 12; analysed 12" in done.stdout
    assert "minutes_saved_per_working_day" in done.stdout
    assert "not estimable: task logs have no dates" in done.stdout


def test_a_faulty_bundle_is_refused_line_by_line(commands: dict[str, Done]) -> None:
    done = commands["faulty"]

    assert (done.code, done.stdout) == (1, "")
    assert [line.split(":")[:3] for line in done.stderr.splitlines()] == [
        ["task_logs.csv", "14", "minutes"],
        ["task_logs.csv", "15", "minutes"],
    ]
