"""What is published from week to week. The database itself refuses to change it."""

import django.db.models.deletion
import measurement.models.exact_json
from django.db import migrations, models


FORWARDS = """
CREATE FUNCTION measurement_snapshots_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was published is never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER measurement_snapshots_are_never_changed
    BEFORE UPDATE ON measurement_snapshot
    FOR EACH ROW EXECUTE FUNCTION measurement_snapshots_are_never_changed();
"""
BACKWARDS = "DROP FUNCTION measurement_snapshots_are_never_changed() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('measurement', '0016_jobs'),
    ]

    operations = [
        migrations.CreateModel(
            name='FrozenCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=20)),
                ('dimension', models.CharField(max_length=40)),
                ('group', models.CharField(max_length=200)),
                ('side', models.PositiveSmallIntegerField(help_text='0: with AI, or the only one; 1: without')),
                ('sighting', models.PositiveSmallIntegerField(default=0)),
                ('left', models.BooleanField(default=False)),
                ('hashes', models.BinaryField()),
                ('trial', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('trial', 'subject', 'dimension', 'group', 'side', 'sighting'), name='frozen_cell_once'), models.CheckConstraint(condition=models.Q(('side__in', [0, 1])), name='frozen_cell_side_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField(help_text='The Monday since which it may be frozen')),
                ('frozen_at', models.DateTimeField()),
                ('as_of', models.DateTimeField()),
                ('plan_sha256', models.CharField(max_length=64)),
                ('code_version', models.CharField(max_length=100)),
                ('definition', measurement.models.exact_json.ExactJSONField()),
                ('document', measurement.models.exact_json.ExactJSONField()),
                ('key_sha256', models.CharField(help_text='Of the key that made the hashes of who stood behind it', max_length=64)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('trial', 'week'), name='snapshot_once_a_week'), models.CheckConstraint(condition=models.Q(('week__iso_week_day', 1)), name='snapshot_week_is_a_monday'), models.CheckConstraint(condition=models.Q(('as_of__lte', models.F('frozen_at'))), name='snapshot_data_are_of_before'), models.CheckConstraint(condition=models.Q(('plan_sha256__regex', '^[0-9a-f]{64}$')), name='snapshot_plan_sha256_is_one')],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
