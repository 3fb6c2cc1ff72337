"""Task logs -> cells: like logs of one participant, compressed without loss.

Least squares on cells weighted by their number of logs equals least squares on the logs
(Wong et al. 2021, "You Only Compress Once"). A participant's rows depend on that participant's
logs alone and not on their order, so that recomputing one participant or everybody gives the
same bits.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial
from measurement.estimation.designs import fixed_effects, period_names, rules
from measurement.estimation.flags import FLAG_NAMES, flag_bits, is_flagged
from measurement.estimation.limits import limits_of, tails

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
    "tool",
    "timed",
    "flags",
    "tail",
    "censored_minutes",
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
    "tool": "str",
    "timed": "bool",
    "flags": "int64",
    "tail": "int64",
    "censored_minutes": "float64",
    "logs": "int64",
    "minutes_mean": "float64",
    "minutes_squares": "float64",
    "log_minutes_mean": "float64",
    "log_minutes_squares": "float64",
    "quality_logs": "int64",
    "quality_mean": "float64",
    "quality_squares": "float64",
    "heaped_5": "int64",
    "heaped_15": "int64",
    "heaped_30": "int64",
    "first_date": "datetime64[s]",
    "last_date": "datetime64[s]",
}
CELL_COLUMNS: Final = tuple(CELL_DTYPES)
CELL_VALUES: Final = tuple(name for name in CELL_COLUMNS if name not in CELL_KEYS)
COUNTS: Final = ("logs", "quality_logs", "heaped_5", "heaped_15", "heaped_30")
# Each outcome's number of logs: not every log has a score.
OUTCOMES: Final = {"minutes": "logs", "log_minutes": "logs", "quality": "quality_logs"}
HEAPS: Final = (5, 15, 30)
TOTAL_COLUMNS: Final = (
    "participant",
    "stored",
    "excluded",
    "days_logged",
    "days_assigned",
    "days_used",
    "withheld_with_ai",
    "withheld_without_ai",
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
FLAG_EXCLUSIONS: Final = {name: f"flag_{name}" for name in FLAG_NAMES}
"""The exclusion rule of each flag; it holds where the plan names the flag."""
LARGEST_CODE: Final = 2**62


@dataclass(frozen=True, eq=False)
class Compressed:
    """`cells`: columns CELL_COLUMNS, one row a cell; `totals`: TOTAL_COLUMNS, one a participant.

    The keys of a cell hold for each of its logs. `period` is missing where the design has none;
    `week`: since the trial's start; `tool`: missing unless AI was used; `timed`: a timer measured;
    `flags`: see flags.py; `tail`: -1, 0, 1, see limits.py; `censored_minutes`: the minutes at
    which the tasks were stopped, missing where they were not. `..._squares` are sums of squares
    about the cell's mean; `quality_logs` have a quality score; `heaped_5` logs have minutes that
    are a multiple of 5.
    `excluded` of a participant is a dict of counts by rule. Days are distinct dates with analysed
    logs after access to AI: any, assigned to AI, with AI used. Withheld tasks are counted by
    assignment, where that is known.
    """

    cells: pd.DataFrame
    totals: pd.DataFrame


def compress(
    trial: Trial, participants: pd.DataFrame, task_logs: pd.DataFrame, limits: pd.DataFrame
) -> Compressed:
    """Compress the canonical frames of bundle.py; `limits` are those of limits.py.

    Raises nothing: unanalysable logs are counted.
    """
    return compressed(participants, classify(trial, participants, task_logs), limits)


def compressed(
    participants: pd.DataFrame, classified: pd.DataFrame, limits: pd.DataFrame
) -> Compressed:
    """Compress logs as `classify` returns them."""
    analysed = classified[classified["rule"] == ""]
    cells = aggregated(single_logs(analysed, limits), CELL_KEYS)
    return Compressed(cells, _totals(participants, classified))


def classify(trial: Trial, participants: pd.DataFrame, task_logs: pd.DataFrame) -> pd.DataFrame:
    """Return the logs with the columns of CELL_KEYS but `tail`, and `rule`.

    `rule` is the name of the first of `exclusion_rules` that holds, "" for an analysed log. Rows
    and index are those of `task_logs`.
    """
    people = _people_of(participants, task_logs)
    assigned = rules(trial).assigned(trial, task_logs, people)
    logs = task_logs.assign(
        assigned=pd.arrays.BooleanArray(assigned == 1, np.isnan(assigned)),
        used=task_logs["ai_used"].to_numpy(dtype=bool),
        access=~(task_logs["date"].to_numpy() < people["ai_from"].to_numpy()),
        period=_periods(trial, task_logs),
        week=weeks_since(task_logs["date"], trial.starts_on),
        tool=task_logs["tool"].where(task_logs["ai_used"]),
        timed=(task_logs["source"] == "timer").to_numpy(dtype=bool),
        flags=flag_bits(task_logs),
        censored_minutes=task_logs["minutes"].where(task_logs["censored"]),
    )
    return logs.assign(rule=_rules(trial, logs, people))


def exclusion_rules(trial: Trial) -> tuple[str, ...]:
    """Return the names of the rules that exclude logs: the general ones, then the plan's flags."""
    planned = trial.plan.exclude_flags
    flags = (rule for name, rule in FLAG_EXCLUSIONS.items() if name in planned)
    return (*EXCLUSION_RULES, *flags)


def single_logs(logs: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Return classified logs as cells of one log each: columns CELL_COLUMNS, rows as given."""
    minutes = logs["minutes"].to_numpy(dtype=np.float64)
    cells = logs[[key for key in CELL_KEYS if key != "tail"]].assign(
        tail=tails(logs["task_type"], minutes, limits),
        logs=1,
        minutes_mean=minutes,
        minutes_squares=0.0,
        log_minutes_mean=np.log(minutes),
        log_minutes_squares=0.0,
        quality_logs=logs["quality"].notna(),
        quality_mean=logs["quality"],
        quality_squares=0.0,
        **{f"heaped_{heap}": np.fmod(minutes, heap) == 0 for heap in HEAPS},
        first_date=logs["date"],
        last_date=logs["date"],
    )
    return cells[list(CELL_COLUMNS)].astype(dict(CELL_DTYPES))


def aggregated(cells: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return coarser cells, one for each combination of `keys` that occurs, sorted by them.

    Columns: `keys`, which are any columns of `cells`, and CELL_VALUES. Lossless: numbers add up,
    and so do squares about the joint mean, sum of S_i + n_i (m_i - m)^2 (Chan, Golub and LeVeque
    1983). A missing key is a value of its own and sorts first. The order of `cells` does not
    matter where they are single logs; else it may change last bits.
    """
    code = _combined_code([cells[key] for key in keys], len(cells))
    # Within a cell in order of minutes: then the sums do not depend on the order of the logs.
    order = np.lexsort((cells["quality_mean"], cells["minutes_mean"], code))
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))

    def column(name: str) -> NDArray[Any]:
        return cells[name].to_numpy()[order]

    values = {name: np.add.reduceat(column(name), starts) for name in COUNTS}
    for outcome, number in OUTCOMES.items():
        mean, squares = column(f"{outcome}_mean"), column(f"{outcome}_squares")
        values[f"{outcome}_mean"], values[f"{outcome}_squares"] = _joint_moments(
            mean, squares, column(number), starts
        )
    values["first_date"] = np.fmin.reduceat(column("first_date"), starts)
    values["last_date"] = np.fmax.reduceat(column("last_date"), starts)
    coarser = cells[list(keys)].iloc[order[starts]].reset_index(drop=True)
    return coarser.assign(**{name: values[name] for name in CELL_VALUES})


def winsorised(cells: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with the minutes beyond the limits of their task type set to the limit.

    Exact, as a cell lies in one tail or in none. Heaps and censoring stay those of the logs.
    """
    tail = cells["tail"].to_numpy()
    low, high = limits_of(cells["task_type"], limits)
    limit = np.where(tail < 0, low, high)
    outside = (tail != 0) & ~np.isnan(limit)
    return cells.assign(
        minutes_mean=np.where(outside, limit, cells["minutes_mean"]),
        minutes_squares=np.where(outside, 0.0, cells["minutes_squares"]),
        log_minutes_mean=np.where(outside, np.log(limit), cells["log_minutes_mean"]),
        log_minutes_squares=np.where(outside, 0.0, cells["log_minutes_squares"]),
    )


def in_order(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells in the order in which `compress` makes them."""
    code = _combined_code([cells[key] for key in CELL_KEYS], len(cells))
    return cells.iloc[np.argsort(code, kind="stable")].reset_index(drop=True)


def _people_of(participants: pd.DataFrame, task_logs: pd.DataFrame) -> pd.DataFrame:
    places = pd.Index(participants["participant"]).get_indexer(pd.Index(task_logs["participant"]))
    people: pd.DataFrame = participants.iloc[places].reset_index(drop=True)
    return people


def _periods(trial: Trial, task_logs: pd.DataFrame) -> pd.Series:
    """Return periods where the model needs them: other designs' cells are not split by them."""
    if "period" in fixed_effects(trial) or trial.design.kind == "crossover":
        return period_names(trial, task_logs)
    return pd.Series(np.nan, index=task_logs.index, dtype="str")


def weeks_since(dates: pd.Series, starts_on: datetime.date | None) -> pd.Series:
    """Return the weeks since the trial's first day, missing where the date is."""
    # 1970-01-05 was a Monday.
    start = pd.Timestamp(starts_on or "1970-01-05")
    return ((dates - start).dt.days // 7).astype("Int64")


def _rules(trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> pd.Series:
    date, bits = logs["date"].to_numpy(), logs["flags"].to_numpy()
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
    } | {FLAG_EXCLUSIONS[name]: is_flagged(bits, name) for name in trial.plan.exclude_flags}
    names = exclusion_rules(trial)
    first = np.select([holds[rule] for rule in names], names, default="")
    return pd.Series(first, index=logs.index, dtype="str")


def _days(days: int) -> np.timedelta64:
    return np.timedelta64(days * 86_400, "s")


def _joint_moments(
    mean: Floats, squares: Floats, number: Codes, starts: Codes
) -> tuple[Floats, Floats]:
    """Return mean and centred sum of squares of each run that begins at `starts`.

    `number` is how many values each mean and its squares are of; without any the mean is NaN.
    """
    lengths = np.diff(starts, append=len(number))
    total = np.add.reduceat(number, starts)
    sums = np.add.reduceat(np.where(number > 0, number * mean, 0.0), starts)
    joint = np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0)
    gaps = np.where(number > 0, mean - np.repeat(joint, lengths), 0.0)
    within = np.add.reduceat(squares, starts)
    spread = np.add.reduceat(squares + number * np.square(gaps), starts)
    # A run of one value, or of equal values, has no spread: rounding must not say otherwise.
    lowest = np.fmin.reduceat(mean, starts)
    flat = lowest == np.fmax.reduceat(mean, starts)
    return np.where(flat, lowest, joint), np.where(flat, within, spread)


def _combined_code(keys: Sequence[pd.Series], rows: int) -> Codes:
    """Return one integer a row that is equal for equal keys and sorts as the keys do."""
    code, codes = np.zeros(rows, dtype=np.int64), 1
    for key in keys:
        ranks, distinct = pd.factorize(key, sort=True, use_na_sentinel=True)
        levels = len(distinct) + 1
        if codes > LARGEST_CODE // levels:
            code = np.unique(code, return_inverse=True)[1]
            codes = rows
        code = code * levels + (ranks + 1)
        codes *= levels
    return code


def _totals(participants: pd.DataFrame, logs: pd.DataFrame) -> pd.DataFrame:
    places = pd.Index(participants["participant"]).get_indexer(pd.Index(logs["participant"]))
    rule, date = logs["rule"].to_numpy(), logs["date"].to_numpy()
    to_ai, without_ai = (
        (logs["assigned"] == side).to_numpy(dtype=bool, na_value=False) for side in (True, False)
    )

    def count(of: NDArray[Any]) -> Codes:
        return np.bincount(places[of], minlength=len(participants)).astype(np.int64)

    def distinct_days(of: NDArray[Any]) -> Codes:
        days = pd.DataFrame({"place": places[of], "date": date[of]}).drop_duplicates()
        return np.bincount(days["place"], minlength=len(participants)).astype(np.int64)

    after_access = (rule == "") & logs["access"].to_numpy() & ~np.isnat(date)
    withheld = rule == "withheld"
    return pd.DataFrame(
        {
            "participant": participants["participant"],
            "stored": np.bincount(places, minlength=len(participants)).astype(np.int64),
            "excluded": _excluded(len(participants), places, rule),
            "days_logged": distinct_days(after_access),
            "days_assigned": distinct_days(after_access & to_ai),
            "days_used": distinct_days(after_access & logs["used"].to_numpy()),
            "withheld_with_ai": count(withheld & to_ai),
            "withheld_without_ai": count(withheld & without_ai),
        }
    )


def _excluded(people: int, places: Codes, rules: NDArray[Any]) -> list[dict[str, int]]:
    """Return each participant's counts by rule, in the order of the rules' names."""
    excluded: list[dict[str, int]] = [{} for _ in range(people)]
    for rule in sorted(set(rules) - {""}):
        counts = np.bincount(places[rules == rule], minlength=people)
        for place in np.flatnonzero(counts):
            excluded[place][rule] = int(counts[place])
    return excluded
