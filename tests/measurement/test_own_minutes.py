"""Own typical minutes: which tasks count, when there are enough, and what is missing."""

import random
from collections.abc import Iterable

import pytest

from measurement.own_minutes import Compared, Missing, OwnMinutes, OwnTask, Typical, compare


def tasks(kind: str | None, without_ai: Iterable[float], with_ai: Iterable[float]) -> list[OwnTask]:
    return [
        OwnTask(kind, used, novel=False, minutes=value)
        for used, several in ((False, without_ai), (True, with_ai))
        for value in several
    ]


def test_of_each_side_the_median_and_the_number_are_told() -> None:
    own = compare(tasks("Draft", [10, 90, 20], [4, 1, 3, 2]))
    assert own == OwnMinutes(
        compared=(Compared("Draft", Typical(20, 3), Typical(2.5, 4)),), nearest=None
    )
    assert own.longest == 20


def test_the_longest_may_be_with_ai() -> None:
    assert compare(tasks("Draft", [1, 2, 3], [4, 5, 6])).longest == 5


@pytest.mark.parametrize(
    ("without_ai", "with_ai", "missing"),
    [(2, 3, (1, 0)), (3, 2, (0, 1)), (0, 9, (3, 0)), (9, 0, (0, 3)), (1, 1, (2, 2))],
)
def test_fewer_than_three_on_a_side_are_not_enough(
    without_ai: int, with_ai: int, missing: tuple[int, int]
) -> None:
    own = compare(tasks("Draft", [5.0] * without_ai, [5.0] * with_ai))
    assert own == OwnMinutes(compared=(), nearest=Missing("Draft", *missing))


def test_nothing_logged_lacks_a_kind_to_name() -> None:
    assert compare([]) == OwnMinutes(compared=(), nearest=None)
    with pytest.raises(ValueError, match="empty"):
        _ = compare([]).longest


def test_novel_tasks_and_those_without_minutes_do_not_count() -> None:
    others = [
        OwnTask("Draft", True, novel=True, minutes=500.0),
        OwnTask("Draft", True, novel=False, minutes=None),
        OwnTask("Draft", False, novel=False, minutes=None),
        OwnTask("Search", True, novel=True, minutes=5.0),
    ]
    counted = tasks("Draft", [1, 2, 3], [4, 5])
    assert compare([*counted, *others]) == compare(counted)
    assert compare(counted).nearest == Missing("Draft", 0, 1)


def test_the_longest_without_ai_comes_first_and_names_decide_between_equals() -> None:
    several = [
        *tasks("B", [7] * 3, [99] * 3),
        *tasks("A", [7] * 3, [1] * 3),
        *tasks("Long", [8] * 3, [8] * 3),
        *tasks(None, [6] * 3, [6] * 3),
    ]
    random.Random(3).shuffle(several)
    assert [kind.task_type for kind in compare(several).compared] == ["Long", "A", "B", None]


def test_the_nearest_kind_lacks_fewest_tasks() -> None:
    own = compare(
        [
            *tasks("Complete", [1] * 3, [1] * 3),
            *tasks("Far", [1] * 8, []),
            *tasks("Near", [1], [1] * 3),
            *tasks("Also near", [1] * 3, [1]),
        ]
    )
    assert own.nearest == Missing("Also near", 0, 2)
    assert [kind.task_type for kind in own.compared] == ["Complete"]
