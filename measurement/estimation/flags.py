"""Task logs that look wrong: named, versioned rules. A flag deletes nothing.

A rule sees times, minutes and task types, never arm, assignment or use of AI; and a participant's
flags depend on that participant's logs alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.calendar import LOCAL_TIME

Booleans = NDArray[np.bool_]
Bits = NDArray[np.int64]

LATE_DAYS: Final = 7
STRAIGHT_LOGS: Final = 10
SHORT_MINUTES: Final = 1
LONG_MINUTES: Final = 480
DISAGREEING_MINUTES: Final = 15


@dataclass(frozen=True)
class FlagRule:
    """A rule: `version` changes with what it says; `description` completes "task logs ...".

    `holds` says for each log of a frame of logged task logs whether it is flagged.
    """

    name: str
    version: int
    description: str
    holds: Callable[[pd.DataFrame], Booleans] = field(repr=False, compare=False)


def flag_bits(task_logs: pd.DataFrame) -> Bits:
    """Return a number for each canonical task log: bit i is set where FLAG_RULES[i] holds.

    Only logs of the status logged take part. Raises nothing: a rule that lacks a time of a log
    does not hold for it.
    """
    logged = np.flatnonzero(task_logs["status"] == "logged")
    logs = task_logs.iloc[logged].reset_index(drop=True)
    bits = np.zeros(len(task_logs), dtype=np.int64)
    for place, rule in enumerate(FLAG_RULES):
        bits[logged] |= rule.holds(logs).astype(np.int64) << place
    return bits


def is_flagged(bits: Bits, name: str) -> Booleans:
    """Say for each number of `flag_bits` whether the rule of that name holds."""
    place = FLAG_NAMES.index(name)
    return (bits >> place & 1).astype(bool)


def _late_entry(logs: pd.DataFrame) -> Booleans:
    recorded_on = logs["recorded_at"].dt.tz_convert(LOCAL_TIME).dt.tz_localize(None).dt.normalize()
    return _booleans(recorded_on - logs["date"] > pd.Timedelta(days=LATE_DAYS))


def _overlapping(logs: pd.DataFrame) -> Booleans:
    """Hold for both tasks. A second copy of a log is no other task: it overlaps nothing."""
    spans = logs["ended_at"] > logs["started_at"]
    places = np.flatnonzero(spans.to_numpy() & ~_duplicate(logs))
    person = pd.factorize(logs["participant"])[0][places]
    start, end = (_microseconds(logs[name])[places] for name in ("started_at", "ended_at"))
    order = np.lexsort((start, person))
    places, person, start, end = places[order], person[order], start[order], end[order]
    latest_end = pd.Series(end).groupby(person).cummax().to_numpy()
    same_person = person[1:] == person[:-1]
    flagged = np.zeros(len(logs), dtype=bool)
    flagged[places[1:][same_person & (latest_end[:-1] > start[1:])]] = True
    flagged[places[:-1][same_person & (start[1:] < end[:-1])]] = True
    return flagged


def _straight_lining(logs: pd.DataFrame) -> Booleans:
    """Hold for every log of a row. Censored minutes are the time limit's, not the person's."""
    order = ["participant", "date", "recorded_at", "key"]
    asked = logs.loc[~logs["censored"], [*order, "minutes"]].sort_values(order)
    person = pd.factorize(asked["participant"])[0]
    minutes = asked["minutes"].to_numpy()
    changes = (np.diff(person, prepend=-1) != 0) | (np.diff(minutes, prepend=0.0) != 0)
    run = np.cumsum(changes) - 1
    long_enough = np.bincount(run, minlength=1)[run] >= STRAIGHT_LOGS
    flagged = np.zeros(len(logs), dtype=bool)
    flagged[asked.index[long_enough]] = True
    return flagged


def _too_short(logs: pd.DataFrame) -> Booleans:
    return _booleans(logs["minutes"] < SHORT_MINUTES)


def _too_long(logs: pd.DataFrame) -> Booleans:
    return _booleans(logs["minutes"] > LONG_MINUTES)


def _timestamps_disagree(logs: pd.DataFrame) -> Booleans:
    minutes = logs["minutes"]
    elapsed = (logs["ended_at"] - logs["started_at"]).dt.total_seconds() / 60
    gap = (elapsed - minutes).abs()
    grossly = (gap > DISAGREEING_MINUTES) & (gap > np.maximum(elapsed, minutes) / 2)
    return _booleans((elapsed < 0) | grossly)


def _duplicate(logs: pd.DataFrame) -> Booleans:
    """Hold for all copies but the first. Without start times, equal logs may be two tasks."""
    same = ["participant", "date", "task_type", "minutes", "started_at"]
    known = logs.loc[logs["started_at"].notna(), [*same, "recorded_at", "key"]]
    copies = known[known.duplicated(same, keep=False)].sort_values(["recorded_at", "key"])
    flagged = np.zeros(len(logs), dtype=bool)
    flagged[copies.index[copies.duplicated(same, keep="first")]] = True
    return flagged


def _booleans(holds: "pd.Series[bool]") -> Booleans:
    return holds.to_numpy(dtype=bool)


def _microseconds(moments: "pd.Series[pd.Timestamp]") -> Bits:
    return moments.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)


FLAG_RULES: Final = (
    FlagRule(
        "late_entry",
        1,
        f"entered more than {LATE_DAYS} days after the day of the task",
        _late_entry,
    ),
    FlagRule(
        "overlapping",
        1,
        "whose time from start to end overlaps that of another task of the same person",
        _overlapping,
    ),
    FlagRule(
        "straight_lining",
        1,
        f"in a row of {STRAIGHT_LOGS} or more of one person with the same minutes",
        _straight_lining,
    ),
    FlagRule("too_short", 1, "of less than 1 minute", _too_short),
    FlagRule("too_long", 1, f"of more than {LONG_MINUTES // 60} hours", _too_long),
    FlagRule(
        "timestamps_disagree",
        1,
        "that end before they start, or whose time from start to end is less than half or more "
        f"than twice the minutes given and differs by more than {DISAGREEING_MINUTES} minutes",
        _timestamps_disagree,
    ),
    FlagRule(
        "duplicate",
        1,
        "that repeat another log of the same person: day, task type, minutes and start time",
        _duplicate,
    ),
)
FLAG_NAMES: Final = tuple(rule.name for rule in FLAG_RULES)
FLAG_RULES_VERSION: Final = ", ".join(f"{rule.name} {rule.version}" for rule in FLAG_RULES)
"""Names the rules that results were flagged by; differs where a rule was added or changed."""
