"""Task logs of a roll-out, summed by unit, week, task type and whether access had come."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.cells import weeks_since
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.planned_model import Outcome, named

Booleans = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

NAMED: Final = 5


@dataclass(frozen=True, eq=False)
class UnitWeeks:
    """Rows: one for each unit, week, task type and state; in that order.

    names: the G units, a path of one level; people: participants of each unit that have logs
    (G); access: week of access of each unit (G), infinite where it never comes; weeks: the W
    weeks with logs, ascending; task_types: the T names; unit, week, task_type: codes of each row;
    treated: whether the row is of the days since access; logs: number; mean: of the outcome.
    """

    names: pd.MultiIndex
    people: Floats
    access: Floats
    weeks: Floats
    task_types: tuple[str, ...]
    unit: Codes
    week: Codes
    task_type: Codes
    treated: Booleans
    logs: Floats
    mean: Floats

    def without(self, units: Booleans) -> "UnitWeeks":
        """Return the same without these units (G): they keep their place, empty."""
        rows = ~units[self.unit]
        return replace(
            self,
            people=np.where(units, 0.0, self.people),
            unit=self.unit[rows],
            week=self.week[rows],
            task_type=self.task_type[rows],
            treated=self.treated[rows],
            logs=self.logs[rows],
            mean=self.mean[rows],
        )

    def only(self, units: Booleans) -> "UnitWeeks":
        """Return the same with these units (G) alone, numbered anew."""
        rest = self.without(~units)
        return replace(
            rest,
            names=self.names[units],
            people=self.people[units],
            access=self.access[units],
            unit=(np.cumsum(units) - 1)[rest.unit],
        )


def unit_weeks(
    cells: pd.DataFrame, *, unit: str, outcome: Outcome, starts_on: datetime.date | None
) -> UnitWeeks:
    """Sum cells, with the columns of their participants and `d`, by week of each `unit`.

    `d` must say whether the participant's day of access (`ai_from`) had come, as the treatment
    "assigned" of a stepped wedge does; weeks count from `starts_on`, as the cells' own do.

    Raises NotEstimable without logs, for logs without a date, for another treatment, and when
    participants of one unit have different days of access.
    """
    if cells.empty:
        raise NotEstimable("there are no logs to analyse")
    if cells["week"].isna().any():
        raise NotEstimable("some task logs have no date, so that their week is not known")
    units, names = pd.factorize(named(cells[unit]), sort=True)
    access = _access(cells, units, names, unit, starts_on)
    week = cells["week"].to_numpy(dtype=np.float64)
    treated = cells["d"].to_numpy() == 1
    _require_access_as_treatment(week, access[units], treated)
    week_codes, weeks = pd.factorize(week, sort=True)
    types, type_names = pd.factorize(named(cells["task_type"]), sort=True)
    return _summed(
        UnitWeeks(
            names=pd.MultiIndex.from_arrays([[str(name) for name in names]], names=[unit]),
            people=_people(cells, units, len(names)),
            access=access,
            weeks=np.asarray(weeks),
            task_types=tuple(str(name) for name in type_names),
            unit=units,
            week=week_codes,
            task_type=types,
            treated=treated,
            logs=cells["logs"].to_numpy(dtype=np.float64),
            mean=cells[f"{outcome}_mean"].to_numpy(dtype=np.float64),
        )
    )


def first_of(names: Sequence[str]) -> str:
    """Return the first few names as text, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _access(
    cells: pd.DataFrame, units: Codes, names: pd.Index, unit: str, starts_on: datetime.date | None
) -> Floats:
    """Return the week of access of each unit."""
    days, first = pd.factorize(cells["ai_from"])[0], np.unique(units, return_index=True)[1]
    several = np.unique(units[days != days[first][units]])
    if len(several):
        listed = first_of([str(name) for name in names[several]])
        raise NotEstimable(
            f"participants of one {unit} have different days of access to AI: {listed}"
        )
    week = weeks_since(cells["ai_from"].iloc[first], starts_on)
    return week.to_numpy(dtype=np.float64, na_value=np.inf)


def _require_access_as_treatment(week: Floats, access: Floats, treated: Booleans) -> None:
    # The week of access itself may have both: days before and days since.
    if (treated & (week < access)).any() or (~treated & (week > access)).any():
        raise NotEstimable(
            "effects of a roll-out compare the time before access to AI with the time since; "
            "the treatment is another here"
        )


def _people(cells: pd.DataFrame, units: Codes, size: int) -> Floats:
    person, people = pd.factorize(cells["participant"])
    pairs = np.unique(units * len(people) + person)
    return np.bincount(pairs // len(people), minlength=size).astype(np.float64)


def _summed(rows: UnitWeeks) -> UnitWeeks:
    """Merge the rows that agree in unit, week, task type and state."""
    code = (rows.unit * len(rows.weeks) + rows.week) * len(rows.task_types) + rows.task_type
    _, first, number = np.unique(2 * code + rows.treated, return_index=True, return_inverse=True)
    logs = np.bincount(number, weights=rows.logs).astype(np.float64)
    return replace(
        rows,
        unit=rows.unit[first],
        week=rows.week[first],
        task_type=rows.task_type[first],
        treated=rows.treated[first],
        logs=logs,
        mean=np.bincount(number, weights=rows.logs * rows.mean) / logs,
    )
