"""Draws again what was drawn, from what is stored, and says whether it is the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from measurement import frames
from measurement.drawing import allocation_of
from measurement.estimation.allocation import Allocation
from measurement.estimation.lots import ALGORITHM, dealt, key_of
from measurement.models import AuditEvent, Draw


@dataclass(frozen=True)
class Verification:
    """What was found: `faults` speak against the draw, `notes` only of what happened later."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_reproduced(self) -> bool:
        """Whether chance says the same again."""
        return not self.faults


def verify(draw: Draw) -> Verification:
    """Deal the stored lots anew, hash them anew, and compare people, audit record and site."""
    found = allocation_of(draw)
    return Verification(
        faults=tuple(_faults(draw, found)),
        notes=tuple(_notes(draw, found)),
    )


def _faults(draw: Draw, found: Allocation) -> Iterator[str]:
    if draw.algorithm != ALGORITHM:
        yield f"It was drawn by version {draw.algorithm} of the lots; this is version {ALGORITHM}"
        return
    ratios = [option.ratio for option in found.options]
    units = [(lot.key, lot.stratum) for lot in found.lots]
    if dealt(units, ratios=ratios, name=draw.name) != found.lots:
        yield "The lots, drawn again, fall otherwise"
    if (found.input_sha256, found.outcome_sha256) != (draw.input_sha256, draw.outcome_sha256):
        yield "The hashes are not those of what is stored"
    values = [found.options[lot.option].value for lot in found.lots]
    if any(one.lot is not None and one.value != values[one.lot] for one in found.people):
        yield "Somebody is down for something else than their lot says"
    if draw.design["unit"] == "participant" and any(
        one.lot is None or key_of(one.participant, name=draw.name) != found.lots[one.lot].key
        for one in found.people
    ):
        yield "Somebody has a lot that is not theirs"
    events = AuditEvent.objects.filter(
        trial_slug=draw.trial.slug,
        act="propose_draw",
        detail__draw=draw.number,
        detail__input_sha256=draw.input_sha256,
        detail__outcome_sha256=draw.outcome_sha256,
    )
    if not events.exists():
        yield "The audit record does not have these hashes"


def _notes(draw: Draw, found: Allocation) -> Iterator[str]:
    """Yield what became of people since: nothing of it changes what chance said."""
    stored = frames.participants(frames.of_trial(draw.trial)).set_index("participant")
    there = [one for one in found.people if one.participant in stored.index]
    if len(there) < len(found.people):
        yield f"Participants who are no longer stored: {len(found.people) - len(there)}"
    people = stored.loc[[one.participant for one in there]]
    otherwise = _different(_texts(people[draw.column]), [one.value for one in there])
    if draw.confirmed_at is not None and otherwise:
        yield f"Participants who were assigned otherwise since: {otherwise}"
    unit = draw.design["unit"]
    if unit != "participant":
        # Without a lot they have their team's assignment, whichever draw that was of.
        keys = [one.lot is not None and found.lots[one.lot].key for one in there]
        now = [
            key and key_of(str(team), name=draw.name)
            for key, team in zip(keys, people[unit], strict=True)
        ]
        if moved := _different(now, keys):
            yield f"Participants who are in another {unit} since: {moved}"


def _texts(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.dt.strftime("%Y-%m-%d") if values.dtype.kind == "M" else values


def _different(ones: Iterable[object], others: Iterable[object]) -> int:
    return sum(one != other for one, other in zip(ones, others, strict=True))
