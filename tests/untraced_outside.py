"""Pytest plugin (`-p tests.untraced_outside`): whoever looks from outside follows no line inside.

Tests with a browser, a worker or a whole site go through what the tests of each part go through,
too. Their processes are not traced, see `tests/conftest.py`; nor is the web server in the tests'
own process here, which would be a sixth of their time.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.untraced import untraced

TESTS = Path(__file__).parent
OUTSIDE = tuple(TESTS / name for name in ("browser", "faults", "benchmarks", "calibration"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run such a test without the tracer, in threads that it starts, too."""
    if not any(item.path.is_relative_to(folder) for folder in OUTSIDE):
        return (yield)
    of_threads = threading.gettrace()
    threading.settrace(None)
    try:
        with untraced():
            return (yield)
    finally:
        threading.settrace(of_threads)
