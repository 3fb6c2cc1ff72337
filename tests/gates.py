"""Gates in the database: a writer of a table stops there until the test opens it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = (4242, 1)
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Gate:
    """A closed gate before the rows of one table."""

    keeper: BaseDatabaseWrapper

    def wait_for_somebody(self) -> None:
        """Wait until a writer stands at the gate."""
        eventually(self._somebody_waits, "somebody waits at the gate")

    def _somebody_waits(self) -> bool:
        with self.keeper.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND (classid, objid) = (%s, %s)",
                LOCK,
            )
            return bool(cursor.fetchone()[0])

    def open(self) -> None:
        """Let everybody through from now on."""
        with self.keeper.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


@contextmanager
def closed_gate(model: type[models.Model]) -> Iterator[Gate]:
    """Have a closed gate before the inserts into the model's table; needs a transactional test."""
    table, (one, two) = model._meta.db_table, LOCK
    keeper = connection.copy()
    with keeper.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
        cursor.execute(
            "CREATE FUNCTION test_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" PERFORM pg_advisory_xact_lock_shared({one}, {two}); RETURN NULL; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER test_gate BEFORE INSERT ON {table} EXECUTE FUNCTION test_gate()"
        )
    gate = Gate(keeper)
    try:
        yield gate
    finally:
        gate.open()
        with keeper.cursor() as cursor:
            cursor.execute("DROP FUNCTION test_gate CASCADE")
        keeper.close()


def eventually(holds: Callable[[], bool], what: str, seconds_between_looks: float = 0.02) -> None:
    """Wait until it holds; fail saying what did not come true."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not holds():
        assert monotonic() < deadline, f"not in {PATIENCE_SECONDS} s: {what}"
        sleep(seconds_between_looks)
