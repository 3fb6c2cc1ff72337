"""Effects of a roll-out on task times, by date of access and week: Callaway and Sant'Anna 2021."""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.groups import WaldTest, equal_effects
from measurement.estimation.inference import FEW_CLUSTERS
from measurement.estimation.planned_model import Outcome, named
from measurement.estimation.regression import StandardErrors, require_clusters
from measurement.estimation.roll_out_comparisons import (
    OVERALL,
    Compared,
    Comparisons,
    compare,
    comparisons,
)
from measurement.estimation.unit_weeks import UnitWeeks, unit_weeks

Floats = NDArray[np.float64]

WEEKS_TESTED: Final = 4
FEW_CONTROLS: Final = 10


@dataclass(frozen=True, eq=False)
class GroupTime:
    """Effects of access to AI on a mean outcome, in its unit, with the influence of every unit.

    overall: over all units and weeks since access; path: by weeks since access, negative before
    it; effects: by week of access and week of the trial. What rests on one unit alone has no
    standard error and is missing in `path` and `effects`. access: week of access of each unit that
    was compared, infinite where it never comes; clusters: their number.
    """

    overall: Estimate
    path: Mapping[int, Estimate]
    effects: Mapping[tuple[int, int], Estimate]
    standard_errors: StandardErrors
    clusters: int
    access: "pd.Series[float]"
    notes: tuple[str, ...]

    @cached_property
    def pre_trend(self) -> WaldTest:
        """Test that nothing happened before access: the effects of earlier weeks are all 0.

        The last week before access is what the others are compared with; the test takes the
        weeks before it, at most `WEEKS_TESTED`. Raises NotEstimable where there are none.
        """
        before = [estimate for weeks, estimate in self.path.items() if weeks < 0]
        if not before:
            raise NotEstimable("no two weeks before access to AI that could be compared")
        nothing = Estimate(0.0, before[0].psi * 0.0, before[0].degrees_of_freedom)
        return equal_effects([nothing, *before[-WEEKS_TESTED:]])

    def weeks_since_access(self, cells: pd.DataFrame) -> "pd.Series[float]":
        """Return the weeks since access of each cell, NaN where it takes no part in the effects.

        Without part are units that never get access or were not compared, and, in the week of
        access, the days before it.
        """
        unit = named(cells[str(self.access.index.name)]).astype("str")
        since = cells["week"].astype("float64") - unit.map(self.access).astype("float64")
        return since.where(np.isfinite(since) & ((since != 0) | (cells["d"] == 1)))


def group_time(
    cells: pd.DataFrame, *, unit: str, outcome: Outcome, starts_on: datetime.date | None
) -> GroupTime:
    """Estimate the effects of access to AI, unit by unit and week by week.

    `cells`: regular cells by week with the columns of their participants and `d` (access had
    come); `unit`: the column of the units of the roll-out; `starts_on`: as the cells' weeks count.

    Raises NotEstimable where nothing can be compared, for fewer than 6 units, where the overall
    effect rests on one unit alone, and as `unit_weeks` does.
    """
    given = unit_weeks(cells, unit=unit, outcome=outcome, starts_on=starts_on)
    part = compare(given, comparisons(given)).takes_part
    if not part.any():
        raise NotEstimable(
            "nothing to compare: needed are task logs before and since access to AI, beside those "
            "of others still without it"
        )
    rows = given.only(part)
    require_clusters(len(rows.names))
    plan = comparisons(rows)
    found = compare(rows, plan)
    chosen = _standard_errors(found, len(rows.names))
    psi = _jackknife(rows, plan, found) if chosen == "CR3" else _analytic(found)
    estimates = _estimates(rows, found.values, psi)
    aggregates = estimates[len(plan.week) :]
    overall = aggregates[OVERALL]
    if overall is None:
        raise NotEstimable(f"the effect of the roll-out rests on one {unit} alone")
    path = zip(plan.path, aggregates[OVERALL + 1 :], strict=True)
    weeks = zip(plan.group, rows.weeks[plan.week], estimates, strict=False)
    return GroupTime(
        overall=overall,
        path={int(since): estimate for since, estimate in path if estimate is not None},
        effects={(int(g), int(t)): effect for g, t, effect in weeks if effect is not None},
        standard_errors=chosen,
        clusters=len(rows.names),
        access=pd.Series(rows.access, index=rows.names.get_level_values(0)),
        notes=_notes(given, part, found),
    )


def _standard_errors(found: Compared, units: int) -> StandardErrors:
    few = units < FEW_CLUSTERS or found.controls < FEW_CONTROLS
    return "CR3" if few else "CR1"


def _analytic(found: Compared) -> Floats:
    units = len(found.takes_part)
    psi = found.influence * math.sqrt(units / (units - 1))
    return np.where(found.alone, np.nan, psi)


def _jackknife(rows: UnitWeeks, plan: Comparisons, found: Compared) -> Floats:
    """Leave out one unit at a time and do both steps anew."""
    units = len(rows.names)
    left_out = np.eye(units, dtype=bool)
    others = [compare(rows.without(unit), plan).values for unit in left_out]
    return math.sqrt((units - 1) / units) * (found.values - np.array(others))


def _estimates(rows: UnitWeeks, values: Floats, psi: Floats) -> list[Estimate | None]:
    known = np.isfinite(values) & np.isfinite(psi).all(axis=0)
    return [
        Estimate(value, pd.Series(moves, index=rows.names), len(rows.names) - 1) if usable else None
        for value, moves, usable in zip(values, psi.T, known, strict=True)
    ]


def _notes(given: UnitWeeks, part: NDArray[np.bool_], found: Compared) -> tuple[str, ...]:
    apart = ", ".join(given.names.get_level_values(0)[~part])
    types = ", ".join(found.net.left_out)
    unit = given.names.names[0]
    notes = {
        f"without a {unit} to compare it with, or without task logs both before and after: ": apart,
        "left out, as no tasks without AI tell how long they take: ": types,
    }
    return tuple(f"{note}{names}" for note, names in notes.items() if names)
