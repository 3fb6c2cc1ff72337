"""The annual figure under the conventions in use: the same minutes, other days and hours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from measurement.estimation.definition import Assumptions
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.savings import days_per_year
from measurement.estimation.surveys import TopBand

Figure = Estimate | NotEstimable
"""An estimate, or why there is none."""

HEADLINE: Final = "minutes_saved_per_working_day"
PER_DAY_USED: Final = "minutes_saved_per_day_used"
REPORTED: Final = "reported_minutes_saved_per_day"
DAYS_USED: Final = "days_used"
REPORTED_DAYS: Final = "reported"
OTHER_BASIS: Final[Mapping[str, tuple[str, str]]] = {
    "working_days": ("logged_days", "Days with task logs instead of working days"),
    "logged_days": ("working_days", "Working days instead of days with task logs"),
}


class Convention(NamedTuple):
    """What people take for a working year."""

    name: str
    working_days_per_year: float
    hours_per_day: float


@dataclass(frozen=True, kw_only=True)
class SensitivityRow:
    """Working days saved a year under one convention, or the reason why there is no figure.

    `estimand` names the estimate whose minutes these are if `primary`, else whose people stand
    behind them. `ci_*` are those of `days_per_year`. With another `top_band_minutes` than planned,
    `minutes_above_planned` says by how much that moves the minutes; `top_band_share` is the share
    of answers in the open band. `suppressed` marks a published row whose numbers are withheld;
    `as_of` is the day of one that is not of the results' day.
    """

    convention: str
    estimand: str
    primary: bool = True
    day_basis: str
    working_days_per_year: float
    hours_per_day: float
    top_band_minutes: float | None = None
    top_band_share: float | None = None
    minutes_per_day: float | None = None
    minutes_above_planned: float | None = None
    days_per_year: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    confidence: float
    participants: int | None = None
    participants_in_top_band: int | None = None
    not_estimable: str | None = None
    suppressed: bool = False
    as_of: str | None = None


def sensitivity(
    assumptions: Assumptions,
    *,
    confidence: float,
    day_basis: str,
    measured: Mapping[str, Figure],
    reported: Figure,
    top_band: TopBand | NotEstimable,
) -> tuple[SensitivityRow, ...]:
    """Return working days saved a year under the plan's convention, then under others.

    `measured`: minutes saved per day by what the day is: "working_days", "logged_days" and
    "days_used"; `day_basis` is the plan's. The plan's minutes stand under each convention for the
    working year; the others under the plan's.
    """
    planned, *others = _conventions(assumptions)
    headline = _blank(planned, confidence, HEADLINE, day_basis)
    rows = [_filled(headline, measured[day_basis])]
    rows += [
        _filled(_blank(other, confidence, HEADLINE, day_basis), measured[day_basis])
        for other in others
    ]
    used = "Every working day counted as a day with AI"
    other_basis, instead = OTHER_BASIS[day_basis]
    rows += [
        _filled(
            replace(headline, convention=used, estimand=PER_DAY_USED, day_basis=DAYS_USED),
            measured[DAYS_USED],
        ),
        _filled(
            replace(headline, convention=instead, primary=False, day_basis=other_basis),
            measured[other_basis],
        ),
    ]
    blank = replace(headline, convention="As reported in surveys", estimand=REPORTED)
    rows += _reported(replace(blank, day_basis=REPORTED_DAYS), reported, top_band)
    return tuple(rows)


def _conventions(assumptions: Assumptions) -> list[Convention]:
    """Return the plan's convention and the others, each working year once.

    Of the others, all but the first change one number of the plan, the last two both.
    """
    days, hours = assumptions.working_days_per_year, assumptions.hours_per_day
    found = [
        Convention("This trial's plan", days, hours),
        Convention("Published UK figures", 225.0, 7.5),
        Convention("220 days a year", 220.0, hours),
        Convention("230 days a year", 230.0, hours),
        Convention("250 days a year", 250.0, hours),
        Convention("260 days a year: every weekday", 260.0, hours),
        Convention("7 hours a day", days, 7.0),
        Convention("7.2 hours a day: 36 hours a week", days, 7.2),
        Convention("7.4 hours a day: 37 hours a week", days, 7.4),
        Convention("8 hours a day", days, 8.0),
    ]
    every_days, every_hours = [item[1] for item in found], [item[2] for item in found]
    found += [
        Convention("Fewest days, longest hours", min(every_days), max(every_hours)),
        Convention("Most days, shortest hours", max(every_days), min(every_hours)),
    ]
    once: dict[tuple[float, float], Convention] = {}
    for item in found:
        once.setdefault(item[1:], item)
    return list(once.values())


def _blank(
    convention: Convention, confidence: float, estimand: str, day_basis: str
) -> SensitivityRow:
    return SensitivityRow(
        convention=convention.name,
        estimand=estimand,
        day_basis=day_basis,
        working_days_per_year=convention.working_days_per_year,
        hours_per_day=convention.hours_per_day,
        confidence=confidence,
    )


def _filled(blank: SensitivityRow, minutes: Figure) -> SensitivityRow:
    if isinstance(minutes, NotEstimable):
        return replace(blank, not_estimable=minutes.reason)
    year = Assumptions(
        working_days_per_year=blank.working_days_per_year, hours_per_day=blank.hours_per_day
    )
    days = days_per_year(minutes, year)
    interval = days.interval(blank.confidence)
    return replace(
        blank,
        minutes_per_day=minutes.value,
        days_per_year=days.value,
        ci_low=interval.low,
        ci_high=interval.high,
    )


def _reported(
    blank: SensitivityRow, reported: Figure, top_band: TopBand | NotEstimable
) -> Iterator[SensitivityRow]:
    """Yield the reported figure as planned, then as the open band counts other minutes."""
    if isinstance(top_band, NotEstimable):
        yield _filled(blank, reported)
        return
    planned = top_band.means[top_band.planned_minutes].value
    order = sorted(top_band.means, key=lambda minutes: minutes != top_band.planned_minutes)
    for minutes in order:
        mean = top_band.means[minutes]
        row = replace(
            blank,
            convention=f"{blank.convention}, the open band counted as {minutes:g} minutes",
            primary=minutes == top_band.planned_minutes,
            top_band_minutes=minutes,
            top_band_share=top_band.share.value,
            minutes_above_planned=mean.value - planned,
            participants=top_band.people,
            participants_in_top_band=top_band.people_in_band,
        )
        yield _filled(row, mean)
