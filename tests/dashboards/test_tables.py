"""Tables: every number in its place, marks explained."""

from dashboards.measures import ADOPTION, LESS_TIME, PER_WORKING_DAY
from dashboards.tables import Named, group_table, named_table, task_type_table
from measurement.estimation.disclosure import published
from tests.dashboards.invented import (
    department_rows,
    missing,
    results,
    row,
    small_row,
    task_type_rows,
)


def test_groups_stand_by_value_with_their_people_and_all_participants_last() -> None:
    table = group_table(department_rows(), row(), PER_WORKING_DAY, heading="Department")
    assert table.columns == (
        "Department",
        "Minutes saved (95% confidence interval)",
        "People",
        "Task logs",
    )
    assert table.rows[0] == ("Department for Sprockets", "14 (11 to 17)", "900", "33,300")
    assert table.rows[-2][1] == "−5 (−9 to −1)"
    assert table.rows[-1] == ("All participants", "10 (8 to 12)", "2,000", "74,000")
    assert table.notes == ()


def test_a_row_has_its_own_decimals() -> None:
    rows = [*department_rows(), row(value=10.5, low=9.0, high=12.0, group="Half")]
    table = group_table(rows, None, PER_WORKING_DAY, heading="Department")
    assert [cells[1] for cells in table.rows][:2] == ["14 (11 to 17)", "10.5 (9.0 to 12.0)"]


def test_withheld_and_missing_numbers_are_marked_and_explained() -> None:
    unknown = missing(
        PER_WORKING_DAY.estimand, "task logs have no dates", dimension="department", group="Kites"
    )
    counted = row("time_ratio", 0.9, 0.8, 1.1, dimension="department", group="Kites")
    rows = published(
        results(*department_rows(), small_row(), unknown, counted), minimum_people=10
    ).estimates
    daily = [row for row in rows if row.estimand == PER_WORKING_DAY.estimand]
    table = group_table(daily, None, PER_WORKING_DAY, heading="Department")
    assert table.rows[-2:] == (
        ("Kites", "[x]", "[x]", "[x]"),
        ("Secret Teapot Unit", "[c]", "[c]", "[c]"),
    )
    withheld, because = table.notes
    assert withheld.startswith("[c]: withheld so that nobody can be identified")
    assert because == "[x]: not estimable, because task logs have no dates."


def test_minutes_with_ai_are_the_mean_without_less_the_saving() -> None:
    table = task_type_table(task_type_rows())
    assert table.rows[0][:4] == ("Draft a document", "55", "43 (41 to 45)", "12 (10 to 14)")
    assert table.rows[1][:4] == (
        "Search for information",
        "20",
        "23 (22 to 24)",
        "−3 (−4 to −2)",
    )


def test_notes_of_rows_are_said_once() -> None:
    rows = [row(group=name, notes=("a planned term was left out",)) for name in "ab"]
    table = group_table(rows, None, PER_WORKING_DAY, heading="Grade")
    assert table.notes == ("A planned term was left out.",)


def test_measures_of_different_units_keep_their_own() -> None:
    named = [
        Named("Time", row("time_ratio", 0.67, 0.51, 0.88), LESS_TIME),
        Named("Use", row("adoption_rate", 0.8, 0.78, 0.82), ADOPTION),
        Named("Day", row(value=10.5), PER_WORKING_DAY),
    ]
    assert [cells[1] for cells in named_table("All", named).rows] == [
        "33% (12% to 49%)",
        "80% (78% to 82%)",
        "10.5 (8.0 to 12.0)",
    ]
