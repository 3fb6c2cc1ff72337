"""What the published minutes come to under other assumptions than the plan's. Pure.

Nothing else than the minutes as published goes in, so moving an assumption tells no more of people
than the page does: days of unrounded minutes would. What comes out stands on the page alone.
`static/dashboards/assumptions.js` computes the same in the browser, to the last digit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from dashboards.measures import ADOPTION, DAYS_A_YEAR, PER_WORKING_DAY, Reading, confidence, fixed
from measurement.estimation.definition import Assumptions, Trial
from measurement.estimation.disclosure import FEW_PEOPLE, FULL_TIME
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.results import EstimateRow, Results
from measurement.estimation.savings import (
    MINUTES_AN_HOUR,
    WEEKS_A_YEAR,
    break_even_minutes_per_week,
)

NOT_APPLICABLE: Final = "not applicable"
NOT_KNOWN: Final = "not known"
LINES: Final = (
    ("days", "Working days saved a year, each person", 1),
    ("people", "Full-time equivalents, all people", 0),
    ("week", "Minutes saved a week, each person", 1),
    ("break_even", "Minutes a week that pay for a licence", 1),
)
"""What is computed: its name for the browser, its name in words, its decimals."""
UNCLEAR: Final = (
    "There is no clear difference in minutes a day, so none in these figures under any assumption."
)


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What may be moved: the plan's assumptions, and how many people would have AI."""

    working_days_per_year: float
    hours_per_day: float
    loaded_cost_per_hour: float
    licence_cost_per_month: float
    people: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One line of the table: its name, the figure by the plan, and that by moved assumptions.

    `slug` is what the browser knows it by, `decimals` are those of the moved figure.
    """

    slug: str
    name: str
    decimals: int
    planned: str
    moved: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The table under `assumed`, None if what was typed cannot be, beside that of the plan."""

    planned: Assumed
    assumed: Assumed | None
    minutes: Reading
    level: str
    outcomes: tuple[Outcome, ...]

    @property
    def is_moved(self) -> bool:
        """Whether any assumption is another than planned."""
        return self.assumed not in (None, self.planned)

    @property
    def remark(self) -> str:
        """What must be said where the minutes show no clear difference."""
        clear = self.minutes.is_saving or self.minutes.is_loss
        return "" if clear else UNCLEAR

    @property
    def for_the_browser(self) -> dict[str, Any]:
        """What the browser computes from: the published minutes and the plan's assumptions."""
        minutes = [self.minutes.value, self.minutes.low, self.minutes.high]
        return {"minutes": minutes, "planned": asdict(self.planned)}


def planned(results: Results, trial: Trial) -> Assumed | None:
    """Return the plan's assumptions and the people given AI; None without minutes to convert."""
    daily = results.find(PER_WORKING_DAY.estimand)
    if daily is None or PER_WORKING_DAY.reading(daily) is None:
        return None
    given_ai = results.find(ADOPTION.estimand)
    people = (given_ai and given_ai.participants) or daily.participants_with_ai
    return Assumed(**asdict(trial.assumptions), people=float(people or 0))


def moved(results: Results, by_plan: Assumed, assumed: Assumed | None) -> Moved:
    """Return the table of published results under the plan's and under moved assumptions.

    Raises ValueError for results without minutes per working day: `planned` is None for them.
    """
    daily = results.find(PER_WORKING_DAY.estimand)
    minutes = PER_WORKING_DAY.reading(daily)
    if minutes is None:
        raise ValueError("results without minutes per working day")
    return Moved(
        planned=by_plan,
        assumed=assumed,
        minutes=minutes,
        level=confidence([daily]),
        outcomes=tuple(_outcomes(results, minutes, by_plan, assumed)),
    )


def _outcomes(
    results: Results, minutes: Reading, by_plan: Assumed, assumed: Assumed | None
) -> Iterator[Outcome]:
    kept = {
        "days": _as_published(results.find(DAYS_A_YEAR.estimand), 1),
        "people": _people_as_published(results.find(FULL_TIME)),
    }
    for slug, name, decimals in LINES:
        own = kept.get(slug) or _figure(slug, minutes, by_plan, decimals)
        other = NOT_KNOWN if assumed is None else _figure(slug, minutes, assumed, decimals)
        yield Outcome(
            slug=slug,
            name=name,
            decimals=decimals,
            planned=own,
            moved=own if assumed == by_plan else other,
        )


def _figure(slug: str, minutes: Reading, assumed: Assumed, decimals: int) -> str:
    if slug == "break_even":
        return _break_even(assumed, decimals)
    parts = [_converted(slug, part, assumed) for part in (minutes.value, minutes.low, minutes.high)]
    if slug == "people" and _are_few(parts):
        decimals += 1
    value, low, high = (fixed(part, decimals) for part in parts)
    return f"{value} ({low} to {high})"


def _converted(slug: str, minutes: float, assumed: Assumed) -> float:
    """Return minutes per working day as another figure; the browser's order of operations."""
    days, hours = assumed.working_days_per_year, assumed.hours_per_day
    if slug == "days":
        return minutes * days / (MINUTES_AN_HOUR * hours)
    if slug == "people":
        return minutes * assumed.people / (MINUTES_AN_HOUR * hours)
    return minutes * days / WEEKS_A_YEAR


def _break_even(assumed: Assumed, decimals: int) -> str:
    costs = Assumptions(
        loaded_cost_per_hour=assumed.loaded_cost_per_hour,
        licence_cost_per_month=assumed.licence_cost_per_month,
    )
    try:
        return fixed(break_even_minutes_per_week(costs), decimals)
    except NotEstimable:
        return NOT_APPLICABLE


def _people_as_published(row: EstimateRow | None) -> str:
    parts = [row.value, row.ci_low, row.ci_high] if row else []
    return _as_published(row, 1 if _are_few(part or 0.0 for part in parts) else 0)


def _are_few(parts: Iterable[float]) -> bool:
    """Say whether all of them are so few full-time equivalents that a decimal counts."""
    return all(abs(part) < FEW_PEOPLE for part in parts)


def _as_published(row: EstimateRow | None, decimals: int) -> str:
    if row is None or row.value is None or row.ci_low is None or row.ci_high is None:
        return ""
    value, low, high = (fixed(part, decimals) for part in (row.value, row.ci_low, row.ci_high))
    return f"{value} ({low} to {high})"
