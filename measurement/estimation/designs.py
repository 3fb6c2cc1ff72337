"""The designs of a trial: who is treated, the default model, the clusters, who was given AI.

One small class a design, as in METHODS.md section 3. Adding a design is adding a class and its
name to `DESIGNS`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Design, Trial

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

RANDOMISED = "randomised"
NOT_CAUSAL = "no comparison group: not a causal effect"
BY_USE = "by use, not as randomised: not a causal effect"


class DesignRules(ABC):
    """What one design decides. `people` has one row a log: that of the log's participant."""

    fixed_effects: ClassVar[tuple[str, ...]]
    standard_errors: ClassVar[str] = "cluster"
    comparison: ClassVar[str] = RANDOMISED
    # Whether a participant has tasks with and without AI on one and the same day.
    varies_within_day: ClassVar[bool] = False

    @abstractmethod
    def assigned(self, trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
        """Return, for each log, 1 if assigned to AI, 0 if not, NaN if that is not known."""

    def given_ai(self, trial: Trial, participants: pd.DataFrame) -> Booleans:
        """Return which participants are ever given AI: the population of the headline."""
        return np.ones(len(participants), dtype=bool)

    def default_fixed_effects(self, trial: Trial) -> tuple[str, ...]:
        """Return the terms of the model that hold where the plan names none."""
        return self.fixed_effects

    def cluster(self, trial: Trial) -> str:
        """Return the column of the participants whose values are the clusters: the plan's unit.

        Where tasks are the units, people are the clusters that are shown beside.
        """
        return "participant" if trial.design.unit == "task" else trial.design.unit


class TaskRandomised(DesignRules):
    """Each task is randomised when it is announced."""

    fixed_effects = ()
    standard_errors = "HC3"
    varies_within_day = True

    def assigned(self, trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
        """Return the coin flipped for the task, else whether AI was used."""
        return np.where(logs["ai_assigned"].isna(), _numbers(logs["ai_used"]), _coin(logs))


class Parallel(DesignRules):
    """Participants are randomised to arms."""

    fixed_effects = ("task_type",)

    def assigned(self, trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
        """Return whether the participant's arm is given AI."""
        return _arm_has_ai(trial, people["arm"])

    def given_ai(self, trial: Trial, participants: pd.DataFrame) -> Booleans:
        """Return the participants in arms with AI."""
        return np.equal(_arm_has_ai(trial, participants["arm"]), 1.0)

    def default_fixed_effects(self, trial: Trial) -> tuple[str, ...]:
        """Return task types and the strata of the randomisation."""
        return (*self.fixed_effects, *trial.design.stratify_by)


class Cluster(Parallel):
    """Teams or departments are randomised to arms."""


class Crossover(DesignRules):
    """The order of periods with (B) and without AI (A) is randomised."""

    fixed_effects = ("participant", "task_type", "period")

    def assigned(self, trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
        """Return the log's own assignment, else the letter of the log's period."""
        return np.where(logs["ai_assigned"].isna(), _letter(trial, logs, people), _coin(logs))


class SteppedWedge(DesignRules):
    """The date of access to AI differs by unit."""

    fixed_effects = ("participant", "week", "task_type")

    def assigned(self, trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
        """Return whether the day of access had come."""
        started = logs["date"].to_numpy() >= people["ai_from"].to_numpy()
        return np.where(logs["date"].isna(), np.nan, started.astype(np.float64))

    def given_ai(self, trial: Trial, participants: pd.DataFrame) -> Booleans:
        """Return the participants with a day of access."""
        return participants["ai_from"].notna().to_numpy(dtype=bool)


class Observational(DesignRules):
    """Nobody was randomised: tasks with AI are compared with the same person's without."""

    fixed_effects = ("participant", "task_type", "week")
    comparison = NOT_CAUSAL
    varies_within_day = True

    def assigned(self, trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
        """Return unknown: nobody was assigned."""
        return np.full(len(logs), np.nan)

    def given_ai(self, trial: Trial, participants: pd.DataFrame) -> Booleans:
        """Return the participants with a day of access, or all where no such days are known."""
        known = participants["ai_from"].notna().to_numpy(dtype=bool)
        return known if known.any() else np.ones(len(participants), dtype=bool)


DESIGNS: dict[str, DesignRules] = {
    "task_randomised": TaskRandomised(),
    "parallel": Parallel(),
    "cluster": Cluster(),
    "crossover": Crossover(),
    "stepped_wedge": SteppedWedge(),
    "observational": Observational(),
}


def rules(trial: Trial) -> DesignRules:
    """Return the rules of the trial's design."""
    return DESIGNS[trial.design.kind]


def fixed_effects(trial: Trial) -> tuple[str, ...]:
    """Return the planned model terms, else the design's default."""
    planned = trial.plan.fixed_effects
    return rules(trial).default_fixed_effects(trial) if planned is None else planned


def standard_errors(trial: Trial) -> str:
    """Return "HC3" or "cluster": as planned, else the design's default."""
    return trial.plan.standard_errors or rules(trial).standard_errors


def uses_group_time(trial: Trial) -> bool:
    """Return whether effects are group-time effects of the roll-out, not one coefficient.

    By use there are no dates to compare by: then the two-way regression is all there is.
    """
    return trial.design.kind == "stepped_wedge" and trial.plan.treatment == "assigned"


def comparison(trial: Trial) -> str:
    """Return the label that every effect of the trial carries."""
    label = rules(trial).comparison
    return BY_USE if label == RANDOMISED and trial.plan.treatment == "used" else label


def arm_names(trial: Trial) -> tuple[str, str]:
    """Return the names of the arms with and without AI; several of a kind are joined."""
    without = [arm.name for arm in trial.design.arms if not arm.ai]
    return " + ".join(ai_arms(trial)) or "ai", " + ".join(without) or "control"


def ai_arms(trial: Trial) -> tuple[str, ...]:
    """Return the names of the arms with AI."""
    return tuple(arm.name for arm in trial.design.arms if arm.ai)


def period_names(trial: Trial, logs: pd.DataFrame) -> pd.Series:
    """Return the period of each log: its own, else the planned period that its date lies in."""
    names = logs["period"].copy()
    for period in trial.design.periods:
        inside = logs["date"].between(pd.Timestamp(period.starts_on), pd.Timestamp(period.ends_on))
        names = names.mask(names.isna() & inside, period.name)
    return names


def _letter(trial: Trial, logs: pd.DataFrame, people: pd.DataFrame) -> Floats:
    """Return 1 for letter B, 0 for A, of the participant's sequence at the log's period.

    Where the plan names no periods they are numbered: period "1" has the first letter.
    """
    names = period_names(trial, logs)
    planned = {period.name: place for place, period in enumerate(trial.design.periods)}
    distinct = {
        name: planned[name] if name in planned else _number_less_one(name)
        for name in names.dropna().unique()
    }
    places = np.array([distinct.get(name, -1) for name in names], dtype=np.int64)
    known = sorted(set(people["sequence"].dropna()))
    codes = pd.Categorical(people["sequence"], categories=known).codes
    return _letters(known, codes, places)


def _letters(
    sequences: Sequence[str], codes: NDArray[np.int8], places: NDArray[np.int64]
) -> Floats:
    width = max([1, *map(len, sequences)])
    table = np.full((len(sequences) + 1, width + 1), np.nan)
    for row, sequence in enumerate(sequences):
        for place, letter in enumerate(sequence):
            table[row, place] = {"A": 0.0, "B": 1.0}.get(letter, np.nan)
    outside = (places < 0) | (places >= width)
    return table[codes, np.where(outside, width, places)]


def _number_less_one(name: str) -> int:
    return int(name) - 1 if name.isascii() and name.isdecimal() and len(name) < 4 else -1


def coin_with_ai(design: Design) -> float:
    """Return the probability with which the coin for a task says AI: by the ratios of the arms.

    With AI or without, a side that no arm stands for counts as one arm of ratio 1.
    """
    with_ai = sum(arm.ratio for arm in design.arms if arm.ai) or 1
    without = sum(arm.ratio for arm in design.arms if not arm.ai) or 1
    return with_ai / (with_ai + without)


def _arm_has_ai(trial: Trial, arms: pd.Series) -> Floats:
    by_name = {arm.name: float(arm.ai) for arm in trial.design.arms}
    return np.asarray(arms.map(by_name).to_numpy(), dtype=np.float64)


def _numbers(booleans: pd.Series) -> Floats:
    return np.asarray(booleans.to_numpy(), dtype=np.float64)


def _coin(logs: pd.DataFrame) -> Floats:
    coin = logs["ai_assigned"].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(coin, dtype=np.float64)
