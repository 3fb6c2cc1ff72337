"""How effect and adoption develop: by week of the trial, or by weeks since access to AI."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Final

import pandas as pd

from measurement.estimation.effects import require_dates, require_population
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.exposure import working_days_with_access
from measurement.estimation.families import adjusted
from measurement.estimation.group_time import GroupTime
from measurement.estimation.planned_model import (
    Model,
    between_people,
    effect_on,
    fit_model,
    require_comparison,
    sample_by,
)
from measurement.estimation.prepared import Prepared
from measurement.estimation.regression import Fit
from measurement.estimation.results import EstimateRow
from measurement.estimation.rows import (
    DESCRIPTIVE,
    Answer,
    adopted,
    descriptive_row,
    effect_row,
    filled,
    tested,
    with_counts,
)

DAYS_A_WEEK: Final = 7
BETWEEN_PEOPLE: Final = (
    "people are compared with each other here, as within one person the weeks of one period cannot "
    "be told from those of another"
)
PLACEBO: Final = "before access to AI: an effect here would question the comparison"


def effect_over_time(prepared: Prepared) -> list[Answer]:
    """Return the time ratio by week of the trial, or by weeks since access where that differs.

    Nobody planned a test of a certain week: p-values are adjusted as exploratory.
    """
    by_time = effect_by_weeks_since_access if prepared.group_time else effect_by_week
    return adjusted(list(by_time(prepared)), "benjamini_hochberg")


def effect_by_week(prepared: Prepared) -> Iterator[Answer]:
    """Yield the time ratio of each week of the trial, from one regression with treatment x week.

    Where everybody works one period with AI and one without, a participant's own level cannot be
    told from the effects of the weeks: then participants are compared with each other.
    """
    dated = _dated(prepared)
    fitted = cache(lambda: _fit_by_week(prepared, dated))
    for week in _weeks(dated):
        in_week = dated[dated["week"] == week]
        fill = partial(_of_week, week=week, cells=in_week, fitted=fitted)
        yield filled(_blank(prepared, "week", week + 1), fill)


def effect_by_weeks_since_access(prepared: Prepared) -> Iterator[Answer]:
    """Yield the time ratio by weeks since access in a stepped wedge; weeks before are negative."""
    cells = prepared.whole.regular
    try:
        found = prepared.roll_out(cells, "log_minutes")
    except NotEstimable:
        return  # the row of the whole says why
    # Once nobody is left without AI, a week has nothing to be compared with.
    has_controls = cells["week"].isin(cells.loc[cells["d"] == 0, "week"])
    since = found.weeks_since_access(cells).where(has_controls)
    for weeks, estimate in found.path.items():
        blank = _blank(prepared, "weeks_since_access", weeks)
        blank = replace(blank, notes=(*blank.notes, PLACEBO) if weeks < 0 else blank.notes)
        at_that_time = cells.assign(d=(since == weeks).astype(float))
        compared = at_that_time[(since == weeks) | _untreated_beside(cells, since == weeks)]
        fill = partial(_of_path, found=found, cells=compared, estimate=estimate)
        yield filled(blank, fill)


def adoption_by_week(prepared: Prepared) -> Iterator[Answer]:
    """Yield, week by week, the share of people with access that used AI at least once."""
    for week in _weeks(_dated(prepared)):
        blank = descriptive_row(prepared.trial, "adoption_rate", DESCRIPTIVE)
        blank = replace(blank, dimension="week", group=str(week + 1))
        yield filled(blank, partial(_adopted, prepared=prepared, week=week))


def _blank(prepared: Prepared, dimension: str, group: int) -> EstimateRow:
    scope = replace(prepared.whole, dimension=dimension, group=str(group))
    return effect_row(prepared.trial, prepared.model, "time_ratio", scope)


def _dated(prepared: Prepared) -> pd.DataFrame:
    cells = prepared.weekly.regular
    return cells[cells["week"].notna()].reset_index(drop=True)


def _weeks(dated: pd.DataFrame) -> list[int]:
    return [int(week) for week in sorted(dated["week"].unique())]


def _fit_by_week(prepared: Prepared, dated: pd.DataFrame) -> tuple[Model, Fit]:
    require_comparison(dated)
    model = prepared.model
    found = fit_model(model, sample_by(model, dated, "log_minutes", "week"))
    effects = {effect_on(week) for week in _weeks(dated)}
    if model.absorbed is None or not effects.intersection(found.arbitrary):
        return model, found
    model = between_people(model)
    return model, fit_model(model, sample_by(model, dated, "log_minutes", "week"))


def _of_week(
    row: EstimateRow,
    *,
    week: int,
    cells: pd.DataFrame,
    fitted: Callable[[], tuple[Model, Fit]],
) -> Answer:
    model, found = fitted()
    row = with_counts(row, cells)
    if model.terms != row.terms:
        row = replace(row, terms=model.terms, notes=(*row.notes, BETWEEN_PEOPLE))
    row = replace(row, standard_errors=found.standard_errors, clusters=found.clusters)
    return tested(row, found.estimate(effect_on(week)))


def _untreated_beside(cells: pd.DataFrame, treated: pd.Series) -> pd.Series:
    """Return which cells lie in the weeks of the treated ones and are without the treatment."""
    return (cells["d"] == 0) & cells["week"].isin(cells.loc[treated, "week"])


def _of_path(
    row: EstimateRow, *, found: GroupTime, cells: pd.DataFrame, estimate: Estimate
) -> Answer:
    row = with_counts(row, cells)
    row = replace(row, standard_errors=found.standard_errors, clusters=found.clusters)
    return tested(row, estimate)


def _adopted(row: EstimateRow, *, prepared: Prepared, week: int) -> Answer:
    """Fill the share of the people with a working day with AI in the week who used it then."""
    require_dates(prepared)
    require_population(prepared.whole)
    trial, population = prepared.trial, prepared.whole.population
    if trial.starts_on is None:
        raise NotEstimable("the trial has no first day (starts_on)")
    monday = trial.starts_on + datetime.timedelta(days=DAYS_A_WEEK * week)
    until = min(prepared.evidence.as_of, monday + datetime.timedelta(days=DAYS_A_WEEK - 1))
    cells = prepared.weekly.cells
    days = working_days_with_access(trial, population, cells, until, since=monday)
    users = cells.loc[cells["used"] & (cells["week"] == week), "participant"]
    people = population.loc[days > 0, "participant"]
    if people.empty:
        raise NotEstimable("nobody had a working day with AI in the week")
    return adopted(row, people, users)
