"""Spreads the trials over worker processes, one a core, and gathers what they say."""

import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from celery import Celery
from celery.result import AsyncResult

from calibration.progress import Progress
from calibration.scenarios import Scenario
from calibration.trials import Judged
from calibration.worker import JUDGE, QUEUE, Rows, application
from trialsite.embedded import ROOT, celery_url
from trialsite.embedded.valkey import Valkey
from trialsite.processes import Child, StartError, start, tail

CHUNK: Final = 20
WAITING_PER_WORKER: Final = 4
SECONDS_BETWEEN_LOOKS: Final = 0.1
# What it has in hand is of no use to anybody once we stop.
PATIENCE_SECONDS: Final = 2


@dataclass(frozen=True)
class Chunk:
    """Trials `first` to `first + trials - 1` of a scenario."""

    scenario: Scenario
    first: int
    trials: int


def chunks(scenarios: Sequence[Scenario], trials: int) -> Iterator[Chunk]:
    """Cut the trials into pieces of a few seconds' work."""
    for scenario in scenarios:
        for first in range(0, trials, CHUNK):
            yield Chunk(scenario, first, min(CHUNK, trials - first))


@dataclass(frozen=True)
class Workers:
    """A Celery worker of `number` processes, and the application that sends it tasks."""

    client: Celery
    child: Child
    number: int


@contextmanager
def workers(folder: Path, number: int) -> Iterator[Workers]:
    """Have a broker and a Celery worker of that many processes run; stop both at the end.

    Raises StartError where one of them cannot be started.
    """
    server = Valkey(folder)
    server.open_alone("make calibrate")
    try:
        address = celery_url(server.url)
        client = application(address)
        # What an earlier run that was killed has left.
        client.control.purge()
        child = _started(folder, address, number)
        try:
            yield Workers(client, child, number)
        finally:
            child.stop(patience_seconds=PATIENCE_SECONDS)
            client.close()
    finally:
        server.stop()


def gather(work: Sequence[Chunk], workers: Workers, progress: Progress) -> Mapping[Scenario, Rows]:
    """Have the chunks judged; return the rows of each scenario, in the order of its trials.

    Raises StartError when the worker ends.
    """
    found: list[Rows] = [[] for _ in work]
    running: dict[int, AsyncResult[Rows]] = {}
    try:
        for place in _done(work, workers, running):
            result = running.pop(place)
            found[place] = [Judged(*row) for row in result.get()]
            result.forget()
            progress.advance(work[place].trials)
    finally:
        # Each takes leave of the result store, which must still be there.
        running.clear()
    rows: dict[Scenario, Rows] = {}
    for chunk, of_chunk in zip(work, found, strict=True):
        rows.setdefault(chunk.scenario, []).extend(of_chunk)
    return rows


def _done(
    work: Sequence[Chunk], workers: Workers, running: dict[int, "AsyncResult[Rows]"]
) -> Iterator[int]:
    """Keep the workers busy; yield the place of each chunk once its result is in `running`."""
    waiting = deque(enumerate(work))
    while waiting or running:
        while waiting and len(running) < workers.number * WAITING_PER_WORKER:
            place, chunk = waiting.popleft()
            arguments = (chunk.scenario.number, chunk.first, chunk.trials)
            running[place] = workers.client.send_task(JUDGE, arguments)
        yield from [place for place, result in running.items() if result.ready()]
        if workers.child.ended:
            raise StartError(f"The worker has ended. The end of its log:\n{_tail(workers.child)}")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _started(folder: Path, address: str, number: int) -> Child:
    celery = [str(Path(sys.executable).parent / "celery"), "--app", "calibration.worker", "worker"]
    options = ["--concurrency", str(number), "--queues", QUEUE, "--loglevel", "WARNING"]
    addresses = {"CELERY_BROKER_URL": address, "CELERY_RESULT_BACKEND": address}
    return start(
        [*celery, *options, "--without-gossip", "--without-mingle", "--without-heartbeat"],
        name="worker",
        log=folder / "log" / "worker.log",
        environment={**os.environ, **addresses},
        folder=ROOT,
    )


def _tail(worker: Child) -> str:
    return "" if worker.log is None else tail(worker.log)
