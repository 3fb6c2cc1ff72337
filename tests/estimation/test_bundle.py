"""What the rows of a bundle may say, and how each fault is named."""

from pathlib import Path

import pytest

from measurement.estimation.bundle import read_bundle
from tests.estimation.bundle_folders import CROSSOVER, PARALLEL, TODAY, faults, write


def test_the_four_impossible_rows_are_each_named_and_nothing_is_read(tmp_path: Path) -> None:
    logs = "participant,minutes,ai_used,minuts\np1,NaN,1,\np1,-3,1,\np2,2000,0,\np2,5,1,5\n"

    allowed = "a number above 0 and at most 1440 is allowed"
    assert faults(write(tmp_path, task_logs=logs)) == [
        "task_logs.csv:1:minuts: 'minuts', a known column (the nearest is 'minutes') is allowed",
        f"task_logs.csv:2:minutes: 'NaN', {allowed}",
        f"task_logs.csv:3:minutes: '-3', {allowed}",
        f"task_logs.csv:4:minutes: '2000', {allowed}",
    ]


def test_a_bundle_without_optional_parts_is_complete(tmp_path: Path) -> None:
    bundle = read_bundle(write(tmp_path, truth="not read"), today=TODAY)

    assert bundle.participants["participant"].tolist() == ["p1", "p2"]
    assert bundle.participants["department"].isna().all()
    assert bundle.task_logs["key"].tolist() == ["row-0000002", "row-0000003"]
    assert bundle.task_logs["minutes"].tolist() == [10.0, 54.833333333333336]
    assert bundle.task_logs["status"].tolist() == ["logged", "logged"]
    assert not bundle.task_logs["novel"].any()
    assert bundle.survey_responses.empty
    assert {name: str(dtype) for name, dtype in bundle.task_logs.dtypes.items()} == {
        "participant": "str",
        "key": "str",
        "minutes": "float64",
        "ai_used": "bool",
        "date": "datetime64[s]",
        "task_type": "str",
        "ai_assigned": "boolean",
        "period": "str",
        "tool": "str",
        "forecast_minutes": "float64",
        "forecast_minutes_with_ai": "float64",
        "quality": "float64",
        "novel": "bool",
        "censored": "bool",
        "source": "str",
        "status": "str",
        "announced_at": "datetime64[us, UTC]",
        "started_at": "datetime64[us, UTC]",
        "ended_at": "datetime64[us, UTC]",
        "recorded_at": "datetime64[us, UTC]",
    }


def test_texts_are_stripped_and_only_spaces_are_missing(tmp_path: Path) -> None:
    logs = "participant, minutes ,ai_used,task_type\n p1 , 10 ,1,  \np1\t,11,true, a  b \n"
    people = "participant,team\n p3, \n"

    bundle = read_bundle(write(tmp_path, task_logs=logs, participants=people), today=TODAY)

    assert bundle.participants["participant"].tolist() == ["p1", "p3"]
    assert bundle.participants["team"].isna().all()
    assert bundle.task_logs["task_type"].isna().tolist() == [True, False]
    assert bundle.task_logs["task_type"][1] == "a  b"


def test_rows_are_counted_as_a_spreadsheet_does(tmp_path: Path) -> None:
    logs = 'participant,minutes,ai_used,task_type\np1,1,1,"two\nlines"\n\n,,,\np1,0,1,x\n'

    assert faults(write(tmp_path, task_logs=logs)) == [
        "task_logs.csv:5:minutes: '0', a number above 0 and at most 1440 is allowed"
    ]


@pytest.mark.parametrize("minutes", ["1_000", "١٢", "inf", "1e999", "0", "1440.1", "", "0x10"])
def test_what_is_not_a_possible_number_of_minutes_is_refused(tmp_path: Path, minutes: str) -> None:
    logs = f"participant,minutes,ai_used\np1,{minutes},1\n"
    assert [line.split(": ")[0] for line in faults(write(tmp_path, task_logs=logs))] == [
        "task_logs.csv:2:minutes"
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("date", "2026-11-03"),
        ("date", "2026-02-30"),
        ("date", "20260202"),
        ("ended_at", "2026-11-03T00:00:00Z"),
        ("ended_at", "0001-01-01T00:00:00+02:00"),
        ("ended_at", "2026-11-02"),
        ("quality", "6"),
        ("quality", "2.5"),
        ("ai_assigned", "yes"),
        ("novel", "TRUE"),
        ("status", "Logged"),
        ("source", "guess"),
        ("forecast_minutes", "0"),
        ("task_type", "x" * 201),
        ("task_type", "a\x00b"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(tmp_path: Path, column: str, value: str) -> None:
    logs = f"participant,minutes,ai_used,{column}\np1,5,1,{value}\n"
    assert [line.split(": ")[0] for line in faults(write(tmp_path, task_logs=logs))] == [
        f"task_logs.csv:2:{column}"
    ]


def test_minutes_belong_to_logged_tasks_alone(tmp_path: Path) -> None:
    logs = (
        "participant,minutes,ai_used,status\n"
        "p1,,,withheld\np1,5,1,void\np1,,1,logged\np1,5,,\np1,,0,void\n"
    )
    assert [line.split(": ")[0] for line in faults(write(tmp_path, task_logs=logs))] == [
        "task_logs.csv:3:minutes",
        "task_logs.csv:4:minutes",
        "task_logs.csv:5:ai_used",
    ]


def test_keys_and_participants_stand_once(tmp_path: Path) -> None:
    logs = "participant,minutes,ai_used,key\np1,1,1,a\np2,1,1,a\np1,1,1, a\n"
    people = "participant\np1\np1\n"
    assert [
        line.split(": ")[0] for line in faults(write(tmp_path, task_logs=logs, participants=people))
    ] == ["participants.csv:3:participant", "task_logs.csv:4:key"]


def test_arms_periods_and_sequences_are_those_of_the_trial(tmp_path: Path) -> None:
    people = "participant,arm,sequence\np1,contrl,AB\np2,ai,\n"
    [fault] = faults(write(tmp_path, trial=PARALLEL, participants=people))
    assert fault.startswith("participants.csv:2:arm: 'contrl'")
    assert "'control'" in fault

    trial = CROSSOVER + (
        'periods = [{name = "1", starts_on = 2026-01-05, ends_on = 2026-01-30},'
        '{name = "2", starts_on = 2026-02-02, ends_on = 2026-02-27}]\n'
    )
    people = "participant,sequence\np1,AB\np2,AXB\np3,A\n"
    logs = "participant,minutes,ai_used,period\np1,1,1,1\np1,1,1,3\n"
    places = faults(write(tmp_path, trial=trial, participants=people, task_logs=logs))
    assert [place.split(": ")[0] for place in places] == [
        "participants.csv:3:sequence",
        "participants.csv:4:sequence",
        "task_logs.csv:3:period",
    ]


def test_survey_bands_are_ordered(tmp_path: Path) -> None:
    survey = (
        "participant,minutes_saved_low,minutes_saved_high,satisfaction\n"
        "p1,1,10,10\np1,60,,0\np1,,10,\np1,20,10,\np1,-1,0,11\np1,,,\n"
    )
    assert [line.split(": ")[0] for line in faults(write(tmp_path, survey_responses=survey))] == [
        "survey_responses.csv:4:minutes_saved_low",
        "survey_responses.csv:5:minutes_saved_high",
        "survey_responses.csv:6:minutes_saved_low",
        "survey_responses.csv:6:satisfaction",
    ]


def test_a_highest_without_the_column_of_the_lowest_is_named(tmp_path: Path) -> None:
    surveys = "participant,minutes_saved_high\np1,10\n"

    assert faults(write(tmp_path, survey_responses=surveys)) == [
        "survey_responses.csv:2:minutes_saved_low: '', a number, where there is a highest, "
        "is allowed"
    ]


@pytest.mark.parametrize("count", ["1.5", "true", '"many"', "-1"])
def test_counts_are_whole_numbers(tmp_path: Path, count: str) -> None:
    (line,) = faults(write(tmp_path, counts=f'{{"future_date": {count}}}'))

    assert line.startswith("counts.json: ")
    assert "an object of whole numbers by rule" in line
