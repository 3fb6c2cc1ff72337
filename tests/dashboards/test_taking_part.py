"""Who takes part, in sentences, figures and tables."""

from dataclasses import replace
from typing import Any

import pytest

from dashboards.section import Section
from dashboards.taking_part import CHANCE, MANY_OR_FEW, ROUNDED, taking_part
from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow
from tests.dashboards.invented import missing, rate_row, rate_rows, results, row, trial


def sections(*rows: EstimateRow) -> dict[str, Section]:
    found = published(results(*rows), minimum_people=10)
    return {one.slug: one for one in taking_part(found, trial())}


def department(share: float | None, group: str = "Kites", **given: Any) -> EstimateRow:
    return rate_row("logging_rate", share, dimension="department", group=group, **given)


def week(share: float, group: str, **given: Any) -> EstimateRow:
    return rate_row("logging_rate", share, dimension="week", group=group, **given)


def test_a_sentence_says_how_many_and_where_most_and_fewest() -> None:
    found = sections(*rate_rows())
    assert found["logging"].finding == (
        "80% of the people who take part have logged a task: from 92% in Department for Sprockets "
        "to 40% in Office of <b>Left-handed</b> Scissors."
    )
    assert found["answers"].finding.startswith(
        "35% of the people who take part have answered the survey: from 92% in "
    )
    assert found["logging"].remarks == (CHANCE,)


def test_the_table_has_shares_and_counts_the_highest_first_and_everybody_last() -> None:
    table = sections(*rate_rows())["logging"].table
    assert table.columns[:2] == ("Department", "Share (95% confidence interval)")
    assert table.columns[2:] == ("Logged a task", "Of people")
    assert table.rows[0] == ("Department for Sprockets", "92% (87% to 97%)", "550", "600")
    assert table.rows[-1] == ("All participants", "80% (75% to 85%)", "480", "600")
    assert not table.notes


def test_nearly_all_is_not_all() -> None:
    many: dict[str, Any] = {
        "people": 20_000,
        "participants_with_ai": 19_950,
        "participants_without_ai": 50,
    }
    whole = rate_row("logging_rate", 0.9975, **many)
    rows = [department(0.9975, name, **many) for name in ("Kites", "Ladles")]
    weeks = [week(0.9975, number, **many) for number in ("1", "2")]
    found = sections(whole, *rows, *weeks)
    assert found["logging"].finding == (
        "99.5% or more of the people who take part have logged a task: 99.5% or more in each of "
        "the 2 departments shown."
    )
    assert found["logging-over-time"].finding == (
        "99.5% or more of the people logged a task in week 1, 99.5% or more in week 2: no clear "
        "difference between the two."
    )
    for section in found.values():
        assert section.table.rows[-1][1:] == ("100% (95% to 100%)", "19,950", "20,000")
        assert ROUNDED in section.table.notes


def test_hardly_anybody_is_not_nobody() -> None:
    few: dict[str, Any] = {
        "people": 20_000,
        "participants_with_ai": 60,
        "participants_without_ai": 19_940,
    }
    rows = [rate_row("logging_rate", 0.003, **few), department(0.003, **few)]
    assert sections(*rows)["logging"].finding == (
        "Under 0.5% of the people who take part have logged a task: under 0.5% in Kites, the only "
        "department that is shown."
    )


def test_one_department_is_named_as_the_only_one() -> None:
    few = department(0.99, "Ladles")  # six of 600 did not
    sides = {"participants_with_ai": 954, "participants_without_ai": 246}
    both = rate_row("logging_rate", 0.795, people=1200, **sides)
    found = sections(both, department(0.6), few)["logging"]
    # The other one is withheld, too, as the total less it would tell of the few.
    assert found.finding == "80% of the people who take part have logged a task."
    alone = sections(rate_row("logging_rate", 0.6), department(0.6))["logging"]
    assert alone.finding == (
        "60% of the people who take part have logged a task: 60% in Kites, the only department "
        "that is shown."
    )


def test_without_a_total_departments_speak_for_themselves() -> None:
    hidden = rate_row("logging_rate", 0.995)
    found = sections(hidden, department(0.6), department(0.5, "Ladles"))["logging"]
    assert found.finding == (
        "Of the people who take part, from 60% in Kites to 50% in Ladles have logged a task."
    )
    assert MANY_OR_FEW in found.table.notes
    assert any(note.startswith("[c]: withheld") for note in found.table.notes)


def test_what_is_withheld_or_not_known_is_said() -> None:
    hidden = sections(rate_row("logging_rate", 0.995))["logging"]
    assert hidden.figure is None
    assert hidden.finding == (
        "How many people have logged a task is withheld, so that nobody can be identified: nearly "
        "all have or nearly none, or few take part."
    )
    assert hidden.title == "Who logs tasks"
    none = sections(missing("response_rate", "nobody answered a survey", scale="share"))["answers"]
    assert none.finding == (
        "How many people have answered the survey is not known, because nobody answered a survey."
    )


def test_results_of_before_have_no_sections() -> None:
    assert sections(row()) == {}


def test_weeks_stand_in_their_order_and_withheld_ones_in_their_gaps() -> None:
    found = sections(*rate_rows())["logging-over-time"]
    names = [cells[0] for cells in found.table.rows]
    assert names == [f"Week {number}" for number in range(1, 11)]
    assert found.table.rows[2] == ("Week 3", "[c]", "[c]", "[c]")
    assert found.table.rows[9][1] == "60% (55% to 65%)"
    assert found.figure is not None
    assert found.figure["data"][0]["x"] == [1, 2, 4, 10]
    assert {one.group for one in found.rows} == {"1", "2", "4", "10"}
    assert found.finding == ("90% of the people logged a task in week 1, 60% in week 10.")


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ([week(0.5, "3")], "50% of the people logged a task in week 3."),
        (
            [week(0.5, "3"), week(0.55, "4")],
            "50% of the people logged a task in week 3, 55% in week 4: no clear difference between "
            "the two.",
        ),
        ([week(0.99, "3")], "How many people logged a task in each week is withheld."),
    ],
)
def test_weeks_are_compared_in_a_sentence(rows: list[EstimateRow], finding: str) -> None:
    found = sections(rate_row("logging_rate", 0.5), *rows)["logging-over-time"]
    assert found.finding == finding


def test_waves_with_names_of_their_own_stand_in_the_order_of_these() -> None:
    waves = [
        rate_row("response_rate", share, dimension="wave", group=name)
        for name, share in {"later": 0.3, "before": 0.6, "week 02": 0.4}.items()
    ]
    found = sections(rate_row("response_rate", 0.5), *waves)["answers-over-time"]
    assert [cells[0] for cells in found.table.rows] == ["before", "later", "week 02"]
    assert found.finding == (
        "60% of the people answered the survey in the wave before, 40% in the wave week 02."
    )
    assert found.figure is not None
    assert found.figure["data"][0]["x"] == [1, 2, 3]


def test_an_answer_of_an_older_day_says_so() -> None:
    old = replace(department(0.6), as_of="2024-11-17")
    table = sections(rate_row("logging_rate", 0.6), old)["logging"].table
    assert table.rows[0][0] == "Kites (as of 17 November 2024)"
