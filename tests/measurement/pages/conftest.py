"""A time that stands still, and nobody who tried to sign in before."""

from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from tests.measurement.pages.staff import START


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Have the time stand still; tests move it on."""
    with time_machine.travel(START, tick=False) as clock:
        cache.clear()
        yield clock


@pytest.fixture
def _no_earlier_tries() -> None:
    cache.clear()
