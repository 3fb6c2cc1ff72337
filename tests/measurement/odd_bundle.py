"""A bundle in which every column is used, missing here and there, with odd texts and numbers."""

import datetime
from typing import Any

import numpy as np
import pandas as pd

from measurement.estimation.bundle import (
    Bundle,
    canonical_participants,
    canonical_survey_responses,
    canonical_task_logs,
)
from measurement.estimation.definition import Trial
from measurement.estimation.trial_toml import parse_trial

ODD_TEXTS = (
    "plain",
    "a, comma",
    'a "quote"',
    "two\nlines",
    "\\.",
    "\\N",
    "NULL",
    "NaN",
    "t",
    "=1+1",
    "Ünïcødé 茶 🫖",
    "x" * 200,
)
LOGS = 400


def odd_trial(**about: Any) -> Trial:
    """Return the definition."""
    return parse_trial(
        {
            "trial": {
                "slug": "odd",
                "title": 'An "odd" trial, 茶',
                "starts_on": datetime.date(2025, 1, 6),
                "ends_on": datetime.date(2025, 3, 28),
                "run_in_days": 3,
                "tools": ["kettle"],
                **about,
            },
            "design": {"kind": "observational"},
            "plan": {"confidence": 0.9, "planned_participants": 12},
            "assumptions": {"loaded_cost_per_hour": 31.7},
            "survey": {"bands": [[0, 0], [1, 10], [10, ""]], "top_band_minutes": 33.3},
        }
    )


def odd_bundle(**about: Any) -> Bundle:
    """Return the bundle; the same every time."""
    rng = np.random.default_rng(7)
    people = list(ODD_TEXTS)

    def some(values: Any, size: int) -> pd.Series:
        """Draw values, a third of them missing."""
        drawn = pd.Series([values[i] for i in rng.integers(0, len(values), size)], dtype=object)
        return drawn.where(rng.random(size) > 1 / 3, None)

    days = [datetime.date(1, 1, 1), datetime.date(2025, 1, 6), datetime.date(2025, 3, 29)]
    moments = pd.to_datetime(
        ["0001-01-01T00:00:00.000001Z", "2025-03-30T01:30:00.123456Z", "2025-06-01T00:00:00Z"],
        utc=True,
        format="ISO8601",
    )
    minutes = [0.1, 1 / 3, 1440.0, 5e-324, 17.0, 12.000000000000002]
    size = len(people)
    participants = pd.DataFrame(
        {
            "participant": people,
            "department": some(ODD_TEXTS, size),
            "team": some(ODD_TEXTS, size),
            "grade": some(ODD_TEXTS, size),
            "profession": some(ODD_TEXTS, size),
            "arm": some(ODD_TEXTS, size),
            "sequence": some(["AB", "1st"], size),
            "ai_from": some(days, size),
            "enrolled_on": some(days, size),
            "withdrawn_on": some(days, size),
            "baseline_minutes": some(minutes, size),
        }
    )
    status = rng.choice(["logged", "logged", "withheld", "void"], LOGS)
    logs = pd.DataFrame(
        {
            "participant": rng.choice(people[:-1], LOGS),
            "key": [f"{ODD_TEXTS[i % 11]} {i}" for i in range(LOGS)],
            "minutes": np.where(status == "logged", rng.choice(minutes, LOGS), np.nan),
            "ai_used": rng.random(LOGS) < 0.5,
            "date": some(days, LOGS),
            "task_type": some(ODD_TEXTS, LOGS),
            "ai_assigned": some([True, False], LOGS).astype("boolean"),
            "period": some(ODD_TEXTS, LOGS),
            "tool": some(ODD_TEXTS, LOGS),
            "forecast_minutes": some(minutes, LOGS),
            "forecast_minutes_with_ai": some(minutes, LOGS),
            "quality": some([1.0, 5.0], LOGS),
            "novel": rng.random(LOGS) < 0.5,
            "censored": rng.random(LOGS) < 0.5,
            "source": some(["timer", "recall", "import"], LOGS),
            "status": status,
            "announced_at": some(moments, LOGS),
            "started_at": some(moments, LOGS),
            "ended_at": some(moments, LOGS),
            "recorded_at": some(moments, LOGS),
        }
    )
    responses = pd.DataFrame(
        {
            "participant": rng.choice(people, 40),
            "date": some(days, 40),
            "wave": some(ODD_TEXTS, 40),
            "minutes_saved_low": [*[0.5] * 20, *[None] * 20],
            "minutes_saved_high": [*[None] * 10, *[1440.0] * 10, *[None] * 20],
            "satisfaction": some([0.0, 10.0], 40),
            "recommend": some([0.0, 10.0], 40),
        }
    )
    return Bundle(
        trial=odd_trial(**about),
        participants=canonical_participants(participants),
        task_logs=canonical_task_logs(logs),
        survey_responses=canonical_survey_responses(responses),
        counts={"minutes_impossible": 3, "key_impossible": 0},
    )
