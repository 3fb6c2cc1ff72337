"""Empties the database, several times as fast as Django's `flush`."""

from django.db import connection, transaction

OF_EVERY_DATABASE = {"auth_permission", "django_content_type"}
"""Tables that `migrate` fills: their rows stay."""
BEFORE_DELETE = """
SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND tgtype & 8 <> 0"""


def tables() -> list[str]:
    """Return the tables of the models whose rows are the tests' own."""
    every = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(every) - OF_EVERY_DATABASE)


def empty_database() -> None:
    """Delete all rows of tests.

    `flush` truncates every table, though most are empty: for each PostgreSQL makes new files.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        filled = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables())
        cursor.execute(" UNION ALL ".join(filled))
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(BEFORE_DELETE)
        guarded = {name for (name,) in cursor.fetchall()}
        # References are looked at when the transaction ends: any order will do.
        for name in names:
            cursor.execute(f"TRUNCATE {name}" if name in guarded else f"DELETE FROM {name}")
