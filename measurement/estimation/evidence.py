"""What an analysis sees: canonical frames, compressed."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from measurement.estimation.bundle import Bundle
from measurement.estimation.cells import classify, compressed, single_logs
from measurement.estimation.definition import Trial
from measurement.estimation.history import History
from measurement.estimation.limits import winsorising_limits
from measurement.estimation.planned_model import needs_task_logs


@dataclass(frozen=True, eq=False)
class Evidence:
    """Canonical frames of bundle.py, cells and totals of cells.py, limits of limits.py.

    `cells` are single logs where the model needs them (see `log_cells`). `as_of`: the last day
    that counts as a working day of a trial that still runs. `refused`: counts by rule. `history`:
    the plan's lock.
    """

    trial: Trial
    participants: pd.DataFrame
    cells: pd.DataFrame
    totals: pd.DataFrame
    survey_responses: pd.DataFrame
    refused: Mapping[str, int]
    as_of: datetime.date
    limits: pd.DataFrame
    history: History = field(default_factory=History)

    @cached_property
    def coded_participants(self) -> pd.DataFrame:
        """The participants with their texts as categories."""
        return _with_categories(self.participants)

    @cached_property
    def coded_cells(self) -> pd.DataFrame:
        """The cells with their texts as categories.

        Categories are in the order of their values: comparing numbers is faster.
        """
        return _with_categories(self.cells)


def evidence_of(
    bundle: Bundle, as_of: datetime.date, *, limits: pd.DataFrame | None = None
) -> Evidence:
    """Return the evidence of a bundle, or of a trial read as one.

    `limits`: winsorising limits stored before; left out, those of the bundle's own logs.
    """
    trial, people = bundle.trial, bundle.participants
    logs = classify(trial, people, bundle.task_logs)
    if limits is None:
        limits = winsorising_limits(trial, logs)
    found = compressed(people, logs, limits)
    return Evidence(
        trial=trial,
        participants=people,
        cells=log_cells(logs, limits) if needs_task_logs(trial) else found.cells,
        totals=found.totals,
        survey_responses=bundle.survey_responses,
        refused=bundle.counts,
        as_of=as_of,
        limits=limits,
        history=bundle.history,
    )


def log_cells(classified: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Return the analysed logs as cells of one log each, with `key` and the log's covariates."""
    logs = classified[classified["rule"] == ""]
    forecast = logs["forecast_minutes"].to_numpy(dtype=np.float64)
    return single_logs(logs, limits).assign(key=logs["key"], log_forecast_minutes=np.log(forecast))


def _with_categories(frame: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in frame if frame[name].dtype == "str"]
    return frame.astype(dict.fromkeys(texts, "category"))
