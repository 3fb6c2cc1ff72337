"""A trial of which a draw is due, on the day on which it is."""

from typing import Any

import pytest
import time_machine

from measurement.models import (
    Trial,
    User,
)
from tests.measurement.drawn import TODAY, fill, make_drawable


@pytest.fixture
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def drawable() -> tuple[Trial, User]:
    """Have a parallel trial of 40 people, and its lead."""
    trial, lead = make_drawable()
    fill(trial, 40)
    return trial, lead
