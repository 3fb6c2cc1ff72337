"""Lots: the same for ever and for anybody, balanced, and fair."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import gcd
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.lots import Lot, dealt, deck, draw_lots, key_of

NAME = "teapot:7:1"
STRATA = {"ann": "P", "bob": "P", "cy": "Q", "dot": "Q", "eve": "Q"}
# Made with sha256sum, not with the code.
KEYS = {
    "ann": "e941116a449e8d5b284a801faf9f9d77c9d2aa8c0a6513e14cf601db1b6f56c0",
    "bob": "f4b0bd48c74cbba2a8437fe3c999bc02a166490606a3008dfd66b7d94bf6695e",
    "cy": "0eeff4f568f58dc2000feac988ed4078ea65ab5f04919c3f7e08bbb7a23e7ba1",
    "dot": "36ef6d1652e00a4cb64e43da156d2130f7e0b31da5c755b217b2b71ba67a3c49",
    "eve": "21513468ffb45de29deadc5ae07eeb3625769796e488d958eab84eaabcf440fb",
    "Töpferei": "85cbf366238b67a373a0c45fa1aae9df987933182b4590ef1d9a4d8609d411bd",
}

ratios_of = st.lists(st.integers(1, 4), min_size=2, max_size=4)
strata_of = st.dictionaries(st.text(max_size=3), st.integers(0, 4), min_size=1, max_size=25)


def naive(strata: Mapping[str, object], ratios: Sequence[int], name: str) -> dict[str, int]:
    """Return the option of each unit, from the description alone: one step after the other."""

    def sha(text: str) -> int:
        return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest())

    cards = []
    for option, ratio in enumerate(ratios):
        cards += [option] * (ratio // gcd(*ratios))
    shuffled = [(sha(f"{name}:card:{i + 1}"), option) for i, option in enumerate(cards)]
    shuffled.sort()
    line: list[tuple[int, int, str]] = []
    for unit in strata:
        mates = [other for other in strata if strata[other] == strata[unit]]
        smallest = min(sha(f"{name}:unit:{mate}") for mate in mates)
        own = sha(f"{name}:unit:{unit}")
        line.append((sha(f"{name}:stratum:{smallest:064x}"), own, unit))
    line.sort()
    return {unit: shuffled[i % len(shuffled)][1] for i, (_, _, unit) in enumerate(line)}


def by_unit(strata: Mapping[str, object], ratios: Sequence[int], name: str) -> dict[str, int]:
    found = {lot.key: lot.option for lot in draw_lots(strata, ratios=ratios, name=name)}
    return {unit: found[key_of(unit, name=name)] for unit in strata}


def test_the_keys_are_those_of_sha256sum() -> None:
    assert {unit: key_of(unit, name=NAME) for unit in KEYS} == KEYS


def test_a_draw_worked_out_by_hand() -> None:
    """Stratum P (3ca2...) before Q (6fc1...), keys in order, cards 1 (1652...) and 2 (6023...)."""
    assert draw_lots(STRATA, ratios=[1, 1], name=NAME) == (
        Lot(KEYS["ann"], 1, 0),
        Lot(KEYS["bob"], 1, 1),
        Lot(KEYS["cy"], 2, 0),
        Lot(KEYS["eve"], 2, 1),
        Lot(KEYS["dot"], 2, 0),
    )


def test_a_deck_worked_out_by_hand() -> None:
    """Card 3 (11f7...) before 1 (914c...) and 2 (e7aa...); 4 to 2 is 2 to 1."""
    assert deck([2, 1], name="teapot:7:2") == (1, 0, 0)
    assert deck([4, 2], name="teapot:7:2") == (1, 0, 0)


@given(strata_of, ratios_of, st.integers(1, 99))
def test_it_is_what_the_description_says(
    strata: dict[str, int], ratios: list[int], draw: int
) -> None:
    name = f"teapot:7:{draw}"
    assert by_unit(strata, ratios, name) == naive(strata, ratios, name)


@given(strata_of, ratios_of, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(
    strata: dict[str, int], ratios: list[int], random: Random
) -> None:
    units = list(strata.items())
    random.shuffle(units)
    given_anew = draw_lots(dict(units), ratios=ratios, name=NAME)
    drawn = draw_lots(strata, ratios=ratios, name=NAME)
    assert given_anew == drawn
    # What is kept of a draw, keys and numbers of strata, is enough to deal it again.
    kept = [(lot.key, lot.stratum) for lot in reversed(drawn)]
    assert dealt(kept, ratios=ratios, name=NAME) == drawn


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), ratios_of, st.integers(1, 9))
def test_each_stratum_and_all_together_are_balanced_to_less_than_a_block(
    sizes: list[int], ratios: list[int], draw: int
) -> None:
    """In whole blocks each option has its share; of a part of a block it has no more than that."""
    strata = {f"{s}/{n}": s for s, size in enumerate(sizes) for n in range(size)}
    drawn = by_unit(strata, ratios, f"teapot:7:{draw}")
    shares = [ratio // gcd(*ratios) for ratio in ratios]
    groups = [[drawn[unit] for unit in strata if strata[unit] == s] for s in range(len(sizes))]
    for options in (*groups, list(drawn.values())):
        counts = Counter(options)
        blocks = len(options) // sum(shares)
        for option, share in enumerate(shares):
            assert blocks * share <= counts[option] <= (blocks + 1) * share


def test_leftovers_of_tiny_strata_do_not_favour_an_arm() -> None:
    strata = {f"unit {n}": f"stratum {n}" for n in range(101)}
    for seed in range(20):
        counts = Counter(by_unit(strata, [1, 1], f"teapot:{seed}:1").values())
        assert sorted(counts.values()) == [50, 51]


def indicators(strata: Mapping[str, object], ratios: Sequence[int], seeds: int) -> np.ndarray:
    """Return whether each unit (column) drew the first option, for each seed (row)."""
    rows = [by_unit(strata, ratios, f"teapot:{seed}:1") for seed in range(seeds)]
    return np.array([[option == 0 for option in row.values()] for row in rows], dtype=float)


@pytest.mark.parametrize("ratios", [(1, 1), (2, 1), (1, 1, 1), (3, 2)])
def test_every_unit_has_the_same_chance(ratios: tuple[int, ...]) -> None:
    """Over 2,000 seeds, within 4.5 standard errors for each of 16 units."""
    seeds = 2_000
    strata = {f"{size}/{n}": size for size in (1, 2, 3, 4, 6) for n in range(size)}
    share = ratios[0] / sum(ratios)
    frequency = indicators(strata, ratios, seeds).mean(axis=0)
    error = (share * (1 - share) / seeds) ** 0.5
    assert np.abs(frequency - share).max() < 4.5 * error


def test_pairs_are_as_independent_as_blocks_allow() -> None:
    """Two of a stratum of two always differ (1 to 1); across strata nobody decides for another.

    With n units of which half get each option, pairs correlate by -1 / (n - 1).
    """
    strata = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "b3": "b", "b4": "b", "c": "c", "d": "d"}
    names = list(strata)
    found = np.corrcoef(indicators(strata, [1, 1], 2_000).T)
    for one, other in combinations(range(len(names)), 2):
        pair = {names[one], names[other]}
        expected = 0.0
        if pair in ({"a1", "a2"}, {"c", "d"}):
            expected = -1.0
        elif all(name.startswith("b") for name in pair):
            expected = -1 / 3
        assert abs(found[one, other] - expected) < 4.5 / 2_000**0.5, pair


def test_another_draw_seed_or_trial_is_another_chance() -> None:
    strata = dict.fromkeys(map(str, range(40)), 0)
    names = ("teapot:7:1", "teapot:7:2", "teapot:8:1", "kettle:7:1")
    assert len({tuple(by_unit(strata, [1, 1], name).values()) for name in names}) == 4


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_no_name_of_a_unit_is_a_card(seed: int) -> None:
    """A unit called "1" shares no hash with card 1, nor a unit called "card:1"."""
    name = f"teapot:{seed}:1"
    card = hashlib.sha256(f"{name}:card:1".encode()).hexdigest()
    assert card not in {key_of("1", name=name), key_of("card:1", name=name)}
