"""The plan in plain words."""

import datetime
from typing import Any

import pytest

from dashboards.plan import DESIGNS, deviations, not_final, period, plan_words
from measurement.estimation.definition import KINDS, parse_trial
from tests.dashboards.invented import missing, results, trial


def test_every_design_has_its_words() -> None:
    assert set(DESIGNS) == set(KINDS)


def test_the_plan_is_said_in_words() -> None:
    words = dict(plan_words(trial(), results()))
    assert words["Design"].startswith("Crossover: everybody worked some periods with AI")
    assert words["Differences allowed for"] == "Participant, task type, period"
    assert words["Uncertainty"] == (
        "95% intervals. Clustered standard errors (CR1): logs of one participant may be alike."
    )
    assert words["Smallest group shown"] == "10 people"


def test_without_a_model_the_words_are_fewer() -> None:
    found = results(missing("time_ratio", "no task logs to analyse", terms=()))
    words = dict(plan_words(trial(), found))
    assert (words["Differences allowed for"], words["Uncertainty"]) == ("None", "95% intervals.")


def test_groups_that_were_randomised_are_the_clusters() -> None:
    table: dict[str, Any] = {
        "trial": {"slug": "a", "title": "A"},
        "design": {
            "kind": "cluster",
            "unit": "team",
            "arms": [{"name": "c", "ai": False}, {"name": "t", "ai": True}],
        },
        "plan": {"read_out_on": "2024-12-20"},
    }
    words = dict(plan_words(parse_trial(table), results()))
    assert words["Uncertainty"].endswith("logs of one team may be alike.")
    assert words["Read-out"] == "20 December 2024"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "words"),
    [
        ("2024-09-30", "2024-12-13", "30 September 2024 to 13 December 2024"),
        ("2024-09-30", None, "From 30 September 2024"),
        (None, "2024-12-13", "Until 13 December 2024"),
        (None, None, "Dates were not given"),
    ],
)
def test_periods_are_said_as_far_as_they_are_known(
    starts_on: str | None, ends_on: str | None, words: str
) -> None:
    dates = {"starts_on": starts_on, "ends_on": ends_on}
    about = {"slug": "a", "title": "A"} | {key: value for key, value in dates.items() if value}
    table = {"trial": about, "design": {"kind": "observational"}}
    assert period(parse_trial(table)) == words


def test_results_before_the_read_out_are_not_final() -> None:
    assert not_final(trial(), datetime.date(2024, 12, 12)) == (
        "Not final: the results are to be read on 13 December 2024 and may change until then."
    )
    assert not_final(trial(), datetime.date(2024, 12, 13)) == ""


def test_deviations_are_listed() -> None:
    assert deviations(results()) == []
