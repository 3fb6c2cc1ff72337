"""Who is to be assigned to what: the units of a trial's design, their strata, what each drew."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pandas as pd

from measurement.estimation.definition import Design, Trial
from measurement.estimation.disclosure import rounded_count
from measurement.estimation.lots import Lot, draw_lots, key_of
from measurement.estimation.unit_weeks import first_of

COLUMNS: Final = {
    "parallel": "arm",
    "cluster": "arm",
    "crossover": "sequence",
    "stepped_wedge": "ai_from",
}
"""The column of the participants that a draw fills, by kind of design."""
OPTIONS: Final = {"arm": "arms", "sequence": "orders of periods", "ai_from": "dates of access"}
"""What is drawn for, in words, by column."""
NOTHING_TO_DRAW: Final = {
    "task_randomised": "Chance decides for each task when it is announced, so nobody is assigned",
    "observational": "Nobody is assigned in this trial: people choose themselves when to use AI",
}

Stratum = tuple[str | None, ...]


class CannotDraw(Exception):  # noqa: N818 - what it is
    """There is nothing that chance could decide: the message says why, as one sentence."""


class Option(NamedTuple):
    """What may be drawn: an arm, an order of periods, a day (ISO); and its whole share."""

    value: str
    ratio: int = 1


class Drawn(NamedTuple):
    """What a participant gets; `lot`: the place of the unit's lot, None without chance.

    Without chance goes whoever joins a team (or department) that has drawn before.
    """

    participant: str
    lot: int | None
    value: str


@dataclass(frozen=True)
class Allocation:
    """A draw: what fills `column`, for whom. Lots are in the order of lots.py, people by name."""

    column: str
    options: tuple[Option, ...]
    lots: tuple[Lot, ...]
    people: tuple[Drawn, ...]

    @property
    def input_sha256(self) -> str:
        """The SHA-256 of the lines "KEY STRATUM" of all lots, each with a line feed."""
        return _sha256_of_lines(f"{lot.key} {lot.stratum}" for lot in self.lots)

    @property
    def outcome_sha256(self) -> str:
        """The SHA-256 of the lines "KEY VALUE" of all lots, each with a line feed."""
        return _sha256_of_lines(f"{lot.key} {self.options[lot.option].value}" for lot in self.lots)


def allocate(
    trial: Trial,
    participants: pd.DataFrame,
    *,
    draw: int,
    steps: Sequence[datetime.date] = (),
) -> Allocation:
    """Draw for the participants (canonical frame) who have no assignment and have not left.

    `draw` is the number of the draw, `steps` are a stepped wedge's days of access. The order of
    the rows does not matter. Who belongs to a team or department that was drawn before gets the
    same without chance. Raises CannotDraw.
    """
    column = drawn_column(trial.design.kind)
    waiting = to_assign(trial, participants)
    if waiting.empty:
        raise CannotDraw("Everybody who takes part is assigned already")
    assigned = participants[participants[column].notna()]
    options = _options(trial, steps, is_first=assigned.empty)
    units = _units(trial, waiting)
    known = _known(trial.design, assigned, column, set(units))
    strata = _strata(trial.design, waiting, units, known)
    if assigned.empty and len(strata) < len(options):
        raise CannotDraw(
            f"There are fewer {trial.design.unit}s than {OPTIONS[column]}, "
            "so nobody would be there to compare with"
        )
    name = name_of(trial, draw)
    lots = draw_lots(strata, ratios=[option.ratio for option in options], name=name)
    places = {lot.key: place for place, lot in enumerate(lots)}

    def drawn(participant: str, unit: str) -> Drawn:
        if unit in known:
            return Drawn(participant, None, known[unit])
        place = places[key_of(unit, name=name)]
        return Drawn(participant, place, options[lots[place].option].value)

    people = map(drawn, waiting["participant"], units)
    return Allocation(column, options, lots, tuple(sorted(people, key=lambda one: one[0])))


def name_of(trial: Trial, draw: int) -> str:
    """Return the name of the trial's draw of that number: "SLUG:SEED:DRAW"."""
    return f"{trial.slug}:{trial.design.seed}:{draw}"


def drawn_column(kind: str) -> str:
    """Return the column that a draw fills. Raises CannotDraw for designs without one."""
    if kind in NOTHING_TO_DRAW:
        raise CannotDraw(NOTHING_TO_DRAW[kind])
    return COLUMNS[kind]


def to_assign(trial: Trial, participants: pd.DataFrame) -> pd.DataFrame:
    """Return those without an assignment who have not left. Raises CannotDraw."""
    column = drawn_column(trial.design.kind)
    return participants[participants[column].isna() & participants["withdrawn_on"].isna()]


def in_several_departments(trial: Trial, participants: pd.DataFrame) -> tuple[str, ...]:
    """Return the teams to be drawn that have people in more than one department.

    Each is one unit, as the analysis knows a team by its name alone.
    """
    if trial.design.unit != "team":
        return ()
    departments = to_assign(trial, participants).groupby("team")["department"].nunique()
    return tuple(sorted(departments.index[departments > 1]))


# What may be drawn ----------------------------------------------------------------------------


def _options(trial: Trial, steps: Sequence[datetime.date], *, is_first: bool) -> tuple[Option, ...]:
    design = trial.design
    if design.kind == "stepped_wedge":
        return tuple(Option(day.isoformat()) for day in _checked(trial, steps, is_first))
    if design.kind == "crossover":
        return tuple(map(Option, _orders(len(design.periods))))
    return tuple(Option(arm.name, arm.ratio) for arm in design.arms)


def _orders(periods: int) -> tuple[str, str]:
    """Return the two orders: without AI first (A), with AI first (B), then taking turns."""
    if periods < 2:
        raise CannotDraw("The plan names fewer than two periods, so there is no order to draw")
    return ("AB" * periods)[:periods], ("BA" * periods)[:periods]


def _checked(
    trial: Trial, steps: Sequence[datetime.date], is_first: bool
) -> Sequence[datetime.date]:
    """Return the days of access, which leave time before the first and until the end."""
    if len(steps) < (2 if is_first else 1):
        raise CannotDraw("A stepped wedge needs two dates of access or more")
    if list(steps) != sorted(set(steps)):
        raise CannotDraw("The dates of access must be in order, each once")
    if trial.starts_on and steps[0] <= trial.starts_on:
        raise CannotDraw(
            "The first date of access must be after the first day of the trial: "
            "the time before access is what is compared"
        )
    if trial.ends_on and steps[-1] > trial.ends_on:
        raise CannotDraw("The last date of access must not be after the last day of the trial")
    return steps


# Whom, and in which strata --------------------------------------------------------------------


def _units(trial: Trial, waiting: pd.DataFrame) -> "pd.Series[str]":
    """Return the unit of each participant: the text by which the analysis knows it."""
    unit = trial.design.unit
    units = waiting[unit]
    without = int(units.isna().sum())
    if without:
        raise CannotDraw(
            f"{_how_many(without, trial)} without a {unit}, and each {unit} is drawn as a whole, "
            f"so give everybody a {unit} first"
        )
    return units


def _how_many(people: int, trial: Trial) -> str:
    """Return a number of people as leads may know it."""
    minimum = trial.disclosure.minimum_people
    if people < minimum:
        return f"There are fewer than {minimum} people"
    return f"There are about {rounded_count(people):,} people"


def _known(
    design: Design, assigned: pd.DataFrame, column: str, asked: set[str]
) -> Mapping[str, str]:
    """Return what teams (or departments) got that are drawn already, of those asked for."""
    if design.unit == "participant":
        return {}
    values = assigned[column]
    if column == "ai_from":
        values = values.dt.strftime("%Y-%m-%d")
    held = values.groupby(assigned[design.unit]).unique()
    held = held[held.index.isin(asked)]
    several = [str(unit) for unit, found in held.items() if len(found) > 1]
    if several:
        raise CannotDraw(
            f"People of one {design.unit} have different assignments, so it is not known what "
            f"those who joined it get: {first_of(several)}"
        )
    return {str(unit): str(found[0]) for unit, found in held.items()}


def _strata(
    design: Design, waiting: pd.DataFrame, units: "pd.Series[str]", known: Mapping[str, str]
) -> dict[str, Stratum]:
    """Return the stratum of each unit that is to draw: one value for each stratifying column."""
    columns = [waiting[name].astype(object) for name in design.stratify_by]
    # What is not given is a stratum of its own.
    texts = [column.where(column.notna(), None) for column in columns]
    strata: dict[str, Stratum] = {}
    mixed = set()
    for unit, *values in zip(units, *texts, strict=True):
        if unit not in known and strata.setdefault(unit, tuple(values)) != tuple(values):
            mixed.add(unit)
    if mixed:
        raise CannotDraw(
            f"People of one {design.unit} differ in {' or '.join(design.stratify_by)}, by which "
            f"the plan stratifies, and a {design.unit} is drawn as a whole: "
            f"{first_of(sorted(mixed))}"
        )
    return strata


def _sha256_of_lines(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
