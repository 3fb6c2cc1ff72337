"""Trials with a known truth. Everything drawn comes from one seeded generator."""

import datetime
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from measurement.estimation.bundle import (
    Bundle,
    canonical_survey_responses,
    canonical_task_logs,
    write_bundle,
)
from measurement.estimation.calendar import is_working_day
from measurement.estimation.definition import Trial
from measurement.estimation.simulate_logs import draw_task_logs
from measurement.estimation.simulate_people import (
    ARMS,
    Dates,
    draw_access,
    draw_people,
    participants_frame,
)
from measurement.estimation.simulate_recipe import Recipe
from measurement.estimation.simulate_setting import setting
from measurement.estimation.simulate_survey import draw_survey_responses
from measurement.estimation.simulate_truth import truth
from measurement.estimation.trial_toml import parse_trial


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulated trial, and what its estimates should be."""

    bundle: Bundle
    truth: dict[str, Any]


def simulate(
    *,
    participants: int,
    logs_per_participant: int,
    design: str,
    seed: int,
    recipe: Recipe | None = None,
) -> Simulation:
    """Draw a trial of the design; equal arguments give equal trials.

    `logs_per_participant` is the expected number of ordinary logs of a person who stays to the
    end; tasks done only because AI exists come on top.

    Raises:
        ValueError: for fewer than 2 participants or 1 log each.
        DefinitionErrors: for an unknown design.

    """
    if participants < 2 or logs_per_participant < 1:
        given = f"{participants} participants, {logs_per_participant} logs per participant"
        raise ValueError(f"{given}: at least 2 and 1 are allowed")
    recipe = recipe or Recipe()
    if recipe.ramp_weeks > 1 and design != "stepped_wedge":
        raise ValueError(f"ramp_weeks {recipe.ramp_weeks}: allowed in a stepped_wedge only")
    trial = _trial(recipe, design, participants, logs_per_participant, seed)
    rng = np.random.default_rng(seed)
    days = _working_days(recipe)
    people = draw_people(recipe, participants, len(days), rng)
    access = draw_access(trial, recipe, people, days, rng)
    logs = draw_task_logs(trial, recipe, people, access, days, logs_per_participant, rng)
    responses = draw_survey_responses(recipe, trial.survey, people, access, days, rng)
    bundle = Bundle(
        trial=trial,
        participants=participants_frame(recipe, people, access, days, rng),
        task_logs=canonical_task_logs(logs),
        survey_responses=canonical_survey_responses(responses),
    )
    about = {"slug": trial.slug, "design": design, "seed": seed, "simulated": True}
    ordinary = pd.Index(logs.loc[~logs["novel"], "participant"])
    counts = np.bincount(pd.Index(people.name).get_indexer(ordinary), minlength=participants)
    drawn = setting(recipe, design, people, access, days, logs_per_participant, counts)
    return Simulation(bundle, {**about, **truth(recipe, drawn)})


def write_simulation(simulation: Simulation, path: Path | str) -> Path:
    """Write the bundle, and truth.json in its folder or beside its zip; return the truth's path."""
    path = Path(path)
    write_bundle(simulation.bundle, path)
    beside = path.with_suffix(".truth.json") if path.suffix == ".zip" else path / "truth.json"
    write_truth(simulation, beside)
    return beside


def write_truth(simulation: Simulation, path: Path) -> None:
    """Write what is true of the simulated trial as JSON."""
    text = json.dumps(simulation.truth, indent=2, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _trial(
    recipe: Recipe, design: str, participants: int, logs_per_participant: int, seed: int
) -> Trial:
    table: dict[str, Any] = {"kind": design, "seed": seed}
    if design in ("parallel", "cluster"):
        table["arms"] = [{"name": name, "ai": name == "ai"} for name in ARMS]
        table["stratify_by"] = ["department"]
    if design == "crossover":
        table["periods"] = _periods(recipe)
    return parse_trial(
        {
            "trial": {
                "slug": recipe.slug,
                "title": recipe.title,
                "sector": recipe.sector,
                "starts_on": recipe.starts_on,
                "ends_on": recipe.ends_on,
                "tools": list(recipe.tools),
                "simulated": True,
            },
            "design": table,
            "plan": {
                "read_out_on": recipe.ends_on + datetime.timedelta(days=7),
                "planned_participants": participants,
                "planned_logs_per_participant": logs_per_participant,
            },
        }
    )


def _periods(recipe: Recipe) -> list[dict[str, Any]]:
    """Cut the trial into periods of whole weeks, counted from its first day."""
    weeks = ((recipe.ends_on - recipe.starts_on).days + 7) // 7
    cuts = [weeks * place // recipe.periods for place in range(recipe.periods + 1)]
    starts = [recipe.starts_on + datetime.timedelta(weeks=cut) for cut in cuts]
    return [
        {
            "name": str(place),
            "starts_on": start,
            "ends_on": min(after - datetime.timedelta(days=1), recipe.ends_on),
        }
        for place, (start, after) in enumerate(itertools.pairwise(starts), 1)
    ]


def _working_days(recipe: Recipe) -> Dates:
    last = min(recipe.logged_until or recipe.ends_on, recipe.ends_on)
    days = np.arange(np.datetime64(recipe.starts_on), np.datetime64(last) + 1)
    return np.asarray(days[is_working_day(days)])
