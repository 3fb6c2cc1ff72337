"""Cuts that few people cross, against all cuts looked at one by one."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.small_cuts import PARTS_TRIED_TOGETHER, Links, smallest_cut

FEW = 4


def links_of(links: list[tuple[int, int, int]], nodes: int) -> Links:
    """Return links, each a person and two nodes."""
    table = np.array(sorted(set(links)), dtype=np.int64).reshape(-1, 3)
    return Links(table[:, 0], table[:, 1], table[:, 2], nodes)


def crossing(links: Links, side: np.ndarray) -> int:
    """Return how many people cross a cut."""
    across = side[links.one] != side[links.other]
    return len(set(links.owner[across].tolist()))


def fewest(links: Links) -> int | None:
    """Return the fewest people, below FEW, who cross any cut at all that somebody crosses."""
    sides = (np.array([False, *rest]) for rest in product((False, True), repeat=links.nodes - 1))
    found = {crossing(links, side) for side in sides}
    return min((people for people in found if 0 < people < FEW), default=None)


def holds(links: Links) -> None:
    side, least = smallest_cut(links, FEW), fewest(links)
    assert (side is None) == (least is None)
    if side is not None:
        assert crossing(links, side) == least


def between(groups: int, others: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    pairs = st.tuples(st.integers(0, groups - 1), st.integers(groups, groups + others - 1))
    return st.lists(pairs, min_size=1, max_size=60)


@given(between(3, 4))
def test_of_people_with_one_link_each_no_cut_is_missed(pairs: list[tuple[int, int]]) -> None:
    holds(links_of([(person, *pair) for person, pair in enumerate(pairs)], 7))


@settings(max_examples=10)
@given(between(6, 7))
def test_nor_between_many_parts(pairs: list[tuple[int, int]]) -> None:
    assert PARTS_TRIED_TOGETHER < 13
    holds(links_of([(person, *pair) for person, pair in enumerate(pairs)], 13))


@given(between(4, 5), st.integers(1, 9))
def test_of_people_with_several_links_none_is_missed_in_few_parts(
    pairs: list[tuple[int, int]], people: int
) -> None:
    holds(links_of([(place % people, *pair) for place, pair in enumerate(pairs)], 9))


def test_a_node_with_others_that_lead_to_it_alone_is_found_among_many_parts() -> None:
    """Three people cross, on four links each; links alone would be twelve, and too many."""
    grades = range(12, 24)
    links = [(person, 0, 12) for person in range(20)] + [(person, 1, 12) for person in range(3)]
    links += [(person, department, 12) for person in range(3) for department in (2, 3, 4)]
    links += [
        (100 * department + 10 * place + person, department, grade)
        for department in range(1, 12)
        for place, grade in enumerate(grades[1:4])
        for person in range(2)
    ]
    given = links_of(links, 24)
    side = smallest_cut(given, FEW)
    assert side is not None
    assert crossing(given, side) <= 3


def test_nobody_and_enough_people_tell_nothing() -> None:
    apart = [(person, person % 2, 2 + person % 2) for person in range(20)]
    assert smallest_cut(links_of(apart, 4), FEW) is None
    enough = [*apart, *((100 + person, 0, 3) for person in range(FEW))]
    assert smallest_cut(links_of(enough, 4), FEW) is None
    assert smallest_cut(links_of(enough[:-1], 4), FEW) is not None
    assert smallest_cut(links_of([], 4), FEW) is None
