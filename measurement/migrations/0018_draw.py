"""Draws of assignments. The database itself refuses to change what was drawn."""

import django.db.models.deletion
import measurement.models.exact_json
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION measurement_draw_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ends CONSTANT text[] := ARRAY[
        'confirmed_at', 'confirmed_by', 'dropped_at', 'dropped_by', 'dropped_because'
    ];
BEGIN
    -- It is confirmed or dropped once; who is erased leaves the people, nobody joins them.
    IF to_jsonb(NEW) - ends - 'people'::text IS DISTINCT FROM to_jsonb(OLD) - ends - 'people'::text
        OR length(NEW.people) > length(OLD.people)
        OR (
            (OLD.confirmed_at IS NOT NULL OR OLD.dropped_at IS NOT NULL)
            AND to_jsonb(NEW) - 'people'::text IS DISTINCT FROM to_jsonb(OLD) - 'people'::text
        )
    THEN
        RAISE EXCEPTION 'what was drawn is never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER measurement_draw_is_never_changed
    BEFORE UPDATE ON measurement_draw
    FOR EACH ROW EXECUTE FUNCTION measurement_draw_is_never_changed();
"""
BACKWARDS = "DROP FUNCTION measurement_draw_is_never_changed() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("measurement", "0017_snapshots"),
    ]

    operations = [
        migrations.CreateModel(
            name="Draw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("algorithm", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=130)),
                ("design", measurement.models.exact_json.ExactJSONField()),
                ("column", models.CharField(max_length=10)),
                ("options", measurement.models.exact_json.ExactJSONField()),
                ("lots", measurement.models.exact_json.ExactJSONField()),
                ("people", measurement.models.exact_json.ExactJSONField()),
                ("balance", measurement.models.exact_json.ExactJSONField()),
                ("input_sha256", models.CharField(max_length=64)),
                ("outcome_sha256", models.CharField(max_length=64)),
                ("proposed_at", models.DateTimeField()),
                ("proposed_by", models.CharField(max_length=200)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_by", models.CharField(blank=True, max_length=200)),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                ("dropped_by", models.CharField(blank=True, max_length=200)),
                ("dropped_because", models.CharField(blank=True, max_length=1000)),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="measurement.trial"
                    ),
                ),
            ],
            options={
                "ordering": ["trial", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("trial", "number"), name="draw_number_once_a_trial"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("confirmed_at__isnull", True), ("dropped_at__isnull", True)
                        ),
                        fields=("trial",),
                        name="draw_is_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="draw_number_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("column__in", ["arm", "sequence", "ai_from"])),
                        name="draw_column_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("input_sha256__regex", "^[0-9a-f]{64}$"),
                            ("outcome_sha256__regex", "^[0-9a-f]{64}$"),
                        ),
                        name="draw_sha256s_are_ones",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("proposed_by__regex", "\\S")),
                        name="draw_says_who_proposed_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at__isnull", True), ("confirmed_by", "")),
                            models.Q(
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__regex", "\\S"),
                                ("dropped_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="draw_says_who_confirmed_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("dropped_at__isnull", True),
                                ("dropped_because", ""),
                                ("dropped_by", ""),
                            ),
                            models.Q(
                                ("dropped_at__isnull", False),
                                ("dropped_because__regex", "\\S"),
                                ("dropped_by__regex", "\\S"),
                            ),
                            _connector="OR",
                        ),
                        name="draw_says_why_it_was_dropped",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
