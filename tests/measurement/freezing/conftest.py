"""A trial with departments, analysed and frozen on a Monday, for tests of what follows."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from measurement.models import Trial
from tests.measurement.freezing.frozen_weeks import frozen_trial
from tests.stored_once import stored_once


@pytest.fixture(scope="module")
def frozen(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    """Have it stored once for all tests of a file."""
    with stored_once(django_db_blocker, frozen_trial) as trial:
        yield trial


@pytest.fixture
def trial(db: None, frozen: Trial) -> Trial:
    """Have it as the database has it."""
    return Trial.objects.get(pk=frozen.pk)
