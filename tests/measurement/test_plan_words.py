"""The settings of a trial in plain words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.definition import DefinitionErrors
from measurement.estimation.trial_toml import parse_trial
from measurement.plan_words import NAMES, name_of, percent, percent_above, refusal, value_words
from measurement.set_up_answers import flat

TRIAL = parse_trial(
    {
        "trial": {"slug": "tea", "title": "Tea", "starts_on": "2034-09-04"},
        "design": {
            "kind": "parallel",
            "arms": [{"name": "Cup", "ai": False, "ratio": 2}, {"name": "Pot", "ai": True}],
            "periods": [{"name": "1", "starts_on": "2034-09-04", "ends_on": "2034-10-01"}],
        },
        "plan": {"winsorise": [0.0, 0.99], "fixed_effects": ["task_type"], "covariates": []},
    }
)


def test_every_setting_has_a_name_and_words() -> None:
    values = flat(TRIAL)
    assert set(values) == set(NAMES)
    for path, value in values.items():
        words = value_words(path, value)
        assert words
        assert "{" not in words


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "design.arms",
            flat(TRIAL)["design.arms"],
            "Cup: without AI, share 2\nPot: with AI, share 1",
        ),
        ("design.periods", flat(TRIAL)["design.periods"], "1: 4 September 2034 to 1 October 2034"),
        (
            "plan.winsorise",
            [0.0, 0.99],
            "The shortest 0% and the longest 1% of times count as the limits there",
        ),
        ("plan.fixed_effects", ["task_type", "week"], "Type of task, week"),
        ("plan.covariates", [], "None"),
        ("plan.subgroups", [], "All together only"),
        ("plan.planned_participants", 1234567, "1,234,567"),
        (
            "survey.bands",
            [[0, 0], [5, 5], [6, 7.5], [60, ""]],
            "No minutes\n5 minutes\n6 to 7.5 minutes\nMore than 60 minutes",
        ),
        # What no version of the site has stored is shown as it is.
        ("plan.confidence", "very", "very"),
        ("plan.winsorise", [1], "[1]"),
        ("trial.starts_on", "2034-13-01", "2034-13-01"),
        ("design.arms", [{"name": "Cup"}], '[{"name": "Cup"}]'),
        ("plan.confidence", float("nan"), "NaN%"),
        ("tea.time", True, "true"),
        ("tea.time", None, "None"),
    ],
)
def test_values_are_read_as_words(path: str, value: Any, words: str) -> None:
    assert value_words(path, value) == words


def test_a_setting_of_another_version_keeps_its_name() -> None:
    assert name_of("tea.time") == "tea.time"


def test_a_fault_without_words_of_its_own_is_a_sentence() -> None:
    about = {"slug": "tea", "title": "Tea"}
    table = {"trial": about, "design": {"kind": "crossover"}, "tea": 1}
    with pytest.raises(DefinitionErrors) as caught:
        parse_trial(table | {"plan": {"planned_participants": 0}})
    assert [refusal(fault) for fault in caught.value.errors] == [
        (
            "plan.planned_participants",
            "Planned number of people must be a whole number from 1 to 2147483647",
        ),
        ("tea", "tea must be a known name (the nearest is 'trial')"),
    ]


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_a_share_is_shown_as_it_was_typed(hundredths: int) -> None:
    share = hundredths / 10_000
    assert float(percent(share)) == pytest.approx(100 * share, abs=1e-12)
    assert float(percent(share)) + float(percent_above(share)) == pytest.approx(100)
    assert len(percent(share)) <= len("99.99")
