"""Effects in groups: of arms, of people, of tasks, by tool."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from measurement.estimation.designs import BY_USE, ai_arms
from measurement.estimation.effects import (
    PER_TASK,
    PER_WORKING_DAY,
    days_with_access,
    per_day,
    per_task,
    savings_in,
)
from measurement.estimation.families import (
    adjusted,
    adjusted_for_arms,
    families,
    with_shrinkage,
)
from measurement.estimation.prepared import Prepared
from measurement.estimation.results import EstimateRow
from measurement.estimation.rows import Answer, effect_row, filled
from measurement.estimation.scopes import Scope, subgroups


def by_arm(prepared: Prepared) -> Iterator[Answer]:
    """Yield the effects of each arm with AI against the arms without, where there are several."""
    arms = ai_arms(prepared.trial)
    if len(arms) < 2 or prepared.trial.plan.treatment == "used":
        return
    answers = [
        answer._replace(row=replace(answer.row, arm=arm))
        for arm in arms
        for answer in effects_in(prepared, prepared.whole.of_arm(arm, arms))
    ]
    for family in families(answers):
        yield from adjusted_for_arms(family, prepared.trial.plan.multiplicity)


def by_subgroup(prepared: Prepared, dimension: str) -> Iterator[Answer]:
    """Yield the effects in each group of a dimension, and their values shrunken together."""
    scopes = subgroups(prepared.evidence, prepared.whole, dimension)
    answers = [answer for scope in scopes for answer in effects_in(prepared, scope)]
    for family in families(answers):
        yield from with_shrinkage(adjusted(family, prepared.trial.plan.multiplicity))


def by_tool(prepared: Prepared) -> Iterator[Answer]:
    """Yield the effects of each tool: its task logs with AI against all task logs without.

    Nobody drew who uses which tool, so these are comparisons by use, whatever the design.
    """
    regression, regular = prepared.by_regression(), prepared.scope_of("primary", by="tool").regular
    tools = sorted(regular["tool"].dropna().unique())
    answers = [
        answer
        for tool in tools
        for answer in _per_task(regression, _of_tool(prepared.whole, regular, str(tool)), BY_USE)
    ]
    for family in families(answers):
        yield from adjusted(family, "benjamini_hochberg")


def effects_in(prepared: Prepared, scope: Scope) -> Iterator[Answer]:
    """Yield the time ratio, the minutes per task and the minutes per working day of a scope."""
    yield from _per_task(prepared, scope)
    blank = effect_row(prepared.trial, prepared.model, PER_WORKING_DAY, scope)
    yield filled(blank, lambda row: _per_working_day(prepared, scope, row))


def _per_task(prepared: Prepared, scope: Scope, label: str | None = None) -> Iterator[Answer]:
    for estimand in PER_TASK:
        blank = effect_row(prepared.trial, prepared.model, estimand, scope)
        blank = replace(blank, comparison=label or blank.comparison)
        yield filled(blank, lambda row: per_task(prepared, scope.regular, row))


def _per_working_day(prepared: Prepared, scope: Scope, row: EstimateRow) -> Answer:
    days = days_with_access(prepared, scope)
    return per_day(prepared, scope, savings_in(prepared, scope.regular), days, row)


def _of_tool(whole: Scope, regular: pd.DataFrame, tool: str) -> Scope:
    cells = regular[~regular["used"] | (regular["tool"] == tool)]
    d = cells["used"].to_numpy(dtype=float)
    return replace(
        whole, dimension="tool", group=tool, cells=cells.assign(d=d).reset_index(drop=True)
    )
