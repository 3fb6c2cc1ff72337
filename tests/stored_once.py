"""Data that are stored once for several tests: what each test changes of them is rolled back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.core.management import call_command
from pytest_django import DjangoDbBlocker

Made = TypeVar("Made")


@contextmanager
def stored_once(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Made]:
    """Have something stored for a fixture of a module or a class, and the database empty after it.

    The fixture asks for `django_db_setup` too. Tests that need `transaction=True` stand in another
    module: they would see the data.
    """
    with blocker.unblock():
        made = make()
    yield made
    with blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)
