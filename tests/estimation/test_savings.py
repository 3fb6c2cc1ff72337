"""The headline against a plain second implementation: rows, dummies, sandwich by loops."""

import dataclasses
import datetime
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from measurement.estimation.definition import Assumptions
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.savings import (
    break_even_minutes_per_week,
    days_per_year,
    full_time_equivalents,
)
from tests.estimation.frames import AS_OF, bundle, row_of

# 13 working days, see test_exposure.py.
TRIAL = {"starts_on": "2025-04-14", "ends_on": "2025-05-02"}
ALL_TOGETHER: dict[str, Any] = {"subgroups": []}
TYPES = ("draft", "search", "slides")
WEEKDAYS = [datetime.date(2025, 4, 22) + datetime.timedelta(days=day) for day in range(3)]


def random_logs(generator: Any, people: Any) -> Any:
    """Return logs of unequal numbers per person, types with different savings, some novel."""
    logs = []
    for person, arm in people.items():
        level = generator.normal(0, 0.4)
        for number in range(generator.integers(2, 14)):
            task_type = str(generator.choice(TYPES))
            saving = {"draft": 0.6, "search": 0.9, "slides": 1.1}[task_type] if arm == "ai" else 1
            logs.append(
                {
                    "participant": person,
                    "key": f"{number:03d}",
                    "minutes": float(20 * saving * np.exp(level + generator.normal(0, 0.5))),
                    "ai_used": arm == "ai" and bool(generator.random() < 0.7),
                    "task_type": task_type,
                    "date": WEEKDAYS[number % 3].isoformat(),
                    "novel": arm == "ai" and bool(generator.random() < 0.1),
                }
            )
    return logs


def plain_headline(logs: Any, people: Any, days: Any) -> Any:
    """Return the headline and its CR1 standard error for a parallel trial, in plain loops.

    Minutes on type dummies and type x d; cluster scores by loops; the ratio of totals by hand.
    """
    regular = [log for log in logs if not log["novel"]]
    d = np.array([people[log["participant"]] == "ai" for log in regular], dtype=float)
    columns = [[float(log["task_type"] == name) for log in regular] for name in TYPES]
    X = np.column_stack([*columns, *[np.array(column) * d for column in columns]])
    y = np.array([log["minutes"] for log in regular])
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ X.T @ y
    residual = y - X @ beta
    saving = -beta[3:]

    treated = [person for person, arm in people.items() if arm == "ai"]
    total_days = sum(days[person] for person in treated)
    tasks = np.zeros((len(treated), 3))
    novel = np.zeros(len(treated))
    for log in logs:
        if people[log["participant"]] != "ai":
            continue
        place = treated.index(log["participant"])
        if log["novel"]:
            novel[place] += log["minutes"]
        else:
            tasks[place, TYPES.index(log["task_type"])] += 1
    rates = tasks.sum(axis=0) / total_days
    value = rates @ saving - novel.sum() / total_days

    with_logs = sorted({log["participant"] for log in regular})
    G, N, K = len(with_logs), len(y), X.shape[1]
    factor = np.sqrt(G / (G - 1) * (N - 1) / (N - K))
    spread = np.sqrt(len(treated) / (len(treated) - 1))
    psi = dict.fromkeys(people, 0.0)
    for person in with_logs:
        own = np.array([log["participant"] == person for log in regular])
        psi[person] -= factor * rates @ (bread @ X[own].T @ residual[own])[3:]
    for place, person in enumerate(treated):
        own_total = tasks[place] @ saving - novel[place]
        psi[person] += spread * (own_total - value * days[person]) / total_days
    return value, np.sqrt(sum(part**2 for part in psi.values()))


@pytest.mark.parametrize("seed", range(5))
def test_headline_agrees_with_the_plain_implementation(seed: Any) -> None:
    generator = np.random.default_rng(seed)
    people = {f"p{number:03d}": ("ai", "control")[number % 2] for number in range(120)}
    logs = random_logs(generator, people)
    late = {person for number, person in enumerate(people) if number % 10 == 0}
    # From 28 April on there are five working days.
    days = {person: 5 if person in late else 13 for person in people}
    # Their earlier logs lie before enrolment and are excluded.
    kept = [log for log in logs if log["participant"] not in late]
    participants = [
        {"participant": person, "arm": arm, "enrolled_on": "2025-04-28" if person in late else None}
        for person, arm in people.items()
    ]
    data = bundle("parallel", logs=logs, participants=participants, trial=TRIAL, plan=ALL_TOGETHER)

    results = evaluate(evidence_of(data, AS_OF))
    row = row_of(results, "minutes_saved_per_working_day")

    value, std_error = plain_headline(kept, people, days)
    assert row.value == pytest.approx(value, rel=1e-10)
    assert row.std_error == pytest.approx(std_error, rel=1e-10)
    assert row.standard_errors == "CR1"
    year = row_of(results, "working_days_saved_per_year")
    assert year.value == pytest.approx(value * 225 / 450, rel=1e-12)
    assert year.std_error == pytest.approx(std_error * 225 / 450, rel=1e-12)


def test_a_type_that_one_person_did_with_ai_has_its_share() -> None:
    generator = np.random.default_rng(12)
    people = {f"p{number:03d}": ("ai", "control")[number % 2] for number in range(80)}
    logs = random_logs(generator, people)
    alone = next(log["participant"] for log in logs if log["task_type"] == "slides")
    for log in logs:
        if people[log["participant"]] == "ai" and log["participant"] != alone:
            log["task_type"] = {"slides": "draft"}.get(log["task_type"], log["task_type"])
    participants = [{"participant": person, "arm": arm} for person, arm in people.items()]
    data = bundle("parallel", logs=logs, participants=participants, trial=TRIAL, plan=ALL_TOGETHER)

    results = evaluate(evidence_of(data, AS_OF))

    value, std_error = plain_headline(logs, people, dict.fromkeys(people, 13))
    row = row_of(results, "minutes_saved_per_working_day")
    assert people[alone] == "ai"
    assert row.value == pytest.approx(value, rel=1e-10)
    assert row.std_error == pytest.approx(std_error, rel=1e-10)


def test_per_day_used_is_the_same_total_over_days_with_ai() -> None:
    generator = np.random.default_rng(11)
    people = {f"p{number:03d}": ("ai", "control")[number % 2] for number in range(80)}
    logs = random_logs(generator, people)
    participants = [{"participant": person, "arm": arm} for person, arm in people.items()]
    data = bundle("parallel", logs=logs, participants=participants, trial=TRIAL, plan=ALL_TOGETHER)
    used: dict[str, set[str]] = {person: set() for person, arm in people.items() if arm == "ai"}
    for log in logs:
        if log["ai_used"]:
            used[log["participant"]].add(log["date"])
    days = {person: len(dates) for person, dates in used.items()}

    row = row_of(evaluate(evidence_of(data, AS_OF)), "minutes_saved_per_day_used")

    value, std_error = plain_headline(logs, people, days)
    assert row.value == pytest.approx(value, rel=1e-10)
    assert row.std_error == pytest.approx(std_error, rel=1e-10)


@pytest.mark.parametrize(("minutes", "days"), [(26, 13.0), (56, 28.0), (19, 9.5)])
def test_published_minutes_give_the_published_days_a_year(minutes: Any, days: Any) -> None:
    clusters = pd.MultiIndex.from_arrays([["a", "b"]], names=["participant"])
    estimate = Estimate(minutes, pd.Series([1.0, -1.0], index=clusters), 1)

    assert days_per_year(estimate, Assumptions()).value == days


def test_full_time_equivalents_are_peoples_days_over_a_years_days() -> None:
    clusters = pd.MultiIndex.from_arrays([["a", "b"]], names=["participant"])
    per_year = Estimate(13.0, pd.Series([1.0, -1.0], index=clusters), 1)

    whole = full_time_equivalents(per_year, 450, Assumptions())
    # 450 people x 13 days / 225 days.
    assert whole.value == pytest.approx(26.0, rel=1e-15)
    assert whole.std_error == pytest.approx(2 * np.sqrt(2), rel=1e-15)
    half = full_time_equivalents(per_year, 1, Assumptions(working_days_per_year=26.0))
    assert half.value == pytest.approx(0.5, rel=1e-15)
    with pytest.raises(NotEstimable, match="no participants were given AI"):
        full_time_equivalents(per_year, 0, Assumptions())


def test_a_licence_pays_for_itself_after_some_minutes_a_week() -> None:
    # 20 pounds a month are 60/13 pounds a week; a minute costs half a pound.
    assert break_even_minutes_per_week(Assumptions()) == pytest.approx(120 / 13, rel=1e-15)
    # A minute costs a pound: 13 pounds a week.
    dearer = Assumptions(loaded_cost_per_hour=60.0, licence_cost_per_month=13 * 52 / 12)
    assert break_even_minutes_per_week(dearer) == pytest.approx(13.0, rel=1e-15)


@pytest.mark.parametrize("cost", ["loaded_cost_per_hour", "licence_cost_per_month"])
def test_what_costs_nothing_has_no_break_even(cost: str) -> None:
    with pytest.raises(NotEstimable, match="nothing to earn back"):
        break_even_minutes_per_week(dataclasses.replace(Assumptions(), **{cost: 0.0}))


def plain_trial(extra_logs: Any = (), **sections: Any) -> Any:
    """Return a trial of 40 people, one task of 30 minutes without and 20 with AI each."""
    people = [
        {"participant": f"p{number:02d}", "arm": ("ai", "control")[number % 2]}
        for number in range(40)
    ]
    logs = [
        {
            "participant": person["participant"],
            "key": "1",
            "minutes": (20 if person["arm"] == "ai" else 30) + place % 4,
            "ai_used": person["arm"] == "ai",
            "task_type": "draft",
            "date": "2025-04-22",
        }
        for place, person in enumerate(people)
    ]
    return bundle(
        "parallel",
        logs=[*logs, *extra_logs],
        participants=people,
        **{"trial": TRIAL, "plan": ALL_TOGETHER, **sections},
    )


def headline(data: Any) -> Any:
    """Return the headline row."""
    return row_of(evaluate(evidence_of(data, AS_OF)), "minutes_saved_per_working_day")


@cache
def plain_row() -> Any:
    """Return the headline row of the plain trial."""
    return headline(plain_trial())


def without_comparison(number: Any) -> Any:
    """Return so many logs with AI of a type that nobody did without."""
    return [
        {
            "participant": "p00",
            "key": f"new-{place}",
            "minutes": 15,
            "ai_used": True,
            "task_type": "translate",
            "date": "2025-04-23",
        }
        for place in range(number)
    ]


def test_a_type_without_comparison_counts_as_no_saving_and_is_named() -> None:
    plain, with_two = plain_row(), headline(plain_trial(without_comparison(2)))

    assert with_two.value == pytest.approx(plain.value, rel=1e-12)
    assert any("translate" in note for note in with_two.notes)


def test_a_type_that_a_sample_of_logs_lacks_is_named_once() -> None:
    recalled = [
        {**log, "participant": name, "task_type": "search", "ai_used": name == "p00"}
        for name in ("p00", "p01")
        for log in without_comparison(1)
    ]
    data = plain_trial([*recalled, *without_comparison(1)])
    timed = data.task_logs["task_type"] != "search"
    data.task_logs["source"] = np.where(timed, "timer", "recall")
    results = evaluate(evidence_of(data, AS_OF))

    def named_in(sample: str) -> list[str]:
        row = row_of(results, "minutes_saved_per_working_day", sample=sample)
        assert row.value is not None
        return [note.partition(": ")[2] for note in row.notes if "counted as no saving" in note]

    assert named_in("primary") == ["translate"]
    assert named_in("timer_only") == ["search", "translate"]


def test_without_a_type_of_both_kinds_nothing_is_compared() -> None:
    data = plain_trial()
    with_ai = data.task_logs["ai_used"].to_numpy(dtype=bool)
    apart = data.task_logs["task_type"].mask(with_ai, "translate")
    logs = data.task_logs.assign(task_type=apart)
    row = headline(dataclasses.replace(data, task_logs=logs))

    assert row.not_estimable == "no task type has task logs both with and without AI"


def test_too_many_tasks_without_comparison_are_not_estimable() -> None:
    row = headline(plain_trial(without_comparison(3)))

    assert row.value is None
    assert "13.0% of the tasks with AI" in row.not_estimable
    assert "translate" in row.not_estimable


def test_novel_tasks_add_their_minutes() -> None:
    novel = [
        {
            "participant": "p00",
            "key": "novel",
            "minutes": 26,
            "ai_used": True,
            "task_type": "draft",
            "novel": True,
            "date": "2025-04-23",
        }
    ]
    plain, with_novel = plain_row(), headline(plain_trial(novel))

    # 20 people with AI, 13 working days each.
    assert with_novel.value == pytest.approx(plain.value - 26 / (20 * 13), rel=1e-12)


def test_logged_days_are_the_denominator_where_the_plan_says_so() -> None:
    working = plain_row()
    logged = headline(plain_trial(plan={**ALL_TOGETHER, "day_basis": "logged_days"}))

    assert logged.value == pytest.approx(working.value * 13, rel=1e-12)


def test_a_trial_without_first_and_last_day_has_no_headline() -> None:
    assert "no first and last day" in headline(plain_trial(trial={})).not_estimable


def test_logs_without_dates_have_no_per_day_figures() -> None:
    people = [{"participant": f"p{n}", "arm": ("ai", "control")[n % 2]} for n in range(8)]
    logs = [
        {"participant": f"p{n}", "key": "1", "minutes": 9 + n, "ai_used": n % 2 == 0}
        for n in range(8)
    ]
    results = evaluate(evidence_of(bundle("parallel", logs=logs, participants=people), AS_OF))

    for estimand in (
        "minutes_saved_per_working_day",
        "minutes_saved_per_day_used",
        "working_days_saved_per_year",
    ):
        assert row_of(results, estimand).not_estimable == "task logs have no dates"
    assert row_of(results, "time_ratio").value is not None


def test_savings_need_days() -> None:
    nobody = plain_trial()
    people = nobody.participants.assign(ai_from="2025-06-01").astype({"ai_from": "datetime64[s]"})
    evidence = evidence_of(nobody, AS_OF)
    late = evaluate(type(evidence)(**{**vars(evidence), "participants": people}))

    assert "no days with access" in row_of(late, "minutes_saved_per_working_day").not_estimable
