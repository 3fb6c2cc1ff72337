"""The evidence made ready for estimation: cells of a sample, the model, the population."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from measurement.estimation.cells import aggregated
from measurement.estimation.definition import Trial
from measurement.estimation.designs import fixed_effects, uses_group_time
from measurement.estimation.evidence import Evidence
from measurement.estimation.group_time import GroupTime, group_time
from measurement.estimation.planned_model import Model, Outcome, planned_model
from measurement.estimation.scopes import Scope, everything, joined
from measurement.estimation.specifications import cells_of

MODEL_KEYS = ("participant", "task_type", "assigned", "used", "access", "novel")


@dataclass(frozen=True, eq=False)
class Prepared:
    """What every row is computed from: the evidence, everybody's scope, the planned model.

    `whole` has the primary sample's cells, no finer than the model needs. `group_time` says that
    effects are group-time effects (see group_time.py) rather than coefficients of the model.
    """

    evidence: Evidence
    whole: Scope
    model: Model
    group_time: bool
    # By outcome, the latest cells compared: a task's minutes and a day's come from the same.
    _roll_outs: dict[Outcome, tuple[pd.DataFrame, GroupTime]] = field(
        init=False, default_factory=dict
    )

    @property
    def trial(self) -> Trial:
        """The definition of the trial."""
        return self.evidence.trial

    def by_regression(self) -> "Prepared":
        """Return the same with the coefficients of the model as effects."""
        return replace(self, group_time=False)

    def scope_of(self, sample: str, *, by: str | None = None) -> Scope:
        """Return everybody's scope of a sample, its cells also told apart by the column `by`."""
        cells = _cells(self.evidence, sample, by)
        return replace(self.whole, cells=joined(self.evidence, cells))

    def roll_out(self, cells: pd.DataFrame, outcome: Outcome) -> GroupTime:
        """Return the group-time effects of a stepped wedge on the outcome of regular `cells`."""
        compared, found = self._roll_outs.get(outcome, (None, None))
        if found is None or compared is not cells:
            unit, starts_on = self.model.cluster, self.trial.starts_on
            found = group_time(cells, unit=unit, outcome=outcome, starts_on=starts_on)
            self._roll_outs[outcome] = cells, found
        return found

    @cached_property
    def weekly(self) -> Scope:
        """Everybody's scope with cells by week of the trial."""
        return self.scope_of("primary", by="week")


def prepare(evidence: Evidence) -> Prepared:
    """Return the evidence with its model and everybody's scope."""
    whole = everything(evidence, _cells(evidence, "primary", None))
    return Prepared(
        evidence=evidence,
        whole=whole,
        model=planned_model(evidence.trial, whole.cells),
        group_time=uses_group_time(evidence.trial),
    )


def _cells(evidence: Evidence, sample: str, by: str | None) -> pd.DataFrame:
    """Return the cells of a sample; single logs, where the model needs them, stay single."""
    cells = cells_of(evidence, sample)
    if "key" in cells:
        return cells
    needed = {*MODEL_KEYS, *_keys_of_design(evidence.trial), *([by] if by else [])}
    return aggregated(cells, [key for key in cells if key in needed])


def _keys_of_design(trial: Trial) -> set[str]:
    keys = {"period", "week"} & set(fixed_effects(trial))
    if trial.design.kind == "crossover":
        keys.add("period")
    if uses_group_time(trial):
        keys.add("week")
    return keys
