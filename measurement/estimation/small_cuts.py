"""Parts of a graph that few people cross between.

The nodes are groups of two breakdowns, the links people who are in both. A sum of groups of one
breakdown less a sum of groups of the other is about those alone whose link leads out of the chosen
groups: a cut of the graph. The smallest cut by Stoer and Wagner 1997, J. ACM 44(4): 585-591.
"""

from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Booleans = NDArray[np.bool_]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

PARTS_TRIED_TOGETHER: Final = 10
"""Of so many parts all unions are looked at."""


class Links(NamedTuple):
    """Distinct triples: a person (`owner`) links the nodes `one` and `other`, of `nodes`."""

    owner: Codes
    one: Codes
    other: Codes
    nodes: int


def smallest_cut(links: Links, fewer_than: int) -> Booleans | None:
    """Return the side of each node in a cut that somebody crosses, but fewer people than that.

    Of several, one that the fewest cross; None if there is none. Sure to find one where each person
    has one link in each connected graph. Where people have several: sure of a node with others that
    lead to it alone, and of all cuts if the nodes are in `PARTS_TRIED_TOGETHER` parts or fewer once
    those are joined between which too many people cross.
    """
    edges, edge = np.unique(links.one * links.nodes + links.other, return_inverse=True)
    one, other = np.divmod(edges, links.nodes)
    many = np.bincount(edge) >= fewer_than
    part = _connected(one[many], other[many], links.nodes)
    one, other = part[one], part[other]
    open_edges = np.flatnonzero(one != other)
    if not len(open_edges):
        return None
    crossed = np.isin(edge, open_edges)
    owners, owner = np.unique(links.owner[crossed], return_inverse=True)
    place = np.searchsorted(open_edges, edge[crossed])
    ones = np.ones(len(owner), dtype=np.int64)
    of_owner = coo_array((ones, (place, owner)), shape=(len(open_edges), len(owners))).tocsr()
    one, other = one[open_edges], other[open_edges]
    sides = np.array(list(_candidates(one, other, place, owner, int(part.max()) + 1)))
    leads_out = (sides[:, one] != sides[:, other]).astype(np.int64)
    people = np.count_nonzero((of_owner.T @ leads_out.T) > 0, axis=0)
    told = np.where(people > 0, people, fewer_than)
    return None if told.min() >= fewer_than else sides[told.argmin()][part]


def _connected(one: Codes, other: Codes, nodes: int) -> Codes:
    joined = coo_array((np.ones(len(one)), (one, other)), shape=(nodes, nodes))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def _candidates(
    one: Codes, other: Codes, place: Codes, owner: Codes, parts: int
) -> Iterator[Booleans]:
    """Yield sets of parts; `one` and `other`: the parts that an edge joins."""
    graph = _connected(one, other, parts)
    weight = _weights(graph[one], place, owner, len(one))
    for number in np.unique(graph[one]):
        inside = graph[one] == number
        members = np.unique([one[inside], other[inside]])
        ends = np.searchsorted(members, one[inside]), np.searchsorted(members, other[inside])
        table = np.zeros((len(members), len(members)))
        np.add.at(table, ends, weight[inside])
        np.add.at(table, ends[::-1], weight[inside])
        for chosen in _cuts_of(table):
            side = np.zeros(parts, dtype=bool)
            side[members[chosen]] = True
            yield side


def _weights(graph: Codes, place: Codes, owner: Codes, edges: int) -> Floats:
    """Return the people on each edge, each shared out among that person's edges of a graph.

    So a cut weighs no more than the people who cross it, and as much where each has one edge.
    """
    pair = owner * (int(graph.max()) + 1) + graph[place]
    _, same, number = np.unique(pair, return_inverse=True, return_counts=True)
    weight = np.zeros(edges)
    np.add.at(weight, place, 1.0 / number[same])
    return weight


def _cuts_of(table: Floats) -> Iterator[Booleans]:
    """Yield cuts of a connected graph, given as the weights between its parts."""
    size = len(table)
    if size <= PARTS_TRIED_TOGETHER:
        for rest in product((False, True), repeat=size - 1):
            yield np.array([True, *rest])
        return
    yield from np.eye(size, dtype=bool)
    linked = table > 0
    for part in range(size):
        alone = (linked.sum(axis=1) == 1) & linked[:, part]
        yield alone | (np.arange(size) == part)
    yield from _phases(table)


def _phases(table: Floats) -> Iterator[Booleans]:
    """Yield the cuts of the phases of Stoer and Wagner, the smallest of the graph among them."""
    weights, merged = table.copy(), np.eye(len(table), dtype=bool)
    left = np.ones(len(table), dtype=bool)
    for _ in range(len(table) - 1):
        waiting, before, last = left.copy(), -1, int(np.flatnonzero(left)[0])
        strength = weights[last].copy()
        waiting[last] = False
        while waiting.any():
            before, last = last, int(np.where(waiting, strength, -1.0).argmax())
            waiting[last] = False
            strength += weights[last]
        yield merged[last].copy()
        merged[before] |= merged[last]
        weights[before] += weights[last]
        weights[:, before] = weights[before]
        weights[before, before] = 0.0
        left[last] = False
