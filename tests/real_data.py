"""The real data beside the checkout, written as a bundle. They are never part of the project."""

import csv
from collections.abc import Sequence
from pathlib import Path

TASK_1 = Path(__file__).parents[2] / "shared" / "data" / "echoes" / "task1.csv"

TRIAL = """
[trial]
slug = "echoes"
title = "One software task with and without AI"

[design]
kind = "parallel"
arms = [{ name = "control", ai = false }, { name = "ai", ai = true }]

[plan]
standard_errors = "HC3"
"""


def write_real_bundle(folder: Path) -> None:
    """Write the bundle of the real data: a participant a row, as one name stands on two."""
    with TASK_1.open() as file:
        rows = [row for row in csv.DictReader(file) if row["clean_time"]]
    write_timed_bundle(folder, [(row["ai"] == "True", float(row["clean_time"])) for row in rows])


def write_timed_bundle(folder: Path, timed: Sequence[tuple[bool, float]]) -> None:
    """Write a bundle from whether each person had AI and the seconds taken; seconds to minutes."""
    folder.mkdir()
    (folder / "trial.toml").write_text(TRIAL)
    people = [f"person-{number:02d}" for number in range(len(timed))]
    with (folder / "participants.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", "arm"])
        for person, (ai, _) in zip(people, timed, strict=True):
            writer.writerow([person, "ai" if ai else "control"])
    with (folder / "task_logs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", "minutes", "ai_used"])
        for person, (ai, seconds) in zip(people, timed, strict=True):
            writer.writerow([person, repr(seconds / 60), str(ai).lower()])
