"""How processes are started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trialsite.processes import unprivileged_prefix


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to take away")
def test_an_unprivileged_program_enters_private_folders(tmp_path: Path) -> None:
    """A checkout often lies in a folder that only root may enter; initdb asks by access(2)."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    program = private / "program"
    program.write_text("#!/bin/sh\nid -u\n")
    program.chmod(0o755)
    prefix = unprivileged_prefix()
    assert subprocess.run([*prefix, "test", "-x", program], check=False).returncode == 0
    done = subprocess.run([*prefix, program], capture_output=True, text=True, check=True)
    assert int(done.stdout) != 0


NOTED = """
import signal
from trialsite.processes import signals_wait

class Stopped(Exception): pass

def stop(number, frame): raise Stopped

noted = []
signal.signal(signal.SIGTERM, stop)
try:
    with signals_wait():
        signal.raise_signal(signal.SIGTERM)
        noted.append("the child")
    print("went on")
except Stopped:
    print("stopped, knowing of", *noted)
try:
    signal.raise_signal(signal.SIGTERM)
except Stopped:
    print("stopped at once")
"""


def test_a_signal_waits_until_a_child_is_noted() -> None:
    done = subprocess.run([sys.executable, "-c", NOTED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["stopped, knowing of the child", "stopped at once"]
