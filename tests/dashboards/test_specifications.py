"""The specification table: the planned analysis, and what other choices would have found."""

from dataclasses import replace

import pytest

from dashboards import specifications
from dashboards.section import Section
from measurement.estimation.alternatives import BOUNDS
from measurement.estimation.results import EstimateRow
from measurement.estimation.specifications import SPECIFICATIONS
from tests.dashboards.invented import missing, results, row, specification_rows, trial

PLANNED = row("time_ratio", 0.8, 0.74, 0.86)
LESS, MORE, UNCLEAR = (0.8, 0.7, 0.9), (1.2, 1.1, 1.3), (1.0, 0.9, 1.1)


def table_of(*rows: EstimateRow) -> Section:
    found = specifications.section(results(*rows), trial())
    assert found is not None
    return found


def test_the_planned_analysis_stands_first_and_the_others_by_their_value() -> None:
    found = table_of(PLANNED, row(), *specification_rows())
    assert [cells[:3] for cells in found.table.rows] == [
        ("As planned", "20% (14% to 26%)", "10 (8 to 12)"),
        (
            "Tasks stopped at a time limit as censored (Tobit)",
            "22% (16% to 28%)",
            "[z]",
        ),
        ("All task logs, with minutes as logged", "18% (12% to 24%)", "10 (8 to 12)"),
        ("Extreme minutes left out (trimmed)", "16% (10% to 22%)", "10 (8 to 12)"),
    ]
    assert "[z]: does not apply." in found.table.notes
    assert found.figure is not None
    others, planned = found.figure["data"]
    assert others["x"] == [22, 18, 16]
    assert planned["x"] == [20]
    assert planned["marker"]["symbol"] != others["marker"]["symbol"]
    assert len(found.rows) == 2 + 3 + 2
    assert found.remarks == (specifications.WHAT_FOR,)


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        (
            {"raw": LESS, "trimmed": LESS},
            "Clearly less time per task with AI as planned, and in all 2 other analyses.",
        ),
        (
            {"raw": LESS},
            "Clearly less time per task with AI as planned, and in the other analysis.",
        ),
        (
            {"raw": LESS, "trimmed": UNCLEAR, "tobit": MORE},
            "Clearly less time per task with AI as planned, and in 1 of the 3 other analyses: read "
            "the result with care.",
        ),
        (
            {"raw": UNCLEAR},
            "Clearly less time per task with AI as planned, but not in the other analysis: read "
            "the result with care.",
        ),
        (
            {"raw": UNCLEAR, "tobit": MORE},
            "Clearly less time per task with AI as planned, but in none of the 2 other analyses: "
            "read the result with care.",
        ),
    ],
)
def test_the_finding_counts_the_analyses_that_agree(
    ratios: dict[str, tuple[float, float, float]], said: str
) -> None:
    assert table_of(PLANNED, *specification_rows(**ratios)).finding == said


def test_an_unclear_plan_stays_unclear_whatever_others_find() -> None:
    unclear = row("time_ratio", *UNCLEAR)
    found = {
        "two": table_of(unclear, *specification_rows(raw=LESS, trimmed=LESS)).finding,
        "one": table_of(unclear, *specification_rows(raw=MORE)).finding,
    }
    begins, ends = (
        "No clear difference in time per task as planned, ",
        ": read the result with care.",
    )
    assert found == {
        "two": f"{begins}but a clear one in all 2 other analyses{ends}",
        "one": f"{begins}but a clear one in the other analysis{ends}",
    }


def test_bounds_of_several_arms_are_told_apart() -> None:
    bounds = [
        row("time_ratio", *LESS, sample=sample, arm=arm)
        for arm in ("kettle", "teapot")
        for sample in BOUNDS
    ]
    several = [cells[0] for cells in table_of(PLANNED, *bounds).table.rows]
    assert len(set(several)) == 5
    assert "People who left: the bound with most time saved (arm: kettle)" in several
    one = [cells[0] for cells in table_of(PLANNED, *bounds[:2]).table.rows]
    assert "People who left: the bound with most time saved" in one


def test_a_withheld_analysis_is_marked_and_not_drawn() -> None:
    hidden = replace(
        row("time_ratio", None, None, None, people=None, sample="timer_only"), suppressed=True
    )
    found = table_of(PLANNED, hidden)
    assert found.table.rows[1] == ("Only tasks measured by the timer", "[c]", "[z]", "[c]")
    assert found.finding == "There is nothing to compare the planned analysis with."
    assert found.figure is not None
    assert len(found.figure["data"]) == 1


def test_without_numbers_there_is_no_figure() -> None:
    reason = "no task logs with AI"
    rows = [missing("time_ratio", reason), missing("time_ratio", reason, sample="raw")]
    assert table_of(*rows).figure is None


def test_without_other_analyses_there_is_no_table() -> None:
    assert specifications.section(results(PLANNED), trial()) is None
    assert specifications.section(results(*specification_rows()), trial()) is None


def test_every_sample_has_its_name() -> None:
    others = {"primary", "two_way", "participant_clustered", "tobit", *BOUNDS}
    assert set(specifications.NAMES) == {*SPECIFICATIONS, *others}
