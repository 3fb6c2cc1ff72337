"""What a trial.toml says: the trial, its design, plan, assumptions, survey and disclosure."""

import datetime
from dataclasses import dataclass
from typing import Final

from measurement.estimation.definition_table import (
    MAX_MINUTES,
    MAX_SLUG_LENGTH,
    MAX_TEXT_LENGTH,
    MAX_WHOLE_NUMBER,
    Band,
    DefinitionErrors,
    DefinitionFault,
    is_storable_text,
    nearest,
)
from measurement.estimation.flags import FLAG_NAMES

__all__ = [
    "MAX_MINUTES",
    "MAX_SLUG_LENGTH",
    "MAX_TEXT_LENGTH",
    "MAX_WHOLE_NUMBER",
    "Arm",
    "Assumptions",
    "Band",
    "DefinitionErrors",
    "DefinitionFault",
    "Design",
    "Disclosure",
    "Period",
    "Plan",
    "Survey",
    "Trial",
    "is_storable_text",
    "nearest",
]

SECTORS: Final = ("civil_service", "education", "justice", "security")
KINDS: Final = (
    "task_randomised",
    "parallel",
    "cluster",
    "crossover",
    "stepped_wedge",
    "observational",
)
UNITS: Final = ("task", "participant", "team", "department")
DEFAULT_UNITS: Final = {
    "task_randomised": "task",
    "parallel": "participant",
    "cluster": "team",
    "crossover": "participant",
    "stepped_wedge": "team",
    "observational": "participant",
}
KINDS_WITH_ARMS: Final = ("parallel", "cluster")
STRATA: Final = ("department", "team", "grade", "profession")
TREATMENTS: Final = ("assigned", "used")
FIXED_EFFECTS: Final = (
    "participant",
    "task_type",
    "participant_by_task_type",
    "department",
    "week",
    "period",
)
COVARIATES: Final = ("log_forecast_minutes", "baseline_minutes")
STANDARD_ERRORS: Final = ("cluster", "HC3")
DAY_BASES: Final = ("working_days", "logged_days")
SUBGROUPS: Final = ("department", "grade", "profession", "task_type")
MULTIPLICITIES: Final = ("holm", "benjamini_hochberg", "dunnett")
FLAGS: Final = FLAG_NAMES
"""Names of the flag rules that a plan may exclude by. A name without a rule is refused: an
exclusion that silently excludes nothing would change the analysis that was promised."""

MINIMUM_PEOPLE: Final = 10

DEFAULT_BANDS: Final[tuple[Band, ...]] = (
    (0.0, 0.0),
    (1.0, 10.0),
    (11.0, 20.0),
    (21.0, 30.0),
    (31.0, 60.0),
    (60.0, None),
)


@dataclass(frozen=True)
class Arm:
    """One arm of a randomised trial; `ratio` is its share of the assignments."""

    name: str
    ai: bool
    ratio: int = 1


@dataclass(frozen=True)
class Period:
    """One period of a crossover, both days included."""

    name: str
    starts_on: datetime.date
    ends_on: datetime.date


@dataclass(frozen=True)
class Design:
    """Who is randomised, into what, and when."""

    kind: str
    unit: str
    arms: tuple[Arm, ...] = ()
    stratify_by: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    seed: int = 1


@dataclass(frozen=True)
class Plan:
    """The analysis that was promised. None: the design's default, or not planned."""

    treatment: str = "assigned"
    fixed_effects: tuple[str, ...] | None = None
    covariates: tuple[str, ...] = ()
    standard_errors: str | None = None
    confidence: float = 0.95
    day_basis: str = "working_days"
    winsorise: tuple[float, float] = (0.0, 1.0)
    exclude_flags: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = SUBGROUPS
    multiplicity: str = "holm"
    read_out_on: datetime.date | None = None
    planned_participants: int | None = None
    planned_logs_per_participant: int | None = None


@dataclass(frozen=True)
class Assumptions:
    """What turns minutes a day into days a year and money; costs in pounds."""

    working_days_per_year: float = 225.0
    hours_per_day: float = 7.5
    loaded_cost_per_hour: float = 30.0
    licence_cost_per_month: float = 20.0


@dataclass(frozen=True)
class Survey:
    """The bands of minutes saved a day, and the minutes that the open band counts."""

    bands: tuple[Band, ...] = DEFAULT_BANDS
    top_band_minutes: float = 60.0


@dataclass(frozen=True)
class Disclosure:
    """The fewest people about whom anything is published."""

    minimum_people: int = MINIMUM_PEOPLE


@dataclass(frozen=True)
class Trial:
    """A trial as its trial.toml defines it, defaults filled in."""

    slug: str
    title: str
    design: Design
    sector: str = "civil_service"
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    run_in_days: int = 0
    tools: tuple[str, ...] = ()
    simulated: bool = False
    plan: Plan = Plan()
    assumptions: Assumptions = Assumptions()
    survey: Survey = Survey()
    disclosure: Disclosure = Disclosure()
