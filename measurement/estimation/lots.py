"""Chance that anybody can repeat, in any language and in any year: version 1 of the lots.

Nothing but SHA-256 of UTF-8 text decides, so no generator of random numbers has to stay the same:

1. Each unit has a key: the SHA-256, in lower-case hexadecimal, of "SLUG:SEED:DRAW:unit:NAME".
2. The units stand in one line, stratum after stratum: units of a stratum in the order of their
   keys, strata in the order of the SHA-256 of "SLUG:SEED:DRAW:stratum:KEY", where KEY is the
   smallest key of the stratum.
3. A deck has a card for each share of each option: for the ratio 2 to 1 the cards 1 and 2 are the
   first option's and card 3 the second's; common divisors are taken out before. The deck is put
   in the order of the SHA-256 of "SLUG:SEED:DRAW:card:NUMBER".
4. The deck is dealt along the line, again and again in the same order: the first unit gets the
   first card, the unit after the last card the first card again.

A block is one turn of the deck. Units of a stratum stand in an order of chance, so each turn is a
permuted block; what a stratum has beyond its whole blocks are different cards of the deck, and
the next stratum goes on where it stopped. Hence each stratum, and all strata together, differ
from the ratio by less than one block, and every unit gets every card with the same chance.
"""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import gcd
from typing import Final, NamedTuple

ALGORITHM: Final = 1
"""Counts up whenever the same names would be drawn otherwise; see the docstring above."""


class Lot(NamedTuple):
    """What one unit drew: its key, its stratum (1, 2, ... along the line), the option (from 0)."""

    key: str
    stratum: int
    option: int


def draw_lots(
    strata: Mapping[str, Hashable], *, ratios: Sequence[int], name: str
) -> tuple[Lot, ...]:
    """Return the lots of units, given with their strata, in the order of the line.

    `name` is that of the draw, "SLUG:SEED:DRAW"; `ratios` are the options' whole shares.
    """
    return dealt(
        [(key_of(unit, name=name), stratum) for unit, stratum in strata.items()],
        ratios=ratios,
        name=name,
    )


def dealt(
    units: Iterable[tuple[str, Hashable]], *, ratios: Sequence[int], name: str
) -> tuple[Lot, ...]:
    """Return the lots of units that are given by key and stratum; steps 2 to 4."""
    cards = deck(ratios, name=name)
    return tuple(
        Lot(key, stratum, cards[place % len(cards)])
        for place, (key, stratum) in enumerate(_in_line(units, name))
    )


def key_of(unit: str, *, name: str) -> str:
    """Return the key of a unit; step 1."""
    return _sha256(f"{name}:unit:{unit}")


def deck(ratios: Sequence[int], *, name: str) -> tuple[int, ...]:
    """Return the options on the cards of the deck, in its order; step 3."""
    divisor = gcd(*ratios)
    options = [option for option, ratio in enumerate(ratios) for _ in range(ratio // divisor)]
    numbers = sorted(range(1, len(options) + 1), key=lambda card: _sha256(f"{name}:card:{card}"))
    return tuple(options[number - 1] for number in numbers)


def _in_line(units: Iterable[tuple[str, Hashable]], name: str) -> list[tuple[str, int]]:
    """Return keys in the order of the line with their strata, numbered along it; step 2."""
    members: dict[Hashable, list[str]] = {}
    for key, stratum in sorted(units, key=lambda unit: unit[0]):
        members.setdefault(stratum, []).append(key)
    ordered = sorted(members.values(), key=lambda keys: _sha256(f"{name}:stratum:{keys[0]}"))
    return [(key, number) for number, keys in enumerate(ordered, start=1) for key in keys]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
