"""Small trials for the tests of the checks, compressed as every trial is."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from measurement.estimation.definition import Trial
from measurement.estimation.evidence import evidence_of
from measurement.estimation.planned_model import Model, planned_model
from measurement.estimation.scopes import everything
from tests.estimation.frames import AS_OF, bundle

Rows = Sequence[Mapping[str, Any]]
THREE_ARMS = [
    {"name": "control", "ai": False},
    {"name": "chat", "ai": True},
    {"name": "agent", "ai": True},
]


class Material(NamedTuple):
    """What checks look at."""

    trial: Trial
    participants: pd.DataFrame
    totals: pd.DataFrame
    cells: pd.DataFrame

    @property
    def model(self) -> Model:
        """The planned model."""
        return planned_model(self.trial, self.cells)


def material(kind: str, participants: Rows, logs: Rows, **sections: Any) -> Material:
    """Return a trial with these rows; sections as in trial.toml."""
    data = bundle(kind, participants=participants, logs=logs, **sections)
    evidence = evidence_of(data, AS_OF)
    cells = everything(evidence, evidence.cells).cells
    return Material(evidence.trial, evidence.participants, evidence.totals, cells)


def people(by_arm: Mapping[str, int], **columns: Any) -> list[dict[str, Any]]:
    """Return so many participants of each arm, named after it, with equal further columns."""
    return [
        {"participant": f"{arm}{number:03d}", "arm": arm, **columns}
        for arm, size in by_arm.items()
        for number in range(size)
    ]


def log(participant: str, minutes: float = 10.5, **columns: Any) -> dict[str, Any]:
    """Return one task log."""
    return {"participant": participant, "minutes": minutes, **columns}


def keyed(logs: Rows) -> list[dict[str, Any]]:
    """Return the logs with keys that tell them apart."""
    return [{"key": f"{number:05d}", **row} for number, row in enumerate(logs)]


def plain_part(message: str) -> str:
    """Return the part of a message that stays when it is published."""
    return message.partition(":")[0]


def logged_by(participants: Any, **columns: Any) -> Any:
    return keyed([log(row["participant"], **columns) for row in participants])


def in_teams(by_arm: Any, size: int = 1) -> Any:
    """Return teams of an arm, each of so many people."""
    return [
        {"participant": f"{arm}{team:03d}{member}", "arm": arm, "team": f"{arm} {team:03d}"}
        for arm, teams in by_arm.items()
        for team in range(teams)
        for member in range(size)
    ]


def arms_trial(by_arm: Any, kind: str = "parallel", arms: Any = None) -> Material:
    """Return a trial with so many people in each arm, in teams of three where teams are drawn."""
    participants = people(by_arm) if kind == "parallel" else in_teams(by_arm, 3)
    design = {"design": {"arms": arms}} if arms else {}
    return material(kind, participants, logged_by(participants[:1]), **design)
