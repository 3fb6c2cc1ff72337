"""1,000 people log a task at once on real HTTP: how fast that is, and that each is stored once.

Beside it a bare Django view that inserts one row, behind the same web server, for the same
clients, in turn. The ratio is the figure: it says what sign-in, checks, audit record and marks
cost, whatever the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.web import serving
from trialsite.embedded import ROOT, VAR

if TYPE_CHECKING:
    from benchmarks.people import SignedIn

Stored = tuple[int, str, float | None]
"""A task log's participant, key and minutes."""

PEOPLE = 1_000
ROUNDS = 3
WARM_UP_PEOPLE = 40
"""They come first, uncounted: the first page of a process compiles its templates."""


@dataclass
class Asked:
    """The answers to one kind of request, over all rounds; `times` in seconds."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cut: int = 0
    failed: int = 0

    def add(self, phase: Mapping[str, Any]) -> None:
        """Count a phase of the client."""
        self.times += phase["times"]
        self.seconds += phase["seconds"]
        self.cut += phase["cut"]
        self.failed += phase["failed"]

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.times) / self.seconds

    def quantile(self, share: float) -> float:
        """Return the time in milliseconds within which that share of the answers came."""
        ordered = sorted(self.times)
        return 1e3 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass
class Measured:
    """What was measured; and of the tasks that the site said it stored, what the database says."""

    shown: Asked = field(default_factory=Asked)
    stored: Asked = field(default_factory=Asked)
    bare: Asked = field(default_factory=Asked)
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return self.acknowledged > 0 and not self.lost and not self.doubled


def report() -> int:
    """Measure, print the table, and return 1 if a task was lost or doubled, else 0.

    Needs Django set up on a database that is migrated.
    """
    measured = measure(PEOPLE, ROUNDS, VAR / "bench")
    print("\n".join(lines(measured)))
    return 0 if measured.is_sound else 1


def measure(
    people: int, rounds: int, folder: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Let so many people log at once, so many times, in turn with the bare view.

    Needs Django set up on a database that is migrated. `environment`: changes of the servers'.
    """
    from django.db import connection

    from benchmarks.bare import BareRow
    from benchmarks.people import sign_in

    signed_in, trial = sign_in(people)
    task_type = trial.tasktype_set.order_by("name").first()
    more = dict(environment or {})
    with ExitStack() as stack:
        stack.enter_context(_table(connection, BareRow))
        site = stack.enter_context(serving("site", folder, more))
        settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare_settings"}
        bare = stack.enter_context(serving("bare", folder, more | settings))
        contest = Contest(signed_in, task_type.name if task_type else "", site=site, bare=bare)
        before = _stored()
        contest.round(min(WARM_UP_PEOPLE, people), counted=False)
        for _ in range(rounds):
            contest.round(people)
        contest.compare(_stored() - before)
    return contest.measured


class Contest:
    """The site and the bare view in turn, so that the machine's mood meets both."""

    def __init__(
        self, signed_in: Sequence[SignedIn], task_type: str, *, site: int, bare: int
    ) -> None:
        """Hold the ports of both; everybody logs a task of that type."""
        self.signed_in = signed_in
        self.task_type = task_type
        self.site = site
        self.bare = bare
        self.measured = Measured()
        self._acknowledged: set[Stored] = set()

    def round(self, people: int, *, counted: bool = True) -> None:
        """Let so many people log a task, and as many forms go to the bare view."""
        crowd = self.signed_in[:people]
        asked = {"task_type": self.task_type}
        sessions = [person.session for person in crowd]
        done = _crowd(asked | {"port": self.site, "sessions": sessions})
        plain = _crowd(asked | {"port": self.bare, "people": people})
        self._acknowledged |= {
            (person.participant, key, minutes)
            for person, (key, minutes) in zip(crowd, done["acknowledged"], strict=True)
        }
        if counted:
            self.measured.shown.add(done["show"])
            self.measured.stored.add(done["store"])
            self.measured.bare.add(plain["store"])

    def compare(self, new: set[Stored]) -> None:
        """Compare what the site said it stored with what the database has."""
        self.measured.acknowledged = len(self._acknowledged)
        self.measured.lost = len(self._acknowledged - new)
        self.measured.doubled = len(new - self._acknowledged)


def lines(measured: Measured) -> Iterator[str]:
    """Yield the lines of the table."""
    shown, stored, bare = measured.shown, measured.stored, measured.bare
    yield (
        f"{PEOPLE:,} people log at once, {ROUNDS} times: gunicorn with 2 workers of 4 threads. The "
        f"clients take their part of the same {os.cpu_count()} processors."
    )
    yield f"{'what':<42}{'requests/s':>12}{'median, ms':>12}{'p99, ms':>10}"
    for name, asked in {
        "the form is shown": shown,
        "a task is stored": stored,
        "a bare Django view inserts one row": bare,
    }.items():
        median, p99 = asked.quantile(0.5), asked.quantile(0.99)
        yield f"{name:<42}{asked.per_second:>12,.0f}{median:>12,.0f}{p99:>10,.0f}"
    rate = stored.per_second / bare.per_second
    p99 = stored.quantile(0.99) / bare.quantile(0.99)
    yield f"{'a task stored / a bare row':<42}{rate:>12.2f}{'':>12}{p99:>10.2f}"
    yield (
        f"{measured.acknowledged:,} tasks acknowledged, {measured.lost} lost, {measured.doubled} "
        f"doubled; {stored.cut:,} connections were cut, {stored.failed:,} requests tried again."
    )


def _crowd(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Have a process of its own do what is asked; return what it says."""
    done = subprocess.run(  # our own module
        [sys.executable, "-m", "benchmarks.client"],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _stored() -> set[Stored]:
    """Return the stored task logs; two of one participant and key cannot be (a constraint)."""
    from measurement.models import TaskLog

    return set(TaskLog.objects.values_list("participant_id", "key", "minutes"))


@contextmanager
def _table(connection: Any, model: Any) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)
