"""Invented results of an invented trial, as the engine would return them."""

from dataclasses import asdict
from typing import Any

from measurement.estimation.definition import Trial
from measurement.estimation.results import ALL, Check, EstimateRow, LogCounts, Results
from measurement.estimation.sensitivity import SensitivityRow
from measurement.estimation.trial_toml import parse_trial

DEPARTMENTS = {
    "Department for Sprockets": (14.0, 11.0, 17.0, 900),
    "Ministry of Housing, Gardens and Local Weather Affairs": (6.0, 2.0, 10.0, 500),
    "Board of Kites": (1.0, -2.0, 4.0, 450),
    "Office of <b>Left-handed</b> Scissors": (-5.0, -9.0, -1.0, 420),
}
SMALL = ("Secret Teapot Unit", 7777.0, 6666.0, 8888.0, 7)
TASK_TYPES = {
    "Draft a document": (12.0, 10.0, 14.0, 55.0),
    "Search for information": (-3.0, -4.0, -2.0, 20.0),
}
RANDOMISED = "randomised"
BY_USE = "by use, not as randomised: not a causal effect"
NOT_CAUSAL = "no comparison group: not a causal effect"


def trial(**about: Any) -> Trial:
    return parse_trial(
        {
            "trial": {
                "slug": "kettles",
                "title": "Kettles with an assistant",
                "starts_on": "2024-09-30",
                "ends_on": "2024-12-13",
            }
            | about,
            "design": {"kind": "crossover"},
        }
    )


def row(
    estimand: str = "minutes_saved_per_working_day",
    value: float | None = 10.0,
    low: float | None = 8.0,
    high: float | None = 12.0,
    *,
    people: int | None = 2000,
    **given: Any,
) -> EstimateRow:
    scales = {"time_ratio": "log", "adoption_rate": "share"}
    defaults: dict[str, Any] = {
        "estimand": estimand,
        "dimension": ALL,
        "group": ALL,
        "value": value,
        "ci_low": low,
        "ci_high": high,
        "scale": scales.get(estimand, "minutes"),
        "confidence": 0.95,
        "comparison": RANDOMISED,
        "terms": ("participant", "task_type", "period"),
        "standard_errors": "CR1",
        "participants": people,
        "participants_with_ai": people,
        "participants_without_ai": people,
        "logs": None if people is None else 37 * people,
    }
    return EstimateRow(**(defaults | given))


def missing(estimand: str, reason: str, **given: Any) -> EstimateRow:
    return row(estimand, None, None, None, people=None, not_estimable=reason, **given)


def department_rows() -> list[EstimateRow]:
    return [
        row(value=value, low=low, high=high, people=people, dimension="department", group=name)
        for name, (value, low, high, people) in DEPARTMENTS.items()
    ]


def small_row() -> EstimateRow:
    name, value, low, high, people = SMALL
    return row(value=value, low=low, high=high, people=people, dimension="department", group=name)


def task_type_rows() -> list[EstimateRow]:
    return [
        row(
            "minutes_saved_per_task",
            value,
            low,
            high,
            dimension="task_type",
            group=name,
            reference_mean=reference,
        )
        for name, (value, low, high, reference) in TASK_TYPES.items()
    ]


def total_rows() -> list[EstimateRow]:
    return [
        row("time_ratio", 0.8, 0.75, 0.85),
        row("minutes_saved_per_task", 7.0, 5.0, 9.0, reference_mean=40.0),
        row(people=2277),
        row("minutes_saved_per_day_used", 21.0, 17.0, 25.0),
        row("working_days_saved_per_year", 5.0, 4.0, 6.0, people=2277, scale="days"),
        row("adoption_rate", 0.8, 0.78, 0.82, comparison="descriptive"),
        row("reported_minutes_saved_per_day", 26.0, 24.0, 28.0, comparison="self-reported"),
    ]


def quality_row(value: float = -0.1, low: float = -0.3, high: float = 0.1) -> EstimateRow:
    return row("quality_difference", value, low, high, scale="points")


def tool_rows(**given: Any) -> list[EstimateRow]:
    return [
        row("time_ratio", *ratio, dimension="tool", group=name, comparison=BY_USE, **given)
        for name, ratio in {"Kettle": (0.9, 0.8, 1.1), "Teapot": (0.7, 0.6, 0.8)}.items()
    ]


def week_rows(*savings: float, dimension: str = "week", first: int = 1) -> list[EstimateRow]:
    """Return the time ratio of each week, each 4 per cent to both sides; 0.3 saves 30 per cent."""
    return [
        row(
            "time_ratio",
            1 - saving,
            1 - saving - 0.04,
            1 - saving + 0.04,
            dimension=dimension,
            group=str(first + place),
        )
        for place, saving in enumerate(savings)
    ]


def adoption_rows(*shares: float) -> list[EstimateRow]:
    return [
        row(
            "adoption_rate",
            share,
            share - 0.05,
            share + 0.05,
            dimension="week",
            group=str(1 + place),
            comparison="descriptive",
            logs=None,
        )
        for place, share in enumerate(shares)
    ]


def rate_row(estimand: str, share: float | None, **given: Any) -> EstimateRow:
    """Return a share of people, its interval five points to each side; None: withheld."""
    numbers: dict[str, Any] = {"people": 600, "participants_with_ai": None, "logs": None}
    if share is not None:
        numbers["participants_with_ai"] = round(600 * share)
        numbers["participants_without_ai"] = 600 - round(600 * share)
    ends = (None,) * 3 if share is None else (share, share - 0.05, min(share + 0.05, 1.0))
    described = {"comparison": "descriptive", "scale": "share", "terms": ()}
    return row(estimand, *ends, **(numbers | described | given))


def rate_rows() -> list[EstimateRow]:
    """Return who logs and who answers, over all, by department, by week and by wave."""
    shares = zip(DEPARTMENTS, (0.92, 0.61, 0.75, 0.4), strict=True)
    by_department = [
        rate_row(estimand, share, dimension="department", group=name)
        for name, share in shares
        for estimand in ("logging_rate", "response_rate")
    ]
    return [
        rate_row("logging_rate", 0.8),
        rate_row("response_rate", 0.35),
        *by_department,
        *(
            rate_row("logging_rate", share, dimension="week", group=str(week))
            for week, share in {10: 0.6, 1: 0.9, 2: 0.85, 4: 0.8}.items()
        ),
        *(
            rate_row("response_rate", share, dimension="wave", group=f"week {week:02d}")
            for week, share in enumerate((0.5, 0.3, 0.45), start=1)
        ),
    ]


def specification_rows(**ratios: tuple[float, float, float]) -> list[EstimateRow]:
    """Return the time ratio of each sample, and minutes per working day where it has them."""
    chosen = ratios or {
        "raw": (0.82, 0.76, 0.88),
        "trimmed": (0.84, 0.78, 0.9),
        "tobit": (0.78, 0.72, 0.84),
    }
    daily = [row(sample=sample) for sample in chosen if sample in ("raw", "trimmed")]
    return [*(row("time_ratio", *ratio, sample=name) for name, ratio in chosen.items()), *daily]


def everything() -> list[EstimateRow]:
    """Return rows of every kind that a dashboard shows."""
    return [
        *total_rows(),
        quality_row(),
        *department_rows(),
        small_row(),
        *task_type_rows(),
        *tool_rows(),
        *week_rows(0.3, 0.25, 0.2, 0.1),
        *adoption_rows(0.7, 0.6, 0.5, 0.4),
        *specification_rows(),
        *rate_rows(),
    ]


def check(name: str, verdict: str, message: str = "Something was found") -> Check:
    return Check(check=name, statistic=None, p_value=None, verdict=verdict, message=message)


def convention(minutes: float | None = 10.0, days: float = 225.0, **given: Any) -> dict[str, Any]:
    """Return a row of the sensitivity table, its interval from a day less to a day more."""
    hours = given.get("hours_per_day", 7.5)
    saved = None if minutes is None else minutes * days / (60 * hours)
    defaults: dict[str, Any] = {
        "convention": f"{days:g} days of {hours:g} hours",
        "estimand": "minutes_saved_per_working_day",
        "day_basis": "working_days",
        "working_days_per_year": days,
        "hours_per_day": hours,
        "minutes_per_day": minutes,
        "days_per_year": saved,
        "ci_low": None if saved is None else saved - 1,
        "ci_high": None if saved is None else saved + 1,
        "confidence": 0.95,
    }
    return asdict(SensitivityRow(**(defaults | given)))


def open_band(minutes: float | None, counted_as: float, above: float, **given: Any) -> Any:
    """Return what people report as the open band counts so many minutes, 60 being the plan's."""
    defaults: dict[str, Any] = {
        "convention": f"As reported in surveys, the open band counted as {counted_as:g} minutes",
        "estimand": "reported_minutes_saved_per_day",
        "day_basis": "reported",
        "primary": counted_as == 60,
        "top_band_minutes": counted_as,
        "top_band_share": 0.13,
        "minutes_above_planned": above,
        "participants": 100,
        "participants_in_top_band": 13,
    }
    return convention(minutes, **(defaults | given))


def conventions() -> tuple[dict[str, Any], ...]:
    return (
        convention(convention="This trial's plan"),
        convention(days=260.0, hours_per_day=7.0),
        convention(days=220.0, hours_per_day=8.0),
        open_band(26.0, 60, 0.0),
        open_band(29.9, 90, 3.9),
        open_band(33.8, 120, 7.8),
    )


def results(*rows: EstimateRow, simulated: bool = False) -> Results:
    counts = LogCounts(
        received=84252, refused=3, stored=84249, excluded={"void": 12}, analysed=84237
    )
    return Results(
        trial="kettles",
        design="crossover",
        simulated=simulated,
        plan_sha256="5a" * 32,
        code_version="0.1.0",
        flag_rules_version="1",
        last_log=84249,
        logs=counts,
        as_of="2024-11-24",
        estimates=rows or (*total_rows(), *department_rows(), small_row(), *task_type_rows()),
    )
