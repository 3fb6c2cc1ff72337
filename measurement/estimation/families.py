"""One figure in several groups: adjusted p-values, intervals that agree with them, shrinkage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.groups import agreeing_interval, dunnett, equal_effects, shrunken
from measurement.estimation.inference import benjamini_hochberg, holm
from measurement.estimation.results import Check, EstimateRow
from measurement.estimation.rows import Answer, on_scale_of, with_adjusted
from measurement.estimation.verdicts import CAUTION, PASS, WARN, answered

Adjustment = Callable[[Sequence[float | None]], list[float | None]]

ADJUSTMENTS: Final[Mapping[str, Adjustment]] = {
    "holm": holm,
    "benjamini_hochberg": benjamini_hochberg,
    "dunnett": holm,
}
"""By the plan's `multiplicity`. Dunnett's is for arms with one control: other groups use Holm."""

GROUPS: Final = {
    "department": "departments",
    "grade": "grades",
    "profession": "professions",
    "task_type": "types of task",
}
"""The groups of a breakdown, as people call them."""
DIFFERENT: Final = (
    "The effect of AI on task times differs between {groups}; read them one by one, and the "
    "average of all with care"
)
ALIKE: Final = (
    "Nothing shows that the effect of AI on task times differs between {groups}; differences "
    "between single ones may well be chance"
)


def families(answers: Iterable[Answer]) -> list[list[Answer]]:
    """Return the answers family by family: a family is one figure in several groups."""
    by_estimand: dict[str, list[Answer]] = {}
    for answer in answers:
        by_estimand.setdefault(answer.row.estimand, []).append(answer)
    return list(by_estimand.values())


def adjusted(family: Sequence[Answer], multiplicity: str) -> list[Answer]:
    """Adjust the p-values of a family, as the plan's `multiplicity` says."""
    return _with_p_values(family, ADJUSTMENTS[multiplicity](_p_values(family)))


def adjusted_for_arms(family: Sequence[Answer], multiplicity: str) -> list[Answer]:
    """Adjust the p-values of several arms against one control."""
    if multiplicity != "dunnett":
        return adjusted(family, multiplicity)
    by_arm = iter(dunnett(_estimates(family)))
    return _with_p_values(
        family, [None if answer.estimate is None else next(by_arm) for answer in family]
    )


def with_shrinkage(family: Sequence[Answer]) -> list[Answer]:
    """Draw the values of a family towards each other, as far as their errors explain them.

    Fewer than three groups stay as they are.
    """
    try:
        values = iter(shrunken(_estimates(family)))
    except NotEstimable:
        return list(family)
    return [
        answer if answer.estimate is None else _with_shrunken(answer, next(values))
        for answer in family
    ]


def interaction(dimension: str, answers: Iterable[Answer]) -> Check:
    """Ask whether the time ratio differs at all between the groups of a dimension."""
    family = [
        answer
        for answer in answers
        if (answer.row.dimension, answer.row.estimand) == (dimension, "time_ratio")
    ]
    return answered(f"interaction_{dimension}", lambda: _interaction(dimension, family))


def _interaction(dimension: str, family: Sequence[Answer]) -> Check:
    test = equal_effects(_estimates(family))
    differs = test.p_value < CAUTION
    return Check(
        check=f"interaction_{dimension}",
        statistic=test.statistic,
        p_value=test.p_value,
        verdict=WARN if differs else PASS,
        message=(DIFFERENT if differs else ALIKE).format(groups=GROUPS[dimension]),
    )


def _with_shrunken(answer: Answer, value: float) -> Answer:
    (shown,) = on_scale_of(answer.row, value)
    return answer._replace(row=replace(answer.row, shrunken_value=shown))


def _p_values(family: Sequence[Answer]) -> list[float | None]:
    return [answer.row.p_value for answer in family]


def _estimates(family: Sequence[Answer]) -> list[Estimate]:
    return [answer.estimate for answer in family if answer.estimate is not None]


def _with_p_values(family: Sequence[Answer], p_values: Sequence[float | None]) -> list[Answer]:
    groups = len(_estimates(family))
    return [
        Answer(_with_p_value(answer.row, answer.estimate, p_value, groups), answer.estimate)
        if answer.estimate is not None and p_value is not None
        else answer
        for answer, p_value in zip(family, p_values, strict=True)
    ]


def _with_p_value(row: EstimateRow, estimate: Estimate, p_value: float, groups: int) -> EstimateRow:
    interval = agreeing_interval(estimate, p_value, confidence=row.confidence, groups=groups)
    return with_adjusted(row, p_value, interval)
