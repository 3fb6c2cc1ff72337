"""Regressions of single logs with a dummy for each effect, by statsmodels: second witnesses."""

from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats


def dummies(rows: Any, *columns: str) -> Any:
    return pd.concat(
        [
            pd.get_dummies(rows[name], dtype=float, prefix=name, drop_first=name != "participant")
            for name in columns
        ],
        axis=1,
    )


def t_clustered(y: Any, X: Any, groups: Any, name: str, absorbed: int) -> tuple[float, float]:
    """Return t and p of a term; effects inside the clusters count as one (as fixest does)."""
    fitted = sm.OLS(y, X).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    ratio = np.sqrt((len(y) - X.shape[1] + absorbed - 1) / (len(y) - X.shape[1]))
    t = fitted.params[name] / fitted.bse[name] * ratio
    return t, 2 * stats.t.sf(abs(t), len(set(groups)) - 1)
