"""What may be published: the one door through which results leave for those who are not analysts.

The rules are the "10-5" of METHODS.md section 9, as far as one set of results goes: nothing about
fewer than ten people, counts to the nearest five, means in whole minutes.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from measurement.estimation.overlaps import Overlaps
from measurement.estimation.published_sensitivity import published_sensitivity
from measurement.estimation.results import Check, EstimateRow, LogCounts, Results
from measurement.estimation.suppression import SHARES_OF_PEOPLE, suppressed_rows

COUNT_STEP: Final = 5
PEOPLE_FOR_A_DECIMAL: Final = 400
"""So many people's mean is given to one decimal, fewer people's to none."""
WITHHELD_REASON: Final = "the data do not allow an estimate"

DAYS_A_YEAR: Final = "working_days_saved_per_year"
FULL_TIME: Final = "full_time_equivalents"
FEW_PEOPLE: Final = 10
"""Fewer full-time equivalents have a decimal: a loss of 0.1 must not be read as 0."""
_MINUTES: Final = frozenset(
    {
        "minutes_saved_per_task",
        "minutes_saved_per_working_day",
        "minutes_saved_per_day_used",
        "reported_minutes_saved_per_day",
        "perception_gap_minutes",
    }
)
_DECIMALS: Final[Mapping[str, int]] = {
    "time_ratio": 2,
    "complier_time_ratio": 2,
    **dict.fromkeys(SHARES_OF_PEOPLE, 2),  # whole per cent
    "quality_difference": 1,
    FULL_TIME: 0,
    "break_even_minutes_per_week": 1,  # from assumptions that are public
    # A minute a day is about half a day a year: without a decimal the half would be lost.
    DAYS_A_YEAR: 1,
}
_VALUES: Final = (
    "value",
    "ci_low",
    "ci_high",
    "always_valid_low",
    "always_valid_high",
    "ci_adjusted_low",
    "ci_adjusted_high",
    "shrunken_value",
)
_COUNTS: Final = (
    "participants",
    "participants_with_ai",
    "participants_without_ai",
    "logs",
    "clusters",
)
_NEVER: Final = (
    "std_error",
    "p_value",
    "p_value_adjusted",
    "bootstrap_p_value",
    "degrees_of_freedom",
)
_A_NUMBER: Final = re.compile(r"\b\d")


def published(
    results: Results, *, minimum_people: int, overlaps: Overlaps | None = None
) -> Results:
    """Return `results` as leads and the public may see them.

    A row is suppressed, kept by name without any number, if fewer than `minimum_people` people
    stand behind it or on one side of its comparison; a share of people, if fewer did it or did
    not, unless nobody did or everybody. Where the figures of other groups would give
    such a group away by subtraction from the total, the next smallest group is suppressed too.
    So is the smallest other arm beside a suppressed one, and a sample of task logs that leaves out
    some people, but too few. With `overlaps`, which tells who stands behind the groups of all
    breakdowns, so are groups that would tell of too few people beside those of another breakdown;
    nothing else knows of them, so what leaves the engine needs it. Other values and counts are
    rounded, each from its true value, so that rounded parts need not add up to a rounded total.
    Standard errors, p-values, degrees of freedom and taus are withheld: they carry the digits and
    counts that rounding takes away; and winsorising limits, as they are single people's task times.

    Raises ValueError for a `minimum_people` below 1 and for an estimand without a rule here.
    """
    if minimum_people < 1:
        raise ValueError(f"minimum_people is {minimum_people}; at least 1 is allowed")
    suppressed = suppressed_rows(
        results.estimates, minimum_people=minimum_people, overlaps=overlaps
    )
    shown = tuple(
        without_numbers(row) if position in suppressed else _rounded(row, results)
        for position, row in enumerate(results.estimates)
    )
    return replace(
        results,
        last_log=rounded_count(results.last_log),
        logs=_rounded_logs(results.logs),
        estimates=shown,
        checks=tuple(_without_figures(check) for check in results.checks),
        winsorising_limits=(),
        sensitivity=published_sensitivity(
            results.sensitivity, shown, minimum_people=minimum_people
        ),
        tuning=(),
    )


def rounded_count(count: int) -> int:
    """Return `count` to the nearest 5."""
    return COUNT_STEP * round(count / COUNT_STEP)


def without_numbers(row: EstimateRow) -> EstimateRow:
    """Return the row suppressed: by name, without any number or reason."""
    nothing: dict[str, Any] = dict.fromkeys((*_VALUES, *_COUNTS, *_NEVER))
    return replace(
        row,
        **nothing,
        reference_mean=None,
        standard_errors=None,
        not_estimable=None,
        notes=(),
        suppressed=True,
    )


def _rounded(row: EstimateRow, results: Results) -> EstimateRow:
    values = {name: getattr(row, name) for name in _VALUES}
    if row.estimand in (DAYS_A_YEAR, FULL_TIME):
        values = _from_published_minutes(row, values, results)
    decimals = _decimals(row.estimand, row.participants)
    if row.estimand == FULL_TIME and _are_few(values):
        decimals += 1
    changed: dict[str, Any] = {name: _rounded_value(values[name], decimals) for name in _VALUES}
    changed |= {name: _rounded_count(getattr(row, name)) for name in _COUNTS}
    changed |= dict.fromkeys(_NEVER)
    minutes = _decimals("minutes_saved_per_task", row.participants)
    return replace(
        row,
        **changed,
        reference_mean=_rounded_value(row.reference_mean, minutes),
        not_estimable=row.not_estimable and _public(row.not_estimable, WITHHELD_REASON),
        notes=tuple(dict.fromkeys(filter(None, (_public(note, "") for note in row.notes)))),
    )


def _from_published_minutes(
    row: EstimateRow, values: Mapping[str, float | None], results: Results
) -> dict[str, float | None]:
    """Return days a year, or full-time equivalents, that follow from the published minutes a day.

    Days are minutes times a known number, about a half. Rounded on their own, they would tell the
    minutes to a fifth of a minute. Full-time equivalents are minutes times people, who are counted
    as they are published.
    """
    daily = results.find(
        "minutes_saved_per_working_day",
        dimension=row.dimension,
        group=row.group,
        sample=row.sample,
    )
    if daily is None or not daily.value or row.value is None:
        return dict(values)
    a_minute = row.value / daily.value
    given_ai = results.find("adoption_rate")
    if row.estimand == FULL_TIME and given_ai is not None and given_ai.participants:
        a_minute *= rounded_count(given_ai.participants) / given_ai.participants
    minutes = _rounded(daily, results)
    published = {name: getattr(minutes, name) for name in _VALUES}
    return {name: None if value is None else value * a_minute for name, value in published.items()}


def _are_few(values: Mapping[str, float | None]) -> bool:
    """Say whether the estimate and both ends of its interval are few full-time equivalents."""
    return all(abs(values[name] or 0.0) < FEW_PEOPLE for name in ("value", "ci_low", "ci_high"))


def _decimals(estimand: str, people: int | None) -> int:
    if estimand in _MINUTES:
        return 1 if people is not None and people >= PEOPLE_FOR_A_DECIMAL else 0
    if estimand not in _DECIMALS:
        raise ValueError(
            f"no rule says how {estimand!r} is published; there are rules for "
            f"{', '.join(sorted(_MINUTES | set(_DECIMALS)))}"
        )
    return _DECIMALS[estimand]


def _rounded_value(value: float | None, decimals: int) -> float | None:
    # + 0.0 turns -0.0, which is shown as "-0", into 0.0.
    return None if value is None else round(value, decimals) + 0.0


def _rounded_count(count: int | None) -> int | None:
    return None if count is None else rounded_count(count)


def _public(sentence: str, otherwise: str) -> str:
    """Return the part of a reason or note that names no data.

    What stands behind a colon names people, task logs or groups; numbers are exact counts.
    """
    general = sentence.partition(":")[0]
    return otherwise if _A_NUMBER.search(general) else general


def _rounded_logs(logs: LogCounts) -> LogCounts:
    return LogCounts(
        received=rounded_count(logs.received),
        refused=rounded_count(logs.refused),
        stored=rounded_count(logs.stored),
        excluded={rule: rounded_count(count) for rule, count in logs.excluded.items()},
        analysed=rounded_count(logs.analysed),
    )


def _without_figures(check: Check) -> Check:
    return replace(
        check, statistic=None, p_value=None, message=_public(check.message, check.verdict)
    )
