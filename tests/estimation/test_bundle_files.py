"""Folders, zips and files of bundles: missing, broken, too long."""

import zipfile
from pathlib import Path

import pytest

from measurement.estimation.bundle import (
    BundleErrors,
    read_bundle,
)
from measurement.estimation.bundle_faults import MAX_FAULTS_PER_FILE
from tests.estimation.bundle_folders import CROSSOVER, LOGS, TODAY, faults, write


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


@pytest.mark.parametrize(
    "logs",
    [
        LOGS.encode() + b"Jos\xe9,2,1\n",
        LOGS.encode("utf-16"),
        b'"participant,minutes,ai_used\np1,2,1\n',
    ],
)
def test_a_header_that_cannot_be_read_lacks_no_columns(tmp_path: Path, logs: bytes) -> None:
    """The decoder reads ahead, so a bad byte far below can hide the header."""
    [fault] = faults(write(tmp_path, task_logs=logs))
    assert fault.startswith("task_logs.csv:")
    assert fault.endswith(("text in UTF-8 is allowed", "RFC 4180 CSV is allowed"))


@pytest.mark.parametrize("logs", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_lacks_its_header(tmp_path: Path, logs: bytes) -> None:
    assert [line.split(": ")[0] for line in faults(write(tmp_path, task_logs=logs))] == [
        f"task_logs.csv:1:{column}" for column in ("participant", "minutes", "ai_used")
    ]


def test_missing_files_and_paths_are_faults(tmp_path: Path) -> None:
    assert [line.split(": ")[0] for line in faults(tmp_path)] == ["task_logs.csv", "trial.toml"]
    assert "a folder or a .zip" in faults(tmp_path / "nowhere")[0]
    not_a_zip = tmp_path / "bundle.zip"
    not_a_zip.write_bytes(b"PK no")
    [fault] = faults(not_a_zip)
    assert fault.startswith("bundle.zip: ")


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
    [fault] = faults(path)
    assert fault.startswith("b.zip: ")


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
