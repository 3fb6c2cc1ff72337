"""What a check may say, and from which p-values on it says so."""

from collections.abc import Callable
from typing import Final

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.results import Check

PASS: Final = "pass"  # noqa: S105 - a verdict, no password
WARN: Final = "warn"
FAIL: Final = "fail"
NOT_ESTIMABLE: Final = "not_estimable"

CAUTION: Final = 0.05
"""Below this p-value a check warns."""
ALARM: Final = 0.001
"""Below this p-value a check fails: about a dozen checks of a sound trial must not raise alarms."""


def by_p_value(p_value: float) -> str:
    """Return fail below ALARM, warn below CAUTION, else pass."""
    if p_value < ALARM:
        return FAIL
    return WARN if p_value < CAUTION else PASS


def worded(sentence: str, detail: str = "") -> str:
    """Return the sentence, then after a colon what names groups or counts people.

    Publication drops what stands behind the colon, so the sentence must do without it.
    """
    return f"{sentence}: {detail}" if detail else sentence


def answered(check: str, ask: Callable[[], Check]) -> Check:
    """Return the check, or the verdict that the data cannot answer it, with the reason."""
    try:
        return ask()
    except NotEstimable as cannot:
        return Check(
            check=check,
            statistic=None,
            p_value=None,
            verdict=NOT_ESTIMABLE,
            message=worded("The data do not allow this check", cannot.reason),
        )
