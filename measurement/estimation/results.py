"""The results of an analysis, as every door shows them. Field names are the interface's."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from measurement.estimation.flags import FLAG_RULES_VERSION

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class EstimateRow:
    """An estimate, or the reason (`not_estimable`) why there is none; then the numbers are None.

    `value`, `ci_*` and `always_valid_*` are on one scale; `std_error` is on the log scale where
    `scale` is "log", else in the unit that `scale` names. `participants_with_ai` and `_without_ai`
    have task logs with and without the treatment (of shares of people: did it, and did not);
    `reference_mean` is the mean minutes of the task logs without. `suppressed` marks a published
    row whose numbers are withheld because too few people stand behind it. `ci_adjusted_*` is the
    interval that agrees with `p_value_adjusted`; `shrunken_value` is a group's value drawn
    towards those of the other groups (empirical Bayes). `as_of`: of a published row that is not of
    the day that the results are of, the last day that counts in it.
    """

    estimand: str
    dimension: str = ALL
    group: str = ALL
    sample: str = "primary"
    arm: str | None = None
    reference: str | None = None
    terms: tuple[str, ...] = ()
    value: float | None = None
    std_error: float | None = None
    scale: str
    ci_low: float | None = None
    ci_high: float | None = None
    confidence: float
    always_valid_low: float | None = None
    always_valid_high: float | None = None
    p_value: float | None = None
    p_value_adjusted: float | None = None
    ci_adjusted_low: float | None = None
    ci_adjusted_high: float | None = None
    shrunken_value: float | None = None
    bootstrap_p_value: float | None = None
    standard_errors: str | None = None
    degrees_of_freedom: float | None = None
    clusters: int | None = None
    participants: int | None = None
    participants_with_ai: int | None = None
    participants_without_ai: int | None = None
    logs: int | None = None
    reference_mean: float | None = None
    comparison: str
    not_estimable: str | None = None
    notes: tuple[str, ...] = ()
    suppressed: bool = False
    as_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class LogCounts:
    """received = refused + stored; stored = analysed + the sum of `excluded` by first rule."""

    received: int
    refused: int
    stored: int
    excluded: Mapping[str, int]
    analysed: int


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check of the experiment: `verdict` is pass, warn, fail or not_estimable.

    `message` is one plain sentence.
    """

    check: str
    statistic: float | None
    p_value: float | None
    verdict: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that one analysis of one trial found.

    `deviations`: the changes of the plan since it was locked, see `history.deviations`.
    `plan_locked_at`: ISO 8601, in UTC. `tuning`: the tau of each always-valid interval, as the
    fields of `history.Tuning`; once the plan is locked, taus are kept as they were first found.
    """

    trial: str
    design: str
    simulated: bool
    plan_sha256: str
    plan_locked_at: str | None = None
    plan_locked_by: str | None = None
    deviations: tuple[Mapping[str, Any], ...] = ()
    code_version: str
    flag_rules_version: str = FLAG_RULES_VERSION
    last_log: int
    logs: LogCounts
    as_of: str
    estimates: tuple[EstimateRow, ...]
    checks: tuple[Check, ...] = field(default_factory=tuple)
    winsorising_limits: tuple[Mapping[str, Any], ...] = ()
    tuning: tuple[Mapping[str, Any], ...] = ()
    sensitivity: tuple[Mapping[str, Any], ...] = ()

    def find(
        self,
        estimand: str,
        *,
        dimension: str = ALL,
        group: str = ALL,
        sample: str = "primary",
    ) -> EstimateRow | None:
        """Return the row of that name, or None."""
        for row in self.estimates:
            if (row.estimand, row.dimension, row.group, row.sample) == (
                estimand,
                dimension,
                group,
                sample,
            ):
                return row
        return None

    def as_json(self) -> dict[str, Any]:
        """Return the results as the interface's JSON: dicts, lists, numbers, strings, None."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def results_from_json(document: Mapping[str, Any]) -> Results:
    """Return the results whose `as_json` the document is."""
    rows = {
        "logs": LogCounts(**document["logs"]),
        "estimates": tuple(map(_estimate, document["estimates"])),
        "checks": tuple(Check(**check) for check in document["checks"]),
    }
    lists = {name: tuple(item) for name, item in document.items() if isinstance(item, list)}
    return Results(**{**document, **lists, **rows})


ESTIMATE_FIELDS: tuple[str, ...] = tuple(item.name for item in fields(EstimateRow))


def _estimate(row: Mapping[str, Any]) -> EstimateRow:
    return EstimateRow(**{**row, "terms": tuple(row["terms"]), "notes": tuple(row["notes"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
