"""What the pages call a measure, and how a row of published results reads on it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from measurement.estimation.results import EstimateRow


@dataclass(frozen=True)
class Reading:
    """A value with its confidence interval, in the unit of its measure; above 0 is time saved."""

    value: float
    low: float
    high: float

    @property
    def decimals(self) -> int:
        """As many as the value and both ends of its interval are exact to: 0 or 1."""
        return decimals_of(self.value, self.low, self.high)

    @property
    def is_saving(self) -> bool:
        """Whether the whole interval is above zero."""
        return self.low > 0

    @property
    def is_loss(self) -> bool:
        """Whether the whole interval is below zero."""
        return self.high < 0


@dataclass(frozen=True)
class Measure:
    """An estimand as people read it: `label` in full, `short` for a column that has a caption.

    `suffix` follows a number; `decimals` are those of every number, if not as many as it needs.
    """

    estimand: str
    label: str
    short: str
    suffix: str
    convert: Callable[[EstimateRow], Reading | None]
    decimals: int | None = None

    def reading(self, row: EstimateRow | None) -> Reading | None:
        """Return the row's numbers on this measure; None where there are none."""
        return None if row is None else self.convert(row)

    def shrunken(self, row: EstimateRow) -> float | None:
        """Return a group's value drawn towards those of the others; None where there is none."""
        if row.shrunken_value is None:
            return None
        drawn = self.convert(replace(row, value=row.shrunken_value))
        return None if drawn is None else drawn.value


@dataclass(frozen=True)
class Pair:
    """Minutes per task of one type: the mean without AI, and with AI with its interval."""

    task_type: str
    without_ai: float
    with_ai: Reading


def minutes_per_task(row: EstimateRow) -> Pair | None:
    """Return minutes per task without and with AI of a `minutes_saved_per_task` row.

    Without AI: the mean of the task logs without. With AI: that mean less the saving, which the
    planned model has adjusted; its interval is the saving's. None where the row has no numbers.
    """
    saving, reference = PER_TASK.reading(row), row.reference_mean
    if saving is None or reference is None:
        return None
    with_ai = Reading(
        value=reference - saving.value, low=reference - saving.high, high=reference - saving.low
    )
    return Pair(row.group, reference, with_ai)


def largest_first(rows: Iterable[EstimateRow], measure: Measure) -> list[EstimateRow]:
    """Return the rows by their value, the largest first, then those without one by name."""

    def place(row: EstimateRow) -> tuple[bool, float, str]:
        reading = measure.reading(row)
        return (reading is None, -reading.value if reading else 0.0, row.group)

    return sorted(rows, key=place)


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals and a true minus sign; never -0."""
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def number(value: float) -> str:
    """Return a number as short as it is exact to one decimal: 10, 10.3, 1,200."""
    return fixed(value, 1).removesuffix(".0")


def share_in_words(per_cent: float) -> str:
    """Return a rounded share as a sentence has it: nobody says of nearly all that it was all."""
    if per_cent >= 100:
        return "99.5% or more"
    return f"{number(per_cent)}%" if per_cent > 0 else "Under 0.5%"


def decimals_of(*numbers: float) -> int:
    """Return the decimals of numbers that belong together: 9.0 beside 10.1, as both are exact."""
    return 0 if all(value == round(value) for value in numbers) else 1


def minutes_in_words(value: float, decimals: int) -> str:
    """Return minutes as a sentence has them: 1 minute, 10.0 minutes."""
    shown = fixed(value, decimals)
    return f"{shown} minute" if shown == "1" else f"{shown} minutes"


def confidence(rows: Iterable[EstimateRow | None]) -> str:
    """Return the level of the first row's interval: 95%. One plan has one level."""
    return next((f"{100 * row.confidence:g}%" for row in rows if row), "95%")


def _as_it_is(row: EstimateRow) -> Reading | None:
    if row.value is None or row.ci_low is None or row.ci_high is None:
        return None
    return Reading(row.value, row.ci_low, row.ci_high)


def _percent_less(row: EstimateRow) -> Reading | None:
    """Turn a time ratio into the percentage of time saved; 0.67 is 33% less."""
    ratio = _as_it_is(row)
    if ratio is None:
        return None
    value, high, low = (
        float(round(100 * (1 - part))) for part in (ratio.value, ratio.low, ratio.high)
    )
    return Reading(value, low, high)


def _percent_of(row: EstimateRow) -> Reading | None:
    """Turn a share into a percentage."""
    share = _as_it_is(row)
    if share is None:
        return None
    return Reading(*(float(round(100 * part)) for part in (share.value, share.low, share.high)))


PER_WORKING_DAY: Final = Measure(
    "minutes_saved_per_working_day", "Minutes saved per working day", "Minutes saved", "", _as_it_is
)
PER_DAY_USED: Final = Measure(
    "minutes_saved_per_day_used",
    "Minutes saved per day AI was used",
    "Minutes saved",
    "",
    _as_it_is,
)
DAYS_A_YEAR: Final = Measure(
    "working_days_saved_per_year", "Working days saved a year", "Days saved", "", _as_it_is
)
PER_TASK: Final = Measure(
    "minutes_saved_per_task", "Minutes saved per task", "Minutes saved", "", _as_it_is
)
LESS_TIME: Final = Measure("time_ratio", "Time saved per task", "Time saved", "%", _percent_less)
ADOPTION: Final = Measure(
    "adoption_rate", "People given AI who used it at least once", "Share", "%", _percent_of
)
LOGGED: Final = Measure(
    "logging_rate", "People who logged a task", "Share who logged a task", "%", _percent_of
)
ANSWERED: Final = Measure(
    "response_rate", "People who answered the survey", "Share who answered", "%", _percent_of
)
REPORTED: Final = Measure(
    "reported_minutes_saved_per_day",
    "Minutes saved a day, as reported",
    "Minutes saved",
    "",
    _as_it_is,
)
QUALITY: Final = Measure(
    "quality_difference",
    "Difference in quality with AI",
    "points on the scale from 1 to 5",
    "",
    _as_it_is,
    decimals=1,
)
