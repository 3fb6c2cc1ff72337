"""The headline of a trial of ten people, worked out by hand in whole numbers and fractions.

Every number that the engine is asked for follows from the tables below by arithmetic that fits on
paper. AI arm: A1 to A5; control arm: C1 to C5.
"""

import math
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from measurement.estimation.effects import days_with_access, saved_per_day, savings_in
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.prepared import Prepared, prepare
from measurement.estimation.results import Results
from measurement.estimation.savings import Savings, days_per_year
from measurement.estimation.scopes import Scope
from tests.estimation.frames import AS_OF, bundle, row_of

EXACT = 1e-12

# Monday 14 to Friday 25 April 2025: ten weekdays, less Good Friday and Easter Monday: 8 days.
FIRST_DAY, LAST_DAY = "2025-04-14", "2025-04-25"
# A3 joins on Tuesday 22 April: 22, 23, 24, 25 April are 4 days.
LATE = {"A3": "2025-04-22"}

# Minutes of each task: (person, day of April, type of task, minutes).
WITH_AI = [
    # A1 has nothing on the other five working days; they count all the same.
    ("A1", 14, "draft", 40),
    ("A1", 14, "draft", 30),
    ("A1", 15, "search", 20),
    ("A1", 16, "translate", 45),
    ("A2", 14, "draft", 35),
    ("A2", 22, "search", 15),
    ("A2", 23, "search", 25),
    ("A3", 22, "draft", 35),
    ("A3", 25, "search", 18),
    ("A4", 17, "search", 22),
    # A5 has AI and logs nothing at all.
]
WITHOUT_AI = [
    ("C1", 14, "draft", 60),
    ("C1", 15, "search", 20),
    ("C2", 16, "draft", 50),
    ("C3", 17, "draft", 40),
    ("C4", 22, "draft", 50),
    # On a bank holiday: the task counts, the day does not.
    ("C4", 21, "search", 30),
    ("C5", 25, "search", 25),
]
# Done only because AI exists: 12 minutes that nobody would have spent otherwise.
NOVEL = [("A2", 24, "draft", 12)]
# Before A3 joined: no part of the trial.
TOO_EARLY = [("A3", 15, "draft", 500)]

AI_ARM = ("A1", "A2", "A3", "A4", "A5")
DAYS = {"A1": 8, "A2": 8, "A3": 4, "A4": 8, "A5": 8}
ALL_DAYS = 36


def ten_people() -> Any:
    """Return the trial's bundle."""
    people = [f"{arm}{number}" for arm in "AC" for number in range(1, 6)]
    logs = [
        {
            "participant": person,
            "key": f"{number:02d}",
            "minutes": minutes,
            # A3 did one task without AI. Assigned is assigned: it counts as a task with AI.
            "ai_used": person[0] == "A" and (person, day) != ("A3", 25),
            "task_type": task_type,
            "date": f"2025-04-{day}",
            "novel": (person, day, task_type, minutes) in NOVEL,
        }
        for number, (person, day, task_type, minutes) in enumerate(
            [*WITH_AI, *WITHOUT_AI, *NOVEL, *TOO_EARLY]
        )
    ]
    participants = [
        {
            "participant": person,
            "arm": "ai" if person in AI_ARM else "control",
            "enrolled_on": LATE.get(person),
        }
        for person in people
    ]
    return bundle(
        "parallel",
        logs=logs,
        participants=participants,
        trial={"starts_on": FIRST_DAY, "ends_on": LAST_DAY},
        plan={"subgroups": []},
    )


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    """Return the evidence, its model and everybody's cells."""
    return prepare(evidence_of(ten_people(), AS_OF))


@pytest.fixture(scope="module")
def savings(prepared: Prepared) -> Savings:
    """Return the savings per task of each type."""
    return savings_in(prepared, prepared.whole.regular)


@pytest.fixture(scope="module")
def results(prepared: Prepared) -> Results:
    """Return everything that the engine finds."""
    return evaluate(prepared.evidence)


def own_cells(scope: Scope) -> pd.DataFrame:
    """Return the cells of those given AI."""
    return scope.cells[scope.cells["participant"].isin(scope.population["participant"])]


def test_step_1_the_log_before_joining_is_excluded(results: Results) -> None:
    # 10 tasks with AI, 7 without, 1 novel, 1 too early: 19 stored, 18 analysed.
    assert (results.logs.stored, results.logs.analysed) == (19, 18)
    assert results.logs.excluded == {"before_enrolment": 1}


def test_step_2_working_days(prepared: Prepared) -> None:
    days = days_with_access(prepared, prepared.whole)

    assert dict(days.droplevel(list(range(days.index.nlevels - 1)))) == DAYS
    assert days.sum() == 8 + 8 + 4 + 8 + 8 == ALL_DAYS


def test_step_3_minutes_saved_per_task_of_each_type(savings: Savings) -> None:
    # The model has a level and an effect for each type, so it compares plain means.
    draft_with_ai = Fraction(40 + 30 + 35 + 35, 4)
    draft_without = Fraction(60 + 50 + 40 + 50, 4)
    search_with_ai = Fraction(20 + 15 + 25 + 18 + 22, 5)
    search_without = Fraction(20 + 30 + 25, 3)
    assert draft_with_ai == 35
    assert draft_without == 50
    assert search_with_ai == 20
    assert search_without == 25

    # Nobody translated without AI: no saving can be known, and none is counted.
    assert savings.uncompared == ("translate",)
    assert savings.per_task == pytest.approx({"draft": 50 - 35, "search": 25 - 20}, rel=EXACT)


def test_step_4_one_task_in_ten_without_comparison_is_just_allowed(
    prepared: Prepared, results: Results
) -> None:
    # 4 drafts, 5 searches, 1 translation with AI.
    own = own_cells(prepared.whole)

    assert own[~own["novel"]].groupby("task_type", observed=True)["logs"].sum().to_dict() == {
        "draft": 4,
        "search": 5,
        "translate": 1,
    }
    assert row_of(results, "minutes_saved_per_working_day").not_estimable is None


def test_step_5_minutes_saved_by_all_tasks_together(savings: Savings) -> None:
    # 4 drafts save 15 minutes each, 5 searches 5 minutes each.
    assert 4 * 15 + 5 * 5 == 85

    assert savings.total({"draft": 4, "search": 5}).value == pytest.approx(85, rel=EXACT)


def test_step_6_the_novel_task_costs_its_minutes(prepared: Prepared) -> None:
    own = own_cells(prepared.whole)
    novel = own[own["novel"]]

    assert (novel["logs"] * novel["minutes_mean"]).sum() == 12


def test_step_7_the_headline(results: Results) -> None:
    # (85 - 12) minutes over 36 days: a little over 2 minutes a day.
    headline = Fraction(85 - 12, ALL_DAYS)
    assert headline == Fraction(73, 36)

    row = row_of(results, "minutes_saved_per_working_day")
    assert row.value == pytest.approx(float(headline), rel=EXACT)
    assert row.notes == (
        "task type without tasks to compare with, counted as no saving: translate",
    )


def test_step_8_days_a_year_and_full_time_equivalents(
    prepared: Prepared, savings: Savings, results: Results
) -> None:
    # 225 working days of 7.5 hours, which are 450 minutes: half a day for each minute a day.
    per_year = Fraction(73, 36) * Fraction(225, 450)
    assert per_year == Fraction(73, 72)
    # Five people were given AI.
    equivalents = 5 * per_year / 225
    assert equivalents == Fraction(73, 3240)

    year, people = (
        row_of(results, name) for name in ("working_days_saved_per_year", "full_time_equivalents")
    )
    assert year.value == pytest.approx(float(per_year), rel=EXACT)
    assert people.value == pytest.approx(float(equivalents), rel=EXACT)
    daily = saved_per_day(prepared.whole, savings, days_with_access(prepared, prepared.whole))
    assert days_per_year(daily, prepared.evidence.trial.assumptions).value == year.value


def saving_without(person: str, task_type: str) -> Fraction:
    """Return the difference of the means of a type of task over everybody but one person."""

    def mean(rows: Any) -> Fraction:
        kept = [row[3] for row in rows if row[0] != person and row[2] == task_type]
        return Fraction(sum(kept), len(kept))

    return mean(WITHOUT_AI) - mean(WITH_AI)


def test_step_9_the_standard_error(results: Results) -> None:
    people = {row[0] for row in [*WITH_AI, *WITHOUT_AI]}
    assert len(people) == 9

    # First part: how far the savings move when one person is left out, at 4/36 drafts and 5/36
    # searches a day. Nine people have task logs: the jackknife's factor is the root of 8/9.
    savings = {
        person: Fraction(4, 36) * (15 - saving_without(person, "draft"))
        + Fraction(5, 36) * (5 - saving_without(person, "search"))
        for person in people
    }
    # Without A1, drafts are 50 - 35 and searches 25 - 20: as before.
    assert savings["A1"] == 0
    # Without C1, drafts are 140/3 - 35 and searches 55/2 - 20.
    assert savings["C1"] == Fraction(4, 36) * Fraction(10, 3) - Fraction(5, 36) * Fraction(5, 2)

    # Second part: what a person of the AI arm saved beyond the average of the days. Five people
    # were given AI: the factor is the root of 5/4.
    saved = {"A1": 2 * 15 + 5, "A2": 15 + 2 * 5 - 12, "A3": 15 + 5, "A4": 5, "A5": 0}
    assert sum(saved.values()) == 73
    beyond = {person: (saved[person] - Fraction(73, 36) * DAYS[person]) / 36 for person in AI_ARM}
    assert sum(beyond.values()) == 0

    influence = [
        math.sqrt(8 / 9) * savings.get(person, 0) + math.sqrt(5 / 4) * beyond.get(person, 0)
        for person in {*people, *AI_ARM}
    ]
    std_error = math.sqrt(math.fsum(part**2 for part in influence))

    row = row_of(results, "minutes_saved_per_working_day")
    assert row.std_error == pytest.approx(std_error, rel=EXACT)
    assert (row.standard_errors, row.clusters) == ("CR3", 9)
    # Nine people's tasks were compared.
    assert row.degrees_of_freedom == 8
