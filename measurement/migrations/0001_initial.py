import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Arm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('ai', models.BooleanField(help_text='Whether this arm is given AI; empty: the design does not say', null=True)),
                ('ratio', models.PositiveSmallIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Profession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('is_active', models.BooleanField(default=True)),
                ('date_joined', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_is_lower_case')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('trial_slug', models.CharField(blank=True, max_length=100)),
                ('act', models.CharField(max_length=50)),
                ('subject', models.CharField(blank=True, max_length=401)),
                ('detail', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pseudonym', models.CharField(max_length=200)),
                ('team', models.CharField(blank=True, max_length=200)),
                ('enrolled_on', models.DateField(blank=True, null=True)),
                ('withdrawn_on', models.DateField(blank=True, null=True)),
                ('baseline_minutes', models.FloatField(blank=True, null=True)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, to='measurement.department')),
                ('grade', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, to='measurement.grade')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('profession', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, to='measurement.profession')),
            ],
        ),
        migrations.CreateModel(
            name='DirtyMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marked_at', models.DateTimeField(auto_now_add=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.participant')),
            ],
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.CharField(blank=True, help_text='A letter a period: A without AI, B with AI; other designs do not read it', max_length=200)),
                ('ai_from', models.DateField(blank=True, help_text='First day with access to AI', null=True)),
                ('arm', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, to='measurement.arm')),
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to='measurement.participant')),
            ],
        ),
        migrations.CreateModel(
            name='ParticipantTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stored', models.PositiveIntegerField()),
                ('excluded', models.JSONField(default=dict)),
                ('days_logged', models.PositiveIntegerField()),
                ('days_assigned', models.PositiveIntegerField()),
                ('days_used', models.PositiveIntegerField()),
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to='measurement.participant')),
            ],
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('sector', models.CharField(max_length=20)),
                ('starts_on', models.DateField(blank=True, null=True)),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('run_in_days', models.PositiveSmallIntegerField(default=0)),
                ('simulated', models.BooleanField(default=False)),
                ('design', models.JSONField()),
                ('plan', models.JSONField()),
                ('assumptions', models.JSONField()),
                ('survey', models.JSONField()),
                ('disclosure', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('sector__in', ['civil_service', 'education', 'justice', 'security'])), name='trial_sector_is_known'), models.CheckConstraint(condition=models.Q(('starts_on__isnull', True), ('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='trial_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Tool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TaskType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Refusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=200)),
                ('count', models.PositiveBigIntegerField(default=1)),
                ('refused_at', models.DateTimeField(auto_now_add=True)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
        ),
        migrations.AddField(
            model_name='profession',
            name='trial',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial'),
        ),
        migrations.AddField(
            model_name='participant',
            name='trial',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial'),
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('participant', 'Participant'), ('lead', 'Lead'), ('analyst', 'Analyst'), ('administrator', 'Administrator')], max_length=20)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
        ),
        migrations.AddField(
            model_name='grade',
            name='trial',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial'),
        ),
        migrations.AddField(
            model_name='department',
            name='trial',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial'),
        ),
        migrations.AddField(
            model_name='arm',
            name='trial',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial'),
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('results', 'Results'), ('records', 'Records'), ('write', 'Write')], max_length=20), size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
        ),
        migrations.CreateModel(
            name='AnalysisRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateTimeField(help_text='The moment of the data: when the snapshot was taken')),
                ('counted_until', models.DateField(help_text='Last day that counts as a working day')),
                ('finished_at', models.DateTimeField()),
                ('plan_sha256', models.CharField(max_length=64)),
                ('code_version', models.CharField(max_length=100)),
                ('last_log', models.PositiveBigIntegerField()),
                ('logs', models.JSONField()),
                ('deviations', models.JSONField(default=list)),
                ('checks', models.JSONField(default=list)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
        ),
        migrations.CreateModel(
            name='TrialMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marked_at', models.DateTimeField(auto_now_add=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.trial')),
            ],
        ),
        migrations.CreateModel(
            name='Cell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_type', models.CharField(blank=True, max_length=200)),
                ('assigned', models.BooleanField(null=True)),
                ('used', models.BooleanField()),
                ('access', models.BooleanField(default=True, help_text='On or after the day of access to AI')),
                ('novel', models.BooleanField()),
                ('period', models.CharField(blank=True, max_length=200)),
                ('week', models.IntegerField(null=True)),
                ('logs', models.PositiveIntegerField()),
                ('minutes_mean', models.FloatField()),
                ('minutes_squares', models.FloatField()),
                ('log_minutes_mean', models.FloatField()),
                ('log_minutes_squares', models.FloatField()),
                ('first_date', models.DateField(null=True)),
                ('last_date', models.DateField(null=True)),
                ('participant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='measurement.participant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('participant', 'task_type', 'assigned', 'used', 'access', 'novel', 'period', 'week'), name='cell_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('logs__gte', 1)), name='cell_has_logs')],
            },
        ),
        migrations.CreateModel(
            name='StoredEstimate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('estimand', models.CharField(max_length=60)),
                ('dimension', models.CharField(max_length=40)),
                ('group', models.CharField(max_length=200)),
                ('sample', models.CharField(max_length=40)),
                ('arm', models.CharField(max_length=200, null=True)),
                ('reference', models.CharField(max_length=200, null=True)),
                ('terms', models.JSONField(default=list)),
                ('value', models.FloatField(null=True)),
                ('std_error', models.FloatField(null=True)),
                ('scale', models.CharField(max_length=20)),
                ('ci_low', models.FloatField(null=True)),
                ('ci_high', models.FloatField(null=True)),
                ('confidence', models.FloatField()),
                ('always_valid_low', models.FloatField(null=True)),
                ('always_valid_high', models.FloatField(null=True)),
                ('p_value', models.FloatField(null=True)),
                ('p_value_adjusted', models.FloatField(null=True)),
                ('bootstrap_p_value', models.FloatField(null=True)),
                ('standard_errors', models.CharField(max_length=10, null=True)),
                ('degrees_of_freedom', models.FloatField(null=True)),
                ('clusters', models.PositiveIntegerField(null=True)),
                ('participants', models.PositiveIntegerField(null=True)),
                ('participants_with_ai', models.PositiveIntegerField(null=True)),
                ('participants_without_ai', models.PositiveIntegerField(null=True)),
                ('logs', models.PositiveIntegerField(null=True)),
                ('reference_mean', models.FloatField(null=True)),
                ('comparison', models.CharField(max_length=200)),
                ('not_estimable', models.TextField(null=True)),
                ('notes', models.JSONField(default=list)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='estimates', to='measurement.analysisrun')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('run', 'position'), name='stored_estimate_position_once'), models.UniqueConstraint(fields=('run', 'estimand', 'dimension', 'group', 'sample', 'arm'), name='stored_estimate_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('not_estimable__isnull', False), ('value__isnull', True)), models.Q(('not_estimable__isnull', True), ('value__isnull', False)), _connector='OR'), name='stored_estimate_has_value_or_reason')],
            },
        ),
        migrations.CreateModel(
            name='SurveyResponse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(blank=True, null=True)),
                ('wave', models.CharField(blank=True, max_length=200)),
                ('minutes_saved_low', models.FloatField(blank=True, null=True)),
                ('minutes_saved_high', models.FloatField(blank=True, help_text='Empty: open band', null=True)),
                ('satisfaction', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('recommend', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='measurement.participant')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('minutes_saved_high__isnull', True), models.Q(('minutes_saved_high__gte', models.F('minutes_saved_low')), ('minutes_saved_high__lte', 1440), ('minutes_saved_low__isnull', False)), _connector='OR'), name='survey_response_band_is_ordered'), models.CheckConstraint(condition=models.Q(('minutes_saved_low__isnull', True), models.Q(('minutes_saved_low__gte', 0), ('minutes_saved_low__lte', 1440)), _connector='OR'), name='survey_response_minutes_saved_low_are_possible'), models.CheckConstraint(condition=models.Q(('satisfaction__isnull', True), ('satisfaction__lte', 10), _connector='OR'), name='survey_response_satisfaction_is_0_to_10'), models.CheckConstraint(condition=models.Q(('recommend__isnull', True), ('recommend__lte', 10), _connector='OR'), name='survey_response_recommend_is_0_to_10')],
            },
        ),
        migrations.CreateModel(
            name='TaskLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('minutes', models.FloatField(blank=True, null=True)),
                ('ai_used', models.BooleanField()),
                ('ai_assigned', models.BooleanField(blank=True, null=True)),
                ('date', models.DateField(blank=True, null=True)),
                ('period', models.CharField(blank=True, max_length=200)),
                ('forecast_minutes', models.FloatField(blank=True, null=True)),
                ('forecast_minutes_with_ai', models.FloatField(blank=True, null=True)),
                ('quality', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('novel', models.BooleanField(default=False)),
                ('censored', models.BooleanField(default=False)),
                ('source', models.CharField(blank=True, choices=[('timer', 'Timer'), ('recall', 'Recall'), ('import', 'Import')], max_length=10)),
                ('status', models.CharField(choices=[('logged', 'Logged'), ('withheld', 'Withheld'), ('void', 'Void')], default='logged', max_length=10)),
                ('announced_at', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField(blank=True, null=True)),
                ('participant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='measurement.participant')),
                ('task_type', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, to='measurement.tasktype')),
                ('tool', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, to='measurement.tool')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('participant', 'key'), name='task_log_key_once'), models.CheckConstraint(condition=models.Q(('key__regex', '\\S')), name='task_log_key_is_not_blank'), models.CheckConstraint(condition=models.Q(models.Q(('minutes__gt', 0), ('minutes__isnull', False), ('minutes__lte', 1440), ('status', 'logged')), models.Q(models.Q(('status', 'logged'), _negated=True), ('minutes__isnull', True)), _connector='OR'), name='task_log_minutes_are_possible'), models.CheckConstraint(condition=models.Q(('quality__isnull', True), models.Q(('quality__gte', 1), ('quality__lte', 5)), _connector='OR'), name='task_log_quality_is_1_to_5'), models.CheckConstraint(condition=models.Q(('status__in', ['logged', 'withheld', 'void'])), name='task_log_status_is_known'), models.CheckConstraint(condition=models.Q(('source__in', ['', 'timer', 'recall', 'import'])), name='task_log_source_is_known'), models.CheckConstraint(condition=models.Q(('forecast_minutes__isnull', True), models.Q(('forecast_minutes__gt', 0), ('forecast_minutes__lte', 1440)), _connector='OR'), name='task_log_forecast_minutes_are_possible'), models.CheckConstraint(condition=models.Q(('forecast_minutes_with_ai__isnull', True), models.Q(('forecast_minutes_with_ai__gt', 0), ('forecast_minutes_with_ai__lte', 1440)), _connector='OR'), name='task_log_forecast_minutes_with_ai_are_possible')],
            },
        ),
        migrations.AddConstraint(
            model_name='tool',
            constraint=models.UniqueConstraint(fields=('trial', 'name'), name='tool_name_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='tool',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '\\S')), name='tool_name_is_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='tasktype',
            constraint=models.UniqueConstraint(fields=('trial', 'name'), name='tasktype_name_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='tasktype',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '\\S')), name='tasktype_name_is_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='refusal',
            constraint=models.CheckConstraint(condition=models.Q(('count__gte', 1)), name='refusal_counts_one'),
        ),
        migrations.AddConstraint(
            model_name='profession',
            constraint=models.UniqueConstraint(fields=('trial', 'name'), name='profession_name_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='profession',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '\\S')), name='profession_name_is_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('trial', 'pseudonym'), name='participant_pseudonym_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('trial', 'user'), name='participant_user_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.CheckConstraint(condition=models.Q(('pseudonym__regex', '\\S')), name='participant_pseudonym_is_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.CheckConstraint(condition=models.Q(('baseline_minutes__isnull', True), models.Q(('baseline_minutes__gt', 0), ('baseline_minutes__lte', 1440)), _connector='OR'), name='participant_baseline_minutes_are_possible'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'trial', 'role'), name='membership_role_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['participant', 'lead', 'analyst', 'administrator'])), name='membership_role_is_known'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.UniqueConstraint(fields=('trial', 'name'), name='grade_name_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '\\S')), name='grade_name_is_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.UniqueConstraint(fields=('trial', 'name'), name='department_name_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='department',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '\\S')), name='department_name_is_not_blank'),
        ),
        migrations.AddConstraint(
            model_name='arm',
            constraint=models.UniqueConstraint(fields=('trial', 'name'), name='arm_name_once_a_trial'),
        ),
        migrations.AddConstraint(
            model_name='arm',
            constraint=models.CheckConstraint(condition=models.Q(('ratio__gte', 1)), name='arm_ratio_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='api_token_expires_after_it_was_made'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['results', 'records', 'write']), ('scopes__len__gte', 1)), name='api_token_scopes_are_known'),
        ),
        migrations.AddIndex(
            model_name='analysisrun',
            index=models.Index(fields=['trial', '-id'], name='analysis_run_latest'),
        ),
    ]
