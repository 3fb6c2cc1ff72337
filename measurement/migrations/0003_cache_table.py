"""The table of the cache, in which sign-in counts tries."""

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def create_cache_table(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the table; does nothing where it exists."""
    call_command("createcachetable", verbosity=0)


class Migration(migrations.Migration):
    """Create the table."""

    dependencies = [("measurement", "0002_audit_events_are_append_only")]
    operations = [migrations.RunPython(create_cache_table, migrations.RunPython.noop)]
