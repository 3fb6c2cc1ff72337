"""Who read pseudonymised records, and what of it a participant is shown."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from measurement.models import Participant, RecordRead, Role, Trial, User

Kind = RecordRead.Kind


def note(*, trial: Trial, kind: RecordRead.Kind, reader: User | None, role: Role | None) -> None:
    """Count one read of a trial's records today, with one statement.

    No reader and no role: the command line. To be called before anything is handed out.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {RecordRead._meta.db_table} AS stored"  # noqa: S608 - our table's name
            " (trial_id, reader_id, role, kind, day, reads, first_at, last_at)"
            " VALUES (%s, %s, %s, %s, %s, 1, %s, %s)"
            " ON CONFLICT (trial_id, day, kind, reader_id) DO UPDATE SET"
            " reads = stored.reads + 1, role = excluded.role,"
            " first_at = least(stored.first_at, excluded.first_at),"
            " last_at = greatest(stored.last_at, excluded.last_at)",
            [
                trial.pk,
                reader.pk if reader else None,
                role or "",
                kind,
                timezone.localdate(now),
                now,
                now,
            ],
        )


def of(user: User, participants: Iterable[Participant]) -> QuerySet[RecordRead]:
    """Return the reads by others that may have included the user's `participants`, newest first.

    A read is of everybody in the trial: those since the day of enrolment count, and all of them
    where that day is not known.
    """
    included = Q(pk__in=[])
    for participant in participants:
        since = {"day__gte": participant.enrolled_on} if participant.enrolled_on else {}
        included |= Q(trial=participant.trial_id, **since)
    reads = RecordRead.objects.filter(included).exclude(reader=user)
    return reads.select_related("reader", "trial")
