"""The lock of a plan, its changes and its taus. The database itself refuses to change them."""

import django.db.models.deletion
import measurement.models.exact_json
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION measurement_plan_history_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the lock of a plan, its changes and its taus are never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
"""
EACH = """
CREATE TRIGGER measurement_plan_history_is_never_changed
    BEFORE UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION measurement_plan_history_is_never_changed();
"""
TABLES = ("planlock", "planchange", "alwaysvalidtuning")
BACKWARDS = "DROP FUNCTION measurement_plan_history_is_never_changed() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("measurement", "0004_cell_detail"),
    ]

    operations = [
        migrations.AddField(
            model_name="analysisrun",
            name="plan_locked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="analysisrun",
            name="plan_locked_by",
            field=models.CharField(max_length=200, null=True),
        ),
        migrations.AddField(
            model_name="analysisrun",
            name="tuning",
            field=measurement.models.exact_json.ExactJSONField(default=list),
        ),
        migrations.AlterField(
            model_name="analysisrun",
            name="deviations",
            field=measurement.models.exact_json.ExactJSONField(default=list),
        ),
        migrations.CreateModel(
            name="PlanLock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("locked_at", models.DateTimeField()),
                ("locked_by", models.CharField(max_length=200)),
                ("plan_sha256", models.CharField(max_length=64)),
                ("sections", measurement.models.exact_json.ExactJSONField()),
                (
                    "trial",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_lock",
                        to="measurement.trial",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PlanChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=1000)),
                ("changes", measurement.models.exact_json.ExactJSONField()),
                (
                    "lock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="measurement.planlock",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="AlwaysValidTuning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("estimand", models.CharField(max_length=200)),
                ("dimension", models.CharField(max_length=200)),
                ("group", models.CharField(max_length=200)),
                ("sample", models.CharField(max_length=200)),
                ("arm", models.CharField(max_length=200, null=True)),
                ("tau", models.FloatField()),
                (
                    "lock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        db_index=False,
                        related_name="tuning",
                        to="measurement.planlock",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="planlock",
            constraint=models.CheckConstraint(
                condition=models.Q(("locked_by__regex", "\\S")), name="plan_lock_says_by_whom"
            ),
        ),
        migrations.AddConstraint(
            model_name="planlock",
            constraint=models.CheckConstraint(
                condition=models.Q(("plan_sha256__regex", "^[0-9a-f]{64}$")),
                name="plan_lock_sha256_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="planchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("changed_by__regex", "\\S")), name="plan_change_says_by_whom"
            ),
        ),
        migrations.AddConstraint(
            model_name="planchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__regex", "\\S")), name="plan_change_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="alwaysvalidtuning",
            constraint=models.UniqueConstraint(
                fields=("lock", "estimand", "dimension", "group", "sample", "arm"),
                name="always_valid_tuning_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="alwaysvalidtuning",
            constraint=models.CheckConstraint(
                condition=models.Q(("tau__gt", 0), ("tau__lt", float("inf"))),
                name="always_valid_tuning_tau_is_positive",
            ),
        ),
        migrations.RunSQL(
            FORWARDS + "".join(EACH.format(table=f"measurement_{name}") for name in TABLES),
            BACKWARDS,
        ),
    ]
