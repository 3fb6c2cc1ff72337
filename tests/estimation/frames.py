"""Canonical frames from a few dicts, for tests that need no bundle on disk."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from measurement.estimation.bundle import (
    Bundle,
    canonical_participants,
    canonical_survey_responses,
    canonical_task_logs,
)
from measurement.estimation.cells import Compressed, classify
from measurement.estimation.cells import compressed as compressed_logs
from measurement.estimation.limits import winsorising_limits
from measurement.estimation.results import Results
from measurement.estimation.trial_toml import parse_trial

AS_OF = datetime.date(2025, 6, 1)


def trial_table(kind: str, **sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parsed trial.toml of a design; two arms where the design needs them."""
    design: dict[str, Any] = {"kind": kind}
    if kind in ("parallel", "cluster"):
        design["arms"] = [{"name": "control", "ai": False}, {"name": "ai", "ai": True}]
    about = {"slug": "invented", "title": "An invented trial"}
    return {
        **sections,
        "trial": {**about, **sections.get("trial", {})},
        "design": {**design, **sections.get("design", {})},
    }


def bundle(
    kind: str,
    *,
    logs: Sequence[Mapping[str, Any]],
    participants: Sequence[Mapping[str, Any]] = (),
    surveys: Sequence[Mapping[str, Any]] = (),
    counts: Mapping[str, int] | None = None,
    **sections: Mapping[str, Any],
) -> Bundle:
    """Return a bundle of a design with the given rows; columns left out are missing."""
    people = pd.DataFrame(participants, columns=None if participants else ["participant"])
    task_logs = pd.DataFrame(logs, columns=None if logs else ["participant", "key"])
    responses = pd.DataFrame(surveys, columns=None if surveys else ["participant"])
    return Bundle(
        trial=parse_trial(trial_table(kind, **sections)),
        participants=canonical_participants(
            people, task_logs["participant"], responses["participant"]
        ),
        task_logs=canonical_task_logs(task_logs),
        survey_responses=canonical_survey_responses(responses),
        counts=dict(counts or {}),
    )


def compressed(data: Bundle) -> Compressed:
    """Return cells and totals of a bundle, with the winsorising limits of its own logs."""
    classified = classify(data.trial, data.participants, data.task_logs)
    return compressed_logs(
        data.participants, classified, winsorising_limits(data.trial, classified)
    )


def row_of(results: Results, estimand: str, **names: str) -> Any:
    """Return a row of the results; Any, so that tests compute with numbers that may be None."""
    row = results.find(estimand, **names)
    assert row is not None, estimand
    return row
