"""Invented trials and people for tests of pages."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from measurement import notices
from measurement.estimation.trial_toml import parse_trial, sections
from measurement.models import (
    Membership,
    Participant,
    PrivacyNotice,
    Role,
    TaskLog,
    TaskType,
    Tool,
    Trial,
    User,
)
from measurement.recording import NewTaskLog, record

TASK_TYPES = ("Draft a document", "Meeting notes and actions", "Search for information")
TOOLS = ("Quillbot Nine", "Wordmill")


def make_trial(
    slug: str = "teapot",
    *,
    task_types: Iterable[str] = TASK_TYPES,
    tools: Iterable[str] = TOOLS,
    design: dict[str, Any] | None = None,
    **fields: Any,
) -> Trial:
    """Store a trial with its lists: an observational one unless told otherwise."""
    title = f"The {slug} trial"
    definition = parse_trial(
        {"trial": {"slug": slug, "title": title}, "design": design or {"kind": "observational"}}
    )
    about = {"slug": slug, "title": title, "sector": definition.sector, **fields}
    trial = Trial.objects.create(**about, **sections(definition))
    TaskType.objects.bulk_create(TaskType(trial=trial, name=name) for name in task_types)
    Tool.objects.bulk_create(Tool(trial=trial, name=name) for name in tools)
    return trial


def make_user(email: str, *roles: tuple[Role, Trial]) -> User:
    """Store a user with these roles."""
    user = User.objects.create_user(email=email)
    for role, trial in roles:
        Membership.objects.create(user=user, trial=trial, role=role)
    return user


def make_participant(trial: Trial, user: User, pseudonym: str = "p1") -> Participant:
    """Store a user's taking part in a trial."""
    Membership.objects.get_or_create(user=user, trial=trial, role=Role.PARTICIPANT)
    return Participant.objects.create(trial=trial, user=user, pseudonym=pseudonym)


def make_log(participant: Participant, key: str, **fields: Any) -> TaskLog:
    """Store a task log: half an hour of drafting without AI unless told otherwise."""
    said: dict[str, Any] = {
        "minutes": 30.0,
        "ai_used": False,
        "date": datetime.date(2025, 3, 3),
        "task_type": TASK_TYPES[0],
        **fields,
    }
    return record(
        participant=participant, log=NewTaskLog(key=key, **said), actor=participant.user
    ).task_log


def publish_notice(trial: Trial, **changes: Any) -> PrivacyNotice:
    """Publish a version of the trial's privacy notice."""
    facts: dict[str, Any] = {
        "controller": "Department of Teapots",
        "contact": "privacy@teapots.example.com",
        "keep_until": timezone.localdate() + datetime.timedelta(days=700),
        **changes,
    }
    return notices.publish(trial=trial, actor=None, **facts)
