"""Downloads: complete, safe to open, stamped."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboards.downloads import Download, conventions_file, csv_file
from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow
from measurement.spreadsheets import FORMULA_STARTS
from tests.dashboards.invented import (
    convention,
    conventions,
    department_rows,
    missing,
    open_band,
    results,
    row,
    small_row,
)

AS_OF = datetime(2024, 11, 24, 15, 4, tzinfo=UTC)


def read(file: Download) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def download(*rows: EstimateRow, simulated: bool = False) -> Download:
    found = published(results(*rows, simulated=simulated), minimum_people=10)
    return csv_file("departments", found.estimates, found, AS_OF)


def test_every_row_says_what_it_is_of() -> None:
    first, *_ = read(download(*department_rows()))
    assert {name: first[name] for name in ("trial", "data", "results_as_of", "plan_sha256")} == {
        "trial": "kettles",
        "data": "Trial data",
        "results_as_of": "2024-11-24T15:04:00+00:00",
        "plan_sha256": "5a" * 32,
    }
    assert (first["group"], first["value"], first["ci_low"], first["participants"]) == (
        "Department for Sprockets",
        "14",
        "11",
        "900",
    )
    assert (first["confidence"], first["scale"]) == ("0.95", "minutes")


def test_every_row_says_whether_the_plan_was_kept() -> None:
    found = replace(
        results(*department_rows()),
        plan_locked_at="2025-01-02T09:30:00+00:00",
        deviations=({"what": "plan.confidence"},),
    )
    first, *_ = read(csv_file("departments", found.estimates, found, AS_OF))
    assert first["plan_locked_at"] == "2025-01-02T09:30:00+00:00"
    assert first["plan_changes"] == "1"
    first, *_ = read(download(*department_rows()))
    assert (first["plan_locked_at"], first["plan_changes"]) == ("", "0")


def test_simulated_data_say_so_in_every_row() -> None:
    *rows, _ = read(download(*department_rows(), simulated=True))
    assert {row["data"] for row in rows} == {"Simulated data"}


def test_the_last_line_tells_a_cut_file() -> None:
    lines = download(*department_rows()).content.decode("utf-8-sig").splitlines()
    assert lines[-1] == "End of file: 4 rows"
    assert len(lines) == 1 + 4 + 1


def test_withheld_and_missing_numbers_are_told_apart() -> None:
    unknown = missing("time_ratio", "no task logs with AI")
    total = row(people=2277)
    by_group = {
        row["group"]: row for row in read(download(total, *department_rows(), small_row(), unknown))
    }
    assert by_group["Secret Teapot Unit"]["value"] == "[c]"
    assert by_group["Secret Teapot Unit"]["logs"] == "[c]"
    assert (by_group["all"]["value"], by_group["all"]["not_estimable"]) == (
        "[x]",
        "no task logs with AI",
    )


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    evil = row(dimension="department", group=f'{start}HYPERLINK("x")')
    assert read(download(evil))[0]["group"] == f"'{evil.group}"


def test_negative_numbers_stay_numbers() -> None:
    assert read(download(row(value=-5.0, low=-9.0, high=-1.0)))[0]["value"] == "-5"


def test_the_file_opens_in_a_spreadsheet() -> None:
    file = download(row(dimension="department", group='Éléphants, "large"'))
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in file.content
    assert read(file)[0]["group"] == 'Éléphants, "large"'
    assert file.name == "kettles-departments.csv"
    assert file.size == "1 KB"


def test_conventions_are_a_file_in_the_same_manner() -> None:
    hidden = {"suppressed": True, "top_band_share": None, "minutes_above_planned": None}
    rows = [
        *conventions(),
        open_band(26.0, 60, 0.0, top_band_share=None, minutes_above_planned=None),
        open_band(None, 90, 0.0, **hidden),
        convention(None, convention="=1+1", not_estimable="task logs have no dates"),
    ]
    file = conventions_file("conventions", rows, results(simulated=True), AS_OF)
    *found, last = read(file)
    first, last_told, planned, withheld, missing_row = (found[n] for n in (0, 5, 6, 7, 8))

    assert file.name == "kettles-conventions.csv"
    assert last["trial"] == "End of file: 9 rows"
    assert {row["data"] for row in found} == {"Simulated data"}
    assert list(first.values())[list(first).index("convention") :] == [
        "This trial's plan",
        "minutes_saved_per_working_day",
        "working_days",
        "225.0",
        "7.5",
        "10",
        "5",
        "4",
        "6",
        "",
        "",
        "",
        "0.95",
        "",
        "",
    ]
    band = ("minutes_per_day", "top_band_minutes", "top_band_share", "minutes_above_planned")
    assert [last_told[name] for name in band] == ["33.8", "120", "0.13", "7.8"]
    assert [planned[name] for name in band] == ["26", "60", "[c]", "[c]"]
    assert [withheld[name] for name in band] == ["[c]", "90", "[c]", "[c]"]
    assert missing_row["convention"] == "'=1+1"
    assert missing_row["minutes_per_day"] == missing_row["ci_high"] == "[x]"
    assert missing_row["not_estimable"] == "task logs have no dates"
