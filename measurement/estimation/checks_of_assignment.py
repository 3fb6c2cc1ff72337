"""Were people assigned, kept and treated as planned? Checks of who is in which arm."""

import datetime
import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from measurement.estimation.definition import Trial
from measurement.estimation.designs import ai_arms, coin_with_ai, rules
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.planned_model import named
from measurement.estimation.regression import MINIMUM_CLUSTERS
from measurement.estimation.results import Check
from measurement.estimation.shares import (
    difference_of_means,
    difference_of_shares,
    exceeds,
    one_sided,
    share,
    two_sided,
)
from measurement.estimation.verdicts import ALARM, CAUTION, FAIL, PASS, WARN, by_p_value, worded

Floats = NDArray[np.float64]

# Where fewer are expected in an arm, chi-square is a poor approximation and the test is exact.
FEW: Final = 5
IMBALANCED: Final = 0.1
CHARACTERISTICS: Final = ("department", "grade", "profession")
CONTAMINATED: Final = 0.05
"""Share of the tasks without access that used AI, from which on the effect looks too small."""
BADLY_CONTAMINATED: Final = 0.20

_ASSIGNED: Final = {
    PASS: "The numbers assigned to each side are what the plan intended, but for chance",
    FAIL: "The numbers assigned to each side are not what the plan intended and chance does not "
    "explain it, so find out how the assignment was made before using any result",
}
_ANALYSED: Final = {
    PASS: "The numbers analysed on each side are what the plan intended, but for chance",
    FAIL: "The numbers analysed on each side are not what the plan intended and chance does not "
    "explain it, so find out who or what is missing before using any result",
}
_BALANCE: Final = {
    PASS: "The arms were alike before the trial in all that is known of the participants",
    WARN: "The arms were unlike before the trial in at least one respect, so see whether the "
    "result holds among people who are alike in it",
}
_BY_CHANCE: Final = (
    "The arms were unlike before the trial in at least one respect, no more than chance makes "
    "them, so see whether the result holds among people who are alike in it"
)
_ATTRITION: Final = {
    PASS: "Those who left or logged nothing are spread evenly over the arms, but for chance",
    WARN: "More people left one arm or logged nothing there, so read the lower and upper bound "
    "beside the main result",
    FAIL: "Far more people left one arm or logged nothing there, so rely on the lower and upper "
    "bound rather than on the main result",
}
_CONTAMINATION: Final = {
    PASS: "AI was rarely used for tasks that were to be done without it",
    WARN: "AI was used for some of the tasks that were to be done without it, so the true effect "
    "of AI is likely to be larger than the one shown",
    FAIL: "AI was used for so many of the tasks that were to be done without it that the "
    "comparison says little about AI",
}


def sample_ratio(
    trial: Trial, participants: pd.DataFrame, totals: pd.DataFrame, cells: pd.DataFrame
) -> Check:
    """Compare those assigned to each arm (or order of periods) with the planned ratio.

    Units are what was randomised: participants; in a cluster trial their teams or departments;
    where tasks are randomised, those announced: analysed or withheld.
    """
    if trial.design.kind == "task_randomised":
        counts, shares = _flipped(trial, cells)
        counts = counts + totals[["withheld_without_ai", "withheld_with_ai"]].sum().to_numpy()
    else:
        counts, shares = _assigned(trial, participants)
    return _ratio_check("sample_ratio", _ASSIGNED, counts, shares)


def sample_ratio_analysed(trial: Trial, participants: pd.DataFrame, cells: pd.DataFrame) -> Check:
    """Compare those with analysed logs with the planned ratio; tasks where tasks are randomised."""
    if trial.design.kind == "task_randomised":
        counts, shares = _flipped(trial, cells)
    else:
        present = participants["participant"].isin(cells["participant"].unique())
        counts, shares = _assigned(trial, participants[present])
    return _ratio_check("sample_ratio_analysed", _ANALYSED, counts, shares)


def balance(trial: Trial, participants: pd.DataFrame) -> Check:
    """Report the largest absolute standardised mean difference of what was known beforehand.

    The p-value asks whether chance could have made any of the differences: the smallest
    p-value (by cluster) times the number of differences.
    """
    cluster = rules(trial).cluster(trial)
    sizes: dict[str, float] = {}
    p_values = []
    for people, with_ai in _contrasts(trial, participants):
        for name, values in _characteristics(people, cluster):
            known = ~np.isnan(values)
            sides = values[known & (with_ai == 1)], values[known & (with_ai == 0)]
            clusters = named(people[cluster])[known]
            if _too_few(clusters, with_ai[known]):
                continue
            sizes[name] = max(sizes.get(name, 0.0), standardised_difference(name, *sides))
            p_values.append(two_sided(difference_of_means(values[known], with_ai[known], clusters)))
    if not sizes:
        raise NotEstimable("too little is known about the participants before the trial")
    worst = max(sizes, key=lambda name: sizes[name])
    p_value = min(1.0, min(p_values) * len(p_values))
    verdict = WARN if exceeds(sizes[worst], IMBALANCED) else PASS
    by_chance = verdict == WARN and p_value >= CAUTION
    return Check(
        check="balance",
        # Arms that share no value at all differ without measure.
        statistic=sizes[worst] if math.isfinite(sizes[worst]) else None,
        p_value=p_value,
        verdict=verdict,
        message=worded(
            _BY_CHANCE if by_chance else _BALANCE[verdict], worst if verdict == WARN else ""
        ),
    )


def attrition(trial: Trial, participants: pd.DataFrame, cells: pd.DataFrame) -> Check:
    """Compare the shares of people who left early or have no analysed log: with AI less without.

    Fisher's exact test; by cluster where clusters were randomised. Of several arms with AI the
    one with the smallest p-value stands, times the number of arms.
    """
    has_logs = participants["participant"].isin(cells["participant"].unique())
    end = pd.Timestamp(trial.ends_on or datetime.date.max)
    lost = (participants["withdrawn_on"] < end) | ~has_logs
    compared = []
    for people, with_ai in _contrasts(trial, participants):
        gone = np.asarray(lost[people.index], dtype=np.float64)
        compared.append(_compared_losses(trial, people, gone, with_ai))
    p_value, difference = min(compared)
    p_value = min(1.0, p_value * len(compared))
    verdict = by_p_value(p_value)
    return Check(
        check="attrition",
        statistic=difference,
        p_value=p_value,
        verdict=verdict,
        message=worded(_ATTRITION[verdict]),
    )


def contamination(trial: Trial, cells: pd.DataFrame) -> Check:
    """Report the share of tasks assigned to no AI, or before access, for which AI was used.

    The p-value is that of "the share is at most CONTAMINATED", by cluster. People given AI who
    do not use it are adoption, not contamination.
    """
    outside = cells["assigned"].eq(False).fillna(value=False) | ~cells["access"]
    without = cells[outside.to_numpy(dtype=bool)]
    if without.empty:
        raise NotEstimable("no task logs without access to AI")
    logs = without["logs"].to_numpy(dtype=np.float64)
    used = logs * without["used"].to_numpy(dtype=np.float64)
    found = share(used, logs, named(without[rules(trial).cluster(trial)]))
    verdict = WARN if exceeds(found.value, CONTAMINATED) else PASS
    verdict = FAIL if exceeds(found.value, BADLY_CONTAMINATED) else verdict
    return Check(
        check="contamination",
        statistic=found.value,
        p_value=one_sided(found, CONTAMINATED),
        verdict=verdict,
        message=worded(_CONTAMINATION[verdict]),
    )


def _assigned(trial: Trial, participants: pd.DataFrame) -> tuple[pd.Series, Floats]:
    """Return units by arm, or people by order of periods, and the planned shares."""
    if trial.design.kind == "crossover":
        counts = participants["sequence"].value_counts().sort_index()
        if len(counts) < 2:
            raise NotEstimable("participants with fewer than two orders of periods")
        return counts, np.full(len(counts), 1 / len(counts))
    unit = named(participants[rules(trial).cluster(trial)])
    units = pd.DataFrame({"unit": unit, "arm": participants["arm"]}).drop_duplicates()
    ratios = pd.Series({arm.name: arm.ratio for arm in trial.design.arms}, dtype=np.float64)
    counts = units["arm"].value_counts().reindex(ratios.index, fill_value=0)
    return counts, np.asarray(ratios / ratios.sum(), dtype=np.float64)


def _flipped(trial: Trial, cells: pd.DataFrame) -> tuple[pd.Series, Floats]:
    """Return tasks by coin and the coin's probabilities; novel tasks were never up for it."""
    regular = cells[~cells["novel"]]
    logs = regular["logs"].groupby(regular["assigned"].to_numpy()).sum()
    with_ai = coin_with_ai(trial.design)
    counts = pd.Series({"without AI": int(logs.get(False, 0)), "with AI": int(logs.get(True, 0))})
    return counts, np.array([1 - with_ai, with_ai])


def _ratio_check(check: str, sentences: dict[str, str], counts: pd.Series, shares: Floats) -> Check:
    total = int(counts.sum())
    if total == 0:
        raise NotEstimable("nobody was assigned to any side")
    statistic, p_value = stats.chisquare(counts.to_numpy(), total * shares)
    if (total * shares).min() < FEW:
        p_value = _exact(counts, shares)
    verdict = FAIL if p_value < ALARM else PASS
    detail = ", ".join(f"{name} {count}" for name, count in counts.items())
    return Check(
        check=check,
        statistic=float(statistic),
        p_value=float(p_value),
        verdict=verdict,
        message=worded(sentences[verdict], detail),
    )


def _exact(counts: pd.Series, shares: Floats) -> float:
    """Return the exact binomial p-value; with several sides each against all others, Bonferroni."""
    total = int(counts.sum())
    tests = [
        stats.binomtest(int(count), total, part).pvalue
        for count, part in zip(counts, shares, strict=True)
    ]
    # Of two sides one test says all.
    return min(1.0, min(tests) * (1 if len(tests) == 2 else len(tests)))


def _contrasts(trial: Trial, participants: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Yield, for each arm with AI, its people and those without AI, and who is which (1, 0)."""
    without = [arm.name for arm in trial.design.arms if not arm.ai]
    for name in ai_arms(trial):
        people = participants[participants["arm"].isin([name, *without])]
        with_ai = np.asarray(people["arm"] == name, dtype=np.float64)
        if not 0 < with_ai.sum() < len(people):
            raise NotEstimable("an arm without participants")
        yield people, with_ai


def _characteristics(people: pd.DataFrame, cluster: str) -> Iterator[tuple[str, Floats]]:
    """Yield what was known of people: minutes beforehand (NaN if not), membership of groups.

    What was itself randomised cannot be balanced.
    """
    yield "baseline_minutes", people["baseline_minutes"].to_numpy(dtype=np.float64)
    for column in CHARACTERISTICS:
        if column != cluster and people[column].notna().any():
            groups = named(people[column])
            for name in sorted(groups.unique()):
                yield f"{column} {name}", (groups == name).to_numpy(dtype=np.float64)


def _too_few(clusters: pd.Series, with_ai: Floats) -> bool:
    """Return whether so few clusters, in all or on a side, allow no error of a difference."""
    sides = [clusters[with_ai == side].nunique() for side in (1, 0)]
    return min(sides) < 2 or clusters.nunique() < MINIMUM_CLUSTERS


def standardised_difference(name: str, with_ai: Floats, without: Floats) -> float:
    """Return |difference of means| / root of the mean variance of both sides (Austin 2009)."""
    ddof = 1 if name == "baseline_minutes" else 0
    difference = abs(float(with_ai.mean() - without.mean()))
    spread = math.sqrt((with_ai.var(ddof=ddof) + without.var(ddof=ddof)) / 2)
    if spread == 0:
        return math.inf if difference else 0.0
    return difference / spread


def _compared_losses(
    trial: Trial, people: pd.DataFrame, lost: Floats, with_ai: Floats
) -> tuple[float, float]:
    """Return p-value and difference of the shares lost."""
    cluster = rules(trial).cluster(trial)
    if cluster != "participant":
        clusters = named(people[cluster])
        estimate = difference_of_shares(lost, np.ones(len(lost)), with_ai, clusters)
        return two_sided(estimate), estimate.value
    table = np.array(
        [[((with_ai == side) & (lost == gone)).sum() for gone in (1, 0)] for side in (1, 0)]
    )
    with_ai_lost, without_lost = (table[:, 0] / table.sum(axis=1)).tolist()
    return float(stats.fisher_exact(table).pvalue), with_ai_lost - without_lost
