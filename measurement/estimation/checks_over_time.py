"""Does time stand in the way? Order and carry-over, trends before access, a fading novelty."""

import math
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from measurement.estimation.definition import Trial
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.least_squares import ROUNDING
from measurement.estimation.planned_model import (
    TREATMENT,
    Model,
    fit_model,
    named,
    sample,
)
from measurement.estimation.regression import Fit
from measurement.estimation.results import Check
from measurement.estimation.verdicts import CAUTION, FAIL, PASS, WARN, by_p_value, worded

Floats = NDArray[np.float64]

_ORDER: Final = {
    PASS: "Tasks took about the same time in each period, AI aside",
    WARN: "Tasks took a different time from period to period, AI aside; the result allows for "
    "this as long as the order of periods was drawn by chance",
}
_CARRY_OVER: Final = {
    PASS: "A period with AI does not seem to change the times of the period after it",
    WARN: "A period with AI may change the times of the period after it, so compare the result "
    "with that of the first period alone",
    FAIL: "A period with AI changes the times of the period after it, so rely on the first "
    "period alone",
}
_PRE_TRENDS: Final = {
    PASS: "Before access to AI times moved alike in those given it early and late",
    WARN: "Before access to AI times may have moved differently in those given it early and "
    "late, so the result may owe something to other changes",
    FAIL: "Before access to AI times moved differently in those given it early and late, so "
    "the result cannot be put down to AI",
}
_NOVELTY: Final = {
    PASS: "The effect of AI is about the same in early and late weeks",
    WARN: "The effect of AI changes with the weeks since access, so look at the course over "
    "time before taking the result for a whole year",
}


def order(trial: Trial, cells: pd.DataFrame) -> Check:
    """Ask whether times changed from period to period, the treatment aside.

    With two periods: Welch's t of the differences between periods, signed with minus AI, by
    order of periods (Jones and Kenward 2014). With more: t of the period's number in a
    regression of log(minutes) on it, d, participant and task type.
    """
    regular = _placed(trial, cells)
    if regular["place"].max() == 1:
        first, second, ai_first = _pairs(regular)
        statistic, p_value = _welch(np.where(ai_first, second - first, first - second), ai_first)
    else:
        model = replace(_within_participants(regular), covariates=("place",))
        statistic, p_value = _t_of("place", model, regular)
    verdict = WARN if p_value < CAUTION else PASS
    return _check("order", statistic, p_value, verdict, _ORDER)


def carry_over(trial: Trial, cells: pd.DataFrame) -> Check:
    """Ask whether AI in a period changes the times of the next.

    With two periods: Welch's t of each participant's sum over periods, by order of periods
    (Grizzle 1965). With more: t of the treatment of the period before in a regression of
    log(minutes) on it, d, participant, task type and period.
    """
    regular = _placed(trial, cells)
    if regular["place"].max() == 1:
        first, second, ai_first = _pairs(regular)
        statistic, p_value = _welch(first + second, ai_first)
    else:
        followed = _with_previous(regular)
        model = _within_participants(followed)
        model = replace(model, effects=(*model.effects, "place"), covariates=("previous",))
        statistic, p_value = _t_of("previous", model, followed)
    return _check("carry_over", statistic, p_value, by_p_value(p_value), _CARRY_OVER)


def pre_trends(statistic: float, p_value: float) -> Check:
    """Word the joint test of the group-time effects before access (see group_time.py)."""
    return _check("pre_trends", statistic, p_value, by_p_value(p_value), _PRE_TRENDS)


def novelty(trial: Trial, model: Model, cells: pd.DataFrame) -> Check:
    """Ask whether the effect changes with the weeks since access to AI.

    t of d x weeks since access in the planned model with the week as a further term, clustered.
    Weeks count from the participant's day of access; in a crossover without one from the first
    week with AI, else from the first week of the trial.
    """
    regular = cells[~cells["novel"] & cells["week"].notna()].reset_index(drop=True)
    if regular.empty:
        raise NotEstimable("task logs have no dates")
    week = regular["week"].to_numpy(dtype=np.float64)
    since = week - _week_of_access(trial, regular, week)
    if len(np.unique(since[regular["d"] == 1])) < 2:
        raise NotEstimable("task logs with AI from fewer than two weeks")
    regular = regular.assign(week_number=week, d_by_week=regular["d"].to_numpy() * since)
    trend = () if "week" in model.effects else ("week_number",)
    model = replace(
        model, covariates=(*model.covariates, *trend, "d_by_week"), standard_errors="cluster"
    )
    statistic, p_value = _t_of("d_by_week", model, regular)
    verdict = WARN if p_value < CAUTION else PASS
    return _check("novelty", statistic, p_value, verdict, _NOVELTY)


def _check(
    check: str, statistic: float, p_value: float, verdict: str, sentences: dict[str, str]
) -> Check:
    return Check(
        check=check,
        statistic=statistic,
        p_value=p_value,
        verdict=verdict,
        message=worded(sentences[verdict]),
    )


def _t_of(name: str, model: Model, cells: pd.DataFrame) -> tuple[float, float]:
    """Return t and p-value of a term beside the treatment."""
    estimate = _fitted(model, cells).estimate(name)
    p_value = estimate.p_value()  # says so where there is no error to divide by
    return estimate.value / estimate.std_error, p_value


def _fitted(model: Model, cells: pd.DataFrame) -> Fit:
    found = fit_model(model, sample(model, cells, "log_minutes"))
    # Where the treatment has no coefficient of its own, the term would stand for it.
    found.estimate(TREATMENT)
    return found


def _placed(trial: Trial, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the assigned logs, novel ones aside, with `place` (0, 1, ...) and d as assigned."""
    known = ~cells["novel"] & cells["period"].notna() & cells["assigned"].notna()
    regular = cells[known.to_numpy(dtype=bool)].reset_index(drop=True)
    planned = [period.name for period in trial.design.periods]
    present = set(regular["period"].unique())
    if not planned and all(name.isdecimal() for name in present):
        planned = sorted(present, key=int)
    names = [name for name in planned if name in present]
    if present - set(names):
        raise NotEstimable("periods whose order is not known")
    if len(names) < 2:
        raise NotEstimable("task logs from fewer than two periods")
    place = regular["period"].map({name: place for place, name in enumerate(names)})
    return regular.assign(
        place=place.to_numpy(dtype=np.int64), d=regular["assigned"].to_numpy(dtype=np.float64)
    )


def _within_participants(cells: pd.DataFrame) -> Model:
    types = ("task_type",) if cells["task_type"].notna().any() else ()
    return Model(
        effects=types,
        covariates=(),
        absorbed="participant",
        dropped=(),
        cluster="participant",
        standard_errors="cluster",
    )


def _pairs(cells: pd.DataFrame) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return mean log(minutes) net of task type of the first and second period; who had AI first.

    One entry a participant with logs of both periods, one of them wholly with AI, one without.
    """
    model = _within_participants(cells)
    model = replace(model, effects=(*model.effects, "place"))
    effects = _fitted(model, cells).coefficients
    types = named(cells["task_type"])
    of_types = {name: effects.get(f"task_type: {name}", 0.0) for name in types.unique()}
    of_type = types.map(of_types).to_numpy(dtype=np.float64)
    logs = cells["logs"]
    net = pd.DataFrame(
        {
            "logs": logs,
            "minutes": logs * (cells["log_minutes_mean"] - of_type),
            "d": logs * cells["d"],
        }
    )
    sums = net.groupby([cells["participant"], cells["place"]], observed=True).sum()
    means = sums[["minutes", "d"]].div(sums["logs"], axis=0).unstack("place").dropna()
    first, second = means["minutes"][0].to_numpy(), means["minutes"][1].to_numpy()
    ai_first = (means["d"][0] == 1) & (means["d"][1] == 0)
    ai_second = (means["d"][0] == 0) & (means["d"][1] == 1)
    whole = (ai_first | ai_second).to_numpy(dtype=bool)
    return first[whole], second[whole], ai_first.to_numpy(dtype=bool)[whole]


def _welch(values: Floats, ai_first: NDArray[np.bool_]) -> tuple[float, float]:
    sides = values[~ai_first], values[ai_first]
    if min(map(len, sides)) < 2:
        raise NotEstimable("fewer than two participants in an order of periods")
    spread = max(float(side.std()) for side in sides)
    if spread <= ROUNDING * max(float(np.abs(side).max()) for side in sides):
        raise NotEstimable("times that do not differ between participants")
    found = stats.ttest_ind(*sides, equal_var=False)
    return float(found.statistic), float(found.pvalue)


def _with_previous(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with `previous`: the treatment in the participant's period before.

    Before the first period there was none. Without logs in the period before it is unknown and
    the cells are left out.
    """
    weighted = pd.DataFrame({"logs": cells["logs"], "d": cells["logs"] * cells["d"]})
    sums = weighted.groupby([cells["participant"], cells["place"]], observed=True).sum()
    treatment = sums["d"] / sums["logs"]
    before = pd.MultiIndex.from_arrays([cells["participant"], cells["place"] - 1])
    previous = treatment.reindex(before).to_numpy()
    previous = np.where(cells["place"] == 0, 0.0, previous)
    known = np.flatnonzero(~np.isnan(previous))
    return cells.assign(previous=previous).iloc[known].reset_index(drop=True)


def _week_of_access(trial: Trial, cells: pd.DataFrame, week: Floats) -> Floats:
    """Return the week in which the participant of each cell got access to AI."""
    # As in cells.py: weeks of a trial without a first day count from a Monday.
    start = pd.Timestamp(trial.starts_on or "1970-01-05")
    access = ((cells["ai_from"] - start).dt.days // 7).to_numpy(dtype=np.float64)
    otherwise = np.full(len(cells), week.min())
    if trial.design.kind == "crossover":
        with_ai = pd.Series(np.where(cells["d"] == 1, week, math.inf))
        otherwise = with_ai.groupby(cells["participant"], observed=True).transform("min").to_numpy()
        otherwise = np.where(np.isfinite(otherwise), otherwise, week.min())
    return np.where(np.isnan(access), otherwise, access)
