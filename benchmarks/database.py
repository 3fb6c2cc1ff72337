"""An empty database on an embedded server of the benchmarks' own, with Django set up on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from trialsite.embedded import VAR
from trialsite.embedded.postgres import Postgres

DATABASE = "bench"


@contextmanager
def own_database() -> Iterator[None]:
    """Have Django set up on an empty database that is migrated. Once in a process."""
    server = Postgres(VAR / "bench")
    server.open_alone("make bench")
    try:
        with psycopg.connect(server.url, autocommit=True) as session:
            session.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            session.execute(f"CREATE DATABASE {DATABASE}")
        address = urlsplit(server.url)._replace(path=f"/{DATABASE}").geturl()
        os.environ |= {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "trialsite.settings"}
        # The settings read the address: Django cannot be set up before there is one.
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        yield
        django.db.connections.close_all()
    finally:
        server.stop()
