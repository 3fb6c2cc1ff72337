"""The ingredients of a simulated trial: who takes part, what they do, what AI does to it."""

import datetime
import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class TaskTypeRecipe:
    """A type of task: its share of all tasks, its median minutes without AI, time ratio with AI."""

    name: str
    share: float
    minutes: float
    ratio_with_ai: float


@dataclass(frozen=True)
class DepartmentRecipe:
    """A department: its share of the people; `effect` scales the log of the time ratio."""

    name: str
    share: float
    effect: float = 1.0


@dataclass(frozen=True)
class GradeRecipe:
    """A grade and its share of the people."""

    name: str
    share: float


@dataclass(frozen=True)
class ProfessionRecipe:
    """A profession, its share of the people, and the mean of the minutes a day that it reports."""

    name: str
    share: float
    reported_minutes: float


TASK_TYPES: Final = (
    TaskTypeRecipe("Draft a document", 0.30, 40.0, 0.70),
    TaskTypeRecipe("Summarise documents", 0.25, 25.0, 0.65),
    TaskTypeRecipe("Search for information", 0.25, 20.0, 0.80),
    TaskTypeRecipe("Prepare a presentation", 0.10, 60.0, 0.95),
    TaskTypeRecipe("Analyse data", 0.10, 50.0, 1.05),
)
DEPARTMENTS: Final = (
    DepartmentRecipe("Department of Examples", 0.40),
    DepartmentRecipe("Department of Samples", 0.30, effect=0.7),
    DepartmentRecipe("Office for Specimens", 0.20, effect=1.2),
    DepartmentRecipe("Agency for Illustrations", 0.10, effect=0.0),
)
GRADES: Final = (
    GradeRecipe("AA/AO", 0.20),
    GradeRecipe("EO", 0.25),
    GradeRecipe("HEO/SEO", 0.35),
    GradeRecipe("G7/G6", 0.17),
    GradeRecipe("SCS", 0.03),
)
PROFESSIONS: Final = (
    ProfessionRecipe("Operations", 0.50, 31.0),
    ProfessionRecipe("Policy", 0.30, 29.0),
    ProfessionRecipe("Analysis", 0.20, 25.0),
)


@dataclass(frozen=True)
class Recipe:
    """Everything that a simulated trial is made from, but its size, design and seed.

    log(minutes) = log(median of the type) + participant + team + error, plus, where AI is used,
    log(ratio of the type) x effect of the department + the participant's own effect. Participant,
    team, own effect and error are normal with mean 0 and the standard deviations `*_sd`, on the
    log scale; errors may follow Student's t.
    """

    slug: str = "simulated-trial"
    title: str = "Simulated trial"
    sector: str = "civil_service"
    starts_on: datetime.date = datetime.date(2025, 9, 29)
    ends_on: datetime.date = datetime.date(2025, 12, 19)
    logged_until: datetime.date | None = None
    """The last day with task logs, for a trial that still runs; None: `ends_on`."""
    tools: tuple[str, ...] = ("assistant",)
    task_types: tuple[TaskTypeRecipe, ...] = TASK_TYPES
    departments: tuple[DepartmentRecipe, ...] = DEPARTMENTS
    grades: tuple[GradeRecipe, ...] = GRADES
    professions: tuple[ProfessionRecipe, ...] = PROFESSIONS
    team_size: int = 10
    periods: int = 2
    """Of a crossover: as equal as whole weeks allow, with and without AI in turn."""
    steps: int = 4
    """Of a stepped wedge: the dates on which groups of teams are given AI."""
    adopters: float = 0.85
    """Share of people who use AI at all when they are given it."""
    use_by_adopters: float = 0.85
    """Share of an adopter's tasks, with AI at hand, for which AI is used."""
    novel_per_ai_task: float = 0.03
    """Tasks done only because AI exists, for each other task done with AI."""
    participant_sd: float = 0.30
    team_sd: float = 0.08
    error_sd: float = 0.50
    error_degrees_of_freedom: float = math.inf
    """Of Student's t of the errors, above 2; mean minutes are finite where they are normal only."""
    effect_sd: float = 0.0
    ramp_weeks: int = 1
    """Weeks of access until the log of the time ratio has grown, in equal steps, to its full size;
    more than 1 in a stepped wedge only."""
    logging_shape: float = 2.0
    """Of the gamma distribution of how much people log: smaller is less equal."""
    withdrawals: float = 0.03
    weekend_share: float = 0.08
    """Share of a Friday's tasks that are done on the Saturday after."""
    timed_share: float = 0.6
    quality_answered: float = 0.8
    quality_without_ai: tuple[float, ...] = (0.03, 0.09, 0.26, 0.41, 0.21)
    quality_with_ai: tuple[float, ...] = (0.04, 0.10, 0.25, 0.40, 0.21)
    """Probabilities of the scores 1 to 5."""
    respondents: float = 0.6
    """Share of the people given AI who ever answer the weekly survey."""
    answers_per_week: float = 0.5
    """Share of the weekly surveys that a respondent answers."""

    def __post_init__(self) -> None:
        # Whole weeks must start on Mondays: a Friday's task that moves to the Saturday must not
        # cross into the next period or step.
        if self.starts_on.weekday() != 0:
            raise ValueError(f"starts_on {self.starts_on}: a Monday is allowed")
        if not self.starts_on < (self.logged_until or self.ends_on) <= self.ends_on:
            raise ValueError(
                f"starts_on {self.starts_on}, logged_until {self.logged_until}, ends_on "
                f"{self.ends_on}: ascending days are allowed"
            )
        if not self.error_degrees_of_freedom > 2:
            raise ValueError(
                f"error_degrees_of_freedom {self.error_degrees_of_freedom}: above 2 is allowed"
            )
        if self.ramp_weeks < 1:
            raise ValueError(f"ramp_weeks {self.ramp_weeks}: 1 or more are allowed")
