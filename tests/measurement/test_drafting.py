"""Drafts and logs that reach the database at once, in every order."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest
from django.db import connection
from django.utils import timezone

from measurement import choices, drafting, recording
from measurement.models import Draft, Participant, TaskLog
from tests.gates import closed_gate
from tests.people import TASK_TYPES, TOOLS, make_log

pytestmark = pytest.mark.django_db(transaction=True)
LOG = Draft.Form.LOG
ANNOUNCED = Draft.Form.ANNOUNCED
T = TypeVar("T")


def elsewhere(pool: ThreadPoolExecutor, act: Callable[[], T]) -> Future[T]:
    """Do it in a process of the site's own, as far as the database can tell."""

    def run() -> T:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(run)


def test_a_log_that_is_stored_while_its_draft_arrives_leaves_none(participant: Participant) -> None:
    with ThreadPoolExecutor() as pool:
        with closed_gate(Draft) as gate:
            late = elsewhere(pool, lambda: drafting.keep(participant, LOG, "k1", {}))
            gate.wait_for_somebody()
            # The draft is on its way in: the log waits for nobody, and sees none to throw away.
            make_log(participant, "k1")
            drafting.drop(participant, "k1")
        assert late.result() is False
    assert not Draft.objects.exists()


def test_a_log_whose_process_died_before_it_threw_the_draft_away(participant: Participant) -> None:
    assert drafting.keep(participant, LOG, "k1", {})
    make_log(participant, "k1")
    assert Draft.objects.exists()
    assert drafting.kept(participant, LOG) is None


def announced(participant: Participant, key: str) -> TaskLog:
    now = timezone.now()
    return make_log(participant, key, minutes=None, status="withheld", announced_at=now)


def logged(stored: TaskLog) -> None:
    log = replace(recording.said(stored), status="logged", minutes=5.0)
    recording.complete(task_log=stored, log=log, actor=None)


def test_a_task_that_is_announced_has_a_draft_until_it_is_logged(participant: Participant) -> None:
    stored = announced(participant, "k1")
    assert drafting.keep(participant, ANNOUNCED, "k1", {"ai": "no"})
    assert drafting.kept(participant, ANNOUNCED)
    logged(stored)
    assert drafting.kept(participant, ANNOUNCED) is None
    assert not drafting.keep(participant, ANNOUNCED, "k1", {})


def test_a_task_that_is_taken_out_has_no_draft(participant: Participant) -> None:
    stored = announced(participant, "k1")
    recording.void(task_log=stored, reason="announced twice", actor=None)
    assert not drafting.keep(participant, ANNOUNCED, "k1", {})


def test_an_announced_task_that_is_logged_while_its_draft_arrives_leaves_none(
    participant: Participant,
) -> None:
    stored = announced(participant, "k1")
    with ThreadPoolExecutor() as pool:
        with closed_gate(Draft) as gate:
            late = elsewhere(pool, lambda: drafting.keep(participant, ANNOUNCED, "k1", {}))
            gate.wait_for_somebody()
            logged(stored)
            drafting.drop(participant, "k1")
        assert late.result() is False
    assert not Draft.objects.exists()


def test_of_two_drafts_at_once_the_later_stays(participant: Participant) -> None:
    with ThreadPoolExecutor() as pool:
        with closed_gate(Draft) as gate:
            first = elsewhere(pool, lambda: drafting.keep(participant, LOG, "k1", {"ai": "no"}))
            gate.wait_for_somebody()
            second = elsewhere(pool, lambda: drafting.keep(participant, LOG, "k2", {"ai": "yes"}))
        assert first.result()
        assert second.result()
    kept = drafting.kept(participant, LOG)
    assert kept is not None
    assert (kept.key, kept.answers) == ("k2", {"ai": "yes"})


def test_dropping_ends_the_draft_of_that_key_alone(participant: Participant) -> None:
    drafting.keep(participant, LOG, "k1", {})
    drafting.drop(participant, "k2")
    assert drafting.kept(participant, LOG)
    drafting.drop(participant, "k1")
    assert not Draft.objects.exists()


def test_both_lists_in_one_query_are_the_two_lists(participant: Participant) -> None:
    for number, kind in enumerate([TASK_TYPES[2], TASK_TYPES[2], TASK_TYPES[1]]):
        make_log(participant, f"k{number}", task_type=kind)
    task_types, tools = choices.lists(participant)
    assert task_types == choices.task_types(participant) == list(TASK_TYPES[::-1])
    assert tools == choices.tools(participant) == sorted(TOOLS)
