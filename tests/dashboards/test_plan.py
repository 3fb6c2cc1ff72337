"""The plan in plain words."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from dashboards.plan import DESIGNS, Deviation, locking, not_final, period, plan_words
from measurement.estimation.definition import KINDS
from measurement.estimation.results import Results
from measurement.estimation.trial_toml import parse_trial
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


@pytest.mark.parametrize("kind", ["cluster", "parallel"])
def test_groups_that_were_randomised_are_the_clusters(kind: str) -> None:
    table: dict[str, Any] = {
        "trial": {"slug": "a", "title": "A"},
        "design": {
            "kind": kind,
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
        "Not final: the results are to be read on 13 December 2024 and may change until then. "
        "Until then intervals are wider, so that they hold however often they are looked at."
    )
    assert not_final(trial(), datetime.date(2024, 12, 13)) == ""


def deviation(what: str, before: Any, after: Any, **given: Any) -> dict[str, Any]:
    known = {"who": "analyst (user 2)", "when": "2025-02-03T10:00:00+00:00", "why": "It broke"}
    return {"what": what, "from": before, "to": after, **known, **given}


def locked(*deviations: dict[str, Any]) -> Results:
    return replace(
        results(),
        plan_locked_at="2025-01-02T09:30:00+00:00",
        plan_locked_by="administrator (user 1)",
        deviations=deviations,
    )


def test_before_the_lock_there_is_nothing_to_say() -> None:
    assert locking(results()) is None


def test_a_locked_plan_says_when_and_by_whom() -> None:
    found = locking(locked())
    assert found is not None
    assert (found.by, found.deviations, found.warning) == ("administrator (user 1)", (), "")
    assert found.at == datetime.datetime(2025, 1, 2, 9, 30, tzinfo=datetime.UTC)
    nameless = locking(replace(locked(), plan_locked_by=None))
    assert nameless is not None
    assert nameless.by == "not known"


def test_deviations_are_listed_in_words() -> None:
    found = locking(locked(deviation("trial.run_in_days", 0, 3)))
    assert found is not None
    assert found.warning == "The plan was changed once after it was locked."
    assert found.deviations == (
        Deviation(
            what="Days for settling in",
            before="0",
            after="3",
            who="analyst (user 2)",
            when=datetime.datetime(2025, 2, 3, 10, 0, tzinfo=datetime.UTC),
            why="It broke",
        ),
    )


def test_what_nobody_recorded_is_not_known() -> None:
    silent = deviation("plan.confidence", 0.95, 0.9, who=None, when=None, why="not recorded")
    found = locking(locked(silent, silent))
    assert found is not None
    assert found.warning == "The plan was changed 2 times after it was locked."
    (first, _) = found.deviations
    assert (first.who, first.when, first.why) == ("not known", None, "not recorded")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("plan.confidence", 0.9, "90%"),
        ("plan.subgroups", ["task_type", "grade"], "Type of task, Grade"),
        ("plan.read_out_on", None, "Not given"),
        ("plan.read_out_on", "2025-02-03", "3 February 2025"),
        ("plan.exclude_flags", [], "None"),
        ("survey.bands", [[0, 0], [1, ""]], "No minutes; More than 1 minute"),
        ("assignment.draw", None, "The draw before"),
        ("assignment.draw", "draw 2", "Draw 2"),
        # What no version of the site has stored is shown as it is.
        ("plan.cushions", {"tea": True}, '{"tea": true}'),
    ],
)
def test_values_of_a_plan_read_as_on_the_page_that_set_them(
    path: str, value: Any, words: str
) -> None:
    found = locking(locked(deviation(path, value, value)))
    assert found is not None
    assert (found.deviations[0].before, found.deviations[0].after) == (words, words)


def test_a_draw_that_replaced_another_has_a_name() -> None:
    found = locking(locked(deviation("assignment.draw", None, "draw 2")))
    assert found is not None
    assert found.deviations[0].what == "Draw of who gets AI"
