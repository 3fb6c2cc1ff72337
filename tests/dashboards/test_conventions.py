"""The annual figure under other conventions: what is said, and never said."""

from typing import Any

import pytest

from dashboards.conventions import FORMULA, SELF_REPORTED, finding, table, top_band
from dashboards.tables import NOT_ESTIMABLE, WITHHELD
from tests.dashboards.invented import convention, conventions, open_band

BAND_WITHHELD = {"top_band_share": None, "minutes_above_planned": None}


def test_the_finding_names_the_fewest_and_the_most_days() -> None:
    assert finding(conventions()) == (
        "The same 10 minutes saved a day are 4.6 to 6.2 working days a year, depending on what "
        "counts as a working year."
    )


def test_a_loss_is_called_a_loss() -> None:
    rows = [convention(-26.3), convention(-26.3, 260.0)]
    assert finding(rows).startswith("The same 26.3 minutes lost a day are 13.2 to 15.2 working")


def test_one_minute_is_one() -> None:
    rows = [convention(1.0, ci_low=0.5), convention(1.0, 260.0, ci_low=0.5)]
    assert finding(rows).startswith("The same 1 minute saved a day is 0.5 to 0.6 working days")


@pytest.mark.parametrize(("low", "clear"), [(-0.1, False), (0.0, False), (0.1, True)])
def test_what_is_not_clear_is_not_called_a_saving(low: float, clear: bool) -> None:
    said = finding([convention(ci_low=low)])
    assert (said.startswith("The same 10 minutes saved")) is clear
    assert clear or said == (
        "No clear difference in minutes a day, so none in days a year by any convention."
    )


def test_without_measured_minutes_the_finding_says_so() -> None:
    per_logged_day = convention(primary=False)
    used = convention(estimand="minutes_saved_per_day_used")
    nothing = convention(None, not_estimable="task logs have no dates")
    assert finding([nothing, per_logged_day, used, *conventions()[3:]]) == (
        "There are no measured minutes a day to turn into days a year."
    )


def test_the_open_band_moves_the_mean_and_the_sentence_says_by_how_much() -> None:
    assert top_band(conventions()) == (
        "13% of the answers, each person counting once, are in the open top band and count as 60 "
        "minutes a day. Counted as 120, the mean of what people report would be 33.8 minutes a "
        "day instead of 26.0: 7.8 more."
    )


@pytest.mark.parametrize(
    ("above", "words"),
    [
        (-7.8, "instead of 26.0: 7.8 fewer."),
        (0.0, "instead of 26.0: no change that rounding shows."),
    ],
)
def test_a_smaller_count_takes_minutes_away(above: float, words: str) -> None:
    assert top_band([open_band(26.0, 60, 0.0), open_band(18.2, 50, above)]).endswith(words)


def test_a_share_that_rounds_to_nothing_is_not_called_nothing() -> None:
    rows = [open_band(26.0, 60, 0.0, top_band_share=0.0), open_band(26.0, 120, 0.0)]
    assert top_band(rows).startswith("Fewer than 1% of the answers")


def test_a_band_that_counts_no_other_minutes_has_no_comparison() -> None:
    assert top_band([open_band(26.0, 60, 0.0)]).endswith("count as 60 minutes a day.")


def test_few_people_in_the_open_band_are_not_told_of() -> None:
    rows = [
        open_band(26.0, 60, 0.0, **BAND_WITHHELD),
        open_band(None, 120, 0.0, suppressed=True, **BAND_WITHHELD),
    ]
    said = top_band(rows)
    assert said == (
        "The open top band is counted as 60 minutes a day. What rests on that is withheld, "
        "because few people chose that band, or all but few did."
    )


@pytest.mark.parametrize(
    "rows",
    [
        (),
        conventions()[:3],
        conventions()[4:],
        [open_band(None, 60, 0.0, suppressed=True)],
    ],
)
def test_without_an_open_band_or_answers_nothing_is_said_of_it(rows: Any) -> None:
    assert top_band(rows) == ""


def test_the_table_has_a_row_a_convention() -> None:
    found = table(conventions())
    assert found.caption == "Working days saved a year, by convention"
    assert found.columns == (
        "Convention",
        "Working days saved a year (95% confidence interval)",
        "Minutes saved a day",
        "Days a year",
        "Hours a day",
    )
    assert found.rows[0] == ("This trial's plan", "5.0 (4.0 to 6.0)", "10", "225", "7.5")
    assert found.rows[1] == ("260 days of 7 hours", "6.2 (5.2 to 7.2)", "10", "260", "7")
    assert found.rows[-1] == (
        "As reported in surveys, the open band counted as 120 minutes",
        "16.9 (15.9 to 17.9)",
        "33.8",
        "225",
        "7.5",
    )
    assert found.notes == (FORMULA, SELF_REPORTED)
    assert table(conventions()[:3]).notes == (FORMULA,)


def test_minutes_of_one_figure_have_the_same_decimals() -> None:
    rows = [convention(9.5), convention(9.0, 260.0), open_band(26.0, 60, 0.0)]
    assert [cells[2] for cells in table(rows).rows] == ["9.5", "9.0", "26"]


def test_marks_are_explained() -> None:
    found = table(
        [
            convention(convention="Hidden", minutes=None, suppressed=True),
            convention(convention="Missing", minutes=None, not_estimable="task logs have no dates"),
        ]
    )
    assert found.rows == (
        ("Hidden", WITHHELD, WITHHELD, "225", "7.5"),
        ("Missing", NOT_ESTIMABLE, NOT_ESTIMABLE, "225", "7.5"),
    )
    assert found.notes[1].startswith("[c]: withheld so that nobody can be identified")
    assert found.notes[2] == "[x]: not estimable, because task logs have no dates."
