import datetime
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.bundle import (
    Bundle,
    BundleErrors,
    canonical_participants,
    canonical_survey_responses,
    canonical_task_logs,
    read_bundle,
    write_bundle,
)
from measurement.estimation.bundle_faults import MAX_FAULTS_PER_FILE
from measurement.estimation.definition import parse_trial
from tests.untraced import untraced

TODAY = datetime.date(2026, 11, 2)
CROSSOVER = '[trial]\nslug = "t"\ntitle = "T"\n[design]\nkind = "crossover"\n'
PARALLEL = (
    '[trial]\nslug = "t"\ntitle = "T"\n[design]\nkind = "parallel"\n'
    'arms = [{name = "control", ai = false}, {name = "ai", ai = true}]\n'
)
LOGS = "participant,minutes,ai_used\np1,10,1\np2,54.833333333333336,0\n"


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files given by stem; trial.toml and task_logs.csv have defaults."""
    suffixes = {"trial": ".toml", "counts": ".json", "truth": ".json"}
    for stem, content in {"trial": CROSSOVER, "task_logs": LOGS, **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / (stem + suffixes.get(stem, ".csv"))).write_bytes(data)
    return folder


def faults(path: Path) -> list[str]:
    with pytest.raises(BundleErrors) as caught:
        read_bundle(path, today=TODAY)
    return caught.value.lines()


def assert_equal(left: Bundle, right: Bundle) -> None:
    assert left.trial == right.trial
    assert left.counts == right.counts
    for name in ("participants", "task_logs", "survey_responses"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), check_exact=True)


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


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"trial": "[trial"}, "trial.toml"),
        ({"trial": CROSSOVER.replace("title", "titel")}, "trial.toml:trial.title"),
        ({"trial": b"\xff"}, "trial.toml"),
        ({"task_logs": ""}, "task_logs.csv:1:participant"),
        ({"task_logs": "participant,minutes\np,1\n"}, "task_logs.csv:1:ai_used"),
        ({"task_logs": LOGS + "p1,2\n"}, "task_logs.csv:4"),
        ({"task_logs": LOGS + 'p1,"2"3,1\n'}, "task_logs.csv:4"),
        ({"task_logs": LOGS + '"p1,2,1\n'}, "task_logs.csv:4"),
        ({"task_logs": LOGS.encode() + b"p\xe9,2,1\n"}, "task_logs.csv:4"),
        ({"task_logs": LOGS + "p" * 200_000 + ",2,1\n"}, "task_logs.csv:4"),
        ({"task_logs": LOGS.replace("ai_used", "ai_used,minutes")}, "task_logs.csv:1:minutes"),
        ({"task_logs": LOGS + ",2,1\n"}, "task_logs.csv:4:participant"),
        ({"participants": "participants\n"}, "participants.csv:1:participants"),
        ({"counts": "[]"}, "counts.json"),
        ({"counts": '{"rule": -1}'}, "counts.json"),
        ({"counts": "{"}, "counts.json"),
        ({"counts": '{"rule": 4294967296}'}, "counts.json"),
        ({"counts": "[" * 100_000}, "counts.json"),
        ({"trial": "x = " + "[" * 100_000}, "trial.toml"),
        ({"survey_response": "participant\n"}, "survey_response.csv"),
    ],
)
def test_a_broken_file_is_a_fault(
    tmp_path: Path, files: dict[str, str | bytes], place: str
) -> None:
    assert place in [line.split(": ")[0] for line in faults(write(tmp_path, **files))]


def test_missing_files_and_paths_are_faults(tmp_path: Path) -> None:
    assert [line.split(": ")[0] for line in faults(tmp_path)] == ["task_logs.csv", "trial.toml"]
    assert "a folder or a .zip" in faults(tmp_path / "nowhere")[0]
    not_a_zip = tmp_path / "bundle.zip"
    not_a_zip.write_bytes(b"PK no")
    assert faults(not_a_zip)[0].startswith("bundle.zip: ")


def test_the_list_of_faults_is_capped_and_says_so(tmp_path: Path) -> None:
    logs = "participant,minutes,ai_used\n" + "p1,0,x\n" * 500
    lines = faults(write(tmp_path, task_logs=logs))

    assert len(lines) == MAX_FAULTS_PER_FILE + 1
    assert lines[:3] == [
        "task_logs.csv:2:minutes: '0', a number above 0 and at most 1440 is allowed",
        "task_logs.csv:2:ai_used: 'x', one of 1, 0, true, false is allowed",
        "task_logs.csv:3:minutes: '0', a number above 0 and at most 1440 is allowed",
    ]
    assert lines[-1] == f"task_logs.csv: and {1000 - MAX_FAULTS_PER_FILE} more faults"


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    marked = {"trial": CROSSOVER, "task_logs": LOGS, "counts": '{"future_date": 3}'}
    folder = write(
        tmp_path, **{name: b"\xef\xbb\xbf" + text.encode() for name, text in marked.items()}
    )
    assert read_bundle(folder, today=TODAY).counts == {"future_date": 3}


def test_a_zipped_folder_is_read_and_names_must_be_unique(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trial-1/trial.toml", CROSSOVER)
        archive.writestr("trial-1/task_logs.csv", LOGS)
        archive.writestr("../participants.csv", "participant\nsomebody else\n")
        archive.writestr("__MACOSX/trial-1/._task_logs.csv", "x")
    assert len(read_bundle(path, today=TODAY).participants) == 2

    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("trial-1/task_logs.csv", LOGS)
    assert faults(path)[0].startswith("task_logs.csv: '2 files'")


def test_a_corrupt_member_of_a_zip_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trial.toml", CROSSOVER)
        archive.writestr("task_logs.csv", LOGS)
    path.write_bytes(path.read_bytes().replace(b"p1,10", b"p1,11"))
    assert faults(path)[0].startswith("b.zip: ")


def test_writing_over_an_older_bundle_leaves_nothing_of_it(tmp_path: Path) -> None:
    bundle = read_bundle(write(tmp_path), today=TODAY)
    write(tmp_path, survey_responses="participant\nsomebody\n", counts='{"rule": 1}')
    write_bundle(bundle, tmp_path)
    assert_equal(read_bundle(tmp_path, today=TODAY), bundle)


def test_moments_are_written_in_greenwich_time_and_counts_as_they_were(tmp_path: Path) -> None:
    logs = (
        "participant,minutes,ai_used,date,recorded_at\n"
        "p1,10,1,2026-10-01,2026-10-01T10:00:00.000001+01:00\n"
        "p2,10,1,,\n"
    )
    counts = '{"future_date": 2}'
    bundle = read_bundle(write(tmp_path, task_logs=logs, counts=counts), today=TODAY)
    write_bundle(bundle, tmp_path)

    written = pd.read_csv(tmp_path / "task_logs.csv", dtype="str", keep_default_na=False)
    assert written["date"].tolist() == ["2026-10-01", ""]
    assert json.loads((tmp_path / "counts.json").read_text()) == {"future_date": 2}
    assert written["recorded_at"].tolist() == ["2026-10-01T09:00:00.000001Z", ""]
    assert_equal(read_bundle(tmp_path, today=TODAY), bundle)


# Round trip ---------------------------------------------------------------------------------

TEXTS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from('",\r\n;é'),
    max_size=20,
).map(str.strip)
NAMES = TEXTS.filter(bool)
MINUTES = st.floats(0, 1440, exclude_min=True) | st.just(54.833333333333336)
DATES = st.none() | st.dates(datetime.date(1900, 1, 1), TODAY)
TIMES = st.none() | st.datetimes(
    datetime.datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime.datetime(2026, 11, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(datetime.UTC),
)
BAND = st.tuples(
    st.floats(0, 700, allow_subnormal=True), st.none() | st.floats(700, 1440)
) | st.just((None, None))


@st.composite
def task_log(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(st.sampled_from(["logged", "withheld", "void"]))
    return {
        "participant": draw(NAMES),
        "key": draw(NAMES),
        "minutes": draw(MINUTES) if status == "logged" else None,
        "ai_used": draw(st.booleans()),
        "date": draw(DATES),
        "task_type": draw(TEXTS),
        "ai_assigned": draw(st.none() | st.booleans()),
        "period": draw(TEXTS),
        "tool": draw(TEXTS),
        "forecast_minutes": draw(st.none() | MINUTES),
        "forecast_minutes_with_ai": draw(st.none() | MINUTES),
        "quality": draw(st.none() | st.integers(1, 5)),
        "novel": draw(st.booleans()),
        "censored": draw(st.booleans()),
        "source": draw(st.sampled_from([None, "timer", "recall", "import"])),
        "status": status,
        "announced_at": draw(TIMES),
        "started_at": draw(TIMES),
        "ended_at": draw(TIMES),
        "recorded_at": draw(TIMES),
    }


@st.composite
def participant(draw: st.DrawFn) -> dict[str, Any]:
    return {
        **{name: draw(TEXTS) for name in ("department", "team", "grade", "profession", "arm")},
        "participant": draw(NAMES),
        "sequence": draw(st.sampled_from([None, "AB", "BA"])),
        "ai_from": draw(st.none() | st.dates(datetime.date(1000, 1, 1))),
        "enrolled_on": draw(DATES),
        "withdrawn_on": draw(DATES),
        "baseline_minutes": draw(st.none() | MINUTES),
    }


@st.composite
def survey_response(draw: st.DrawFn) -> dict[str, Any]:
    low, high = draw(BAND)
    return {
        "participant": draw(NAMES),
        "date": draw(DATES),
        "wave": draw(TEXTS),
        "minutes_saved_low": low,
        "minutes_saved_high": high,
        "satisfaction": draw(st.none() | st.integers(0, 10)),
        "recommend": draw(st.none() | st.integers(0, 10)),
    }


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    unique = lambda row: (row["participant"], row["key"])  # noqa: E731 - two words for one use
    logs = pd.DataFrame(draw(st.lists(task_log(), min_size=1, max_size=4, unique_by=unique)))
    people = draw(st.lists(participant(), max_size=3, unique_by=lambda row: row["participant"]))
    responses = draw(st.lists(survey_response(), max_size=3))
    survey = (
        pd.DataFrame(responses, columns=list(SURVEY_COLUMNS))
        if not responses
        else pd.DataFrame(responses)
    )
    return Bundle(
        trial=parse_trial({"trial": {"slug": "t", "title": "T"}, "design": {"kind": "crossover"}}),
        participants=canonical_participants(
            pd.DataFrame(people, columns=["participant"]) if not people else pd.DataFrame(people),
            logs["participant"],
            survey["participant"],
        ),
        task_logs=canonical_task_logs(logs),
        survey_responses=canonical_survey_responses(survey),
        counts=draw(st.dictionaries(TEXTS, st.integers(0, 9), max_size=2)),
    )


SURVEY_COLUMNS = ("participant", "date", "wave", "minutes_saved_low", "minutes_saved_high")


@untraced()
@given(bundle=bundles(), name=st.sampled_from(["folder", "bundle.zip"]))
def test_reading_what_was_written_is_equal_to_the_last_bit(bundle: Bundle, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_bundle(bundle, path)
        assert_equal(read_bundle(path, today=TODAY), bundle)


def test_frames_from_a_database_become_the_same_canonical_frames(tmp_path: Path) -> None:
    logs = (
        "participant,key,minutes,ai_used,date,task_type,ai_assigned,recorded_at\n"
        "p2,b,1.5,1,2026-10-01,draft,1,2026-10-01T09:00:00\n"
        "p1,B,2.5,0,,,,2026-10-01T10:00:00+01:00\n"
        "p1,a,3,0,,,,\n"
    )
    bundle = read_bundle(write(tmp_path, task_logs=logs), today=TODAY)
    nine = datetime.datetime(2026, 10, 1, 9, tzinfo=datetime.UTC)
    rows = pd.DataFrame(
        {
            "participant": ["p1", "p2", "p1"],
            "key": ["a", "b", "B"],
            "minutes": [3.0, 1.5, 2.5],
            "ai_used": [False, True, False],
            "date": [None, datetime.date(2026, 10, 1), None],
            "task_type": ["", "draft", None],
            "ai_assigned": [None, True, None],
            "recorded_at": [None, nine, nine],
        }
    )
    pd.testing.assert_frame_equal(canonical_task_logs(rows), bundle.task_logs, check_exact=True)
    assert bundle.task_logs["key"].tolist() == ["B", "a", "b"]
    assert np.isnan(bundle.task_logs["quality"]).all()


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


@pytest.mark.parametrize("rows", [1999, 2000, 2001, 4000])
def test_files_longer_than_one_batch_are_read_whole(tmp_path: Path, rows: int) -> None:
    logs = "participant,minutes,ai_used\n" + "".join(f"p{n},{n % 90 + 1},0\n" for n in range(rows))
    found = read_bundle(write(tmp_path, task_logs=logs), today=TODAY).task_logs

    assert len(found) == rows
    minutes = dict(zip(found["participant"], found["minutes"], strict=True))
    assert minutes == {f"p{n}": n % 90 + 1 for n in range(rows)}


def test_a_zip_may_hold_folders_and_other_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "trial.zip", "w") as archive:
        archive.writestr("trial.toml", CROSSOVER)
        archive.writestr("task_logs.csv", LOGS)
        archive.writestr("survey_responses.csv/", "")
        archive.writestr("readme.txt", "About this trial")

    assert len(read_bundle(tmp_path / "trial.zip", today=TODAY).task_logs) == 2


def test_a_zipped_file_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "trial.zip", "w") as archive:
        archive.writestr("trial.toml", CROSSOVER)
        archive.writestr("task_logs.csv", LOGS + "p3,1,1\n" * 90)

    with (tmp_path / "trial.zip").open("rb") as file, pytest.raises(BundleErrors) as raised:
        read_bundle(file, max_bytes=len(CROSSOVER))
    line, _ = raised.value.lines()

    size = len(LOGS) + 7 * 90
    limit = f"a file of at most {len(CROSSOVER)} bytes"
    assert line == f"task_logs.csv: '{size} bytes', {limit} is allowed"
