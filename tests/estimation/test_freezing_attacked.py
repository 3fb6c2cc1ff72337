"""Frozen answers, added and subtracted: a second witness that counts people one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.disclosure import published
from measurement.estimation.freezing import frozen_anew, frozen_first
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.results import ALL
from measurement.estimation.standing import (
    TASKS,
    Cell,
    Sides,
    cell_of,
)
from tests.estimation.frozen_answers import (
    ALIKE,
    EVERYBODY,
    both,
    dated,
)
from tests.estimation.published_rows import row
from tests.untraced import untraced

FEW = 3
NAMES = ("a", "b", "c", "d")


@dataclass
class Town:
    """People in groups, each with a version that counts up; and all that was ever shown."""

    sizes: tuple[int, ...]
    estimand: str = ALIKE
    versions: list[dict[int, int]] = field(default_factory=list)
    shown: list[set[str]] = field(default_factory=list)
    frozen: Frozen | None = None

    def group(self, name: str) -> range:
        place = NAMES.index(name)
        begin = 100 * place
        return range(begin, begin + self.sizes[place])

    def live(self, changed: set[int]) -> None:
        """Let people change, and freeze. Of taking part: nobody's task logs ever change."""
        before = self.versions[-1] if self.versions else {}
        self.versions.append(
            {
                person: before.get(person, 0) + (person in changed)
                for name in NAMES
                for person in self.group(name)
            }
        )
        day = len(self.versions)
        rows = [
            row(len(self.group(name)), group=name, estimand=self.estimand, value=float(day))
            for name in NAMES
        ]
        whole = row(sum(self.sizes), dimension=ALL, estimand=self.estimand, value=float(day))
        new = published(dated(day, whole, *rows), minimum_people=FEW)
        subject = cell_of(whole, ()).subject
        stands = {Cell(subject, "department", name): self.sides(self.group(name)) for name in NAMES}
        stands[Cell(subject)] = self.sides([p for name in NAMES for p in self.group(name)])
        stands.setdefault(Cell(TASKS), both(EVERYBODY))
        if self.frozen is None:
            self.frozen = frozen_first(new, stands, arms=())
        else:
            self.frozen = frozen_anew(self.frozen, new, stands, arms=(), minimum_people=FEW)
        self.shown.append(
            {line.group for line in self.frozen.results.estimates if line.value == day}
        )

    def sides(self, members: Iterable[int]) -> Sides:
        now = self.versions[-1]
        hashes = np.unique(np.array([1000 * p + now[p] for p in members], dtype=np.uint64))
        return hashes, hashes

    def changed(self, names: Iterable[str], before: int, now: int) -> int:
        """Return how many people of the groups changed between two days."""
        return sum(
            self.versions[before][person] != self.versions[now][person]
            for name in names
            for person in self.group(name)
        )

    def known(self, day: int) -> list[set[str]]:
        """Return the groups of which sums are known, alone or together with others, on a day."""
        alone = [{name} for name in NAMES if name in self.shown[day]]
        rest = {*NAMES} - self.shown[day]
        return [*alone, *([rest] if rest and ALL in self.shown[day] else [])]


def told(town: Town) -> list[int]:
    """Return of how many people each difference of two sums tells that can be had at all."""
    found = []
    days = range(len(town.versions))
    for before, now in combinations(days, 2):
        common = _common(town.known(before), town.known(now))
        found += [town.changed(joint, before, now) for joint in common]
    for now in days:
        for joint in town.known(now):
            # Each group's latest figure of its own, however old.
            own = {
                name: [day for day in days if day < now and name in town.shown[day]]
                for name in joint
            }
            if all(own.values()):
                found.append(sum(town.changed([name], days[-1], now) for name, days in own.items()))
    return found


def _common(first: list[set[str]], second: list[set[str]]) -> list[set[str]]:
    """Return the least unions of known sums that are known on both days."""
    parts = [set(part) for part in first]
    for part in second:
        touched = [other for other in parts if other & part]
        merged = set().union(part, *touched)
        parts = [other for other in parts if not other & part] + [merged]
    covered = (set().union(*first), set().union(*second))
    return [part for part in parts if part <= covered[0] and part <= covered[1]]


@pytest.mark.parametrize("estimand", [ALIKE, "logging_rate"])
@untraced()
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_difference_of_sums_tells_of_few_people(estimand: str, data: st.DataObject) -> None:
    """Of all sums that are known on two days, and of groups' own figures of whatever day."""
    sizes = data.draw(st.tuples(*[st.integers(1, 9)] * len(NAMES)))
    town = Town(sizes, estimand)
    everybody = [person for name in NAMES for person in town.group(name)]
    for _ in range(data.draw(st.integers(2, 5))):
        town.live(data.draw(st.sets(st.sampled_from(everybody))))
    assert not [people for people in told(town) if 0 < people < FEW]


def test_the_second_witness_finds_what_live_figures_tell() -> None:
    town = Town((5, 5, 5, 5))
    town.live(set())
    town.live({0, 100, 101, 102})
    assert not [people for people in told(town) if 0 < people < FEW]
    town.shown[-1] = {ALL, *NAMES}
    assert 1 in told(town), "every group's own figure"
    town.shown[-1] = {ALL, *NAMES[1:]}
    assert 1 in told(town), "the whole less all other groups"
