"""Results as plain text for a terminal."""

import json
from collections.abc import Iterator

from measurement.estimation.results import EstimateRow, Results


def as_text(results: Results) -> str:
    """Return every result, a line each, under the counts of logs."""
    return "\n".join(_lines(results))


def _lines(results: Results) -> Iterator[str]:
    logs = results.logs
    yield f"{results.trial} ({results.design}), plan {results.plan_sha256[:12]}"
    yield from _plan(results)
    if results.simulated:
        yield "Simulated data"
    excluded = "".join(f", {rule} {count}" for rule, count in logs.excluded.items())
    yield (
        f"task logs: received {logs.received} = refused {logs.refused} + stored {logs.stored}; "
        f"analysed {logs.analysed}{excluded}"
    )
    yield ""
    for row in results.estimates:
        yield f"{_name(row):<90} {_numbers(row)}"
    yield ""
    for check in results.checks:
        yield f"check {check.check}: {check.verdict}. {check.message}"


def _plan(results: Results) -> Iterator[str]:
    if results.plan_locked_at is None:
        yield "plan not locked"
        return
    yield f"plan locked at {results.plan_locked_at} by {results.plan_locked_by}"
    for change in results.deviations:
        before, after = (json.dumps(change[name], ensure_ascii=False) for name in ("from", "to"))
        yield (
            f"deviation: {change['what']} from {before} to {after}, by {change['who'] or 'unknown'}"
            f" at {change['when'] or 'an unknown time'}: {change['why']}"
        )


def _name(row: EstimateRow) -> str:
    group = "" if row.dimension == "all" else f" [{row.dimension}: {row.group}]"
    sample = "" if row.sample == "primary" else f" ({row.sample})"
    arm = f" {row.arm}" if row.arm else ""
    return f"{row.estimand}{group}{sample}{arm}"


def _numbers(row: EstimateRow) -> str:
    if row.not_estimable is not None:
        return f"not estimable: {row.not_estimable}"
    if row.ci_low is None:
        return f"{row.value:.6g}"
    interval = f"{row.confidence:.0%} interval {row.ci_low:.6g} to {row.ci_high:.6g}"
    error = "" if row.std_error is None else f"  std_error {row.std_error:.6g}"
    return f"{row.value:.6g}  {interval}{error}"
