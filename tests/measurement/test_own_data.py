"""The download: everything about one person, nothing about anybody else."""

import csv
import datetime
import io
import json
import zipfile
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone

from measurement import (
    audit_trail,
    enrolment,
    leaving,
    own_data,
    reading,
    recording,
    surveying,
    timing,
    tokens,
)
from measurement.estimation.bundle_columns import survey_response_kinds, task_log_kinds
from measurement.estimation.waves import Wave
from measurement.models import (
    Arm,
    AuditEvent,
    Department,
    Participant,
    Role,
    SurveyResponse,
    TaskLog,
    Trial,
    User,
)
from measurement.recording import NewTaskLog
from measurement.spreadsheets import FORMULA_STARTS
from tests.people import TASK_TYPES, make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
DAY = datetime.date(2025, 3, 3)
EVIL = '=HYPERLINK("http://evil.example")'


def downloaded(user: User) -> dict[str, str]:
    content = io.BytesIO(b"".join(own_data.download(user)))
    with zipfile.ZipFile(content) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def dot(participant: Participant) -> User:
    assert participant.user
    return participant.user


@pytest.fixture
def colleague(trial: Trial) -> Participant:
    """Have somebody else with data of every kind, all of it easy to recognise."""
    user = make_user("colleague.kettle@example.com")
    person = make_participant(trial, user, "colleague-code")
    log = make_log(person, "colleague-key", minutes=77.25)
    recording.void(task_log=log, reason="colleague's reason", actor=user)
    tokens.issue(user=user, trial=trial, scopes=["write"], days=1)
    return person


def test_the_files_are_those_of_the_readme(
    dot: User, participant: Participant, colleague: Participant
) -> None:
    files = downloaded(dot)
    assert next(iter(files)) == "README.txt"
    assert set(files) == {
        "README.txt",
        "account.json",
        "who_has_read.json",
        "teapot/task_logs.csv",
        "teapot/survey_responses.csv",
        "teapot/participant.json",
        "teapot/record_of_acts.json",
    }
    for name in files:
        assert name.removeprefix("teapot/") in files["README.txt"] or name == "README.txt"
    assert "  teapot/\r\n" in files["README.txt"]


def test_the_readme_says_which_trials_are_simulated(dot: User, trial: Trial) -> None:
    Trial.objects.update(simulated=True)
    assert "  teapot/ (Simulated data)\r\n" in downloaded(dot)["README.txt"]


def test_nothing_is_about_anybody_else(
    dot: User, participant: Participant, colleague: Participant
) -> None:
    everything = "\n".join(downloaded(dot).values())
    for theirs in ("colleague", "77.25", str(colleague.user)):
        assert theirs not in everything
    assert "colleague-key" in "\n".join(downloaded(enrolled_user(colleague)).values())


def enrolled_user(participant: Participant) -> User:
    assert participant.user
    return participant.user


def test_logs_and_answers_have_the_bundles_columns(dot: User, participant: Participant) -> None:
    make_log(participant, "k", minutes=1 / 3, ai_used=True, tool="Wordmill")
    wave = Wave(number=1, opens_on=DAY)
    surveying.answer(
        participant=participant, wave=wave, band=(11, None), satisfaction=4, recommend=0, actor=dot
    )
    files = downloaded(dot)
    (log,), (answer,) = (
        rows(files["teapot/task_logs.csv"]),
        rows(files["teapot/survey_responses.csv"]),
    )
    assert list(log) == list(task_log_kinds())
    assert list(answer) == list(survey_response_kinds())
    assert (log["minutes"], log["tool"], log["task_type"], log["date"], log["ai_used"]) == (
        repr(1 / 3),
        "Wordmill",
        TASK_TYPES[0],
        "2025-03-03",
        "1",
    )
    assert (answer["minutes_saved_low"], answer["minutes_saved_high"], answer["recommend"]) == (
        "11",
        "",
        "0",
    )


def test_no_column_of_a_log_or_participant_is_forgotten(
    dot: User, participant: Participant
) -> None:
    """Who adds a column has to give it to the person too."""
    columns = {field.name for field in TaskLog._meta.concrete_fields} - {"id"}
    assert columns <= set(task_log_kinds())
    SurveyResponse.objects.create(participant=participant, answered_at=timezone.now())
    about = json.loads(downloaded(dot)["teapot/participant.json"])
    for model in (Participant, SurveyResponse):
        row = about if model is Participant else about["surveyresponse"][0]
        apart = {"user"} if model is Participant else {"participant"}
        assert {field.name for field in model._meta.concrete_fields} - apart <= set(row)
    related = {one.related_model._meta.model_name for one in Participant._meta.related_objects}
    assert related - {"tasklog"} <= set(about)


def test_the_rest_is_json(dot: User, participant: Participant) -> None:
    trial = participant.trial
    participant.department = Department.objects.create(trial=trial, name="Ministry of Tea")
    participant.save()
    Arm.objects.create(trial=trial, name="ai", ai=True)
    analyst = make_user("ann.ladle@example.com", (Role.ANALYST, trial), (Role.LEAD, trial))
    enrolment.assign(participant=participant, arm="ai", actor=analyst)
    timing.start(participant)
    tokens.issue(user=dot, trial=trial, scopes=["write"], days=1)
    reading.note(trial=trial, kind=reading.Kind.SURVEYS, reader=analyst, role=Role.ANALYST)
    reading.note(trial=trial, kind=reading.Kind.EXPORT, reader=None, role=None)
    log = make_log(participant, "k")
    recording.change(
        task_log=log,
        log=NewTaskLog(key="k", minutes=9.0, ai_used=True, tool="Wordmill", date=DAY),
        actor=analyst,
    )
    files = downloaded(dot)
    about = json.loads(files["teapot/participant.json"])
    assert (about["department"], about["pseudonym"], about["trial"]) == (
        "Ministry of Tea",
        "p1",
        "teapot",
    )
    assert about["assignment"][0]["arm"] == "ai"
    assert about["timer"][0]["timersegment"][0]["ended_at"] is None
    account = json.loads(files["account.json"])
    assert account["email"] == "dot.teaspoon@example.com"
    assert [row["role"] for row in account["membership"]] == ["participant"]
    assert account["apitoken"][0]["scopes"] == ["write"]
    assert [event["act"] for event in account["record_of_acts"]] == ["token_issued"]
    acts = json.loads(files["teapot/record_of_acts.json"])
    assert [(event["act"], event["by"]) for event in acts] == [
        ("assign_participant", "analyst, lead"),
        ("record_task_log", "you"),
        ("change_task_log", "analyst, lead"),
    ]
    before = acts[2]["detail"]["before"]
    assert (before["minutes"], before["task_type"], before["tool"]) == (30.0, TASK_TYPES[0], None)
    by_whom = {
        (one["who"], one["role"], one["what"]) for one in json.loads(files["who_has_read.json"])
    }
    assert by_whom == {
        ("ann.ladle@example.com", "analyst", "surveys"),
        (None, "operator", "export"),
    }
    assert "ann.ladle" not in files["teapot/record_of_acts.json"]


def test_no_secret_is_in_it(dot: User, participant: Participant) -> None:
    text = tokens.issue(user=dot, trial=participant.trial, scopes=["write"], days=1)
    UserSession.objects.create(user=dot, ip="192.0.2.7", session_key="open-sesame", user_agent="t")
    Authenticator.objects.create(user=dot, type="totp", data={"secret": "of-the-second-factor"})
    everything = "\n".join(downloaded(dot).values())
    assert "192.0.2.7" in everything
    for secret in (
        text,
        tokens.digest(text),
        dot.password,
        "open-sesame",
        "of-the-second-factor",
    ):
        assert secret not in everything


def test_what_the_file_of_the_account_holds_was_looked_at_for_secrets(dot: User) -> None:
    """A table that is new here may hold what opens something: judge it in SECRETS."""
    account = json.loads(downloaded(dot)["account.json"])
    assert {name for name, rows in account.items() if isinstance(rows, list)} == {
        "apitoken",
        "authenticator",
        "emailaddress",
        "invitation",
        "job",
        "membership",
        "record_of_acts",
        "recordread",
        "reminder",
        "reminderchoice",
        "socialaccount",
        "usersession",
    }


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_is_taken_for_a_formula(dot: User, start: str) -> None:
    evil = f'{start}HYPERLINK("x")'
    trial = make_trial("evil", task_types=[evil], tools=[evil])
    log = make_log(make_participant(trial, dot), "k", task_type=None)
    TaskLog.objects.filter(pk=log.pk).update(
        key=evil, period=evil, task_type=trial.tasktype_set.get(), tool=trial.tool_set.get()
    )
    files = downloaded(dot)
    (row,) = (csv.reader(io.StringIO(files["evil/task_logs.csv"], newline="")),)
    cells = [cell for line in row for cell in line]
    assert cells.count(f"'{evil}") == 4
    assert not any(cell.startswith(FORMULA_STARTS) for cell in cells)


def test_every_trial_has_a_folder_those_left_too(dot: User, participant: Participant) -> None:
    other = make_participant(make_trial("kettle"), dot, "k1")
    make_log(other, "k")
    leaving.withdraw(participant=other, actor=dot)
    files = downloaded(dot)
    assert len(rows(files["kettle/task_logs.csv"])) == 1
    assert json.loads(files["kettle/participant.json"])["withdrawn_on"]
    assert rows(files["teapot/task_logs.csv"]) == []


def test_a_download_is_one_audit_event_without_the_pseudonym(
    dot: User, participant: Participant
) -> None:
    downloaded(dot)
    event = AuditEvent.objects.get()
    assert (event.act, event.subject, event.actor, event.trial_slug) == (
        "download_own_data",
        f"user {dot.pk}",
        dot,
        "",
    )
    assert not audit_trail.about(participant).exists()


def test_a_large_file_comes_in_pieces(dot: User, participant: Participant) -> None:
    TaskLog.objects.bulk_create(
        TaskLog(participant=participant, key=f"k{n}", minutes=n % 99 + 1, ai_used=False)
        for n in range(5_000)
    )
    pieces = list(own_data.download(dot))
    assert len([piece for piece in pieces if piece]) > 3
    assert max(map(len, pieces)) < 200_000


def test_who_was_erased_still_gets_the_account(dot: User, participant: Participant) -> None:
    leaving.erase(participant)
    files = downloaded(dot)
    assert set(files) == {"README.txt", "account.json", "who_has_read.json"}
    assert json.loads(files["who_has_read.json"]) == []


def test_what_json_does_not_know_is_no_guess(dot: User) -> None:
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        own_data._json({"odd": object()})


def test_counts_are_the_persons_own(
    dot: User, participant: Participant, colleague: Participant, django_assert_num_queries: Any
) -> None:
    with time_machine.travel(datetime.datetime(2025, 3, 3, 9, tzinfo=datetime.UTC), tick=False):
        make_log(participant, "a")
        make_log(participant, "b")
    with django_assert_num_queries(1):
        (only,) = own_data.kept(dot)
        assert only.department is None
        assert not hasattr(only, "assignment")
    counted = vars(only)
    assert (counted["logs"], counted["answers"]) == (2, 0)
