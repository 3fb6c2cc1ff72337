"""What holds for all tests of the site."""

import os
from collections.abc import Iterator

import pytest
from babel.messages.mofile import write_mo
from django.conf import settings
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as examples

from measurement import languages
from tests.emptied import empty_database
from tests.words import catalogue

# In `make test` few examples of each property, and the same each time, so that whoever looks for a
# fault sees what the last run saw; in `make fuzz` many, and others. Slow ones say how many.
examples.register_profile("short", max_examples=25, deadline=None, derandomize=True)
examples.register_profile("long", max_examples=2_000, deadline=None)
examples.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


@pytest.fixture(autouse=True, scope="session")
def traced() -> dict[str, str]:
    """Leave coverage out of what tests start, which it slows; have what a child needs to be in it.

    What workers, web servers and commands do is measured where tests call it themselves.
    """
    name = "COVERAGE_PROCESS_CONFIG"
    return {name: os.environ.pop(name)} if name in os.environ else {}


@pytest.fixture(autouse=True, scope="session")
def _compiled_words() -> None:
    """Compile the Welsh words as they are now: not every test run begins with `make`."""
    draft = languages.WORDS.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue())
    draft.replace(languages.WORDS)


@pytest.fixture(autouse=True, scope="session")
def _plain_static_files() -> Iterator[None]:
    """Name static files plainly: tests do not depend on what was collected last.

    Each is looked up when it is asked for: every test's client is a site of its own, which would
    list all of them first.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = settings.STORAGES | {"staticfiles": plain}
    with override_settings(STORAGES=storages, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(autouse=True, scope="session")
def _emptied_quickly() -> Iterator[None]:
    """Empty the database quickly after each test with `transaction=True`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_database())
        yield
