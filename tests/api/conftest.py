"""Two small trials, one person in each role, and clients that carry their tokens."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from measurement import tokens
from measurement.estimation.trial_toml import parse_trial, sections
from measurement.models import (
    Arm,
    Assignment,
    Department,
    Membership,
    Participant,
    Role,
    SurveyResponse,
    TaskType,
    Tool,
    Trial,
    User,
)
from measurement.recording import NewTaskLog, record

LOGS = "/api/v1/trials/tea/task-logs/"
RESULTS = "/api/v1/trials/tea/results/"


@dataclass(frozen=True)
class Team:
    """A trial, a user for each role in it, and the participants: the user's and another's."""

    trial: Trial
    users: dict[Role, User]
    participant: Participant
    colleague: Participant


def make_team(slug: str) -> Team:
    trial = make_trial(slug)
    users = {role: make_user(f"{role}@{slug}.example") for role in Role}
    for role, user in users.items():
        Membership.objects.create(user=user, trial=trial, role=role)
    return Team(
        trial=trial,
        users=users,
        participant=make_participant(trial, "p-1", users[Role.PARTICIPANT]),
        colleague=make_participant(trial, "p-2"),
    )


def make_trial(slug: str) -> Trial:
    definition = parse_trial(
        {
            "trial": {"slug": slug, "title": f"Trial of {slug}", "starts_on": "2024-09-30"}
            | {"ends_on": "2024-12-13"},
            "design": {
                "kind": "parallel",
                "arms": [{"name": "control", "ai": False}, {"name": "ai", "ai": True}],
            },
        }
    )
    trial = Trial.objects.create(
        slug=slug,
        title=definition.title,
        sector=definition.sector,
        starts_on=definition.starts_on,
        ends_on=definition.ends_on,
        **sections(definition),
    )
    for arm in definition.design.arms:
        Arm.objects.create(trial=trial, name=arm.name, ai=arm.ai, ratio=arm.ratio)
    TaskType.objects.create(trial=trial, name="drafting")
    Tool.objects.create(trial=trial, name="assistant")
    return trial


def make_user(email: str) -> User:
    return User.objects.create_user(email=email)


def make_participant(
    trial: Trial, pseudonym: str, user: User | None = None, *, arm: str = "ai"
) -> Participant:
    department, _ = Department.objects.get_or_create(trial=trial, name="Ministry of Tea")
    participant = Participant.objects.create(
        trial=trial, pseudonym=pseudonym, user=user, department=department, team="Kettle"
    )
    Assignment.objects.create(participant=participant, arm=trial.arm_set.get(name=arm))
    return participant


def make_log(participant: Participant, key: str, *, minutes: float = 25.5) -> None:
    record(
        participant=participant,
        log=NewTaskLog(
            key=key,
            minutes=minutes,
            ai_used=True,
            date=datetime.date(2024, 10, 1),
            task_type="drafting",
            tool="assistant",
        ),
        actor=None,
    )


def make_survey_response(participant: Participant) -> None:
    SurveyResponse.objects.create(
        participant=participant, wave="1", minutes_saved_low=11, minutes_saved_high=20
    )


@pytest.fixture
def tea(db: None) -> Team:
    return make_team("tea")


@pytest.fixture
def coffee(db: None) -> Team:
    return make_team("coffee")


@pytest.fixture
def client_of(db: None) -> Callable[..., Client]:
    """Return a client with a token of the team's user of that role and those scopes."""

    def make(team: Team, role: Role, *scopes: str) -> Client:
        token = tokens.issue(user=team.users[role], trial=team.trial, scopes=scopes, days=1)
        return with_token(token)

    return make


def with_token(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"})
