"""Task logs -> cells: like logs of one participant, compressed without loss.

Least squares on cells weighted by their number of logs equals least squares on the logs
(Wong et al. 2021, "You Only Compress Once"). A participant's rows depend on that participant's
logs alone and not on their order, so that recomputing one participant or everybody gives the
same bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial
from measurement.estimation.designs import fixed_effects, period_names, rules

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

CELL_KEYS: Final = (
    "participant",
    "task_type",
    "assigned",
    "used",
    "access",
    "novel",
    "period",
    "week",
)
CELL_DTYPES: Final[Mapping[str, str]] = {
    "participant": "str",
    "task_type": "str",
    "assigned": "boolean",
    "used": "bool",
    "access": "bool",
    "novel": "bool",
    "period": "str",
    "week": "Int64",
    "logs": "int64",
    "minutes_mean": "float64",
    "minutes_squares": "float64",
    "log_minutes_mean": "float64",
    "log_minutes_squares": "float64",
    "first_date": "datetime64[s]",
    "last_date": "datetime64[s]",
}
CELL_COLUMNS: Final = tuple(CELL_DTYPES)
TOTAL_COLUMNS: Final = (
    "participant",
    "stored",
    "excluded",
    "days_logged",
    "days_assigned",
    "days_used",
)
EXCLUSION_RULES: Final = (
    "void",
    "withheld",
    "before_start",
    "after_end",
    "run_in",
    "before_enrolment",
    "after_withdrawal",
    "not_assigned",
)
"""Why a stored log is not analysed; the first rule that holds is the one that counts."""


@dataclass(frozen=True, eq=False)
class Compressed:
    """`cells`: columns CELL_COLUMNS, one row a cell; `totals`: TOTAL_COLUMNS, one a participant.

    `minutes_squares` and `log_minutes_squares` are sums of squares about the cell's mean.
    `excluded` of a participant is a dict of counts by rule. Days are distinct dates with analysed
    logs after access to AI: any, assigned to AI, with AI used.
    """

    cells: pd.DataFrame
    totals: pd.DataFrame


def compress(trial: Trial, participants: pd.DataFrame, task_logs: pd.DataFrame) -> Compressed:
    """Compress the canonical frames of bundle.py. Raises nothing: unanalysable logs are counted."""
    logs = classify(trial, participants, task_logs)
    analysed = logs[logs["rule"] == ""]
    return Compressed(_cells(analysed), _totals(participants, logs, analysed))


def classify(trial: Trial, participants: pd.DataFrame, task_logs: pd.DataFrame) -> pd.DataFrame:
    """Return the logs with the columns of CELL_KEYS and `rule`, which excludes them unless "".

    Rows and index are those of `task_logs`.
    """
    people = _people_of(participants, task_logs)
    assigned = rules(trial).assigned(trial, task_logs, people)
    terms = fixed_effects(trial)
    logs = task_logs.assign(
        assigned=pd.arrays.BooleanArray(assigned == 1, np.isnan(assigned)),
        used=task_logs["ai_used"].to_numpy(dtype=bool),
        access=~(task_logs["date"].to_numpy() < people["ai_from"].to_numpy()),
        period=_periods(trial, task_logs, terms),
        week=_weeks(trial, task_logs, terms),
    )
    return logs.assign(rule=_rules(trial, logs, people))


def _people_of(participants: pd.DataFrame, task_logs: pd.DataFrame) -> pd.DataFrame:
    places = pd.Index(participants["participant"]).get_indexer(pd.Index(task_logs["participant"]))
    people: pd.DataFrame = participants.iloc[places].reset_index(drop=True)
    return people


def _periods(trial: Trial, task_logs: pd.DataFrame, terms: Sequence[str]) -> pd.Series:
    """Return periods where the model needs them: other designs' cells are not split by them."""
    if "period" in terms or trial.design.kind == "crossover":
        return period_names(trial, task_logs)
    return pd.Series(np.nan, index=task_logs.index, dtype="str")


def _weeks(trial: Trial, task_logs: pd.DataFrame, terms: Sequence[str]) -> pd.Series:
    """Return weeks since the start of the trial, where the model needs them."""
    if "week" not in terms:
        return pd.Series(pd.NA, index=task_logs.index, dtype="Int64")
    # 1970-01-05 was a Monday.
    start = pd.Timestamp(trial.starts_on or "1970-01-05")
    return ((task_logs["date"] - start).dt.days // 7).astype("Int64")


def _rules(trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    date = logs["date"].to_numpy()
    never = np.zeros(len(logs), dtype=bool)
    start = None if trial.starts_on is None else np.datetime64(trial.starts_on, "s")
    end = None if trial.ends_on is None else np.datetime64(trial.ends_on, "s")
    # Comparisons with a missing date are False: a log without a date is never outside.
    holds = {
        "void": (logs["status"] == "void").to_numpy(dtype=bool),
        "withheld": (logs["status"] == "withheld").to_numpy(dtype=bool),
        "before_start": never if start is None else date < start,
        "after_end": never if end is None else date > end,
        "run_in": never if start is None else date < start + _days(trial.run_in_days),
        "before_enrolment": date < people["enrolled_on"].to_numpy(),
        "after_withdrawal": date > people["withdrawn_on"].to_numpy(),
        "not_assigned": logs["assigned"].isna().to_numpy(dtype=bool)
        if trial.plan.treatment == "assigned"
        else never,
    }
    first = np.select([holds[rule] for rule in EXCLUSION_RULES], EXCLUSION_RULES, default="")
    return pd.Series(first, index=logs.index, dtype="str")


def _days(days: int) -> np.timedelta64:
    return np.timedelta64(days * 86_400, "s")


def _cells(logs: pd.DataFrame) -> pd.DataFrame:
    minutes = logs["minutes"].to_numpy(dtype=np.float64)
    code = _combined_code([logs[key] for key in CELL_KEYS])
    # Within a cell in order of minutes: then the sums do not depend on the order of the logs.
    order = np.lexsort((minutes, code))
    logs, minutes, code = logs.iloc[order], minutes[order], code[order]
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    number = np.diff(starts, append=len(code))
    mean, squares = _moments(minutes, starts, number)
    log_mean, log_squares = _moments(np.log(minutes), starts, number)
    first, last = _span(logs["date"].to_numpy(), starts)
    cells = logs.iloc[starts][list(CELL_KEYS)].assign(
        logs=number,
        minutes_mean=mean,
        minutes_squares=squares,
        log_minutes_mean=log_mean,
        log_minutes_squares=log_squares,
        first_date=first,
        last_date=last,
    )
    return cells.astype(dict(CELL_DTYPES)).reset_index(drop=True)


def _moments(values: Floats, starts: Codes, number: Codes) -> tuple[Floats, Floats]:
    """Return mean and centred sum of squares of each run of `values` that begins at `starts`."""
    if not len(values):
        return np.empty(0), np.empty(0)
    mean = np.add.reduceat(values, starts) / number
    squares = np.add.reduceat(np.square(values - np.repeat(mean, number)), starts)
    # A run of one value, or of equal values, has no spread: rounding must not say otherwise.
    flat = np.minimum.reduceat(values, starts) == np.maximum.reduceat(values, starts)
    return np.where(flat, values[starts], mean), np.where(flat, 0.0, squares)


def _span(
    dates: NDArray[np.datetime64], starts: Codes
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    if not len(dates):
        return dates, dates
    return np.fmin.reduceat(dates, starts), np.fmax.reduceat(dates, starts)


def _combined_code(keys: Sequence[pd.Series]) -> Codes:
    """Return one integer a row that is equal for equal keys and sorts as the keys do."""
    code = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        ranks, distinct = pd.factorize(key, sort=True, use_na_sentinel=True)
        code = code * (len(distinct) + 1) + (ranks + 1)
    return code


def _totals(participants: pd.DataFrame, logs: pd.DataFrame, analysed: pd.DataFrame) -> pd.DataFrame:
    people = pd.Index(participants["participant"])
    after_access = analysed[analysed["access"]]
    assigned = after_access["assigned"].fillna(value=False).to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "participant": participants["participant"],
            "stored": _count(people, logs["participant"]),
            "excluded": _excluded(people, logs[logs["rule"] != ""]),
            "days_logged": _distinct_days(people, after_access),
            "days_assigned": _distinct_days(people, after_access[assigned]),
            "days_used": _distinct_days(people, after_access[after_access["used"]]),
        }
    )


def _count(people: pd.Index, of: pd.Series) -> Codes:
    return np.bincount(people.get_indexer(pd.Index(of)), minlength=len(people)).astype(np.int64)


def _distinct_days(people: pd.Index, logs: pd.DataFrame) -> Codes:
    dated = logs.loc[logs["date"].notna(), ["participant", "date"]].drop_duplicates()
    return _count(people, dated["participant"])


def _excluded(people: pd.Index, logs: pd.DataFrame) -> list[dict[str, int]]:
    excluded: list[dict[str, int]] = [{} for _ in people]
    counts = logs.groupby(["participant", "rule"]).size()
    places = people.get_indexer(counts.index.get_level_values("participant"))
    by_rule = counts.index.get_level_values("rule")
    for place, rule, count in zip(places, by_rule, counts, strict=True):
        excluded[place][str(rule)] = int(count)
    return excluded
