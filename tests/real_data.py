"""The real data beside the checkout, written as a bundle. They are never part of the project."""

import csv
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
    """Write the bundle: a participant a row, as one name stands on two; seconds become minutes."""
    folder.mkdir()
    (folder / "trial.toml").write_text(TRIAL)
    with TASK_1.open() as file:
        timed = [row for row in csv.DictReader(file) if row["clean_time"]]
    people = [f"person-{number:02d}" for number in range(len(timed))]
    with (folder / "participants.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", "arm"])
        for person, row in zip(people, timed, strict=True):
            writer.writerow([person, "ai" if row["ai"] == "True" else "control"])
    with (folder / "task_logs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", "minutes", "ai_used"])
        for person, row in zip(people, timed, strict=True):
            minutes = float(row["clean_time"]) / 60
            writer.writerow([person, repr(minutes), row["ai"].lower()])
