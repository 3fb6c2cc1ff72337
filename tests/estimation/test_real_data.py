"""The published figures of a real trial, through the engine's own door."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from measurement.estimation import __main__ as command
from tests.real_data import TASK_1, write_real_bundle

pytestmark = pytest.mark.skipif(
    not TASK_1.exists(), reason="the real data are not beside this checkout (../shared/data)"
)


def test_the_command_gives_the_published_figures(tmp_path: Path, capsys: Any) -> None:
    write_real_bundle(tmp_path / "real")

    assert command.main([str(tmp_path / "real"), "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    row = next(row for row in document["estimates"] if row["estimand"] == "time_ratio")
    assert row["value"] == pytest.approx(0.671903, abs=5e-7)
    assert row["std_error"] == pytest.approx(0.136596, abs=5e-7)
    assert (row["participants_with_ai"], row["participants_without_ai"]) == (36, 32)
    assert document["logs"]["analysed"] == 68


def test_every_timed_person_is_a_row(tmp_path: Path) -> None:
    write_real_bundle(tmp_path / "real")

    with (tmp_path / "real" / "task_logs.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 68
