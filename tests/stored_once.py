"""Data that are made once for several tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from tests.emptied import empty_database, tables

Made = TypeVar("Made")


@contextmanager
def stored_once(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Made]:
    """Have something stored for a fixture of a module or a class, and the database empty after it.

    What each test changes of it is rolled back. The fixture asks for `django_db_setup` too. Tests
    that need `transaction=True` stand in another module: they would see the data.
    """
    with blocker.unblock():
        made = make()
    yield made
    with blocker.unblock():
        empty_database()


class PutBack:
    """Stores something for the first test that asks for it, and puts its rows back for the others.

    For tests that need `transaction=True`: the database is empty before and after each of them.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __call__(self, name: str, make: Callable[[], object]) -> None:
        """Have stored what `make` stores; `name` is that of a schema that keeps its rows."""
        if name in self._names:
            _put_back(name)
        else:
            make()
            _keep(name)
            self._names.add(name)


def _keep(schema: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        for table in tables():
            cursor.execute(f"CREATE TABLE {schema}.{table} AS TABLE public.{table}")


def _put_back(schema: str) -> None:
    # References are looked at when the transaction ends: any order will do.
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"INSERT INTO public.{table} TABLE {schema}.{table}")
