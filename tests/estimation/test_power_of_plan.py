"""What a plan says of the numbers that its power depends on."""

from typing import Any

import pytest

from measurement.estimation.definition import Trial
from measurement.estimation.power import answer
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_of_plan import planned_numbers
from measurement.estimation.trial_toml import parse_trial


def trial(design: dict[str, Any], about: dict[str, Any] | None = None, **plan: Any) -> Trial:
    named = {"slug": "tea", "title": "Tea", **(about or {})}
    return parse_trial({"trial": named, "design": design, "plan": plan})


def arms(*ratios: tuple[bool, int]) -> list[dict[str, Any]]:
    return [
        {"name": str(number), "ai": ai, "ratio": ratio} for number, (ai, ratio) in enumerate(ratios)
    ]


@pytest.mark.parametrize(
    ("design", "about", "numbers"),
    [
        ({"kind": "observational"}, {}, {}),
        ({"kind": "task_randomised"}, {}, {}),
        (
            {"kind": "parallel", "arms": arms((False, 1), (True, 2), (True, 4))},
            {},
            {"arms": 3, "ratio": 3.0},
        ),
        (
            {"kind": "cluster", "arms": arms((False, 1), (False, 1), (True, 1))},
            {},
            {"arms": 2, "ratio": 0.5},
        ),
        (
            {"kind": "parallel", "arms": arms((False, 1), *[(True, 1000)] * 30)},
            {},
            {"arms": 20, "ratio": 10.0},
        ),
        ({"kind": "crossover"}, {}, {}),
        (
            {
                "kind": "crossover",
                "periods": [
                    {"name": "1", "starts_on": "2026-01-05", "ends_on": "2026-01-09"},
                    {"name": "2", "starts_on": "2026-01-12", "ends_on": "2026-01-16"},
                    {"name": "3", "starts_on": "2026-01-19", "ends_on": "2026-01-23"},
                ],
            },
            {},
            {"periods": 3},
        ),
        ({"kind": "stepped_wedge"}, {}, {}),
        (
            {"kind": "stepped_wedge"},
            {"starts_on": "2026-01-05", "ends_on": "2026-02-27"},
            {"weeks": 8},
        ),
        (
            {"kind": "stepped_wedge"},
            {"starts_on": "2026-01-05", "ends_on": "2026-01-05"},
            {"weeks": 3},
        ),
    ],
)
def test_the_plan_says_the_numbers(
    design: dict[str, Any], about: dict[str, Any], numbers: dict[str, float]
) -> None:
    found = planned_numbers(trial(design, about))
    assert found == {"confidence": 0.95, **numbers}
    more: dict[str, Any] = {"steps": 2} if design["kind"] == "stepped_wedge" else {}
    inputs = PowerInputs(design=design["kind"], **found | more)
    assert answer(inputs, saving=0.2).participants > 1


def test_a_confidence_that_is_not_allowed_becomes_the_nearest() -> None:
    assert planned_numbers(trial({"kind": "crossover"}, confidence=0.5)) == {"confidence": 0.8}
