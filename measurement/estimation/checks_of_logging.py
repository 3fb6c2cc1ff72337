"""Were tasks logged with the same care with and without AI? Checks of how logs were made."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial
from measurement.estimation.designs import rules
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.flags import is_flagged
from measurement.estimation.planned_model import named
from measurement.estimation.results import Check
from measurement.estimation.shares import difference_of_shares, exceeds, share, two_sided
from measurement.estimation.verdicts import CAUTION, PASS, WARN, worded

Floats = NDArray[np.float64]

MULTIPLES: Final = (5, 15, 30)
ROUNDED: Final = 0.50
"""Share of the times that are multiples of 15 minutes, from which on most are guesses."""
DIFFERENT: Final = 0.05
"""Difference of two shares, from which on it matters if chance does not explain it."""
FREQUENT: Final[dict[str, float]] = {
    "late_entry": 0.20,
    "overlapping": 0.05,
    "straight_lining": 0.05,
}
"""Share of the logs with a flag, from which on its check warns."""

_HEAPING: Final = "Times were rounded to the same degree with and without AI"
_HEAPED: Final = (
    "Most times are round numbers, so people seem to have estimated them and small savings "
    "cannot be seen"
)
_HEAPED_APART: Final = (
    "Times were rounded more often on one side of the comparison, so compare the result with "
    "that of timed tasks alone"
)
_SENTENCES: Final = {
    "late_entry": (
        "Few tasks are known to have been recorded long after they were done",
        "Many tasks were recorded long after they were done, so times may be misremembered; see "
        "the result without flagged tasks",
    ),
    "overlapping": (
        "Few tasks are known to overlap another task of the same person",
        "Many tasks overlap another task of the same person, so some minutes may be counted "
        "twice; see the result without flagged tasks",
    ),
    "straight_lining": (
        "Few tasks repeat the same answer again and again",
        "Many tasks repeat the same answer again and again, so people may not have measured "
        "them; see the result without flagged tasks",
    ),
}
_APART: Final = (
    "Such tasks are more frequent on one side of the comparison, so compare the result with "
    "that without flagged tasks"
)
_FLAGGED: Final = {
    PASS: "Questionable task logs are about as frequent with and without AI",
    WARN: "Questionable task logs are more frequent on one side of the comparison, so compare "
    "the result with that without flagged tasks",
}
_EXCLUDED: Final = {
    PASS: "About the same share of task logs was left out of the analysis in each arm",
    WARN: "A larger share of task logs was left out of the analysis in one arm, so find out why "
    "before using the result",
}


def heaping(trial: Trial, cells: pd.DataFrame) -> Check:
    """Compare the shares of times that are multiples of 5, 15 and 30 minutes with and without AI.

    The statistic is the largest difference (with AI less without), the p-value the smallest of
    the three times 3; without a comparison the share of multiples of 15.
    """
    logs = cells["logs"].to_numpy(dtype=np.float64)
    heaped = {m: cells[f"heaped_{m}"].to_numpy(dtype=np.float64) for m in MULTIPLES}
    fifteenths = share(heaped[15], logs, _clusters(trial, cells)).value
    if cells["d"].nunique() < 2:
        statistic, p_value, apart = fifteenths, None, False
    else:
        found = [_difference(trial, cells, heaped[m], logs) for m in MULTIPLES]
        statistic = max((difference.value for difference in found), key=abs)
        p_values = [min(1.0, len(found) * two_sided(difference)) for difference in found]
        p_value = min(p_values)
        apart = any(_matters(each.value, p) for each, p in zip(found, p_values, strict=True))
    rounded = exceeds(fifteenths, ROUNDED)
    return Check(
        check="heaping",
        statistic=statistic,
        p_value=p_value,
        verdict=WARN if apart or rounded else PASS,
        message=worded(_HEAPED_APART if apart else _HEAPED if rounded else _HEAPING),
    )


def flag_share(trial: Trial, cells: pd.DataFrame, flag: str) -> Check:
    """Report the share of logs with the flag; the p-value compares it with and without AI.

    `flag` is a name of FREQUENT. Logs that the plan excludes for a flag are not analysed and do
    not count here.
    """
    logs = cells["logs"].to_numpy(dtype=np.float64)
    flagged = logs * is_flagged(cells["flags"].to_numpy(dtype=np.int64), flag)
    found = share(flagged, logs, _clusters(trial, cells)).value
    p_value, apart = None, False
    if cells["d"].nunique() == 2:
        difference = _difference(trial, cells, flagged, logs)
        p_value = two_sided(difference)
        apart = _matters(difference.value, p_value)
    frequent = exceeds(found, FREQUENT[flag])
    few, many = _SENTENCES[flag]
    return Check(
        check=flag,
        statistic=found,
        p_value=p_value,
        verdict=WARN if frequent or apart else PASS,
        message=worded(many if frequent else _APART if apart else few),
    )


def flagged_by_arm(trial: Trial, cells: pd.DataFrame) -> Check:
    """Compare the shares of logs with any flag: with AI less without."""
    if cells["d"].nunique() < 2:
        raise NotEstimable("no task logs both with and without AI")
    logs = cells["logs"].to_numpy(dtype=np.float64)
    flagged = logs * (cells["flags"] != 0).to_numpy(dtype=np.float64)
    return _compared("flagged_by_arm", _FLAGGED, _difference(trial, cells, flagged, logs))


def exclusions_by_arm(trial: Trial, participants: pd.DataFrame, totals: pd.DataFrame) -> Check:
    """Compare the shares of stored logs that are not analysed: arms with AI less those without."""
    by_name = {arm.name: float(arm.ai) for arm in trial.design.arms}
    people = participants.merge(totals, on="participant", validate="one_to_one")
    people = people[people["arm"].isin(list(by_name)) & (people["stored"] > 0)]
    with_ai = np.asarray(people["arm"].map(by_name), dtype=np.float64)
    if len(set(with_ai)) < 2:
        raise NotEstimable("an arm without task logs")
    stored = people["stored"].to_numpy(dtype=np.float64)
    excluded = np.array([float(sum(counts.values())) for counts in people["excluded"]])
    difference = difference_of_shares(excluded, stored, with_ai, _clusters(trial, people))
    return _compared("exclusions_by_arm", _EXCLUDED, difference)


def _compared(check: str, sentences: dict[str, str], difference: Estimate) -> Check:
    p_value = two_sided(difference)
    verdict = WARN if _matters(difference.value, p_value) else PASS
    return Check(
        check=check,
        statistic=difference.value,
        p_value=p_value,
        verdict=verdict,
        message=worded(sentences[verdict]),
    )


def _matters(difference: float, p_value: float) -> bool:
    return p_value < CAUTION and exceeds(abs(difference), DIFFERENT)


def _difference(trial: Trial, cells: pd.DataFrame, part: Floats, logs: Floats) -> Estimate:
    d = cells["d"].to_numpy(dtype=np.float64)
    return difference_of_shares(part, logs, d, _clusters(trial, cells))


def _clusters(trial: Trial, rows: pd.DataFrame) -> pd.Series:
    return named(rows[rules(trial).cluster(trial)])
