"""Task logs -> cells, in PostgreSQL: recomputes the participants that are marked dirty."""

import json
import logging
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

import pandas as pd
from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef

from measurement import frames
from measurement.estimation.cells import compress
from measurement.models import Cell, DirtyMark, Participant, ParticipantTotal, Trial, TrialMark
from measurement.models.dirty_mark import FAILURES_THAT_PARK

PARTICIPANTS_AT_ONCE: Final = 1000

logger = logging.getLogger(__name__)


def recompute(
    *,
    trial: Trial | None = None,
    among: Sequence[int] | None = None,
    at_most: int = PARTICIPANTS_AT_ONCE,
) -> int:
    """Recompute the cells of dirty participants, of one trial or of any; return how many.

    Passes over those that another worker is at. A participant that cannot be recomputed costs the
    others nothing: its failure is counted, and five failures park its marks.
    """
    people: list[Participant] = []
    try:
        with transaction.atomic():
            people = _lock_dirty(trial, among, at_most)
            _recompute(people)
    except OperationalError:
        raise  # the database's trouble, not a participant's
    except Exception:
        if len(people) == 1:
            logger.exception("The cells of participant %s cannot be recomputed", people[0].pk)
            _count_failure(people[0])
            return 0
        ids = [person.pk for person in people]
        middle = len(ids) // 2
        return recompute(among=ids[:middle]) + recompute(among=ids[middle:])
    return len(people)


def _lock_dirty(
    trial: Trial | None, among: Sequence[int] | None, at_most: int
) -> list[Participant]:
    """Lock dirty participants against other workers; task logs can still be stored."""
    marks = DirtyMark.objects.filter(participant=OuterRef("pk"), failures__lt=FAILURES_THAT_PARK)
    dirty = Participant.objects.filter(Exists(marks))
    if trial is not None:
        dirty = dirty.filter(trial=trial)
    if among is not None:
        dirty = dirty.filter(pk__in=among)
    return list(dirty.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:at_most])


def _recompute(people: Sequence[Participant]) -> None:
    """Recompute locked participants, and delete exactly the marks that stood before.

    The marks are locked first and the logs read then: a log stored in between leaves a mark that
    stays, so no log is ever missed.
    """
    marks = DirtyMark.objects.filter(participant__in=[person.pk for person in people])
    locked = dict(marks.select_for_update().values_list("pk", "participant_id"))
    marked = set(locked.values())
    dirty = sorted((person for person in people if person.pk in marked), key=_trial_of)
    for trial_id, members in groupby(dirty, key=_trial_of):
        _replace_cells(Trial.objects.get(pk=trial_id), {one.pseudonym: one.pk for one in members})
        TrialMark.objects.create(trial_id=trial_id)
    DirtyMark.objects.filter(pk__in=locked).delete()


def _trial_of(person: Participant) -> int:
    return person.trial_id


def _replace_cells(trial: Trial, ids: Mapping[str, int]) -> None:
    people = frames.among(ids.values())
    compressed = compress(
        trial.definition(),
        frames.participants(people),
        frames.task_logs(people),
        frames.limits(trial),
    )
    Cell.objects.filter(participant__in=ids.values()).delete()
    ParticipantTotal.objects.filter(participant__in=ids.values()).delete()
    frames.write(Cell, _with_ids(compressed.cells, ids))
    totals = compressed.totals.assign(excluded=compressed.totals["excluded"].map(json.dumps))
    frames.write(ParticipantTotal, _with_ids(totals, ids))


def _with_ids(frame: pd.DataFrame, ids: Mapping[str, int]) -> pd.DataFrame:
    numbered = frame.assign(participant_id=frame["participant"].map(ids))
    return numbered.drop(columns="participant")


def _count_failure(person: Participant) -> None:
    marks = DirtyMark.objects.filter(participant=person, failures__lt=FAILURES_THAT_PARK)
    marks.update(failures=F("failures") + 1)
