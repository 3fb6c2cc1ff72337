"""Each process does its linear algebra on one thread, unless it is told otherwise."""

import os
import subprocess
import sys

import pytest

from trialsite.embedded import ROOT

SAID = (
    "import sys, trialsite, os; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
)


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_it_is_set_before_numpy_looks(given: dict[str, str], threads: str) -> None:
    others = {name: value for name, value in os.environ.items() if "THREADS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", SAID],
        cwd=ROOT,
        env=others | given,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [threads, "False"]
