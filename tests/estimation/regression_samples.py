"""Invented logs of a crossover as samples of a regression, one row a log or a cell."""

import numpy as np
import pandas as pd

from measurement.estimation.least_squares import Sample
from measurement.estimation.regression import Fit

EXACT = 1e-8


def invented_logs(seed: int, people: int, logs: int) -> pd.DataFrame:
    """Return a crossover with unequal logging: people, task types, periods and log(minutes)."""
    rng = np.random.default_rng(seed)
    busy = rng.dirichlet(rng.uniform(0.3, 2, people))
    frame = pd.DataFrame({"person": rng.choice(people, logs, p=busy)})
    frame["kind"] = rng.choice(4, logs, p=[0.4, 0.3, 0.2, 0.1])
    frame["period"] = rng.integers(0, 2, logs)
    frame["treated"] = ((frame["person"] + frame["period"]) % 2).astype(float)
    own_effect = rng.normal(-0.3, 0.2, people)[frame["person"]]
    frame["y"] = (
        rng.normal(3, 0.5, people)[frame["person"]]
        + own_effect * frame["treated"]
        + 0.2 * frame["kind"]
        - 0.1 * frame["period"]
        + rng.standard_t(4, logs) * 0.4
    )
    return frame.sort_values("person", kind="stable").reset_index(drop=True)


def terms(frame: pd.DataFrame, *, intercept: bool = False) -> pd.DataFrame:
    columns = {"intercept": np.ones(len(frame))} if intercept else {}
    columns |= {"treated": frame["treated"].to_numpy()}
    columns |= {f"kind {k}": (frame["kind"] == k).to_numpy().astype(float) for k in range(1, 4)}
    return pd.DataFrame(columns | {"period": frame["period"].to_numpy(float)})


def paths(numbers: pd.Series, name: str = "participant") -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[f"p{n:05d}" for n in numbers]], names=[name])


def rows(frame: pd.DataFrame, *, absorb: bool) -> Sample:
    """Return the sample of single logs, clustered by participant."""
    size = len(frame)
    codes = frame["person"].to_numpy() if absorb else None
    regressors = terms(frame, intercept=not absorb)
    y, ones, zeros = frame["y"].to_numpy(), np.ones(size), np.zeros(size)
    return Sample(regressors, y, ones, zeros, paths(frame["person"]), codes)


def cells(frame: pd.DataFrame, *, absorb: bool) -> Sample:
    """Return the same logs compressed to cells of person, kind, period and treatment."""
    keys = ["person", "kind", "period", "treated"]
    grouped = frame.groupby(keys)["y"]
    cell = grouped.agg(["size", "mean"]).reset_index()
    within = (frame["y"] - grouped.transform("mean")).pow(2).groupby([frame[k] for k in keys]).sum()
    codes = cell["person"].to_numpy() if absorb else None
    return Sample(
        terms(cell, intercept=not absorb),
        cell["mean"].to_numpy(),
        cell["size"].to_numpy(float),
        within.to_numpy(),
        paths(cell["person"]),
        codes,
    )


def with_dummies(frame: pd.DataFrame) -> pd.DataFrame:
    dummies = pd.get_dummies(frame["person"], prefix="person", dtype=float)
    return pd.concat([terms(frame), dummies], axis=1)


def std_errors(fitted: Fit) -> np.ndarray:
    return np.array([fitted.estimate(name).std_error for name in fitted.names])


def with_columns(sample: Sample, regressors: pd.DataFrame) -> Sample:
    return Sample(**(vars(sample) | {"regressors": regressors}))


def by_task(sample: Sample) -> Sample:
    people = sample.clusters.get_level_values("participant")
    tasks = [f"t{n:05d}" for n in range(len(people))]
    clusters = pd.MultiIndex.from_arrays([people, tasks], names=["participant", "task"])
    return Sample(
        sample.regressors, sample.outcome, sample.weights, sample.within, clusters, sample.absorbed
    )
