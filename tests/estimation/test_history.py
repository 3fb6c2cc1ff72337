"""A plan that is changed after it was locked shows, whatever is done about it."""

import copy
import datetime
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.definition import DefinitionErrors, Trial
from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.history import (
    MAX_REASON_LENGTH,
    Change,
    History,
    PlanChange,
    PlanLock,
    Tuning,
    deviations,
    differences,
    is_reason,
    locked_trial,
    promise,
)
from measurement.estimation.trial_toml import parse_trial, plan_sha256, sections
from tests.estimation.frames import AS_OF, bundle

LOCKED_AT = datetime.datetime(2025, 1, 2, 9, 30, tzinfo=datetime.UTC)
LATER = datetime.datetime(2025, 2, 3, 10, 0, 0, 123456, tzinfo=datetime.UTC)
LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def trial(**plan: Any) -> Trial:
    about = {"slug": "kettles", "title": "Kettles", "starts_on": "2025-01-06"}
    return parse_trial({"trial": about, "design": {"kind": "crossover"}, "plan": plan})


def lock(of: Trial) -> PlanLock:
    return PlanLock(LOCKED_AT, "administrator (user 1)", plan_sha256(of), promise(of))


def changed(*changes: Change, at: datetime.datetime = LATER) -> PlanChange:
    return PlanChange(at, "analyst (user 2)", "A stopwatch broke", changes)


def test_a_plan_as_it_was_locked_has_no_deviation() -> None:
    assert deviations(trial(), History(lock(trial()))) == ()


def test_before_the_lock_nothing_is_a_deviation() -> None:
    assert deviations(trial(confidence=0.9), History()) == ()


def test_a_recorded_change_says_what_from_to_who_when_why() -> None:
    history = History(lock(trial()), (changed(Change("plan.confidence", 0.95, 0.9)),))
    assert deviations(trial(confidence=0.9), history) == (
        {
            "what": "plan.confidence",
            "from": 0.95,
            "to": 0.9,
            "who": "analyst (user 2)",
            "when": "2025-02-03T10:00:00.123456+00:00",
            "why": "A stopwatch broke",
        },
    )


def test_an_unrecorded_change_is_known_by_what_it_changed() -> None:
    (found,) = deviations(trial(subgroups=["grade"]), History(lock(trial())))
    assert found == {
        "what": "plan.subgroups",
        "from": ["department", "grade", "profession", "task_type"],
        "to": ["grade"],
        "who": None,
        "when": None,
        "why": "not recorded",
    }


def test_a_change_that_was_taken_back_still_shows() -> None:
    back_and_forth = (
        changed(Change("plan.confidence", 0.95, 0.9)),
        changed(Change("plan.confidence", 0.9, 0.95)),
    )
    found = deviations(trial(), History(lock(trial()), back_and_forth))
    assert [(item["from"], item["to"]) for item in found] == [(0.95, 0.9), (0.9, 0.95)]


def test_a_silent_step_between_recorded_ones_shows() -> None:
    history = History(lock(trial()), (changed(Change("plan.confidence", 0.8, 0.9)),))
    found = deviations(trial(confidence=0.99), history)
    assert [(item["from"], item["to"], item["who"]) for item in found] == [
        (0.95, 0.8, None),
        (0.8, 0.9, "analyst (user 2)"),
        (0.9, 0.99, None),
    ]


@pytest.mark.parametrize(
    ("name", "value", "was"),
    [
        ("starts_on", datetime.date(2025, 1, 13), "2025-01-06"),
        ("ends_on", datetime.date(2025, 3, 1), None),
        ("run_in_days", 5, 0),
    ],
)
def test_dates_are_promised_too(name: str, value: Any, was: Any) -> None:
    moved = replace(trial(), **{name: value})
    assert plan_sha256(moved) == plan_sha256(trial())
    (found,) = deviations(moved, History(lock(trial())))
    to = value.isoformat() if isinstance(value, datetime.date) else value
    assert (found["what"], found["from"], found["to"]) == (f"trial.{name}", was, to)


def test_names_and_tools_are_not_promised() -> None:
    renamed = replace(trial(), title="Pots", sector="justice", tools=("whistle",), simulated=True)
    assert deviations(renamed, History(lock(trial()))) == ()


def test_a_setting_of_a_later_version_is_its_default_and_no_change() -> None:
    older = copy.deepcopy(promise(trial()))
    del older["plan"]["day_basis"]
    of_then = History(replace(lock(trial()), sections=older))
    assert deviations(trial(), of_then) == ()
    (found,) = deviations(trial(day_basis="logged_days"), of_then)
    assert (found["from"], found["to"]) == ("working_days", "logged_days")


def test_a_change_of_a_setting_that_no_longer_exists_stays_listed() -> None:
    history = History(lock(trial()), (changed(Change("plan.stopwatch", None, "brass")),))
    (found,) = deviations(trial(), history)
    assert (found["what"], found["to"]) == ("plan.stopwatch", "brass")


@given(levels=st.lists(LEVELS, max_size=6), silent=LEVELS)
def test_every_recorded_change_is_listed_and_silence_once(
    levels: list[float], silent: float
) -> None:
    steps = [0.95, *levels]
    made = tuple(
        changed(*differences(trial(confidence=old), trial(confidence=new)))
        for old, new in zip(steps, levels, strict=False)
    )
    found = deviations(trial(confidence=silent), History(lock(trial()), made))
    moves = sum(old != new for old, new in zip(steps, levels, strict=False))
    assert len(found) == moves + (silent != steps[-1])
    assert [item["to"] for item in found if item["who"]] == [
        new for old, new in zip(steps, levels, strict=False) if old != new
    ]


def test_differences_are_value_by_value_and_lists_are_one() -> None:
    other = replace(trial(confidence=0.9, subgroups=["grade"]), run_in_days=3)
    assert differences(trial(), other) == (
        Change("trial.run_in_days", 0, 3),
        Change("plan.confidence", 0.95, 0.9),
        Change("plan.subgroups", ["department", "grade", "profession", "task_type"], ["grade"]),
    )
    assert differences(trial(), trial()) == ()


def test_the_promise_is_the_five_sections_and_the_dates() -> None:
    dated = replace(trial(), ends_on=datetime.date(2025, 3, 1), run_in_days=2)
    dates = {"starts_on": "2025-01-06", "ends_on": "2025-03-01", "run_in_days": 2}
    assert promise(dated) == {"trial": dates, **sections(dated)}
    assert promise(locked_trial(promise(dated))) == promise(dated)


def test_what_is_no_promise_is_refused() -> None:
    with pytest.raises(DefinitionErrors, match=r"plan\.confidence: 2"):
        locked_trial({"design": {"kind": "crossover"}, "plan": {"confidence": 2}})


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("x", True),
        ("x" * MAX_REASON_LENGTH, True),
        ("x" * (MAX_REASON_LENGTH + 1), False),
        (" \n", False),
        ("a\x00b", False),
    ],
)
def test_a_reason_says_something_that_can_be_stored(text: str, stands: bool) -> None:
    assert is_reason(text) is stands


def test_taus_are_found_by_the_interval_they_belong_to() -> None:
    whole = Tuning("time_ratio", "all", "all", "primary", None, 0.25)
    of_arm = replace(whole, arm="ai", tau=0.5)
    history = History(lock(trial()), tuning=(whole, of_arm))
    assert history.tau_of(whole.key) == 0.25
    assert history.tau_of(of_arm.key) == 0.5
    assert history.tau_of(("time_ratio", "all", "all", "raw", None)) is None


def test_results_say_when_the_plan_was_locked_and_what_was_changed() -> None:
    logs = [{"participant": "p1", "key": "k", "minutes": 5.0, "ai_used": True}]
    made = bundle("observational", logs=logs)
    fresh = evaluate(evidence_of(made, AS_OF))
    assert (fresh.plan_locked_at, fresh.plan_locked_by, fresh.deviations) == (None, None, ())

    other = replace(made.trial, run_in_days=1)
    kept = replace(made, history=History(lock(other)))
    found = evaluate(evidence_of(kept, AS_OF))
    assert found.plan_locked_at == "2025-01-02T09:30:00+00:00"
    assert found.plan_locked_by == "administrator (user 1)"
    assert [item["what"] for item in found.as_json()["deviations"]] == ["trial.run_in_days"]


def test_taus_are_never_published() -> None:
    logs = [{"participant": "p1", "key": "k", "minutes": 5.0, "ai_used": True}]
    found = evaluate(evidence_of(bundle("observational", logs=logs), AS_OF))
    row = Tuning("time_ratio", "all", "all", "primary", None, 0.123456789)
    kept = replace(
        found,
        tuning=(asdict(row),),
        plan_locked_at="2025-01-02T09:30:00+00:00",
        deviations=({"what": "plan.confidence"},),
    )
    shown = published(kept, minimum_people=10)
    assert shown.tuning == ()
    assert (shown.plan_locked_at, shown.deviations) == (kept.plan_locked_at, kept.deviations)
