"""Who stands behind each published cell, with what data: sets of hashes, one a person.

Two sets of one cell tell how many people's data changed between them, and nothing else to whoever
lacks the key: a hash is of the cell, the person and that person's data in the cell.
"""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.cells import CELL_KEYS, aggregated
from measurement.estimation.definition import Trial
from measurement.estimation.designs import ai_arms, rules, uses_group_time
from measurement.estimation.evidence import Evidence
from measurement.estimation.participation import Turnout, of_logging, of_survey
from measurement.estimation.planned_model import named
from measurement.estimation.results import ALL, EstimateRow
from measurement.estimation.scopes import TASK_DIMENSIONS, joined

Hashes = NDArray[np.uint64]
"""Distinct hashes in ascending order, one a person."""
Sides = tuple[Hashes, ...]
"""The people with AI and those without; of taking part, those who did and those who did not; of
other figures that compare nothing, one set."""

TASKS: Final = "tasks"
TIMED: Final = "timed"
UNFLAGGED: Final = "unflagged"
QUALITY: Final = "quality"
ADOPTION: Final = "adoption"
REPORTS: Final = "reports"
LOGGING: Final = "logging"
RESPONSES: Final = "responses"
GAP: Final = "gap"
"""Subjects: what of people's data a figure is made of. A gap is made of tasks and reports."""
PROFILES: Final = "profiles"
"""Not a subject of figures: tasks, people told apart by all their groups at once."""
PEOPLE: Final = "people"
TOGETHER: Final = "+"
"""Stands between the names of a profile's groups."""
ARM: Final = "arm"
"""The dimension of rows over everybody that compare one of several arms."""

_OF_ESTIMAND: Final[Mapping[str, str]] = {
    "quality_difference": QUALITY,
    "adoption_rate": ADOPTION,
    "reported_minutes_saved_per_day": REPORTS,
    "logging_rate": LOGGING,
    "response_rate": RESPONSES,
    "perception_gap_minutes": GAP,
}
_OF_SAMPLE: Final[Mapping[str, str]] = {"timer_only": TIMED, "without_flagged": UNFLAGGED}
# Neither tail nor flags: others' logs move the limits, and rules of flags come in new versions.
_KEYS: Final = tuple(key for key in CELL_KEYS if key not in ("tail", "flags", "timed"))
_PARTICULARS: Final = ("arm", "sequence", "ai_from", "department", "team", "baseline_minutes")
_DAYS_A_WEEK: Final = 7


class Cell(NamedTuple):
    """The rows whose published answers are frozen together."""

    subject: str
    dimension: str = ALL
    group: str = ALL


def cell_of(row: EstimateRow, arms: tuple[str, ...]) -> Cell:
    """Return the cell of a row; `arms` are the arms with AI of the row's trial."""
    subject = _OF_ESTIMAND.get(row.estimand) or _OF_SAMPLE.get(row.sample, TASKS)
    if row.dimension == ALL and subject == TASKS and len(arms) > 1 and row.arm in arms:
        return Cell(subject, ARM, str(row.arm))
    return Cell(subject, row.dimension, row.group)


def name_of(dimension: str, group: str) -> str:
    """Return a short name of a group, of hexadecimal digits: any group name could be too long."""
    told_apart = f"{len(dimension)}:{dimension}{group}".encode()
    return hashlib.blake2b(told_apart, digest_size=8).hexdigest()


def sides_of(cell: Cell) -> int:
    """Return how many sides the figures of a cell compare."""
    return 1 if cell.subject in (ADOPTION, REPORTS) else 2


def standing(evidence: Evidence, key: bytes) -> dict[Cell, Sides]:
    """Return who stands behind each cell that the evidence has people for.

    The data of a person in a cell are the analysed task logs, on the side where they were done
    (the days that nobody logged in count for nobody), the use of AI, the answers to the survey, or
    to have taken part and logged or answered, or not.
    `key`: at most 64 bytes, secret.
    """
    found = {
        cell: tuple(_hashes(side, [*cell, str(number)], key) for number, side in enumerate(sides))
        for cell, sides in _data(evidence)
    }
    return {cell: sides for cell, sides in found.items() if any(map(len, sides))}


def _hashes(data: pd.Series, names: list[str], key: bytes) -> Hashes:
    """Return the keyed hashes of people's data, which are numbers by participant."""
    # Lengths, so that no two lists of names read alike.
    cell = "".join(f"{len(name)}:{name}" for name in names).encode()
    keyed = hashlib.blake2b(cell, key=key, digest_size=8)
    digests = bytearray()
    for person, number in zip(data.index, data.to_numpy().tolist(), strict=True):
        own = keyed.copy()
        own.update(number.to_bytes(8, "little"))
        own.update(str(person).encode())
        digests += own.digest()
    return np.unique(np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64))


def _data(evidence: Evidence) -> Iterator[tuple[Cell, tuple[pd.Series, ...]]]:
    """Yield the data of each person on each side of each cell, as one number."""
    everything = _numbered(evidence, evidence.cells)
    for (dimension, group), sides in groups_behind(evidence.trial, everything):
        yield Cell(TASKS, dimension, group), _on_sides(everything, sides)
    yield from _profiles(evidence, _on_sides(everything, _by_treatment(everything)))
    for subject, cells in _samples(evidence):
        sample = _numbered(evidence, cells, scored=subject == QUALITY)
        yield Cell(subject), _on_sides(sample, _by_treatment(sample))
    yield from _adoption(evidence, everything)
    yield Cell(REPORTS), (_reports(evidence.survey_responses),)
    for subject, turnouts in ((LOGGING, of_logging), (RESPONSES, of_survey)):
        for turnout in turnouts(evidence):
            yield Cell(subject, turnout.dimension, turnout.group), _did_or_not(turnout)


def _samples(evidence: Evidence) -> Iterator[tuple[str, pd.DataFrame]]:
    cells = evidence.cells
    yield TIMED, cells[cells["timed"]]
    yield UNFLAGGED, cells[cells["flags"] == 0]
    yield QUALITY, cells[cells["quality_logs"] > 0]


def _numbered(evidence: Evidence, cells: pd.DataFrame, *, scored: bool = False) -> pd.DataFrame:
    """Return cells with their participants' columns, `d`, and `number`: all that they say.

    With `scored`, the scores instead of the minutes.
    """
    keys = [key for key in (*_KEYS, "key", "log_forecast_minutes") if key in cells]
    merged = joined(evidence, aggregated(cells.reset_index(drop=True), keys))
    outcome, count = ("quality", "quality_logs") if scored else ("minutes", "logs")
    logs, mean = (merged[name].to_numpy(dtype=np.float64) for name in (count, f"{outcome}_mean"))
    squares = merged[f"{outcome}_squares"].to_numpy(dtype=np.float64) + logs * mean**2
    # Rounded: in how many parts a sum was added up moves its last bits.
    said = merged[[*keys, *_PARTICULARS]].assign(
        count=logs, total=np.round(logs * mean, 4), squares=np.round(squares, 2)
    )
    numbers = pd.util.hash_pandas_object(said.drop(columns="participant"), index=False)
    return merged.assign(number=numbers.to_numpy(dtype=np.uint64))


def _on_sides(cells: pd.DataFrame, sides: tuple[pd.Series, ...]) -> tuple[pd.Series, ...]:
    return tuple(_by_person(cells.loc[side, ["participant", "number"]]) for side in sides)


def _by_person(rows: pd.DataFrame) -> pd.Series:
    """Return the sum of the numbers of each participant, modulo 2^64."""
    codes, people = pd.factorize(rows["participant"], sort=True)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    numbers = rows["number"].to_numpy(dtype=np.uint64)[order]
    return pd.Series(np.add.reduceat(numbers, starts) if len(starts) else numbers, index=people)


def _by_treatment(cells: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return cells["d"] == 1, cells["d"] == 0


def groups_behind(
    trial: Trial, cells: pd.DataFrame
) -> Iterator[tuple[tuple[str, str], tuple[pd.Series, ...]]]:
    """Yield the groups that results speak of, with the cells on each side of their comparison."""
    treated, untreated = _by_treatment(cells)
    yield (ALL, ALL), (treated, untreated)
    for dimension in trial.plan.subgroups:
        names = named(cells[dimension])
        for name in sorted(names.unique()):
            yield (dimension, str(name)), (treated & (names == name), untreated & (names == name))
    arms = ai_arms(trial)
    for arm in arms if len(arms) > 1 else ():
        yield (ARM, arm), (treated & (cells["arm"] == arm), untreated)
    for tool in sorted(cells["tool"].dropna().unique()):
        yield ("tool", str(tool)), (cells["used"] & (cells["tool"] == tool), ~cells["used"])
    yield from _weeks_since_access(trial, cells) if uses_group_time(trial) else _weeks(cells)


def _weeks(
    cells: pd.DataFrame,
) -> Iterator[tuple[tuple[str, str], tuple[pd.Series, ...]]]:
    treated, untreated = _by_treatment(cells)
    for week in sorted(cells["week"].dropna().unique()):
        inside = (cells["week"] == week).fillna(value=False).astype(bool)
        yield ("week", str(int(week) + 1)), (treated & inside, untreated & inside)


def _weeks_since_access(
    trial: Trial, cells: pd.DataFrame
) -> Iterator[tuple[tuple[str, str], tuple[pd.Series, ...]]]:
    """Yield weeks since access: those who are so far, and those without AI in the same weeks."""
    if trial.starts_on is None:
        return
    access = (cells["ai_from"] - pd.Timestamp(trial.starts_on)).dt.days // _DAYS_A_WEEK
    week = cells["week"].astype("float64")
    untreated = cells["d"] == 0
    # Once nobody is left without AI, a week has nothing to be compared with.
    since = (week - access).where(week.isin(week[untreated]))
    for weeks in sorted(since.dropna().unique()):
        so_far = (since == weeks) & ((weeks != 0) | ~untreated)
        beside = untreated & ~so_far & week.isin(week[so_far])
        yield ("weeks_since_access", str(int(weeks))), (so_far, beside)


def _profiles(
    evidence: Evidence, sides: tuple[pd.Series, ...]
) -> Iterator[tuple[Cell, tuple[pd.Series, ...]]]:
    """Yield who has which profile: the names of a person's groups, one a breakdown of people.

    Their data are those of figures of tasks. Nobody, where there is one breakdown alone.
    """
    trial, people = evidence.trial, evidence.participants
    dimensions = [name for name in trial.plan.subgroups if name not in TASK_DIMENSIONS]
    dimensions += [ARM] if len(ai_arms(trial)) > 1 else []
    if len(dimensions) < 2:
        return
    names = [named(people[each]).astype("str").map(partial(name_of, each)) for each in dimensions]
    joint = [TOGETHER.join(each) for each in zip(*names, strict=True)]
    of_person = pd.Series(joint, index=pd.Index(people["participant"]))
    parted = [dict(iter(side.groupby(of_person.reindex(side.index)))) for side in sides]
    nobody = sides[0].iloc[:0]
    for profile in sorted({name for side in parted for name in side}):
        yield Cell(PROFILES, PEOPLE, profile), tuple(side.get(profile, nobody) for side in parted)


def _adoption(
    evidence: Evidence, cells: pd.DataFrame
) -> Iterator[tuple[Cell, tuple[pd.Series, ...]]]:
    """Yield who was given AI and whether they used it, and who used it in each week."""
    given = rules(evidence.trial).given_ai(evidence.trial, evidence.participants)
    people = evidence.participants.loc[given, "participant"]
    used = cells[cells["used"] & cells["participant"].isin(people)]
    has_used = people.isin(used["participant"]).to_numpy(dtype=np.uint64)
    yield Cell(ADOPTION), (pd.Series(has_used, index=pd.Index(people)),)
    for week in sorted(used["week"].dropna().unique()):
        users = used.loc[(used["week"] == week).fillna(value=False), "participant"].unique()
        ones = pd.Series(np.ones(len(users), dtype=np.uint64), index=pd.Index(users))
        yield Cell(ADOPTION, "week", str(int(week) + 1)), (ones,)


def _did_or_not(turnout: Turnout) -> tuple[pd.Series, pd.Series]:
    """Return those who did and those who did not: to be among them is all that is said."""
    did = pd.Series(np.ones(len(turnout.did), dtype=np.uint64), index=pd.Index(turnout.people))
    return did[turnout.did], did[~turnout.did]


def _reports(responses: pd.DataFrame) -> pd.Series:
    answers = responses[responses["minutes_saved_low"].notna()]
    said = answers[["wave", "minutes_saved_low", "minutes_saved_high"]]
    numbers = pd.util.hash_pandas_object(said, index=False).to_numpy(dtype=np.uint64)
    return _by_person(answers[["participant"]].assign(number=numbers))
