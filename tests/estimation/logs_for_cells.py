"""Task logs of three people, at random or one by one."""

from typing import Any

import pandas as pd
from hypothesis import strategies as st

from measurement.estimation.limits import canonical_limits
from tests.estimation.frames import bundle

LIMITS = canonical_limits(
    pd.DataFrame({"task_type": ["draft", "search"], "low": [5.0, 1.0], "high": [700.0, 1000.0]})
)

PEOPLE = ("Ann Example", "Bob Example", "Cy Example")
ARMS = [
    {"participant": PEOPLE[0], "arm": "ai"},
    {"participant": PEOPLE[1], "arm": "control"},
    {"participant": PEOPLE[2], "arm": "ai"},
]

log_rows = st.fixed_dictionaries(
    {
        "participant": st.sampled_from(PEOPLE),
        "minutes": st.floats(0.01, 1440, allow_subnormal=False) | st.sampled_from([5.0, 30.0]),
        "ai_used": st.booleans(),
        "task_type": st.sampled_from(["draft", "search", None]),
        "date": st.sampled_from(["2025-01-06", "2025-01-07", "2025-03-03", None]),
        "novel": st.booleans(),
        "tool": st.sampled_from(["kettle", None]),
        "source": st.sampled_from(["timer", "recall", None]),
        "censored": st.booleans(),
        "quality": st.sampled_from([1.0, 4.0, 5.0, None]),
        "status": st.sampled_from(["logged", "logged", "logged", "void", "withheld"]),
    }
)


def trial_of(rows: Any, **sections: Any) -> Any:
    """Return a parallel bundle of the rows, keys by position."""
    logs = [
        {
            **row,
            "key": f"{number:04d}",
            "minutes": row["minutes"] if row["status"] == "logged" else None,
        }
        for number, row in enumerate(rows)
    ]
    return bundle("parallel", logs=logs, participants=ARMS, **sections)


def one_log(**log: Any) -> dict[str, Any]:
    return {"participant": "p", "key": "1", "minutes": 5.0, "ai_used": True, **log}
