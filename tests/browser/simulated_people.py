"""Invented people of a trial that was set up on the site: they join, log tasks and answer surveys.

They act through the same doors as the pages do, some weeks of their time in seconds of ours.
"""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import time_machine

from measurement import inviting, surveying
from measurement.models import Invitation, Participant, PrivacyNotice, Trial
from measurement.recording import NewTaskLog, record

TIME_WITH_AI: Final = 0.75
"""What is true: tasks with AI take a quarter less time, whatever people say."""
USED_WHERE_GIVEN: Final = 0.9
MEDIAN_MINUTES: Final = 40
SPREAD: Final = 0.5
REPORTED: Final = ((0, 0), (1, 10), (11, 20), (21, 30), (31, 60))
"""Bands of minutes saved a day that people report, each as often as another."""


@contextmanager
def noon_of(day: datetime.date) -> Iterator[None]:
    """Let it be noon of a day, for the site as well; time goes on."""
    with time_machine.travel(datetime.datetime.combine(day, datetime.time(12), datetime.UTC)):
        yield


def join_all(trial: Trial) -> None:
    """Let all who were invited take part."""
    notice = PrivacyNotice.objects.get(trial=trial)
    for invitation in Invitation.objects.filter(trial=trial).select_related("user", "trial"):
        inviting.join(invitation=invitation, notice=notice)


def log_tasks(trial: Trial, day: datetime.date, *, task_type: str, tool: str) -> None:
    """Let everybody log a task on a day, on its evening."""
    chance = np.random.default_rng(day.toordinal())
    with noon_of(day):
        for person in _people(trial):
            with_ai = _is_given_ai(person) and chance.random() < USED_WHERE_GIVEN
            minutes = MEDIAN_MINUTES * chance.lognormal(0.0, SPREAD)
            record(
                participant=person,
                log=NewTaskLog(
                    key=f"{day}",
                    date=day,
                    task_type=task_type,
                    tool=tool if with_ai else None,
                    ai_used=with_ai,
                    minutes=max(1, round(minutes * (TIME_WITH_AI if with_ai else 1))),
                    quality=int(chance.integers(2, 6)),
                    source="recall",
                ),
                actor=person.user,
            )


def answer_survey(trial: Trial, day: datetime.date) -> None:
    """Let everybody who was given AI answer the survey of that day."""
    chance = np.random.default_rng(day.toordinal())
    with noon_of(day):
        wave = surveying.open_wave(trial, day)
        assert wave is not None
        for person in _people(trial):
            if _is_given_ai(person) and person.user:
                surveying.answer(
                    participant=person,
                    wave=wave,
                    band=REPORTED[chance.integers(len(REPORTED))],
                    satisfaction=7,
                    recommend=8,
                    actor=person.user,
                )


def _is_given_ai(person: Participant) -> bool:
    arm = person.assignment.arm
    assert arm is not None
    return bool(arm.ai)


def _people(trial: Trial) -> Iterator[Participant]:
    found = Participant.objects.filter(trial=trial).order_by("pk")
    yield from found.select_related("user", "trial", "assignment__arm")
