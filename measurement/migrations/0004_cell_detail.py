"""Finer cells, and the winsorising limits. Every participant is recomputed."""

import django.db.models.deletion
from django.db import migrations, models

CELL_ONCE = [
    "participant",
    "task_type",
    "assigned",
    "used",
    "access",
    "novel",
    "period",
    "week",
    "tool",
    "timed",
    "flags",
    "tail",
    "censored_minutes",
]

RECOMPUTE_EVERYBODY = """
DELETE FROM measurement_cell;
DELETE FROM measurement_participanttotal;
INSERT INTO measurement_dirtymark (participant_id, marked_at, failures)
    SELECT id, now(), 0 FROM measurement_participant;
"""


def added(name: str, field: models.Field, model: str = "cell") -> migrations.AddField:
    """Add a column to cells or totals, of which there are none by then."""
    return migrations.AddField(model, name, field, preserve_default=False)


def count() -> models.PositiveIntegerField:
    """Return a column of counts."""
    return models.PositiveIntegerField(default=0)


class Migration(migrations.Migration):
    """Add columns, constraints and the table of limits."""

    dependencies = [("measurement", "0003_cache_table")]
    operations = [
        # The cells go first on either way: the other way's constraint may not hold for them.
        migrations.RunSQL(RECOMPUTE_EVERYBODY, migrations.RunSQL.noop),
        migrations.RemoveConstraint("cell", "cell_once"),
        added("tool", models.CharField(blank=True, max_length=200, default="")),
        added("timed", models.BooleanField(default=False)),
        added("flags", models.BigIntegerField(default=0, help_text="Bit i: the i-th flag rule holds")),
        added(
            "tail",
            models.SmallIntegerField(
                default=0, help_text="-1, 0, 1: below, within, above the limits"
            ),
        ),
        added("censored_minutes", models.FloatField(null=True)),
        added("quality_logs", count()),
        added("quality_mean", models.FloatField(null=True)),
        added("quality_squares", models.FloatField(default=0)),
        added("heaped_5", count()),
        added("heaped_15", count()),
        added("heaped_30", count()),
        added("withheld_with_ai", count(), "participanttotal"),
        added("withheld_without_ai", count(), "participanttotal"),
        migrations.AddConstraint(
            "cell",
            models.UniqueConstraint(fields=CELL_ONCE, name="cell_once", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            "cell",
            models.CheckConstraint(
                condition=models.Q(tail__in=[-1, 0, 1]), name="cell_tail_is_known"
            ),
        ),
        migrations.AddConstraint(
            "cell",
            models.CheckConstraint(
                condition=models.Q(quality_logs=0, quality_mean__isnull=True)
                | models.Q(quality_logs__gte=1, quality_mean__isnull=False),
                name="cell_quality_has_logs",
            ),
        ),
        migrations.CreateModel(
            name="WinsorisingLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="measurement.trial",
                    ),
                ),
                ("task_type", models.CharField(blank=True, max_length=200)),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("computed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["trial", "task_type"], name="winsorising_limit_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(low__lte=models.F("high")),
                        name="winsorising_limits_are_ordered",
                    ),
                ],
            },
        ),
        migrations.RunSQL(migrations.RunSQL.noop, RECOMPUTE_EVERYBODY),
    ]
