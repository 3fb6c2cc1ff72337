"""A worker on real servers, with an empty queue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers import Worker
from trialsite.celery import app


@pytest.fixture
def worker(transactional_db: None, broker: str, tmp_path: Path) -> Iterator[Worker]:
    """Have a worker that is not started yet."""
    app.control.purge()
    worker = Worker(tmp_path / "worker.log")
    yield worker
    worker.stop()
    app.control.purge()
