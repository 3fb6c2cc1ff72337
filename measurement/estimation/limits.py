"""Winsorising limits: the minutes beyond which a task log of a task type counts as extreme."""

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Trial

Floats = NDArray[np.float64]

UNLIMITED: Final = (0.0, 1.0)
USUAL_PERCENTILES: Final = (0.01, 0.99)
"""Where the plan does not winsorise, the specification table still shows what it would do."""
LIMIT_DTYPES: Final = {"task_type": "str", "low": "float64", "high": "float64"}


def plans_winsorising(trial: Trial) -> bool:
    """Say whether the plan winsorises the minutes of the primary analysis."""
    return trial.plan.winsorise != UNLIMITED


def winsorising_percentiles(trial: Trial) -> tuple[float, float]:
    """Return the shares of the logs below the lower and below the higher limit."""
    return trial.plan.winsorise if plans_winsorising(trial) else USUAL_PERCENTILES


def winsorising_limits(trial: Trial, classified: pd.DataFrame) -> pd.DataFrame:
    """Return task_type, low, high (minutes) of each task type with analysed logs.

    `classified`: logs as `cells.classify` returns them. Percentiles are pooled over arms and
    people; between two logs they are interpolated linearly (numpy's "linear", Hyndman and Fan's
    type 7). Sorted by task type; logs without one come first, as a type of their own.
    """
    logs = classified[classified["rule"] == ""]
    types, names = pd.factorize(logs["task_type"], sort=True, use_na_sentinel=True)
    minutes = logs["minutes"].to_numpy(dtype=np.float64)
    order = np.argsort(types, kind="stable")
    present, starts = np.unique(types[order], return_index=True)
    by_type = np.split(minutes[order], starts[1:]) if len(present) else []
    percentiles = winsorising_percentiles(trial)
    limits = [np.quantile(values, percentiles, method="linear") for values in by_type]
    return canonical_limits(
        pd.DataFrame(
            {
                "task_type": [None if code < 0 else names[code] for code in present],
                "low": [float(low) for low, _ in limits],
                "high": [float(high) for _, high in limits],
            }
        )
    )


def canonical_limits(frame: pd.DataFrame) -> pd.DataFrame:
    """Return limits with their dtypes, sorted by task type; an empty task type is missing."""
    typed = frame[list(LIMIT_DTYPES)].astype(LIMIT_DTYPES)
    typed["task_type"] = typed["task_type"].mask(typed["task_type"] == "")
    return typed.sort_values("task_type", na_position="first", ignore_index=True)


def limits_of(task_types: "pd.Series[Any]", limits: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the lower and the higher limit of each task type given, NaN where there is none."""
    known = pd.Index(limits["task_type"].fillna(""))
    places = known.get_indexer(pd.Index(task_types.astype("str").fillna("")))
    low, high = (np.append(limits[name].to_numpy(), np.nan)[places] for name in ("low", "high"))
    return low, high


def tails(task_types: "pd.Series[Any]", minutes: Floats, limits: pd.DataFrame) -> NDArray[np.int64]:
    """Return -1, 0, 1 for minutes below, within and above the limits of their task type.

    Minutes on a limit are within; so are those of a type without limits.
    """
    low, high = limits_of(task_types, limits)
    return (minutes > high).astype(np.int64) - (minutes < low).astype(np.int64)
