"""Texts of tables that stand for numbers and know them. Pure."""

from typing import Final, Self

from dashboards.measures import Reading, decimals_of, fixed, number

SHORTEST: Final = 1
"""Decimals of a number that is written as short as it is exact."""


class NumberText(str):
    """Numbers as people read them in a table: 1,200 or 33% (12% to 49%).

    `numbers` are those that the text shows, as rounded as there: one, or a value with both ends of
    its interval. `suffix` follows each of them in the text, `decimals` are those of each.
    """

    __slots__ = ("decimals", "numbers", "suffix")
    numbers: tuple[float, ...]
    decimals: int
    suffix: str

    def __new__(
        cls, text: str, numbers: tuple[float, ...], decimals: int, suffix: str = ""
    ) -> Self:
        """Return the text with its numbers."""
        made = super().__new__(cls, text)
        made.numbers, made.decimals, made.suffix = numbers, decimals, suffix
        return made


class IntervalHeading(str):
    """The heading of a column of values with their intervals: `name` (95% confidence interval)."""

    __slots__ = ("level", "name")
    name: str
    level: str

    def __new__(cls, name: str, level: str) -> Self:
        """Return the heading of values called `name` with intervals of a level such as 95%."""
        made = super().__new__(cls, f"{name} ({level} confidence interval)")
        made.name, made.level = name, level
        return made


def number_text(value: float, decimals: int, suffix: str = "") -> NumberText:
    """Return one number with so many decimals."""
    text = f"{fixed(value, decimals)}{suffix}"
    return NumberText(text, (_rounded(value, decimals),), decimals, suffix)


def short_text(value: float, suffix: str = "") -> NumberText:
    """Return one number as short as it is exact to one decimal."""
    rounded = _rounded(value, SHORTEST)
    return NumberText(f"{number(value)}{suffix}", (rounded,), decimals_of(rounded), suffix)


def interval_text(reading: Reading, decimals: int, suffix: str = "") -> NumberText:
    """Return a value and its interval: 14 (11 to 17)."""
    numbers = (reading.value, reading.low, reading.high)
    value, low, high = (f"{fixed(end, decimals)}{suffix}" for end in numbers)
    rounded = tuple(_rounded(end, decimals) for end in numbers)
    return NumberText(f"{value} ({low} to {high})", rounded, decimals, suffix)


def _rounded(value: float, decimals: int) -> float:
    rounded = round(value, decimals)
    return int(rounded) if rounded == int(rounded) else rounded
