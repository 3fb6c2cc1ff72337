"""From cells to the regression that the plan names: its terms, absorbed effects and clusters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial
from measurement.estimation.designs import fixed_effects, rules, standard_errors
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.inference import cluster_information, default_standard_errors
from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import Fit, fit

Floats = NDArray[np.float64]
Outcome = Literal["minutes", "log_minutes", "used", "quality"]

NOT_GIVEN: Final = "(not given)"
TREATMENT: Final = "d"
# Share of the largest information below which a difference of means is rounding.
NOTHING: Final = 1e-9
ABSORBABLE: Final = ("participant_by_task_type", "participant")
LOG_COVARIATES: Final = ("log_forecast_minutes",)
# What an absorbed effect already holds.
HELD_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "participant_by_task_type": ("participant", "task_type", "department"),
    "participant": ("department",),
}


@dataclass(frozen=True)
class Model:
    """The regression of a trial: `effects` become dummies, `absorbed` is taken out by demeaning.

    `terms` lists what is in the model as results name it; `dropped` what was planned and is
    absent from the data. `cluster` is a column of the cells; under HC3 each log is its own.
    """

    effects: tuple[str, ...]
    covariates: tuple[str, ...]
    absorbed: str | None
    dropped: tuple[str, ...]
    cluster: str
    standard_errors: Literal["cluster", "HC3"]

    @property
    def terms(self) -> tuple[str, ...]:
        """Fixed effects and covariates of the model."""
        absorbed = () if self.absorbed is None else (self.absorbed,)
        return (*absorbed, *self.effects, *self.covariates)


def needs_task_logs(trial: Trial) -> bool:
    """Return whether the model needs single logs: HC3, or a covariate that differs by log."""
    by_log = set(trial.plan.covariates) & set(LOG_COVARIATES)
    return standard_errors(trial) == "HC3" or bool(by_log)


def planned_model(trial: Trial, cells: pd.DataFrame) -> Model:
    """Return the planned model of the trial, without the terms that `cells` have no values of."""
    planned = fixed_effects(trial)
    absent = {term for term in planned if not _is_present(term, cells)}
    absent |= {name for name in trial.plan.covariates if not _is_present(name, cells)}
    absorbed = next((term for term in ABSORBABLE if term in planned and term not in absent), None)
    held = HELD_BY.get(absorbed or "", ())
    return Model(
        effects=tuple(
            term for term in planned if term not in absent and term not in (*ABSORBABLE, *held)
        ),
        covariates=tuple(name for name in trial.plan.covariates if name not in absent),
        absorbed=absorbed,
        dropped=tuple(term for term in (*planned, *trial.plan.covariates) if term in absent),
        cluster=rules(trial).cluster(trial),
        standard_errors="HC3" if standard_errors(trial) == "HC3" else "cluster",
    )


def between_people(model: Model) -> Model:
    """Return the model without absorbed effects: it compares participants with each other."""
    types = ("task_type",) if model.absorbed == "participant_by_task_type" else ()
    return replace(model, absorbed=None, effects=(*types, *model.effects))


def _is_present(term: str, cells: pd.DataFrame) -> bool:
    column = "task_type" if term == "participant_by_task_type" else term
    return bool(cells[column].notna().any())


def observed(cells: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the cells with a value of the outcome: all of them, but for quality the scored ones.

    Raises NotEstimable when no task log has a quality score.
    """
    if outcome != "quality":
        return cells
    scored = cells[cells["quality_logs"] > 0].reset_index(drop=True)
    if scored.empty:
        raise NotEstimable("no task log has a quality score")
    return scored


def sample(model: Model, cells: pd.DataFrame, outcome: Outcome) -> Sample:
    """Return the sample whose coefficient `d` is the effect of the treatment on `outcome`.

    Rows are those of `observed(cells, outcome)`; "used" is 1 where AI was used, else 0.
    """
    cells = observed(cells, outcome)
    treatment = {TREATMENT: cells["d"].to_numpy(dtype=np.float64)}
    return _sample(model, cells, outcome, model.effects, treatment)


def fit_model(model: Model, regressed: Sample) -> Fit:
    """Fit a sample of the model: HC3 where planned, else CR1, or CR3 for few clusters.

    For few clusters G, of the G - 1 degrees of freedom, counts those within which the treatment
    varies where effects are absorbed: the others tell nothing of it.
    """
    nested = model.absorbed is not None
    if model.standard_errors == "HC3":
        return fit(regressed, standard_errors="HC3", nested=nested)
    information = cluster_information(regressed, _treated(regressed))
    chosen = default_standard_errors(information)
    found = fit(regressed, standard_errors=chosen, nested=nested)
    if chosen != "CR3" or not nested:
        return found
    compared = (information > NOTHING * information.max()).sum()
    return replace(found, degrees_of_freedom=float(max(compared - 1, 1)))


def _treated(regressed: Sample) -> Floats:
    """Return the treatment of each row, from its column or its interactions with all groups."""
    names = [
        name
        for name in map(str, regressed.regressors)
        if name == TREATMENT or name.startswith(effect_on(""))
    ]
    return np.asarray(regressed.regressors[names].to_numpy(dtype=np.float64).sum(axis=1))


def sample_by(model: Model, cells: pd.DataFrame, outcome: Outcome, by: str) -> Sample:
    """Return the sample whose coefficients are the treatment's effects on each value of `by`.

    One regression with treatment x `by`, a column of the cells; its values are in the model in
    any case. `effect_on(value)` names the coefficient of a value.
    """
    cells = observed(cells, outcome)
    groups = named(cells[by])
    d = cells["d"].to_numpy(dtype=np.float64)
    treatment = {
        effect_on(name): np.where(groups == name, d, 0.0) for name in sorted(groups.unique())
    }
    held = (*HELD_BY.get(model.absorbed or "", ()), model.absorbed, *model.effects)
    effects = model.effects if by in held else (*model.effects, by)
    return _sample(model, cells, outcome, effects, treatment)


def effect_on(name: object) -> str:
    """Return the name of the coefficient of treatment x `name`; no other term has such a name."""
    return f"{TREATMENT} x {name}"


def _sample(
    model: Model,
    cells: pd.DataFrame,
    outcome: Outcome,
    effects: tuple[str, ...],
    treatment: Mapping[str, Floats],
) -> Sample:
    # Collinear columns are dropped from the right: the treatment stands last, so that it is
    # never identified by dropping what explains it.
    columns: dict[str, Floats] = {}
    if model.absorbed is None:
        columns["intercept"] = np.ones(len(cells))
    for effect in effects:
        columns |= _dummies(effect, cells[effect])
    for covariate in model.covariates:
        columns |= _covariate(covariate, cells[covariate].to_numpy(dtype=np.float64))
    columns |= treatment
    mean, squares, logs = _moments(cells, outcome)
    return Sample(
        regressors=pd.DataFrame(columns),
        outcome=mean,
        weights=logs,
        within=squares,
        clusters=_clusters(model, cells),
        absorbed=_absorbed(model, cells),
    )


def _moments(cells: pd.DataFrame, outcome: Outcome) -> tuple[Floats, Floats, Floats]:
    """Return the outcome's mean, centred sum of squares and number of logs in each cell."""
    if outcome == "used":
        # AI was used in all logs of a cell or in none.
        used = cells["used"].to_numpy(dtype=np.float64)
        return used, np.zeros(len(cells)), cells["logs"].to_numpy(dtype=np.float64)
    logs = "quality_logs" if outcome == "quality" else "logs"
    columns = (f"{outcome}_mean", f"{outcome}_squares", logs)
    mean, squares, weights = (cells[name].to_numpy(dtype=np.float64) for name in columns)
    return mean, squares, weights


def _dummies(effect: str, values: pd.Series) -> dict[str, Floats]:
    """Return a column for each value but the first."""
    codes, distinct = pd.factorize(values, sort=True, use_na_sentinel=True)
    # Missing values are a group of their own.
    levels = [*range(len(distinct)), -1] if (codes < 0).any() else [*range(len(distinct))]
    names = {code: NOT_GIVEN if code < 0 else str(distinct[code]) for code in levels}
    return {f"{effect}: {names[code]}": (codes == code).astype(np.float64) for code in levels[1:]}


def _covariate(name: str, values: Floats) -> dict[str, Floats]:
    """Return the column of a covariate; where it is not known, its mean and a mark beside it.

    What was known before the assignment adjusts without bias so, and no log is lost
    (White and Thompson 2005).
    """
    unknown = np.isnan(values)
    if not unknown.any():
        return {name: values}
    filled = np.where(unknown, values[~unknown].mean(), values)
    return {name: filled, f"{name}: {NOT_GIVEN}": unknown.astype(np.float64)}


def _clusters(model: Model, cells: pd.DataFrame) -> pd.MultiIndex:
    if model.standard_errors == "HC3":
        return pd.MultiIndex.from_arrays(
            [cells["participant"], cells["key"]], names=["participant", "task"]
        )
    return pd.MultiIndex.from_arrays([named(cells[model.cluster])], names=[model.cluster])


def _absorbed(model: Model, cells: pd.DataFrame) -> NDArray[np.intp] | None:
    if model.absorbed is None:
        return None
    codes = pd.factorize(cells["participant"])[0].astype(np.intp)
    if model.absorbed == "participant":
        return codes
    types, distinct = pd.factorize(cells["task_type"], use_na_sentinel=False)
    return codes * len(distinct) + types


def named(values: pd.Series) -> pd.Series:
    """Return texts with the missing ones shown as "(not given)"."""
    if (
        isinstance(values.dtype, pd.CategoricalDtype)
        and values.hasnans
        and NOT_GIVEN not in values.cat.categories
    ):
        values = values.cat.add_categories(NOT_GIVEN)
    return values.fillna(NOT_GIVEN) if values.hasnans else values


def require_comparison(cells: pd.DataFrame) -> None:
    """Raise NotEstimable unless there are logs with and without the treatment."""
    if cells.empty:
        raise NotEstimable("no task logs to analyse")
    d = cells["d"].to_numpy()
    if not (d == 1).any():
        raise NotEstimable("no task logs with AI")
    if not (d == 0).any():
        raise NotEstimable("no task logs without AI to compare with")
