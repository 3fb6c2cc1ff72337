"""Freezes, once a week, what leads, reports and the API show of a trial until the next week.

The first analysis of a week by a worker freezes, in its own transaction and from the data that it
saw: so who is counted as changed is who changed in the figures. What may move is the engine's rule
in `estimation/freezing.py`. No request freezes anything.

Who stood behind an answer is kept as hashes. They are keyed by the site's SECRET_KEY, so that the
database alone tells nothing of anybody, and stay after somebody was erased: nobody can tell whose
they were, and they are needed to count who left as a change. They are gone with the next freeze of
their cell. The published answer stays, too: it is about ten people at least.
"""

import datetime
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from measurement.estimation.definition import Trial as Definition
from measurement.estimation.designs import ai_arms
from measurement.estimation.disclosure import published
from measurement.estimation.evidence import Evidence
from measurement.estimation.freezing import frozen_anew, frozen_first, held
from measurement.estimation.frozen_answer import Frozen, Sighting, Where
from measurement.estimation.overlaps import overlaps_of
from measurement.estimation.results import Results, results_from_json
from measurement.estimation.standing import Cell, Hashes, Sides, sides_of, standing
from measurement.estimation.trial_toml import parse_trial
from measurement.models import AnalysisRun, FrozenCell, Snapshot, Trial, TrialMark
from measurement.models.dirty_mark import FAILURES_THAT_PARK
from measurement.plan_history import with_lock

WEEK: Final = datetime.timedelta(weeks=1)
PURPOSE: Final = b"who stands behind published answers|"
BYTES_A_HASH: Final = 8


@dataclass(frozen=True)
class FrozenResults:
    """Published results with the trial as they have it, and what they are of.

    `as_of`: the moment of the data; `next_on`: the day on which the next are frozen.
    """

    results: Results
    trial: Definition
    as_of: datetime.datetime
    frozen_at: datetime.datetime
    next_on: datetime.date


def frozen_results(trial: Trial) -> FrozenResults | None:
    """Return what is published of the trial; None before its first analysis. Two queries."""
    snapshot = _newest(trial)
    if snapshot is None:
        return None
    return FrozenResults(
        results=results_from_json(with_lock(trial, snapshot.document)),
        trial=parse_trial(snapshot.definition),
        as_of=snapshot.as_of,
        frozen_at=snapshot.frozen_at,
        next_on=snapshot.week + WEEK,
    )


def mark_due() -> None:
    """Have the trials analysed, and so frozen, that were not frozen yet in this week."""
    this_week = Snapshot.objects.filter(trial=OuterRef("pk"), week__gte=monday_of(timezone.now()))
    marks = TrialMark.objects.filter(trial=OuterRef("pk"), failures__lt=FAILURES_THAT_PARK)
    runs = AnalysisRun.objects.filter(trial=OuterRef("pk"))
    due = Trial.objects.filter(Exists(runs), ~Exists(this_week), ~Exists(marks))
    TrialMark.objects.bulk_create([TrialMark(trial=trial) for trial in due])


def freeze_if_due(
    trial: Trial, evidence: Evidence, results: Results, as_of: datetime.datetime
) -> None:
    """Freeze the published form of results, unless that was done in this week.

    A trial without a task log has nothing to publish yet: frozen, it would be empty for a week.
    To be called in the transaction that read the evidence, by one worker at a time.
    """
    week, newest = monday_of(as_of), _newest(trial)
    if newest is None and not results.logs.received:
        return
    if newest is not None and newest.week >= week:
        return
    minimum = evidence.trial.disclosure.minimum_people
    overlaps, arms = overlaps_of(evidence), ai_arms(evidence.trial)
    new = published(results, minimum_people=minimum, overlaps=overlaps)
    key, is_known = _key(trial, newest)
    stands = standing(evidence, key)
    if newest is None:
        frozen = frozen_first(new, stands, arms=arms)
    elif is_known:
        old = _stored(trial, newest)
        frozen = frozen_anew(old, new, stands, arms=arms, minimum_people=minimum, overlaps=overlaps)
    else:
        frozen = held(_stored(trial, newest), stands)
    _store(trial, frozen)
    Snapshot.objects.create(
        trial=trial,
        week=week,
        frozen_at=timezone.now(),
        as_of=as_of if newest is None or frozen.moved else newest.as_of,
        plan_sha256=frozen.results.plan_sha256,
        code_version=frozen.results.code_version,
        definition=trial.definition_document()
        if newest is None or frozen.moved
        else newest.definition,
        document=frozen.results.as_json(),
        key_sha256=_fingerprint(key),
    )


def monday_of(moment: datetime.datetime) -> datetime.date:
    """Return the Monday of the moment's week, in the site's time zone."""
    day = timezone.localdate(moment)
    return day - datetime.timedelta(days=day.weekday())


def _newest(trial: Trial) -> Snapshot | None:
    return Snapshot.objects.filter(trial=trial).order_by("-week").first()


def _key(trial: Trial, newest: Snapshot | None) -> tuple[bytes, bool]:
    """Return the key of the trial's hashes, and whether the stored ones were made with it.

    The secret that made them is used as long as it is among SECRET_KEY_FALLBACKS.
    """
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    message = PURPOSE + trial.slug.encode()
    keys = [hmac.digest(secret.encode(), message, "sha256") for secret in secrets]
    known = [key for key in keys if newest and _fingerprint(key) == newest.key_sha256]
    return (known[0], True) if known else (keys[0], False)


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def _stored(trial: Trial, newest: Snapshot) -> Frozen:
    """Return the newest answer with who stood behind it."""
    own: dict[Cell, Sides] = {}
    seen: dict[tuple[Where, int], Sighting] = {}
    rows = FrozenCell.objects.filter(trial=trial).order_by("sighting", "side")
    for row in rows:
        cell = Cell(row.subject, row.dimension, row.group)
        if not row.sighting:
            own[cell] = (*own.get(cell, ()), _hashes(row.hashes))
            continue
        key = (cell[:2], row.sighting)
        before = seen.get(key, Sighting(frozenset(), {}))
        seen[key] = Sighting(
            before.left | ({cell} if row.left else set()),
            {**before.sides, cell: (*before.sides.get(cell, ()), _hashes(row.hashes))},
        )
    sightings: dict[Where, tuple[Sighting, ...]] = {}
    for (where, _), sighting in seen.items():
        sightings[where] = (*sightings.get(where, ()), sighting)
    return Frozen(results_from_json(newest.document), own, sightings)


def _store(trial: Trial, frozen: Frozen) -> None:
    """Store who stands behind the answer, instead of who stood behind the one before."""
    FrozenCell.objects.filter(trial=trial).delete()
    rows = [row for cell, sides in frozen.cells.items() for row in _rows(trial, cell, sides)]
    for sightings in frozen.sightings.values():
        for number, sighting in enumerate(sightings, start=1):
            for cell, sides in sighting.sides.items():
                left = cell in sighting.left
                rows += _rows(trial, cell, sides, sighting=number, left=left)
    FrozenCell.objects.bulk_create(rows)


def _rows(trial: Trial, cell: Cell, sides: Sides, **told: Any) -> list[FrozenCell]:
    """Return the rows of a cell, one a side; nobody stands on a side that is missing."""
    return [
        FrozenCell(
            trial=trial,
            subject=cell.subject,
            dimension=cell.dimension,
            group=cell.group,
            side=side,
            hashes=sides[side].astype("<u8").tobytes() if sides else b"",
            **told,
        )
        for side in range(sides_of(cell))
    ]


def _hashes(stored: Any) -> Hashes:
    return np.frombuffer(bytes(stored), dtype="<u8").astype(np.uint64)
