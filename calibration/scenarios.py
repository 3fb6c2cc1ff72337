"""What is simulated: which trials, how often, by which seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from measurement.estimation.definition import KINDS
from measurement.estimation.power_inputs import DESIGNS_BY_TEAM
from measurement.estimation.simulate import Simulation, simulate
from measurement.estimation.simulate_recipe import DepartmentRecipe, Recipe, TaskTypeRecipe

MANY: Final = 48
FEW: Final = 12
TEAM_SIZE: Final = 4
LOGS_PER_PARTICIPANT: Final = 15
TRIALS: Final = 2_000
SEEDS_A_SCENARIO: Final = 1_000_000

TIME_RATIOS: Final[Mapping[str, float]] = {
    "task_randomised": 0.81,
    "parallel": 0.52,
    "cluster": 0.71,
    "crossover": 0.83,
    "stepped_wedge": 0.65,
    "observational": 0.82,
}
"""With AI over without, where AI is used: what 48 clusters find about four times out of five."""
# Share of the tasks, median minutes, effect relative to the mean of all types.
TASK_TYPES: Final = (
    ("Draft a document", 0.5, 40.0, 1.4),
    ("Search for information", 0.3, 25.0, 1.0),
    ("Prepare a presentation", 0.2, 60.0, 0.0),
)
DEPARTMENTS: Final = (
    DepartmentRecipe("Department of Examples", 0.5),
    DepartmentRecipe("Department of Samples", 0.5),
)
STUDENT_T: Final = 3.0
RAMP_WEEKS: Final = 3

LOGNORMAL: Final = "effects"
HEAVY_TAILS: Final = "heavy tails"
LOOKS: Final = "daily looks"


@dataclass(frozen=True)
class Scenario:
    """Trials alike but for chance. `number` is its place in SCENARIOS, which its seeds rest on."""

    number: int
    kind: str
    design: str
    clusters: int

    def seed_of(self, trial: int) -> int:
        """Return the seed of the trial of this number, from 0."""
        return self.number * SEEDS_A_SCENARIO + trial

    @property
    def participants(self) -> int:
        """How many take part."""
        return self.clusters * (TEAM_SIZE if self.design in DESIGNS_BY_TEAM else 1)

    @property
    def judges_power(self) -> bool:
        """Whether the power of its trials is held against the calculator's."""
        return self.kind == LOGNORMAL and self.clusters == MANY

    @property
    def recipe(self) -> Recipe:
        """What the trials are made from."""
        ratio = 1.0 if self.kind == LOOKS else TIME_RATIOS[self.design]
        recipe = replace(RECIPE, task_types=_task_types(ratio))
        if self.kind != LOGNORMAL:
            recipe = replace(recipe, error_degrees_of_freedom=STUDENT_T)
        if self.kind == LOOKS:
            return replace(recipe, effect_sd=0.0)
        ramp = RAMP_WEEKS if self.design == "stepped_wedge" else 1
        return replace(recipe, ramp_weeks=ramp)

    def simulated(self, trial: int) -> Simulation:
        """Draw the trial of this number."""
        return simulate(
            participants=self.participants,
            logs_per_participant=LOGS_PER_PARTICIPANT,
            design=self.design,
            seed=self.seed_of(trial),
            recipe=self.recipe,
        )


def _task_types(ratio: float) -> tuple[TaskTypeRecipe, ...]:
    return tuple(
        TaskTypeRecipe(name, share, minutes, math.exp(relative * math.log(ratio)))
        for name, share, minutes, relative in TASK_TYPES
    )


def _recipe() -> Recipe:
    usual = Recipe()
    # Ten weeks: fifty working days, so fifty looks.
    dates: dict[str, Any] = {"ends_on": usual.starts_on.replace(month=12, day=5)}
    return Recipe(
        slug="calibration",
        title="Calibration",
        departments=DEPARTMENTS,
        team_size=TEAM_SIZE,
        team_sd=0.15,
        logging_shape=1.0,
        effect_sd=0.10,
        withdrawals=0.10,
        novel_per_ai_task=0.05,
        respondents=0.0,
        **dates,
    )


RECIPE: Final = _recipe()
SCENARIOS: Final = tuple(
    Scenario(number, kind, design, clusters)
    for number, (kind, clusters, design) in enumerate(
        (kind, clusters, design)
        for kind, clusters in (
            (LOGNORMAL, MANY),
            (LOGNORMAL, FEW),
            (HEAVY_TAILS, MANY),
            (HEAVY_TAILS, FEW),
            (LOOKS, MANY),
        )
        for design in KINDS
    )
)


def scenarios_of(designs: Sequence[str]) -> tuple[Scenario, ...]:
    """Return the scenarios of these designs, in the order of SCENARIOS."""
    return tuple(scenario for scenario in SCENARIOS if scenario.design in designs)
