"""The history of a log: each version, who made it, and nobody else's."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.db import connection

from measurement import audit_trail, bundles, enrolment, leaving, log_history, recording, surveying
from measurement.estimation.waves import Wave
from measurement.models import AuditEvent, Participant, Role, TaskLog, TaskType, Trial
from measurement.recording import said
from tests.people import TASK_TYPES, make_log, make_trial, make_user

pytestmark = pytest.mark.django_db
DAY = datetime.date(2025, 3, 3)


def read(log: TaskLog) -> TaskLog:
    return TaskLog.objects.select_related("participant__trial", "task_type", "tool").get(pk=log.pk)


def correct(log: TaskLog, **fields: Any) -> None:
    stored = read(log)
    user = stored.participant.user
    recording.change(task_log=stored, log=replace(said(stored), **fields), actor=user)


def test_each_version_says_what_it_said(participant: Participant) -> None:
    log = make_log(participant, "k", ai_used=True, tool="Wordmill", quality=3)
    correct(log, minutes=40.0, task_type=TASK_TYPES[1], date=DAY - datetime.timedelta(days=1))
    correct(log, ai_used=False, tool=None, task_type=None)
    recording.void(task_log=read(log), reason="Logged twice", actor=participant.user)

    first, second, third, last = log_history.versions(read(log))
    told = [
        (
            one.task_log.minutes,
            one.task_log.task_type and one.task_log.task_type.name,
            one.task_log.tool and one.task_log.tool.name,
            one.task_log.date,
        )
        for one in (first, second, third)
    ]
    assert told == [
        (30.0, TASK_TYPES[0], "Wordmill", DAY),
        (40.0, TASK_TYPES[1], "Wordmill", DAY - datetime.timedelta(days=1)),
        (40.0, None, None, DAY - datetime.timedelta(days=1)),
    ]
    assert (last.task_log.status, last.task_log.minutes) == ("void", None)
    assert [one.reason for one in (first, second, third, last)] == ["", "", "", "Logged twice"]
    acts = [one.event and one.event.act for one in (first, second, third, last)]
    assert acts == ["record_task_log", "change_task_log", "change_task_log", "void_task_log"]
    assert first.at
    assert last.at
    assert first.at < last.at


def test_a_loaded_log_has_a_first_version_of_no_act(participant: Participant) -> None:
    log = TaskLog.objects.create(participant=participant, key="k", minutes=5.0, ai_used=True)
    (only,) = log_history.versions(read(log))
    assert (only.event, only.at, only.reason) == (None, None, "")
    correct(log, minutes=6.0)
    first, second = log_history.versions(read(log))
    assert (first.event, first.task_log.minutes, second.task_log.minutes) == (None, 5.0, 6.0)


def test_an_announced_log_is_withheld_until_it_is_logged(participant: Participant) -> None:
    nine = datetime.datetime(2025, 3, 3, 9, tzinfo=datetime.UTC)
    with time_machine.travel(nine, tick=False) as clock:
        log = make_log(
            participant, "k", status="withheld", minutes=None, ai_assigned=True, announced_at=nine
        )
        clock.shift(3600)
        logged = replace(said(read(log)), status="logged", minutes=45.0)
        recording.complete(task_log=read(log), log=logged, actor=participant.user)
    correct(log, minutes=30.0)

    versions = log_history.versions(read(log))
    told = [(one.task_log.status, one.task_log.minutes) for one in versions]
    assert told == [("withheld", None), ("logged", 45.0), ("logged", 30.0)]
    acts = [one.event and one.event.act for one in versions]
    assert acts == ["record_task_log", "complete_task_log", "change_task_log"]
    assert [one.at for one in versions[:2]] == [nine, nine + datetime.timedelta(hours=1)]
    first = versions[0].task_log
    assert (first.announced_at, first.recorded_at, first.date) == (nine, nine, DAY)


def test_a_loaded_announcement_was_recorded_at_a_moment(participant: Participant) -> None:
    nine = datetime.datetime(2025, 3, 3, 9, tzinfo=datetime.UTC)
    log = TaskLog.objects.create(
        participant=participant, key="k", status="withheld", ai_used=True, recorded_at=nine
    )
    logged = replace(said(read(log)), status="logged", minutes=45.0)
    recording.complete(task_log=read(log), log=logged, actor=participant.user)
    first, second = log_history.versions(read(log))
    assert (first.event, first.at, first.task_log.status) == (None, nine, "withheld")
    assert second.task_log.minutes == 45.0


def test_a_task_type_that_is_gone_is_called_so(participant: Participant) -> None:
    log = make_log(participant, "k")
    correct(log, task_type=TASK_TYPES[1])
    TaskType.objects.filter(name=TASK_TYPES[0]).delete()
    first, _ = log_history.versions(read(log))
    assert first.task_log.task_type
    assert first.task_log.task_type.name == "something that is no longer on the list"


def test_acts_on_rows_that_a_load_replaced_are_not_of_this_log(participant: Participant) -> None:
    log = make_log(participant, "k")
    correct(log, minutes=40.0)
    trial = bundles.load(bundles.export(participant.trial), replace=True)
    loaded = TaskLog.objects.select_related("participant__trial").get(participant__trial=trial)
    (only,) = log_history.versions(read(loaded))
    assert (only.event, only.task_log.minutes) == (None, 40.0)


def test_only_logs_that_were_changed_are_called_corrected(participant: Participant) -> None:
    untouched, corrected, voided = (make_log(participant, key) for key in "abc")
    correct(corrected, minutes=1.0)
    recording.void(task_log=read(voided), reason="r", actor=None)
    logs = list(TaskLog.objects.select_related("participant__trial"))
    assert log_history.corrected(logs) == {corrected.pk, voided.pk}
    assert untouched.pk
    assert log_history.corrected([]) == set()


class TestWhoseItIs:
    """Keys and pseudonyms may hold a slash, so that one subject can be read in two ways."""

    def subjects(self, participant: Participant) -> set[str]:
        return set(audit_trail.about(participant).values_list("subject", flat=True))

    def person(self, trial: Trial, name: str) -> Participant:
        person = Participant.objects.create(trial=trial, pseudonym=name)
        enrolment.assign(participant=person, actor=None)
        return person

    def test_plain_codes(self, trial: Trial) -> None:
        one, other = self.person(trial, "p"), self.person(trial, "p1")
        make_log(one, "k/2")
        make_log(other, "k")
        assert self.subjects(one) == {"p", "p/k/2"}
        assert self.subjects(other) == {"p1", "p1/k"}

    def test_wildcards_of_like_are_no_wildcards(self, trial: Trial) -> None:
        one, other = self.person(trial, "p_%"), self.person(trial, "pxy")
        make_log(other, "k")
        assert self.subjects(one) == {"p_%"}

    def test_what_may_be_somebody_elses_is_left_out(self, trial: Trial) -> None:
        one, other = self.person(trial, "p"), self.person(trial, "p/1")
        make_log(one, "a")
        make_log(other, "k")
        make_log(one, "1/k2")
        assert self.subjects(one) == {"p", "p/a"}
        assert self.subjects(other) == {"p/1"}
        log = TaskLog.objects.select_related("participant__trial").get(key="1/k2")
        assert [one.event for one in log_history.versions(log)] == [None]

    def test_an_erased_persons_record_is_nobody_elses(self, trial: Trial) -> None:
        one, other = self.person(trial, "p"), self.person(trial, "p/1")
        make_log(other, "k")
        leaving.erase(other)
        assert self.subjects(one) == {"p"}

    def test_a_log_whose_subject_is_a_pseudonym(self, trial: Trial) -> None:
        one, other = self.person(trial, "p"), self.person(trial, "p/1")
        make_log(one, "1")
        acts = set(audit_trail.about(other).values_list("act", flat=True))
        assert acts == {"assign_participant"}

    def test_a_participant_called_as_an_account(self, trial: Trial) -> None:
        user = make_user("ann.teacup@example.com")
        enrolment.grant(user=user, trial=trial, role=Role.LEAD, actor=None)
        person = self.person(trial, f"user {user.pk}")
        acts = set(audit_trail.about(person).values_list("act", flat=True))
        assert acts == {"assign_participant"}
        acts = set(audit_trail.about_account(user).values_list("act", flat=True))
        assert acts == {"grant_role"}

    def test_another_trial_is_another_person(self, trial: Trial, participant: Participant) -> None:
        other = self.person(make_trial("other"), participant.pseudonym)
        make_log(other, "k")
        assert self.subjects(participant) == set()


def test_the_look_up_needs_no_walk_through_the_table(participant: Participant) -> None:
    trial = participant.trial
    AuditEvent.objects.bulk_create(
        AuditEvent(trial_slug=trial.slug, act="record_task_log", subject=f"q{n % 500}/k{n}")
        for n in range(20_000)
    )
    wanted = make_log(participant, "k")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE measurement_auditevent")
    for found in (
        audit_trail.about(participant),
        audit_trail.about(participant).filter(subject=f"{participant.pseudonym}/{wanted.key}"),
        AuditEvent.objects.filter(subject__in=[f"{participant.pseudonym}/{n}" for n in range(25)]),
    ):
        plan = found.explain()
        assert "audit_event_subject" in plan, plan
        assert "Seq Scan" not in plan, plan


def test_answers_are_in_the_record_too(participant: Participant) -> None:
    assert participant.user
    wave = Wave(number=1, opens_on=DAY)
    answer = {"band": (1.0, 2.0), "satisfaction": None, "recommend": None}
    surveying.answer(participant=participant, wave=wave, actor=participant.user, **answer)  # type: ignore[arg-type]
    assert audit_trail.about(participant).get().act == "answer_survey"
