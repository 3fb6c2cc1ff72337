"""What people type into the form for a task, and what becomes of it."""

import datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.forms import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from measurement.pages.bound_fields import date_params, error_links, tick_params
from measurement.pages.fields import DayField, MinutesField
from measurement.pages.task_forms import UNEXPLAINED, TaskLogForm, VoidForm
from measurement.recording import Fault

KEY = str(uuid4())


def fill_in(**changes: str) -> TaskLogForm:
    typed = {
        "key": KEY,
        "task_type": "Meeting notes",
        "ai": "no",
        "minutes": "25",
        "date_day": "3",
        "date_month": "3",
        "date_year": "2025",
        **changes,
    }
    return TaskLogForm(typed, task_types=["Drafting", "Meeting notes"], tools=["Wordmill"])


def refuse(field: Any, typed: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        field.clean(typed)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "minutes"), [("25", 25), (" 12.5 ", 12.5), ("0", 0), ("-3", -3), ("2000", 2000)]
)
def test_minutes_are_read_and_not_judged(typed: str, minutes: float) -> None:
    assert MinutesField().clean(typed) == minutes


@pytest.mark.parametrize(
    "typed",
    [
        "abc",
        "1_000",
        "1,000",
        "٢٥",
        "\uff12\uff15",
        "NaN",
        "inf",
        "1e3",
        "0x1A",
        "25 min",
        "1.",
        "25\x00",
    ],
)
def test_minutes_are_written_in_plain_digits(typed: str) -> None:
    refuse(MinutesField(), typed)


@given(st.text(max_size=20))
def test_minutes_are_a_finite_number_or_refused(typed: str) -> None:
    try:
        minutes = MinutesField().clean(typed)
    except ValidationError:
        return
    assert minutes == float(typed.strip())
    assert abs(minutes) < 1e20


@given(st.dates())
def test_every_day_is_read_back(day: datetime.date) -> None:
    assert DayField().clean([str(day.day), str(day.month), f"{day.year:04}"]) == day


@pytest.mark.parametrize(
    ("typed", "code"),
    [(["3", "3", ""], "year"), (["", "3", "2025"], "day"), (["3", " ", "2025"], "month")],
)
def test_a_missing_part_of_the_date_is_named(typed: list[str], code: str) -> None:
    error = refuse(DayField(), typed)
    assert error.code == code
    assert error.message == f"The date must include a {code}"


@pytest.mark.parametrize(
    "typed",
    [
        ["30", "2", "2025"],
        ["0", "1", "2025"],
        ["٣", "1", "2025"],
        ["1", "1", "25"],
        ["-1", "1", "2025"],
        ["1", "1", "0000"],
    ],
)
def test_a_date_must_be_real(typed: list[str]) -> None:
    assert "real date" in refuse(DayField(), typed).message


def test_the_date_is_today_in_london_unless_told_otherwise() -> None:
    with time_machine.travel(datetime.datetime(2025, 6, 30, 23, 30, tzinfo=datetime.UTC)):
        form = TaskLogForm(task_types=[], tools=[])
        parts = [part["value"] for part in date_params(form["date"])["items"]]
    assert parts == ["1", "7", "2025"]


def test_what_was_typed_becomes_a_task_log() -> None:
    form = fill_in(ai="tool:Wordmill", quality="4", novel="true")
    assert form.is_valid(), form.errors
    log = form.log()
    assert (log.key, log.minutes, log.date) == (KEY, 25, datetime.date(2025, 3, 3))
    assert (log.task_type, log.ai_used, log.tool) == ("Meeting notes", True, "Wordmill")
    assert (log.quality, log.novel, log.source, log.status) == (4, True, "recall", "logged")


@pytest.mark.parametrize(("ai", "used"), [("no", False), ("yes", True)])
def test_a_task_needs_no_tool(ai: str, used: bool) -> None:
    form = fill_in(ai=ai)
    assert form.is_valid()
    assert (form.log().ai_used, form.log().tool, form.log().quality) == (used, None, None)


def test_a_trial_without_lists_asks_less() -> None:
    form = TaskLogForm(task_types=[], tools=[])
    assert "task_type" not in form.fields
    assert [text for _, text in form.fields["ai"].choices] == ["No", "Yes"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("field", "typed"), [("task_type", "Gardening"), ("ai", "tool:Hammer"), ("quality", "6")]
)
def test_answers_off_the_list_are_refused(field: str, typed: str) -> None:
    assert list(fill_in(**{field: typed}).errors) == [field]


def test_a_task_cannot_be_due_to_ai_and_done_without_it() -> None:
    form = fill_in(ai="no", novel="true")
    assert list(form.errors) == ["novel"]
    assert tick_params(form["novel"])["items"][0]["checked"]


def test_a_page_without_its_key_gets_another_and_says_so() -> None:
    form = fill_in(key="not a key")
    assert not form.is_valid()
    form.renew_key()
    assert error_links(form) == [
        {"text": "The page was out of date. Check your answers and send them again"}
    ]
    assert form["key"].value() not in ("not a key", KEY)


def test_errors_come_in_the_order_of_the_page_and_lead_to_their_fields() -> None:
    form = fill_in(task_type="", minutes="", date_year="")
    assert [link["href"] for link in error_links(form)] == [
        "#id_task_type",
        "#id_minutes",
        "#id_date_year",
    ]


def test_refusals_are_explained_where_they_were_typed() -> None:
    form = fill_in()
    assert form.is_valid()
    form.explain(
        [
            Fault("minutes", 2000.0, "a number", "minutes_impossible"),
            Fault("tool", "Wordmill", "a tool of the trial", "tool_unknown"),
            Fault("period", "9", "one of 1, 2", "period_unknown"),
        ]
    )
    assert "1,440" in form.errors["minutes"][0]
    assert "list" in form.errors["ai"][0]
    assert form.non_field_errors() == [UNEXPLAINED]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed_and_short(reason: str) -> None:
    assert not VoidForm({"reason": reason}).is_valid()
