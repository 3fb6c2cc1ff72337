"""Small bundles as folders, and the faults that reading them finds."""

import datetime
from pathlib import Path

import pandas as pd
import pytest

from measurement.estimation.bundle import (
    Bundle,
    BundleErrors,
    read_bundle,
)

TODAY = datetime.date(2026, 11, 2)
CROSSOVER = '[trial]\nslug = "t"\ntitle = "T"\n[design]\nkind = "crossover"\n'
PARALLEL = (
    '[trial]\nslug = "t"\ntitle = "T"\n[design]\nkind = "parallel"\n'
    'arms = [{name = "control", ai = false}, {name = "ai", ai = true}]\n'
)
LOGS = "participant,minutes,ai_used\np1,10,1\np2,54.833333333333336,0\n"


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files given by stem; trial.toml and task_logs.csv have defaults."""
    suffixes = {"trial": ".toml", "counts": ".json", "truth": ".json"}
    for stem, content in {"trial": CROSSOVER, "task_logs": LOGS, **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / (stem + suffixes.get(stem, ".csv"))).write_bytes(data)
    return folder


def faults(path: Path) -> list[str]:
    with pytest.raises(BundleErrors) as caught:
        read_bundle(path, today=TODAY)
    return caught.value.lines()


def assert_equal(left: Bundle, right: Bundle) -> None:
    assert left.trial == right.trial
    assert left.counts == right.counts
    for name in ("participants", "task_logs", "survey_responses"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), check_exact=True)
