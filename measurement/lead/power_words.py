"""What the number of people means, in sentences and in a small table."""

from dataclasses import dataclass

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.power import (
    PowerAnswer,
    answer,
    participants_needed,
    smallest_effect,
)
from measurement.estimation.power_inputs import PARTICIPANTS, PowerInputs
from measurement.plan_words import percent


@dataclass(frozen=True)
class Outcome:
    """What is said of a trial: sentences, a table of people and savings, the people to plan.

    `chance`: that of noticing each saving of the table.
    """

    sentences: list[str]
    rows: list[tuple[str, str]]
    people: int
    chance: str


def outcome(inputs: PowerInputs, *, saving: float, people: int | None, unit: str) -> Outcome:
    """Return what a trial would notice; `unit`: what is assigned, as in the design.

    Raises InputErrors where there is no answer.
    """
    if people is None:
        found = answer(inputs, saving=saving)
        return Outcome(
            [_needed(found, unit), _reported(found)],
            _table(inputs, found.participants),
            found.participants,
            _a_chance(inputs.power),
        )
    found = answer(inputs, saving=saving, participants=people)
    return Outcome(
        [
            _chance(found, unit),
            _smallest(inputs, people),
            _more(inputs, saving, people),
            _reported(found),
        ],
        _table(inputs, people),
        people,
        _a_chance(inputs.power),
    )


def _needed(found: PowerAnswer, unit: str) -> str:
    return (
        f"You need about {found.participants:,} people{_in_units(found, unit)} to have "
        f"{_a_chance(found.inputs.power)} of noticing a saving of {_share(1 - found.time_ratio)}."
    )


def _chance(found: PowerAnswer, unit: str) -> str:
    return (
        f"With {found.participants:,} people{_in_units(found, unit)} the trial has "
        f"{_a_chance(found.power)} of noticing a saving of {_share(1 - found.time_ratio)}."
    )


def _smallest(inputs: PowerInputs, people: int) -> str:
    saving = _smallest_saving(inputs, people)
    if saving is None:
        return "It notices no saving, however large, often enough."
    return (
        f"The smallest saving that it notices with {_a_chance(inputs.power)} is {_share(saving)}."
    )


def _more(inputs: PowerInputs, saving: float, people: int) -> str:
    try:
        needed = participants_needed(inputs, time_ratio=1 - saving)
    except NotEstimable:
        return f"No number of people is enough to notice a saving of {_share(saving)}."
    if needed <= people:
        return "So many people are enough."
    return f"You would need about {needed:,} people to notice a saving of {_share(saving)}."


def _reported(found: PowerAnswer) -> str:
    if abs(found.time_ratio - found.time_ratio_seen) < 0.001:
        return "“Noticing” means that the whole interval is on one side of no difference."
    return (
        "“Noticing” means that the whole interval is on one side of no difference. The trial "
        f"would report a saving of about {_share(1 - found.time_ratio_seen)}: tasks that are done "
        "without AI by people who have it count too."
    )


def _table(inputs: PowerInputs, people: int) -> list[tuple[str, str]]:
    """Return what half, as many and twice as many people would notice."""
    sizes = [_whole_blocks(inputs, size) for size in (people / 4, people / 2, people, people * 2)]
    rows = []
    for size in sorted({*sizes, people}):
        saving = _smallest_saving(inputs, size)
        rows.append((f"{size:,}", "None" if saving is None else f"{_share(saving)} or more"))
    return rows


def _whole_blocks(inputs: PowerInputs, size: float) -> int:
    blocks = max(round(size / inputs.block), 1)
    return min(max(blocks * inputs.block, 2), int(PARTICIPANTS.highest))


def _smallest_saving(inputs: PowerInputs, people: int) -> float | None:
    try:
        return 1 - smallest_effect(inputs, participants=people)
    except NotEstimable:
        return None


def _in_units(found: PowerAnswer, unit: str) -> str:
    return "" if found.teams is None else f" in {found.teams:,} {unit}s"


def _a_chance(power: float) -> str:
    rounded = min(max(round(100 * power), 1), 99)
    article = "an" if rounded in (8, 11, 18) or 80 <= rounded <= 89 else "a"
    return f"{article} {rounded}% chance"


def _share(saving: float) -> str:
    return f"{percent(round(saving, 3))}%"
