"""The groups that results speak of: everybody, and each subgroup of the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.cells import CELL_KEYS
from measurement.estimation.designs import rules
from measurement.estimation.evidence import Evidence
from measurement.estimation.planned_model import NOT_GIVEN, Model, named
from measurement.estimation.results import ALL
from measurement.estimation.savings import done_with_access

TASK_DIMENSIONS: Final = ("task_type",)
"""Breakdowns by what was done; the others are by who did it."""


@dataclass(frozen=True, eq=False)
class Scope:
    """The people or tasks of one row of results.

    cells: in canonical order, with the treatment `d` (1, 0) and the columns of their participants;
    population: the participants given AI, those without logs included, with their totals.
    """

    dimension: str
    group: str
    cells: pd.DataFrame
    population: pd.DataFrame

    @cached_property
    def regular(self) -> pd.DataFrame:
        """The cells without novel tasks, which have nothing to be compared with."""
        novel = self.cells["novel"]
        return self.cells[~novel].reset_index(drop=True) if novel.any() else self.cells

    @cached_property
    def done(self) -> pd.DataFrame:
        """What the population did under the treatment and with access, see `done_with_access`."""
        return done_with_access(self.cells, pd.Index(self.population["participant"]))

    def among(self, participants: pd.Index) -> "Scope":
        """Return the scope with its population narrowed to these participants."""
        inside = self.population["participant"].isin(participants)
        return replace(self, population=self.population[inside].reset_index(drop=True))

    def of_arm(self, arm: str, arms: Sequence[str]) -> "Scope":
        """Return the scope without the other ones of `arms`, those with AI."""
        others = [other for other in arms if other != arm]
        cells = self.cells[~named(self.cells["arm"]).isin(others)]
        people = self.population[self.population["arm"] == arm]
        return replace(
            self, cells=cells.reset_index(drop=True), population=people.reset_index(drop=True)
        )

    def days(self, column: str) -> NDArray[np.float64]:
        """Return a column of the population's totals, such as `days_used`."""
        return self.population[column].to_numpy(dtype=np.float64)

    def by_cluster_path(self, model: Model, values: NDArray[np.float64]) -> pd.Series:
        """Index one value a participant of the population by the path to the participant."""
        levels = [*dict.fromkeys([model.cluster, "participant"])]
        path = [named(self.population[level]) for level in levels]
        return pd.Series(values, index=pd.MultiIndex.from_arrays(path, names=levels))


def everything(evidence: Evidence, cells: pd.DataFrame) -> Scope:
    """Return the scope of these of the evidence's cells and of everybody given AI."""
    return Scope(ALL, ALL, joined(evidence, cells), _given_ai(evidence))


def joined(evidence: Evidence, cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells in canonical order with the columns of their participants and `d`."""
    keys = [_ranks(cells[key]) for key in (*CELL_KEYS, "key") if key in cells]
    cells = cells.iloc[np.lexsort(keys[::-1])].reset_index(drop=True)
    people = evidence.coded_participants
    places = pd.Index(evidence.participants["participant"]).get_indexer(
        pd.Index(cells["participant"])
    )
    own = people.drop(columns="participant").iloc[places].reset_index(drop=True)
    treatment = cells["used" if evidence.trial.plan.treatment == "used" else "assigned"]
    d = treatment.astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.DataFrame(pd.concat([cells, own], axis=1)).assign(d=d)


def subgroups(evidence: Evidence, whole: Scope, dimension: str) -> Iterator[Scope]:
    """Yield the scope of each group of a dimension, by name; none where no group is given.

    Groups of people narrow cells and population; groups of tasks narrow the cells alone.
    """
    of_cells = named(whole.cells[dimension])
    by_task = dimension in TASK_DIMENSIONS
    groups = of_cells if by_task else named(evidence.participants[dimension])
    names = sorted(groups.unique())
    if names == [NOT_GIVEN]:
        return
    people = whole.population
    of_people = None if by_task else named(people[dimension])
    for name in names:
        yield Scope(
            dimension,
            name,
            whole.cells[of_cells == name].reset_index(drop=True),
            people if of_people is None else people[of_people == name].reset_index(drop=True),
        )


def _ranks(values: pd.Series) -> NDArray[np.intp]:
    """Return numbers that sort as the values do, missing ones last."""
    codes, distinct = pd.factorize(values, sort=True)
    return np.where(codes < 0, len(distinct), codes)


def _given_ai(evidence: Evidence) -> pd.DataFrame:
    given = rules(evidence.trial).given_ai(evidence.trial, evidence.participants)
    totals = evidence.totals.drop(columns="excluded")
    people = evidence.participants.merge(totals, on="participant", validate="one_to_one")
    return people[given].reset_index(drop=True)
