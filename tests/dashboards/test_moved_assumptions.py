"""Assumptions are moved from published minutes alone, and the plan's figures stay beside."""

from dataclasses import replace

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.assumptions_form import QUESTIONS, AssumptionsForm, as_typed
from dashboards.moved_assumptions import (
    NOT_APPLICABLE,
    NOT_KNOWN,
    UNCLEAR,
    Assumed,
    Moved,
    moved,
    planned,
)
from measurement.estimation.results import EstimateRow, Results
from tests.dashboards.invented import missing, results, row, trial

PLAN = Assumed(
    working_days_per_year=225,
    hours_per_day=7.5,
    loaded_cost_per_hour=30,
    licence_cost_per_month=20,
    people=1000,
)


def found(*more: EstimateRow, minutes: tuple[float, float, float] = (9.4, 7.1, 11.7)) -> Results:
    return results(
        row("minutes_saved_per_working_day", *minutes),
        row("adoption_rate", 0.8, 0.7, 0.9, people=1000),
        *more,
    )


def table(of: Moved) -> dict[str, tuple[str, str]]:
    return {line.slug: (line.planned, line.moved) for line in of.outcomes}


def test_the_plan_is_read_from_the_trial_and_the_published_counts() -> None:
    assert planned(found(), trial()) == PLAN


def test_without_a_count_of_those_given_ai_the_people_who_logged_stand_in() -> None:
    hidden = replace(row("adoption_rate"), participants=None)
    daily = row(participants_with_ai=40)
    for rows in ((daily,), (daily, hidden)):
        by_plan = planned(results(*rows), trial())
        assert by_plan is not None
        assert by_plan.people == 40


def test_without_minutes_there_is_nothing_to_move() -> None:
    nothing = missing("minutes_saved_per_working_day", "task logs have no dates")
    assert planned(results(nothing), trial()) is None
    assert planned(results(row("time_ratio", 0.8, 0.7, 0.9)), trial()) is None
    with pytest.raises(ValueError, match="without minutes"):
        moved(results(nothing), PLAN, PLAN)


def test_moved_figures_follow_from_the_published_minutes() -> None:
    other = replace(PLAN, working_days_per_year=220, hours_per_day=8, people=2000)
    assert table(moved(found(), PLAN, other)) == {
        "days": ("4.7 (3.5 to 5.8)", "4.3 (3.3 to 5.4)"),  # 9.4 x 220 / 480
        "people": ("21 (16 to 26)", "39 (30 to 49)"),  # 2,000 x 9.4 / 480
        "week": ("40.7 (30.7 to 50.6)", "39.8 (30.0 to 49.5)"),  # 9.4 x 220 / 52
        "break_even": ("9.2", "9.2"),
    }


def test_what_was_published_by_the_plan_is_shown_as_published() -> None:
    year = row("working_days_saved_per_year", 4.8, 3.6, 5.9, scale="days")
    people = row("full_time_equivalents", 22.0, 17.0, 27.0, scale="people")
    by_plan = table(moved(found(year, people), PLAN, PLAN))
    assert by_plan["days"] == ("4.8 (3.6 to 5.9)", "4.8 (3.6 to 5.9)")
    assert by_plan["people"] == ("22 (17 to 27)", "22 (17 to 27)")


def test_few_full_time_equivalents_have_a_decimal() -> None:
    """30 people lose 2 minutes a day at worst: that is a loss, and no 0."""
    thirty = replace(PLAN, people=30)
    people = row("full_time_equivalents", 0.5, -0.1, 1.2, scale="people")
    shown = moved(found(people, minutes=(8.0, -2.0, 18.0)), thirty, replace(thirty, people=600))
    assert table(shown)["people"] == ("0.5 (−0.1 to 1.2)", "11 (−3 to 24)")


def test_costs_move_what_a_licence_must_save() -> None:
    dear = replace(PLAN, licence_cost_per_month=40)
    assert table(moved(found(), PLAN, dear))["break_even"] == ("9.2", "18.5")
    free = replace(PLAN, licence_cost_per_month=0)
    assert table(moved(found(), PLAN, free))["break_even"] == ("9.2", NOT_APPLICABLE)


def test_what_cannot_be_gives_no_figure() -> None:
    shown = moved(found(), PLAN, None)
    assert {line.moved for line in shown.outcomes} == {NOT_KNOWN}
    assert not shown.is_moved
    assert moved(found(), PLAN, replace(PLAN, people=1)).is_moved


def test_an_unclear_difference_stays_unclear_under_any_assumption() -> None:
    assert moved(found(minutes=(2.0, -1.0, 5.0)), PLAN, PLAN).remark == UNCLEAR
    assert moved(found(), PLAN, PLAN).remark == ""
    assert moved(found(minutes=(-5.0, -9.0, -1.0)), PLAN, PLAN).remark == ""


def test_the_browser_gets_published_minutes_and_the_plan_alone() -> None:
    assert moved(found(), PLAN, PLAN).for_the_browser == {
        "minutes": [9.4, 7.1, 11.7],
        "planned": {
            "working_days_per_year": 225.0,
            "hours_per_day": 7.5,
            "loaded_cost_per_hour": 30.0,
            "licence_cost_per_month": 20.0,
            "people": 1000.0,
        },
    }


def form(**sent: str) -> AssumptionsForm:
    query = QueryDict(mutable=True)
    query.update(sent)
    return AssumptionsForm(PLAN, query)


def test_without_a_query_the_plan_counts() -> None:
    assert form().assumed() == PLAN
    assert form(utm_source="email").assumed() == PLAN
    assert not form().errors


def test_the_plan_stands_beside_as_numbers_are_read() -> None:
    hints = {name: str(field.help_text) for name, field in form().fields.items()}
    assert hints["people"] == "The plan: 1,000"
    assert hints["hours_per_day"] == "The plan: 7.5"
    assert hints["licence_cost_per_month"] == "The plan: £20"


def test_what_was_not_sent_stays_as_planned() -> None:
    assert form(hours_per_day="7").assumed() == replace(PLAN, hours_per_day=7)


@pytest.mark.parametrize(
    ("typed", "read"), [("1,250", 1250), (" 12 ", 12), ("12.0", 12), ("2 000", 2000)]
)
def test_numbers_are_read_as_people_type_them(typed: str, read: float) -> None:
    assert form(people=typed).assumed() == replace(PLAN, people=read)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ten",
        "-1",
        "NaN",
        "Infinity",
        "1e3",
        "1_000",
        "٣",
        "999999999",
        "1.23456",
        "\x00",
        "<b>",
    ],
)
def test_what_is_no_allowed_number_is_refused_with_the_limits(name: str, typed: str) -> None:
    refused = form(**{name: typed})
    assert refused.assumed() is None
    assert list(refused.errors) == [name]
    said = str(refused.errors[name][0])
    assert said.startswith((f"{QUESTIONS[name].label} must be a ", "Null characters"))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("working_days_per_year", "367"),
        ("working_days_per_year", "0"),
        ("hours_per_day", "24.1"),
        ("loaded_cost_per_hour", "0"),
        ("people", "0"),
        ("people", "1.5"),
    ],
)
def test_bounds_hold(name: str, typed: str) -> None:
    assert form(**{name: typed}).assumed() is None


def test_errors_name_the_bounds() -> None:
    assert form(people="1.5").errors["people"] == [
        "People with AI (full-time) must be a whole number from 1 to 10,000,000"
    ]
    assert form(loaded_cost_per_hour="0").errors["loaded_cost_per_hour"] == [
        "Cost of an hour of work must be a number from £0.01 to £100,000"
    ]


@settings(max_examples=50)
@given(
    st.floats(-60, 60).map(lambda minutes: round(minutes, 1)),
    st.floats(0.1, 366),
    st.floats(0.1, 24),
    st.integers(1, 10_000_000),
)
def test_days_people_and_weeks_agree_with_each_other(
    minutes: float, days: float, hours: float, people: int
) -> None:
    """Full-time equivalents are people x days saved a year / days a year, whatever the days."""
    assumed = replace(PLAN, working_days_per_year=days, hours_per_day=hours, people=float(people))
    shown = table(moved(found(minutes=(minutes, minutes, minutes)), PLAN, assumed))
    saved = minutes * days / 60 / hours
    assert _first(shown["days"][1]) == pytest.approx(saved, abs=0.0501)
    assert _first(shown["people"][1]) == pytest.approx(people * saved / days, abs=0.501)
    assert _first(shown["week"][1]) == pytest.approx(saved * hours * 60 / 52, abs=0.0501)


def _first(shown: str) -> float:
    return float(shown.partition(" ")[0].replace(",", "").replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize(
    ("number", "typed"),
    [(225.0, "225"), (7.25, "7.25"), (0.0, "0"), (1000.0, "1000"), (0.1, "0.1")],
)
def test_numbers_stand_in_the_form_as_one_types_them(number: float, typed: str) -> None:
    assert as_typed(number) == typed
