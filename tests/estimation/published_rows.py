"""Rows of results about so many people, and what is shown of them."""

from dataclasses import fields
from typing import Any

from measurement.estimation.results import EstimateRow, LogCounts, Results

NUMBERS = [
    item.name
    for item in fields(EstimateRow)
    if item.name != "confidence" and ("float" in str(item.type) or "int" in str(item.type))
]


def row(
    people: int, *, dimension: str = "department", group: str = "all", **given: Any
) -> EstimateRow:
    defaults: dict[str, Any] = {
        "estimand": "minutes_saved_per_working_day",
        "dimension": dimension,
        "group": group,
        "scale": "minutes",
        "confidence": 0.95,
        "comparison": "randomised",
        "value": 10.46,
        "std_error": 1.2345,
        "ci_low": -0.0004,
        "ci_high": 20.96,
        "p_value": 0.0123,
        "p_value_adjusted": 0.0246,
        "bootstrap_p_value": 0.02,
        "standard_errors": "CR1",
        "degrees_of_freedom": people - 1.0,
        "clusters": people,
        "participants": people,
        "logs": 40 * people,
        "reference_mean": 41.26,
    }
    return EstimateRow(**(defaults | given))


def total(people: int, **given: Any) -> EstimateRow:
    return row(people, dimension="all", **given)


def results(*rows: EstimateRow, **given: Any) -> Results:
    counts = LogCounts(received=1234, refused=1, stored=1233, excluded={"void": 3}, analysed=1230)
    defaults: dict[str, Any] = {
        "trial": "small-trial",
        "design": "parallel",
        "simulated": False,
        "plan_sha256": "0" * 64,
        "code_version": "1",
        "last_log": 1233,
        "logs": counts,
        "as_of": "2026-11-24",
        "estimates": rows,
    }
    return Results(**(defaults | given))


def shown(found: Results) -> set[str]:
    return {row.group for row in found.estimates if not row.suppressed and row.dimension != "all"}


def sides(with_ai: int, without: int) -> dict[str, Any]:
    return {"participants_with_ai": with_ai, "participants_without_ai": without}


def not_estimable(reason: str, **given: Any) -> EstimateRow:
    blank: dict[str, Any] = dict.fromkeys(NUMBERS)
    return row(0, **(blank | {"standard_errors": None, "not_estimable": reason} | given))
