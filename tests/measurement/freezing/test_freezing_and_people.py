"""Between and over freezes nobody can be told from what is published."""

import datetime
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
import time_machine
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles
from measurement.models import (
    DirtyMark,
    Participant,
    Snapshot,
    SurveyResponse,
    TaskLog,
    Trial,
    TrialMark,
)
from tests.freezes import change_logs, weeks_later
from tests.measurement.freezing.frozen_weeks import (
    LARGE,
    MONDAY,
    OTHER,
    RATES,
    SIZES,
    SMALLER,
    of,
    rows_of,
    shown,
    simulated,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def quiet(frozen: Trial, django_db_blocker: DjangoDbBlocker) -> dict[str, bytes]:
    """Have what is shown a week later if nothing happens."""
    with django_db_blocker.unblock():
        return world(frozen)


def leave(person: Participant) -> None:
    """Let a person and all their data be gone, as erasing has it."""
    person.delete()
    TrialMark.objects.create(trial=person.trial)


def test_one_person_changes_no_byte_between_two_freezes(trial: Trial) -> None:
    canary = of(trial, SMALLER)[:1]
    with time_machine.travel(MONDAY + datetime.timedelta(days=1), tick=False):
        before = shown(trial)
        change_logs(canary)
        assert shown(trial) == before
        analysis.analyse(trial)
        assert shown(trial) == before


def test_a_freeze_that_would_reveal_one_person_keeps_the_old_answer(
    trial: Trial, quiet: dict[str, bytes]
) -> None:
    canary = of(trial, SMALLER)[0]
    assert world(trial, lambda: change_logs([canary])) == quiet
    assert world(trial, lambda: leave(canary)) == quiet


def begin(person: Participant) -> None:
    """Let somebody who never logged while the trial ran, and never answered, do both."""
    TaskLog.objects.filter(participant=person).update(date=datetime.date(2025, 10, 1))
    DirtyMark.objects.create(participant=person)
    SurveyResponse.objects.create(
        participant=person, wave="week 02", date=MONDAY.date(), answered_at=MONDAY
    )
    TrialMark.objects.create(trial=person.trial)


def stop(person: Participant) -> None:
    """Let somebody take part no longer, who keeps all that they logged."""
    person.withdrawn_on = datetime.date(2025, 10, 20)
    person.save()
    DirtyMark.objects.create(participant=person)


@pytest.fixture
def half_silent(db: None) -> Trial:
    """Have a trial in which some people of each department never answer and log too early."""
    bundle = simulated({LARGE: 60, SMALLER: 50})
    silent = set(bundle.participants.groupby("department").head(22)["participant"])
    logs, answers = bundle.task_logs, bundle.survey_responses
    early = logs["date"].mask(logs["participant"].isin(silent), pd.Timestamp("2025-09-01"))
    with time_machine.travel(MONDAY):
        trial = bundles.load(
            replace(
                bundle,
                trial=replace(bundle.trial, slug="half-silent"),
                task_logs=logs.assign(date=early),
                survey_responses=answers[~answers["participant"].isin(silent)],
            )
        )
        analysis.analyse(trial)
    return trial


def test_one_person_who_begins_or_stops_to_take_part_changes_no_byte(half_silent: Trial) -> None:
    nothing, (canary, *others) = world(half_silent), of(half_silent, SMALLER)
    assert rates_in(half_silent) >= {LARGE, SMALLER, "all", "3", "week 03"}
    assert world(half_silent, lambda: begin(canary)) == nothing
    assert world(half_silent, lambda: stop(others[-1])) == nothing
    assert world(half_silent, *(partial(begin, person) for person in others[:8])) == nothing
    ten = world(half_silent, *(partial(begin, person) for person in others[:10]))
    assert {name for name in nothing if ten[name] != nothing[name]} >= {
        "run",
        f"/trials/{half_silent.slug}/logging.csv",
        f"/trials/{half_silent.slug}/answers.csv",
        "json",
    }


def rates_in(trial: Trial) -> set[str]:
    """Return the groups whose shares of people who take part are published."""
    document = Snapshot.objects.filter(trial=trial).latest("week").document
    return {
        row["group"]
        for row in document["estimates"]
        if row["estimand"] in RATES and row["value"] is not None
    }


def test_nine_people_move_nothing_and_ten_do(trial: Trial, quiet: dict[str, bytes]) -> None:
    people = of(trial, SMALLER)
    assert world(trial, lambda: change_logs(people[:9], 30)) == quiet
    ten = world(trial, lambda: change_logs(people[:10], 30))
    assert {name for name in quiet if ten[name] != quiet[name]} >= {"page", "json"}


def test_nine_people_who_wait_are_not_given_away_by_those_who_moved(trial: Trial) -> None:
    """What differs with them is over 20 people at least; their own department's rows wait."""
    few, others = of(trial, OTHER)[:9], [*of(trial, LARGE), *of(trial, SMALLER)]
    change_logs(few, 30)
    change_logs(others, 30)
    old = {name: rows_of(trial, name) for name in SIZES}
    with weeks_later():
        analysis.analyse(trial)
    dates = {name: {row["as_of"] for row in rows_of(trial, name)} for name in SIZES}
    assert dates[LARGE] == {None}
    assert rows_of(trial, LARGE) != old[LARGE]
    for name in (OTHER, SMALLER):
        assert None not in dates[name]
        stripped = [{**row, "as_of": None} for row in rows_of(trial, name)]
        assert stripped == old[name]
    with weeks_later():
        page = shown(trial)["page"].decode()
    assert f"{OTHER} (as of " in page
    assert f"{LARGE} (as of " not in page
