"""Drafts and logs that reach the database at once, in every order."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from measurement import choices, drafting
from measurement.models import Draft, Participant
from tests.gates import closed_gate
from tests.people import TASK_TYPES, TOOLS, make_log

pytestmark = pytest.mark.django_db(transaction=True)
LOG = Draft.Form.LOG
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
