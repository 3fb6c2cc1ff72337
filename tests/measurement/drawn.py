"""Invented trials of which a draw is due: the plan is locked and people have joined."""

import datetime
from collections.abc import Callable
from typing import Any

from measurement import planning
from measurement.models import Arm, Department, Grade, Participant, Role, Trial, User
from tests.people import make_trial, make_user

STEPS = (datetime.date(2025, 4, 7), datetime.date(2025, 5, 5))
STARTS_ON, ENDS_ON = datetime.date(2025, 3, 1), datetime.date(2025, 7, 31)
TODAY = "2025-03-03T10:00:00Z"
"""Between the lock of the plan and the first date of access."""


def make_drawable(
    kind: str = "parallel", slug: str = "teapot", **design: Any
) -> tuple[Trial, User]:
    """Store a trial with arms and a locked plan, without people; and its lead."""
    arms = [{"name": "control", "ai": False}, {"name": "ai", "ai": True}]
    table = {"kind": kind, "seed": 7, **design}
    if kind in ("parallel", "cluster"):
        table = {"arms": arms, **table}
    trial = make_trial(slug, design=table, starts_on=STARTS_ON, ends_on=ENDS_ON)
    for arm in trial.design["arms"]:
        Arm.objects.create(trial=trial, **arm)
    lead = make_user(f"lead.of.{slug}@example.com", (Role.LEAD, trial))
    planning.lock(trial=trial, by=lead)
    return trial, lead


def nobody(n: int) -> Any:
    """Return nothing, whoever it is."""


def fill(
    trial: Trial,
    people: int,
    *,
    first: int = 0,
    team: Callable[[int], str] = lambda n: f"team {n // 5}",
    department: Callable[[int], str | None] = lambda n: f"department {n // 20}",
    grade: Callable[[int], str | None] = nobody,
) -> None:
    """Let people without accounts join the trial; particulars by each one's number."""

    def entry(model: Any, name: str | None) -> Any:
        return name and model.objects.get_or_create(trial=trial, name=name)[0]

    Participant.objects.bulk_create(
        Participant(
            trial=trial,
            pseudonym=f"p{n:05d}",
            team=team(n),
            department=entry(Department, department(n)),
            grade=entry(Grade, grade(n)),
        )
        for n in range(first, first + people)
    )
