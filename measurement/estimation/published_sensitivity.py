"""The sensitivity table as leads and the public may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from measurement.estimation.results import ALL, EstimateRow
from measurement.estimation.sensitivity import SensitivityRow

WITHHELD_REASON: Final = "the data do not allow an estimate"


def published_sensitivity(
    rows: Sequence[Mapping[str, Any]], shown: Sequence[EstimateRow], *, minimum_people: int
) -> tuple[Mapping[str, Any], ...]:
    """Return the rows with what may be published of them.

    `rows` are SensitivityRows as mappings, `shown` the published estimates. A row has the published
    minutes of its estimand, or its own minutes rounded as these are, and days that follow from
    them: days of their own would tell the minutes more exactly. It is suppressed with its estimand.
    What the open band does is suppressed where fewer than `minimum_people` chose it or did not,
    unless nobody did.
    """
    estimates = {
        row.estimand: row
        for row in shown
        if (row.dimension, row.group, row.sample) == (ALL, ALL, "primary")
    }
    exact = [SensitivityRow(**row) for row in rows]
    return tuple(asdict(_shown(row, estimates.get(row.estimand), minimum_people)) for row in exact)


def without_figures(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row suppressed: by name, without any figure or reason."""
    return asdict(replace(_without_numbers(SensitivityRow(**row)), suppressed=True))


def _shown(row: SensitivityRow, estimate: EstimateRow | None, minimum: int) -> SensitivityRow:
    few = _few_on_one_side(row, minimum)
    blank = _without_numbers(row)
    if estimate is None or estimate.suppressed or (few and not row.primary):
        return replace(blank, suppressed=True)
    published = _known(estimate.value, estimate.ci_low, estimate.ci_high)
    exact = _known(row.days_per_year, row.ci_low, row.ci_high)
    if not published or not exact:
        reason = estimate.not_estimable if row.primary else None
        return replace(blank, not_estimable=reason or WITHHELD_REASON)
    days_a_minute = row.working_days_per_year / (60 * row.hours_per_day)
    decimals = 0 if all(number == round(number) for number in published) else 1
    minutes = published if row.primary else [_rounded(x / days_a_minute, decimals) for x in exact]
    days, low, high = (_rounded(number * days_a_minute, 1) for number in minutes)
    shown = replace(blank, minutes_per_day=minutes[0], days_per_year=days, ci_low=low, ci_high=high)
    if row.top_band_share is None or few:
        return shown
    return replace(
        shown,
        top_band_share=_rounded(row.top_band_share, 2),
        minutes_above_planned=_rounded(minutes[0] - published[0], decimals),
    )


def _few_on_one_side(row: SensitivityRow, minimum: int) -> bool:
    """Return whether the share of the open band would tell of few people."""
    if row.participants is None or row.participants_in_top_band is None:
        return False
    inside, outside = row.participants_in_top_band, row.participants - row.participants_in_top_band
    return 0 < inside < minimum or 0 < outside < minimum


def _without_numbers(row: SensitivityRow) -> SensitivityRow:
    return replace(
        row,
        minutes_per_day=None,
        minutes_above_planned=None,
        days_per_year=None,
        ci_low=None,
        ci_high=None,
        top_band_share=None,
        participants=None,
        participants_in_top_band=None,
        not_estimable=None,
    )


def _known(*numbers: float | None) -> list[float]:
    """Return the numbers, or none of them if one is missing."""
    known = [number for number in numbers if number is not None]
    return known if len(known) == len(numbers) else []


def _rounded(number: float, decimals: int) -> float:
    # + 0.0 turns -0.0, which is shown as "-0", into 0.0.
    return round(number, decimals) + 0.0
