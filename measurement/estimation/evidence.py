"""What an analysis sees: canonical frames, compressed."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from measurement.estimation.bundle import Bundle
from measurement.estimation.cells import CELL_KEYS, classify, compress
from measurement.estimation.definition import Trial
from measurement.estimation.history import History
from measurement.estimation.planned_model import needs_task_logs


@dataclass(frozen=True, eq=False)
class Evidence:
    """Canonical frames of bundle.py, cells and totals of cells.py; refusals by rule.

    `cells` are single logs where the model needs them (see `log_cells`). `as_of`: the last day
    that counts as a working day of a trial that still runs. `history`: the plan's lock.
    """

    trial: Trial
    participants: pd.DataFrame
    cells: pd.DataFrame
    totals: pd.DataFrame
    survey_responses: pd.DataFrame
    refused: Mapping[str, int]
    as_of: datetime.date
    history: History = field(default_factory=History)


def evidence_of(bundle: Bundle, as_of: datetime.date) -> Evidence:
    """Return the evidence of a bundle, or of a trial read as one."""
    trial, people, logs = bundle.trial, bundle.participants, bundle.task_logs
    compressed = compress(trial, people, logs)
    cells = log_cells(trial, people, logs) if needs_task_logs(trial) else compressed.cells
    return Evidence(
        trial=trial,
        participants=people,
        cells=cells,
        totals=compressed.totals,
        survey_responses=bundle.survey_responses,
        refused=bundle.counts,
        as_of=as_of,
    )


def log_cells(trial: Trial, participants: pd.DataFrame, task_logs: pd.DataFrame) -> pd.DataFrame:
    """Return the analysed logs as cells of one log each, with `key` and the log's covariates."""
    logs = classify(trial, participants, task_logs)
    logs = logs[logs["rule"] == ""]
    minutes = logs["minutes"].to_numpy(dtype=np.float64)
    return logs[[*CELL_KEYS, "key"]].assign(
        logs=1,
        minutes_mean=minutes,
        minutes_squares=0.0,
        log_minutes_mean=np.log(minutes),
        log_minutes_squares=0.0,
        first_date=logs["date"],
        last_date=logs["date"],
        log_forecast_minutes=np.log(logs["forecast_minutes"].to_numpy(dtype=np.float64)),
    )
