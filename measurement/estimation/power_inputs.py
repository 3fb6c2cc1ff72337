"""What the power of a trial depends on: the planner's assumptions, each with what is allowed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, Final, NamedTuple

from measurement.estimation.definition import KINDS, KINDS_WITH_ARMS

DESIGNS_BY_TEAM: Final = ("cluster", "stepped_wedge")
WITHIN_PEOPLE: Final = ("crossover", "observational")


class InputFault(NamedTuple):
    """An assumption that is not allowed: its name, what was given, what is allowed."""

    field: str
    given: object
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} {self.given}: {self.allowed}"


class InputErrors(ValueError):  # noqa: N818 - several at once
    """Every assumption that is not allowed; `faults` has them one by one."""

    def __init__(self, *faults: InputFault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True)
class Allowed:
    """What one number means, its bounds (included), the designs it counts in, its default."""

    about: str
    lowest: float
    highest: float
    whole: bool = False
    designs: tuple[str, ...] = KINDS
    default: float | None = None

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.lowest:g} to {self.highest:.9g}"

    def admits(self, number: float) -> bool:
        """Return whether the number is allowed; NaN and booleans are not."""
        kind = int if self.whole else (int, float)
        is_kind = isinstance(number, kind) and not isinstance(number, bool)
        return is_kind and self.lowest <= number <= self.highest

    @property
    def in_designs(self) -> str:
        """The meaning, and in which designs the number counts, if not in all."""
        everywhere = self.designs == KINDS
        return self.about if everywhere else f"{self.about} (in {' and '.join(self.designs)})"


def _number(default: float, about: str, lowest: float, highest: float, *designs: str) -> Any:
    allowed = Allowed(about, lowest, highest, designs=designs or KINDS, default=default)
    return field(default=default, metadata={"allowed": allowed})


def _whole(default: int, about: str, lowest: int, highest: int, *designs: str) -> Any:
    allowed = Allowed(about, lowest, highest, True, designs or KINDS, default)
    return field(default=default, metadata={"allowed": allowed})


@dataclass(frozen=True, kw_only=True)
class PowerInputs:
    """Assumptions about a trial; the defaults are those of the simulator's recipe, rounded.

    Standard deviations are of the natural logarithm of minutes: 0.30 means that people differ by
    about 30 %. Raises InputErrors that name every number out of its bounds.
    """

    design: str
    power: float = _number(
        0.80, "chance that the trial finds the effect, where there is one", 0.5, 0.999
    )
    confidence: float = _number(0.95, "confidence of the interval", 0.8, 0.999)
    tasks_per_participant: float = _number(
        40.0, "task logs that a participant sends in, on average", 1, 10_000
    )
    tasks_cv: float = _number(
        0.72,
        "how unequally people log: standard deviation of a participant's number of tasks over "
        "its mean; 0 where all log the same number",
        0,
        5,
    )
    participant_sd: float = _number(
        0.31, "standard deviation of log(minutes) between participants", 0, 3
    )
    task_sd: float = _number(
        0.50, "standard deviation of log(minutes) between a person's tasks of a type", 0.01, 3
    )
    task_type_sd: float = _number(
        0.38,
        "standard deviation of log(minutes) between task types, which the model does not have",
        0,
        3,
        "task_randomised",
    )
    attrition: float = _number(0.015, "share of the participants whose tasks are lost", 0, 0.9)
    uptake: float = _number(
        0.72, "share of the tasks with AI at hand for which AI is used", 0.01, 1
    )
    adopters: float = _number(
        0.85, "share of the participants who use AI at all when they are given it", 0.01, 1
    )
    effect_sd: float = _number(
        0.0, "standard deviation of log(time ratio) between people who use AI", 0, 3
    )
    task_effect_sd: float = _number(
        0.0, "standard deviation of log(time ratio) between tasks, as between task types", 0, 3
    )
    arms: int = _whole(2, "arms, the one without AI among them", 2, 20, *KINDS_WITH_ARMS)
    ratio: float = _number(
        1.0, "participants in each arm with AI for one without", 0.1, 10, *KINDS_WITH_ARMS
    )
    strata: int = _whole(
        1,
        "groups, such as departments, within which chance assigns and which the model has",
        1,
        100,
        *KINDS_WITH_ARMS,
    )
    cluster_size: int = _whole(10, "participants in a team", 1, 10_000, *DESIGNS_BY_TEAM)
    intra_cluster_correlation: float = _number(
        0.07,
        "share of the variance between participants that lies between teams",
        0,
        1,
        *DESIGNS_BY_TEAM,
    )
    periods: int = _whole(2, "periods, without and with AI in turn", 2, 52, "crossover")
    steps: int = _whole(4, "dates on which teams are given AI", 2, 100, "stepped_wedge")
    weeks: int = _whole(12, "weeks that the trial runs", 3, 520, "stepped_wedge")
    week_sd: float = _number(
        0.0,
        "standard deviation of what befalls one team in one week, on log(minutes)",
        0,
        3,
        "stepped_wedge",
    )

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise InputErrors(*faults)

    def _faults(self) -> Iterator[InputFault]:
        if self.design not in KINDS:
            yield InputFault("design", self.design, f"one of {', '.join(KINDS)} is allowed")
            return
        for name, allowed in NUMBERS.items():
            yield from self._faults_of(name, allowed)
        if self.uptake > self.adopters:
            yield InputFault(
                "uptake", self.uptake, f"at most the share of adopters, {self.adopters}, is allowed"
            )
        if self.design in WITHIN_PEOPLE and self.tasks_per_participant < 2:
            yield InputFault(
                "tasks_per_participant",
                self.tasks_per_participant,
                "at least 2 are allowed: people are compared with themselves",
            )
        if self.design == "observational" and self.uptake == self.adopters:
            yield InputFault(
                "uptake",
                self.uptake,
                f"less than the share of adopters, {self.adopters}, is allowed: those who do every "
                "task with AI have none to compare with",
            )
        if self.design == "stepped_wedge" and self.weeks <= self.steps:
            yield InputFault("weeks", self.weeks, f"more than the steps, {self.steps}, are allowed")

    def _faults_of(self, name: str, allowed: Allowed) -> Iterator[InputFault]:
        given = getattr(self, name)
        yield from faults_of(name, given, allowed)
        if given != allowed.default and self.design not in allowed.designs:
            where = " and ".join(allowed.designs)
            yield InputFault(name, given, f"counts only in {where}, not in {self.design}")

    def counting(self) -> dict[str, float]:
        """Return the numbers that count in the design, by name."""
        return {
            name: getattr(self, name)
            for name, allowed in NUMBERS.items()
            if self.design in allowed.designs
        }

    @property
    def use_by_adopters(self) -> float:
        """Share of an adopter's tasks, with AI at hand, for which AI is used."""
        return self.uptake / self.adopters

    @property
    def arm_sizes(self) -> tuple[int, int]:
        """Participants (or teams) in the arm without AI and in each with it, in smallest terms."""
        with_ai, without_ai = Fraction(self.ratio).limit_denominator(10).as_integer_ratio()
        return without_ai, with_ai

    @property
    def block(self) -> int:
        """The participants by whom the trial grows, so that its parts keep their proportions."""
        if self.design == "stepped_wedge":
            return self.steps * self.cluster_size
        if self.design == "crossover":
            return 2
        if self.design not in KINDS_WITH_ARMS:
            return 1
        without_ai, with_ai = self.arm_sizes
        units = without_ai + (self.arms - 1) * with_ai
        return units * (self.cluster_size if self.design == "cluster" else 1)


TIME_RATIO: Final = Allowed(
    "time with AI over time without, where AI is used: 0.9 saves a tenth; not 1", 0.05, 20
)
SAVING: Final = Allowed(
    "share of the time that AI saves where it is used: 0.1 is a time ratio of 0.9", 0.001, 0.95
)
PARTICIPANTS: Final = Allowed("participants, of all arms together", 2, 10_000_000, whole=True)


NUMBERS: Final[Mapping[str, Allowed]] = {
    item.name: item.metadata["allowed"] for item in fields(PowerInputs) if item.name != "design"
}
"""What is allowed for each number of PowerInputs."""

ASKED: Final[Mapping[str, Allowed]] = {
    "participants": PARTICIPANTS,
    "time_ratio": TIME_RATIO,
    "saving": SAVING,
}
"""What is allowed for the size of the trial and its effect, one of which may be worked out."""


def faults_of(name: str, number: float, allowed: Allowed) -> Iterator[InputFault]:
    """Yield the fault of a number that is not allowed, if it is one."""
    if not allowed.admits(number):
        yield InputFault(name, number, f"{allowed} is allowed")
