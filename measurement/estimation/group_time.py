"""Effects of a roll-out on task times, by date of access and week: Callaway and Sant'Anna 2021."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.groups import WaldTest, equal_effects
from measurement.estimation.inference import FEW_CLUSTERS, effective_clusters
from measurement.estimation.planned_model import Outcome, named
from measurement.estimation.regression import StandardErrors, require_clusters
from measurement.estimation.roll_out_comparisons import OVERALL, RollOut, comparisons, roll_out
from measurement.estimation.roll_out_errors import jackknifed, linearised
from measurement.estimation.unit_weeks import UnitWeeks, first_of, unit_weeks

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

FEW_TO_COMPARE_WITH: Final = 20
"""Under so many units without access, in any week, the spread among them is told too small."""
WEEKS_TESTED: Final = 3
"""With twelve units and more weeks at once, a sound trial fails the test far too often."""


@dataclass(frozen=True, eq=False)
class GroupTime:
    """Effects of access to AI on a mean outcome, in its unit, with the influence of every unit.

    found: the comparisons that effects are made of; psi: influence of each unit on them and on
    their aggregates (G x (P + Q)); overall: over all units and weeks since access.
    """

    found: RollOut
    psi: Floats
    overall: Estimate
    standard_errors: StandardErrors
    notes: tuple[str, ...]

    @property
    def clusters(self) -> int:
        """Number of units that were compared."""
        return len(self.found.rows.names)

    @property
    def access(self) -> "pd.Series[float]":
        """Week of access of each unit that was compared, infinite where it never comes."""
        rows = self.found.rows
        return pd.Series(rows.access, index=rows.names.get_level_values(0))

    @cached_property
    def path(self) -> Mapping[int, Estimate]:
        """Effects by weeks since access, negative before it.

        What rests on one unit alone has no standard error and is missing, here and in `effects`.
        """
        plan, first = self.found.plan, len(self.found.plan.week) + 1
        places = range(first, first + len(plan.path))
        made = _estimates(self.found, self.psi, places)
        return {int(plan.path[place - first]): effect for place, effect in made.items()}

    @cached_property
    def effects(self) -> Mapping[tuple[int, int], Estimate]:
        """Effects by week of access and week of the trial."""
        plan = self.found.plan
        weeks = self.found.rows.weeks[plan.week]
        made = _estimates(self.found, self.psi, range(len(plan.week)))
        return {(int(plan.group[p]), int(weeks[p])): effect for p, effect in made.items()}

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
    part = _takes_part(given)
    rows = given.only(part)
    require_clusters(len(rows.names))
    found = roll_out(rows, comparisons(rows))
    few = effective_clusters(rows.people) < FEW_CLUSTERS
    few = few or found.fewest_others < FEW_TO_COMPARE_WITH
    psi = jackknifed(found) if few else linearised(found)
    first = len(found.plan.week) + OVERALL
    overall = _estimates(found, psi, [first]).get(first)
    if overall is None:
        raise NotEstimable(f"the effect of the roll-out rests on one {unit} alone")
    return GroupTime(found, psi, overall, "CR3" if few else "CR1", _notes(given, part, found))


def _takes_part(given: UnitWeeks) -> Booleans:
    """Return which units can be compared at all."""
    found = roll_out(given, comparisons(given))
    if not found.own[:, found.plan.since >= 0].any():
        raise NotEstimable(
            "task logs before and since access to AI are needed, and others of the same weeks "
            "by people still without it"
        )
    return found.takes_part


def _estimates(found: RollOut, psi: Floats, places: Iterable[int]) -> dict[int, Estimate]:
    """Return the estimates, at these places among comparisons and aggregates, with an error."""
    names, values = found.rows.names, found.values()
    usable = np.isfinite(values) & np.isfinite(psi).all(axis=0)
    return {
        place: Estimate(values[place], pd.Series(psi[:, place], index=names), len(names) - 1)
        for place in places
        if usable[place]
    }


def _notes(given: UnitWeeks, part: Booleans, found: RollOut) -> tuple[str, ...]:
    units = f"{given.names.names[0]}s left out, for lack of task logs before and since access, or "
    left_out = {
        f"{units}of others still without it: ": list(given.names.get_level_values(0)[~part]),
        "task types left out, as no tasks without AI tell how long they take: ": list(
            found.weeks.left_out
        ),
    }
    return tuple(f"{reason}{first_of(names)}" for reason, names in left_out.items() if names)
