"""Small groups never leave the engine, nor what would give them away by subtraction."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.disclosure import published
from measurement.estimation.results import EstimateRow
from tests.estimation.published_rows import not_estimable, results, row, shown, sides, total


def test_a_small_group_and_the_next_smallest_are_suppressed() -> None:
    rows = [row(people, group=f"group of {people}") for people in (300, 40, 25, 9)]
    found = published(results(total(374), *rows), minimum_people=10)
    assert shown(found) == {"group of 300", "group of 40"}


def test_two_tiny_groups_need_a_third_to_hide_behind() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40, 25, 3, 2)]
    assert shown(published(results(total(370), *rows), minimum_people=10)) == {"300", "40"}


def test_small_groups_that_hide_each_other_need_no_third() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40, 9, 8)]
    assert shown(published(results(total(357), *rows), minimum_people=10)) == {"300", "40"}


def test_a_small_group_that_has_no_row_is_not_had_by_subtraction_either() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40)]
    assert shown(published(results(total(345), *rows), minimum_people=10)) == {"300"}


def test_groups_that_add_up_or_leave_enough_people_hide_nothing() -> None:
    rows = [row(people, group=str(people)) for people in (300, 40)]
    for everybody in (340, 350):
        assert shown(published(results(total(everybody), *rows), minimum_people=10)) == {
            "300",
            "40",
        }


@pytest.mark.parametrize("people", [1, 10, 25])
def test_as_many_people_as_the_minimum_are_enough(people: int) -> None:
    (only,) = published(results(total(people)), minimum_people=people).estimates
    assert not only.suppressed
    (only,) = published(results(total(people)), minimum_people=people + 1).estimates
    assert only.suppressed


@pytest.mark.parametrize(
    "other", [{"estimand": "time_ratio"}, {"sample": "timed"}, {"arm": "second"}]
)
def test_only_rows_of_one_figure_are_subtracted_from_one_another(other: dict[str, str]) -> None:
    one = [total(340), row(300, group="300"), row(40, group="40")]
    # Of the other figure's people, 5 are in no group that has a row.
    beside = [total(355, **other), row(300, group="300", **other), row(50, group="50", **other)]
    assert shown(published(results(*one, *beside), minimum_people=10)) == {"300", "40"}


def test_overlapping_groups_of_enough_people_hide_nothing() -> None:
    rows = [row(people, group=str(people), dimension="task_type") for people in (300, 20)]
    elsewhere = row(5, group="5", dimension="team")
    found = published(results(total(310), *rows, elsewhere), minimum_people=10)
    assert shown(found) == {"300", "20"}


@pytest.mark.parametrize(
    ("people", "hidden"), [(100, False), (99, True), (91, True), (90, False), (109, True)]
)
def test_a_sample_leaves_out_nobody_or_enough_people(people: int, hidden: bool) -> None:
    sample = total(people, sample="timed")
    found = published(results(total(100), sample), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [False, hidden]


def test_a_sample_that_leaves_out_few_on_one_side_is_hidden() -> None:
    whole = total(100, **sides(50, 50))
    sample = total(80, sample="timed", **sides(49, 31))
    found = published(results(whole, sample), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [False, True]


def test_a_sample_is_compared_with_its_own_figure_only() -> None:
    whole = [total(100), total(80, estimand="time_ratio"), total(80, arm="second")]
    sample = total(80, sample="timed")
    alone = total(95, sample="timed", estimand="quality_difference")
    blank = not_estimable("no dates", dimension="all", sample="timed", estimand="time_ratio")
    found = published(results(*whole, sample, alone, blank), minimum_people=10).estimates
    assert [line.suppressed for line in found[3:]] == [False, False, False]


def arms(*people: int, **given: Any) -> list[EstimateRow]:
    """Return the rows of all arms together and of each arm."""
    together = total(sum(people), arm="all arms", **given)
    single = [total(size, arm=f"arm {place}", **given) for place, size in enumerate(people)]
    return [together, *single]


@pytest.mark.parametrize(
    ("people", "hidden"),
    [((50, 100, 9), {0, 2}), ((9, 100, 50), {0, 2}), ((9, 8, 50), {0, 1, 2}), ((10, 50), set())],
)
def test_beside_a_suppressed_arm_the_smallest_other_one_is_too(
    people: tuple[int, ...], hidden: set[int]
) -> None:
    found = published(results(*arms(*people)), minimum_people=10).estimates
    assert {place for place, line in enumerate(found[1:]) if line.suppressed} == hidden
    assert not found[0].suppressed


def test_arms_are_hidden_figure_by_figure_and_not_for_their_groups() -> None:
    first, second = arms(50, 100, 9), arms(70, 9, 60, estimand="time_ratio")
    third = arms(50, 100, 30, estimand="quality_difference")
    group = row(5, group="5", arm="arm 0", estimand="quality_difference")
    blank = not_estimable("no dates", dimension="all", arm="x", estimand="quality_difference")
    found = published(results(*first, *second, *third, group, blank), minimum_people=10).estimates
    hidden = [line.suppressed for line in found]
    assert hidden == [
        *(False, True, False, True),
        *(False, False, True, True),
        *(False, False, False, False),
        *(True, False),
    ]


def test_a_person_may_do_several_types_of_task_so_people_are_not_subtracted() -> None:
    rows = [
        row(people, group=str(people), dimension="task_type") for people in (300, 290, 280, 9, 8)
    ]
    assert shown(published(results(total(310), *rows), minimum_people=10)) == {"300", "290"}


def test_few_people_on_one_side_of_the_comparison_are_few() -> None:
    lopsided = row(50, group="lopsided", participants_with_ai=9, participants_without_ai=41)
    large = row(60, group="large", participants_with_ai=30, participants_without_ai=30)
    larger = row(90, group="larger", participants_with_ai=45, participants_without_ai=45)
    everybody = total(200, participants_with_ai=84, participants_without_ai=116)
    assert shown(published(results(everybody, lopsided, large, larger), minimum_people=10)) == {
        "larger"
    }


@pytest.mark.parametrize(
    ("users", "hidden"),
    [(0, False), (1, True), (9, True), (10, False), (30, False), (31, True), (39, True)],
)
@pytest.mark.parametrize("dimension", ["all", "week", "wave"])
@pytest.mark.parametrize("estimand", ["adoption_rate", "logging_rate", "response_rate"])
def test_few_who_did_or_few_others_hide_a_share_of_people(
    users: int, hidden: bool, dimension: str, estimand: str
) -> None:
    rate = row(40, dimension=dimension, estimand=estimand, **sides(users, 40 - users))
    (only,) = published(results(rate), minimum_people=10).estimates
    assert only.suppressed == hidden


def test_a_group_in_which_all_did_it_adds_nobody_to_those_who_did_not() -> None:
    """Of twenty who did not, fifteen are in blue: the five in green would be had by subtraction."""
    sizes = {"red": (20, 0), "blue": (10, 15), "green": (10, 5)}
    groups = [
        row(sum(of), group=name, estimand="response_rate", **sides(*of))
        for name, of in sizes.items()
    ]
    everybody = total(60, estimand="response_rate", **sides(40, 20))
    assert shown(published(results(everybody, *groups), minimum_people=10)) == set()
    enough = row(50, group="green", estimand="response_rate", **sides(35, 15))
    everybody = total(95, estimand="response_rate", **sides(65, 30))
    found = published(results(everybody, *groups[:2], enough), minimum_people=10)
    assert shown(found) == {*sizes}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("left", "hidden"), [(1, True), (9, True), (10, False)])
def test_a_share_is_subtracted_on_both_sides(turned: bool, left: int, hidden: bool) -> None:
    """In red nobody did it; what has no row leaves few or enough of those who did."""

    def on(did: int, not_done: int) -> dict[str, Any]:
        return sides(not_done, did) if turned else sides(did, not_done)

    groups = [
        row(20, group="red", estimand="response_rate", **on(0, 20)),
        row(45, group="blue", estimand="response_rate", **on(20, 25)),
    ]
    everybody = total(65 + left + 30, estimand="response_rate", **on(20 + left, 45 + 30))
    found = shown(published(results(everybody, *groups), minimum_people=10))
    assert found == (set() if hidden else {"red", "blue"})


def test_everybody_may_have_used_ai_but_they_must_be_enough() -> None:
    rates = [
        total(people, estimand="adoption_rate", arm=str(people), **sides(people, 0))
        for people in (40, 9)
    ]
    found = [published(results(rate), minimum_people=10).estimates[0] for rate in rates]
    assert [rate.suppressed for rate in found] == [False, True]
    assert (found[0].participants_with_ai, found[0].participants_without_ai) == (40, 0)


def test_a_comparison_without_one_side_is_never_shown() -> None:
    (only,) = published(results(total(40, **sides(40, 0))), minimum_people=10).estimates
    assert only.suppressed


def test_a_group_without_a_count_is_suppressed_and_its_reason_with_it() -> None:
    reason = "no task logs without AI to compare with"
    found = published(results(not_estimable(reason, group="unknown")), minimum_people=10)
    assert found.estimates[0].suppressed
    assert found.estimates[0].not_estimable is None


def test_a_group_without_a_count_is_as_small_as_its_smallest_side_elsewhere() -> None:
    lopsided = row(50, group="known", estimand="time_ratio", **sides(9, 41))
    balanced = row(40, group="known", estimand="quality_difference", **sides(20, 20))
    daily = not_estimable("task logs have no dates", group="known")
    found = published(results(lopsided, balanced, daily), minimum_people=10).estimates
    assert [line.suppressed for line in found] == [True, False, True]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 12))
def test_no_fewer_than_ten_people_are_left_by_subtraction(sizes: list[int], rowless: int) -> None:
    rows = [row(people, group=str(place)) for place, people in enumerate(sizes)]
    found = published(results(total(sum(sizes) + rowless), *rows), minimum_people=10)
    if found.estimates[0].suppressed:
        assert shown(found) == set()
        return
    kept = [sizes[int(group)] for group in shown(found)]
    left = sum(sizes) + rowless - sum(kept)
    assert min(kept, default=10) >= 10
    assert left == 0 or left >= 10
