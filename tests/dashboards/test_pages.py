"""A page is put together from published results."""

from dataclasses import replace
from datetime import UTC, date, datetime

from dashboards.pages import ALL_RESULTS, RULES, VERDICTS, Page, Published, log_counts, page
from dashboards.quality import NOT_KNOWN
from measurement.estimation.cells import EXCLUSION_RULES, FLAG_EXCLUSIONS
from measurement.estimation.disclosure import published
from measurement.estimation.results import LogCounts, Results
from tests.dashboards.invented import check, conventions, quality_row, results, row, trial

AS_OF = datetime(2024, 11, 24, 15, 4, tzinfo=UTC)
NEXT_ON = date(2024, 11, 25)


def page_of(found: Results) -> Page:
    shown = published(found, minimum_people=10)
    return page(Published(shown, trial(), AS_OF, NEXT_ON), today=date(2024, 11, 24))


def test_every_section_has_its_file_and_there_is_one_of_everything() -> None:
    found = page_of(results())
    assert list(found.files) == [*(part.slug for part in found.sections), ALL_RESULTS]


def test_the_file_of_conventions_has_conventions() -> None:
    shown = replace(results(), sensitivity=conventions())
    found = page(Published(shown, trial(), AS_OF, NEXT_ON), today=date(2024, 11, 24))
    assert b"This trial's plan" in found.files["conventions"].content


def test_every_rule_that_excludes_has_its_words() -> None:
    assert list(RULES) == [*EXCLUSION_RULES, *FLAG_EXCLUSIONS.values()]


def test_log_counts_follow_the_logs_from_received_to_analysed() -> None:
    counts = LogCounts(
        received=1235, refused=5, stored=1230, excluded={"void": 10, "new_rule": 5}, analysed=1215
    )
    assert log_counts(counts).rows == (
        ("Received", "1,235"),
        ("Refused, because they cannot be true", "5"),
        ("Stored", "1,230"),
        ("Excluded: taken out by the person who logged them", "10"),
        ("Excluded: new_rule", "5"),
        ("Analysed", "1,215"),
    )


def test_a_locked_plan_is_on_the_page() -> None:
    assert page_of(results()).locking is None
    found = page_of(replace(results(), plan_locked_at="2025-01-02T09:30:00+00:00"))
    assert found.locking is not None
    assert found.locking.deviations == ()


def test_an_unread_trial_is_not_final() -> None:
    assert page_of(results()).not_final.startswith("Not final")


def test_failed_checks_stand_by_the_headline_and_others_do_not() -> None:
    checks = (
        check("sample_ratio", "fail", "The numbers assigned to each side are odd"),
        check("balance", "warn", "The arms differ"),
        check("novelty", "not_estimable", "The data do not allow this check"),
    )
    assert page_of(replace(results(), checks=checks)).alarms == (
        "Do not rely on this result yet, because a check of the trial failed. The numbers assigned "
        "to each side are odd.",
    )
    assert page_of(results()).alarms == ()


def test_a_check_without_an_answer_is_named() -> None:
    """Its message says why there is none, which can be said of any."""
    checks = (
        check("balance", "pass", "The arms were alike"),
        check("interaction_task_type", "not_estimable", "The data do not allow this check"),
    )
    assert [one.message for one in page_of(replace(results(), checks=checks)).checks] == [
        "Differences between types of task. The data do not allow this check",
        "The arms were alike",
    ]


def test_quality_stands_by_the_headline() -> None:
    assert page_of(results()).quality == NOT_KNOWN
    found = page_of(results(row(), quality_row()))
    assert found.quality.startswith("No clear difference in quality")


def test_a_changing_effect_is_said_beside_days_a_year() -> None:
    warned = replace(results(), checks=(check("novelty", "warn"),))
    assert page_of(warned).caution.startswith("The effect changed during the trial")
    assert page_of(replace(warned, estimates=(row(),))).caution == "", "there are no days a year"
    assert page_of(replace(results(), checks=(check("novelty", "pass"),))).caution == ""


def test_an_early_look_draws_no_conclusion() -> None:
    unclear = results(row(value=1, low=-2, high=4))
    assert page_of(unclear).headline.startswith("No conclusion yet, because")


def test_every_verdict_has_its_words() -> None:
    assert set(VERDICTS) == {"pass", "warn", "fail", "not_estimable"}


def test_it_says_when_figures_may_move_next() -> None:
    assert page_of(results()).next_freeze == "The next are frozen on Monday 25 November 2024."
    found = Published(results(), trial(), AS_OF, NEXT_ON)
    assert page(found, today=NEXT_ON).next_freeze == "The next are being worked out."


def test_a_figure_of_another_day_has_its_day_beside_its_name() -> None:
    lines = results().estimates
    old = tuple(replace(line, as_of="2024-11-17") for line in lines)
    dated = " (as of 17 November 2024)"
    said = replace(results(), estimates=old, sensitivity=conventions())
    table = tuple({**row, "as_of": "2024-11-17"} for row in said.sensitivity)
    found = page(
        Published(replace(said, sensitivity=table), trial(), AS_OF, NEXT_ON), today=NEXT_ON
    )
    fresh = page(Published(replace(said, estimates=lines), trial(), AS_OF, NEXT_ON), today=NEXT_ON)
    for part, other in zip(found.sections, fresh.sections, strict=True):
        names = [row[0] for row in other.table.rows]
        assert [row[0] for row in part.table.rows] == [name + dated for name in names]
        assert b"2024-11-17" in found.files[part.slug].content
        assert b"2024-11-17" not in fresh.files[part.slug].content
