from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.api.problems import Problem
from measurement.api.serializers import TaskLogRow
from measurement.api.task_log_body import new_task_log
from measurement.recording import NewTaskLog

MINIMAL: dict[str, Any] = {"key": "a", "ai_used": True}


def test_reads_dates_and_moments() -> None:
    log = new_task_log(
        MINIMAL | {"date": "2024-10-01", "started_at": "2024-10-01T09:00:00.5+01:00"}
    )
    assert log.date == date(2024, 10, 1)
    assert log.started_at == datetime(2024, 10, 1, 8, 0, 0, 500_000, tzinfo=UTC)


def test_null_is_the_same_as_left_out() -> None:
    names = [field.name for field in fields(NewTaskLog)]
    assert new_task_log(dict.fromkeys(names) | MINIMAL) == new_task_log(MINIMAL)


@pytest.mark.parametrize(
    "text",
    [
        "20241001",
        "2024-W40-2",
        "2024-13-01",
        "\u0662\u0660\u0662\u0664-10-01",
        "2024-10-01T00:00:00",
        " 2024-10-01",
        "",
    ],
)
def test_a_text_that_is_no_date_is_left_to_recording(text: str) -> None:
    assert new_task_log(MINIMAL | {"date": text}).date == text


@pytest.mark.parametrize(
    "text",
    [
        "2024-10-01T09:00:00",  # whose clock?
        "2024-10-01 09:00:00Z",
        "2024-10-01T24:00:00Z",
        "0001-01-01T00:00:00+05:00",  # before year 1
        "9999-12-31T23:59:59-05:00",
        "2024-10-01T09:00:00+99:99",
    ],
)
def test_a_text_that_is_no_moment_is_left_to_recording(text: str) -> None:
    assert new_task_log(MINIMAL | {"ended_at": text}).ended_at == text


def test_names_unknown_fields_with_the_nearest() -> None:
    with pytest.raises(Problem) as caught:
        new_task_log(MINIMAL | {"minuts": 3, "user": "p-9", "id": 1})
    found = {fault.field: fault.allowed for fault in caught.value.faults}
    assert found["minuts"] == "the nearest known field is minutes"
    assert set(found) == {"minuts", "user", "id"}


def test_names_fields_that_hold_a_list_or_an_object() -> None:
    nested: list[Any] = []
    for _ in range(5_000):
        nested = [nested]
    with pytest.raises(Problem) as caught:
        new_task_log(MINIMAL | {"minutes": nested, "tool": {"name": "assistant"}})
    assert {(f.field, f.given) for f in caught.value.faults} == {
        ("minutes", "a list"),
        ("tool", "an object"),
    }


def test_thousands_of_unknown_fields_are_not_all_looked_up() -> None:
    with pytest.raises(Problem) as caught:
        new_task_log({f"field{number}": 1 for number in range(5_000)})
    assert len(caught.value.faults) == 20


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_refuses_what_is_no_object(body: object) -> None:
    with pytest.raises(Problem):
        new_task_log(body)


@given(st.dictionaries(st.sampled_from([f.name for f in fields(NewTaskLog)]), st.text()))
def test_texts_are_read_or_left_as_they_are(body: dict[str, str]) -> None:
    log = new_task_log(body)
    for name, text in body.items():
        value = getattr(log, name)
        assert value == text or isinstance(value, date)


def test_a_row_shows_every_field_that_a_body_has() -> None:
    assert {field.name for field in fields(NewTaskLog)} <= set(TaskLogRow().fields)
