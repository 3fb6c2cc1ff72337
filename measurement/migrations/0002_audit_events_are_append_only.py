"""The database itself refuses to change or delete an audit event."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION measurement_audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or deleted'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER measurement_audit_event_is_append_only
    BEFORE UPDATE OR DELETE ON measurement_auditevent
    FOR EACH ROW EXECUTE FUNCTION measurement_audit_event_is_append_only();
"""

BACKWARDS = """
DROP TRIGGER measurement_audit_event_is_append_only ON measurement_auditevent;
DROP FUNCTION measurement_audit_event_is_append_only();
"""


class Migration(migrations.Migration):
    """Add the trigger."""

    dependencies = [("measurement", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
