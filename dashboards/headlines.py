"""Sentences that state what was found and never more: no effect where the interval holds zero.

All take published rows, so a sentence gives away no more than the tables do.
"""

from collections.abc import Sequence
from typing import Final

from dashboards.measures import (
    DAYS_A_YEAR,
    LESS_TIME,
    PER_WORKING_DAY,
    Measure,
    Reading,
    confidence,
    fixed,
    minutes_in_words,
    number,
    share_in_words,
)
from dashboards.plan import working_year
from measurement.estimation.definition import Assumptions
from measurement.estimation.designs import RANDOMISED
from measurement.estimation.results import EstimateRow, Results
from measurement.estimation.verdicts import FAIL, WARN

COMPARED_WITH: Final = {
    "task_randomised": "tasks without it",
    "parallel": "people without it",
    "cluster": "people without it",
    "crossover": "their time without it",
    "stepped_wedge": "people who did not have it yet",
    "observational": "work without it",
}
"""Whom or what people given AI are compared with, by design."""


CHANGED: Final = (
    "The effect changed during the trial, so figures a year may not hold: see the course over time."
)


def headline(results: Results, *, assumptions: Assumptions, final: bool) -> str:
    """Return the one sentence of a trial, or two where a plainer figure has to stand in.

    First choice: minutes saved per working day. If that is not estimable: time per task, with the
    reason. Without a randomised comparison the sentence starts by saying so. `final`: whether the
    read-out has come; until then what is not clear is no conclusion yet.
    """
    daily = results.find(PER_WORKING_DAY.estimand)
    ratio = results.find(LESS_TIME.estimand)
    if daily is not None and (reading := PER_WORKING_DAY.reading(daily)):
        return _label(daily) + _per_working_day(daily, reading, results, assumptions, final)
    reason = _why_not("There is no figure per working day", daily)
    if ratio is not None and (reading := LESS_TIME.reading(ratio)):
        return f"{_label(ratio)}{_per_task(ratio, reading, final)} {reason}".rstrip()
    return _no_conclusion(ratio or daily, final)


def caution(results: Results) -> str:
    """Return what must be said of days a year where the effect changed during the trial."""
    changed = any(
        check.check == "novelty" and check.verdict in (WARN, FAIL) for check in results.checks
    )
    return CHANGED if changed and results.find(DAYS_A_YEAR.estimand) else ""


def reported_beside_measured(reported: Reading | None, measured: Reading | None) -> str:
    """Return what people report and what was measured, and their difference if it is clear."""
    if reported is None:
        return "There are no survey answers to set beside the measured minutes."
    said = f"People reported saving {minutes_in_words(reported.value, reported.decimals)} a day"
    if measured is None:
        return f"{said}. Measured minutes a day are not available to compare."
    if not (measured.is_saving or measured.is_loss):
        both = f"{said}; task logs show no clear difference per working day"
    else:
        shown = _saved_or_lost(measured.value, measured.decimals)
        both = f"{said}; task logs show {shown} per working day"
    decimals = max(reported.decimals, measured.decimals)
    gap = minutes_in_words(abs(reported.value - measured.value), decimals)
    if reported.low > measured.high:
        return f"{both}. Reports are {gap} above the measurement."
    if reported.high < measured.low:
        return f"{both}. Reports are {gap} below the measurement."
    return f"{both}. The intervals overlap, so there is no clear difference between the two."


def adoption(reading: Reading | None) -> str:
    """Return how many of those given AI used it; nothing is claimed of why."""
    if reading is None:
        return "How many of the people given AI used it is not known."
    return f"{share_in_words(reading.value)} of the people given AI used it at least once."


def across_groups(rows: Sequence[EstimateRow], measure: Measure, *, one: str, several: str) -> str:
    """Return in how many groups the interval excludes zero; `one`, `several` name the groups.

    It begins with a side that has some: nobody has to read first of what there is not.
    """
    readings = [reading for row in rows if (reading := measure.reading(row))]
    if not readings:
        return f"There is no figure for any {one}."
    if len(readings) == 1:
        return f"{_side(readings[0])} in the one {one} shown."
    count, of_all = len(readings), f"of the {len(readings)} {several} shown"
    faster = sum(reading.is_saving for reading in readings)
    slower = sum(reading.is_loss for reading in readings)
    if not faster and not slower:
        return f"No clear difference in any {of_all}."
    first, found, second, other = (
        ("less", faster, "more", slower) if faster else ("more", slower, "less", faster)
    )
    if found == count:
        return f"Clearly {first} time with AI in each {of_all}."
    return (
        f"Clearly {first} time with AI in {found} {of_all}, clearly {second} in {other or 'none'}."
    )


def _side(reading: Reading) -> str:
    if reading.is_saving:
        return "Clearly less time with AI"
    return "Clearly more time with AI" if reading.is_loss else "No clear difference"


def _label(row: EstimateRow) -> str:
    """Return what must be said first of a figure that is not a randomised comparison."""
    if row.comparison == RANDOMISED:
        return ""
    return f"{row.comparison[:1].upper()}{row.comparison[1:]}. "


def _per_working_day(
    row: EstimateRow, reading: Reading, results: Results, assumptions: Assumptions, final: bool
) -> str:
    level, decimals = confidence([row]), reading.decimals
    causal = row.comparison == RANDOMISED
    than = f" compared with {COMPARED_WITH[results.design]}" if causal else ""
    if reading.is_saving:
        found = "People given AI saved {}" if causal else "Work with AI took {} less"
        interval = f"{fixed(reading.low, decimals)} to {fixed(reading.high, decimals)}"
    elif reading.is_loss:
        found = "People given AI took {} longer" if causal else "Work with AI took {} longer"
        interval = f"{fixed(-reading.high, decimals)} to {fixed(-reading.low, decimals)} longer"
    else:
        return (
            f"{_unclear(reading, final)}: the {level} confidence interval runs from "
            f"{_saved_or_lost(reading.low, decimals)} to {_saved_or_lost(reading.high, decimals)} "
            f"per working day{' by people given AI' if causal else ' with AI'}{than}."
        )
    minutes = found.format(minutes_in_words(abs(reading.value), decimals))
    days = _days(results.find(DAYS_A_YEAR.estimand), assumptions)
    return f"{minutes} per working day{than} ({level} confidence interval {interval}){days}."


def _unclear(reading: Reading, final: bool) -> str:
    """Return what to say of an interval that holds zero."""
    if final:
        return "No clear difference"
    held = "both savings and losses" if reading.low < 0 < reading.high else "no difference at all"
    return f"No conclusion yet, because the interval still holds {held}"


def _per_task(row: EstimateRow, reading: Reading, final: bool) -> str:
    level = confidence([row])
    if reading.is_saving:
        return (
            f"Tasks took {number(reading.value)}% less time with AI ({level} confidence interval "
            f"{number(reading.low)}% to {number(reading.high)}% less)."
        )
    if reading.is_loss:
        return (
            f"Tasks took {number(-reading.value)}% more time with AI ({level} confidence interval "
            f"{number(-reading.high)}% to {number(-reading.low)}% more)."
        )
    return (
        f"{_unclear(reading, final)}: the {level} confidence interval runs from "
        f"{_less_or_more(reading.low)} to {_less_or_more(reading.high)} time per task with AI."
    )


def _days(row: EstimateRow | None, assumptions: Assumptions) -> str:
    """Return days a year, saved or lost as the minutes are, with their interval."""
    reading = DAYS_A_YEAR.reading(row)
    if reading is None:
        return ""
    low, high = sorted((abs(reading.low), abs(reading.high)))
    value = abs(reading.value)
    decimals = reading.decimals
    days = fixed(value, decimals)
    return (
        f", about {days} working {'day' if days == '1' else 'days'} a year "
        f"({fixed(low, decimals)} to {fixed(high, decimals)}) at {working_year(assumptions)}"
    )


def _no_conclusion(row: EstimateRow | None, final: bool) -> str:
    because = f"No conclusion{'' if final else ' yet'}, because"
    if row is None:
        return f"{because} nothing was analysed."
    if row.suppressed:
        return f"{_label(row)}{because} too few people stand behind the figures to show them."
    return f"{_label(row)}{because} there is no estimate: {row.not_estimable}."


def _why_not(what: str, row: EstimateRow | None) -> str:
    if row is None:
        return f"{what}."
    if row.suppressed:
        return f"{what} that may be shown: too few people stand behind it."
    return f"{what}: {row.not_estimable}."


def _saved_or_lost(value: float, decimals: int) -> str:
    return f"{minutes_in_words(abs(value), decimals)} {'lost' if value < 0 else 'saved'}"


def _less_or_more(value: float) -> str:
    return f"{number(abs(value))}% {'more' if value < 0 else 'less'}"
