"""Drafts: what was typed and not sent yet, kept for a while so that nothing typed is lost.

A page saves while it is typed in, so a draft may arrive after its log was stored. Such a draft is
not kept, in whatever order the two reach the database; and none is shown whose log is stored. The
log of a task that was announced is there before, but withheld: nothing is said of the task yet.
"""

import datetime
import json
from collections.abc import Mapping
from typing import Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from measurement.models import Draft, Participant, TaskLog
from measurement.models.draft import MAX_DRAFT_LENGTH

KEPT_FOR: Final = datetime.timedelta(days=7)


def _logs(participant: Participant | OuterRef, key: str | OuterRef) -> QuerySet[TaskLog]:
    logs = TaskLog.objects.filter(participant=participant, key=key)
    return logs.exclude(status=TaskLog.Status.WITHHELD)


_LOGGED: Final = Exists(_logs(OuterRef("participant"), OuterRef("key")))


class TooLong(Exception):  # noqa: N818 - what it is
    """The answers are longer than anything that the form asks for."""


def keep(participant: Participant, form: Draft.Form, key: str, answers: Mapping[str, str]) -> bool:
    """Keep the answers as the participant's draft for that form, in place of an earlier one.

    Return False, and keep nothing, if the log of that key is stored. Raises TooLong.
    """
    # Without escapes PostgreSQL needs no more characters than this.
    if len(json.dumps(dict(answers))) > MAX_DRAFT_LENGTH:
        raise TooLong
    draft = Draft(
        participant=participant, form=form, key=key, answers=answers, updated_at=timezone.now()
    )
    with transaction.atomic():
        # One after the other: a late page of a logged task must not replace the next one's draft.
        Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
        if _logs(participant, key).exists():
            return False
        Draft.objects.bulk_create(
            [draft],
            update_conflicts=True,
            unique_fields=["participant", "form"],
            update_fields=["key", "answers", "updated_at"],
        )
    # Its log may have been stored meanwhile, and could not yet see this draft to throw it away.
    thrown_away, _ = Draft.objects.filter(_LOGGED, participant=participant, key=key).delete()
    return not thrown_away


def kept(participant: Participant, form: Draft.Form) -> Draft | None:
    """Return the participant's draft for that form, with one query."""
    since = timezone.now() - KEPT_FOR
    drafts = Draft.objects.filter(~_LOGGED, participant=participant, updated_at__gt=since)
    return drafts.filter(form=form).first()


def drop(participant: Participant, key: str) -> None:
    """Throw the draft of that key away: its log is stored, or will never be."""
    # In SQL because the ORM's delete() adds a BEGIN and a COMMIT, and everybody logs at 17:00.
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Draft._meta.db_table} WHERE participant_id = %s AND key = %s",  # noqa: S608
            [participant.pk, key],
        )


def throw_away(participant: Participant, form: Draft.Form, key: str | None = None) -> None:
    """Throw the participant's draft for that form away; with a key only if it is that task's."""
    named = {"key": key} if key else {}
    Draft.objects.filter(participant=participant, form=form, **named).delete()


def throw_away_old() -> None:
    """Throw away what nobody came back for."""
    Draft.objects.filter(updated_at__lte=timezone.now() - KEPT_FOR).delete()
