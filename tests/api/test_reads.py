"""Reads of everybody's records are noted, once a reader, kind and day."""

import datetime
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measurement import reading
from measurement.models import Membership, RecordRead, Role
from tests.api.conftest import LOGS, RESULTS, Team, make_log

pytestmark = pytest.mark.django_db
NINE = datetime.datetime(2025, 3, 3, 9, 0, tzinfo=datetime.UTC)
ADDRESSES = {
    "task_logs": LOGS,
    "participants": "/api/v1/trials/tea/participants/",
    "surveys": "/api/v1/trials/tea/surveys/",
    "bundle": "/api/v1/trials/tea/bundle/",
}


def read(client: Client, address: str, status: int = 200) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    b"".join(answer)  # the bundle's file is closed at its end


@pytest.mark.parametrize(("kind", "address"), ADDRESSES.items())
def test_an_analysts_read_is_noted(
    tea: Team, client_of: Callable[..., Client], kind: str, address: str
) -> None:
    client = client_of(tea, Role.ANALYST, "records")
    with time_machine.travel(NINE, tick=False):
        read(client_of(tea, Role.ANALYST, "records"), address)
    with time_machine.travel(NINE + datetime.timedelta(hours=2), tick=False):
        client = client_of(tea, Role.ANALYST, "records")
        read(client, address)
        read(client, address)
    noted = RecordRead.objects.get()
    assert (noted.trial, noted.reader, noted.role) == (
        tea.trial,
        tea.users[Role.ANALYST],
        "analyst",
    )
    assert (noted.kind, noted.day, noted.reads) == (kind, NINE.date(), 3)
    assert noted.last_at - noted.first_at == datetime.timedelta(hours=2)
    assert str(noted) == f"{kind} of {tea.trial.pk} on 2025-03-03"


def test_another_day_is_another_row(tea: Team, client_of: Callable[..., Client]) -> None:
    late = datetime.datetime(2025, 6, 3, 22, 30, tzinfo=datetime.UTC)
    for moment in (late, late + datetime.timedelta(hours=1)):  # midnight in London lies between
        with time_machine.travel(moment, tick=False):
            read(client_of(tea, Role.ANALYST, "records"), LOGS)
    days = RecordRead.objects.order_by("day").values_list("day", flat=True)
    assert list(days) == [datetime.date(2025, 6, 3), datetime.date(2025, 6, 4)]


def test_noting_is_one_statement(tea: Team, client_of: Callable[..., Client]) -> None:
    client = client_of(tea, Role.ANALYST, "records")
    with CaptureQueriesContext(connection) as queries:
        read(client, LOGS)
    noting = [one["sql"] for one in queries if "recordread" in one["sql"]]
    assert len(noting) == 1
    assert noting[0].startswith("INSERT")


def test_what_gives_nobodys_records_is_no_read(tea: Team, client_of: Callable[..., Client]) -> None:
    make_log(tea.participant, "k")
    read(client_of(tea, Role.PARTICIPANT, "records"), LOGS)
    read(client_of(tea, Role.ANALYST, "records"), LOGS + "?limit=zero", 400)
    read(client_of(tea, Role.ANALYST, "results"), LOGS, 403)
    read(client_of(tea, Role.LEAD, "records"), ADDRESSES["bundle"], 403)
    read(client_of(tea, Role.ANALYST, "results"), RESULTS, 404)
    assert not RecordRead.objects.exists()


def test_an_export_is_noted_without_a_reader(tea: Team, tmp_path: Path) -> None:
    for name in ("one", "two"):
        call_command("export_trial", "tea", str(tmp_path / name), stdout=io.StringIO())
    noted = RecordRead.objects.get()
    assert (noted.reader, noted.role, noted.kind, noted.reads) == (None, "", "export", 2)


def test_a_participant_is_shown_reads_by_others_since_enrolment(
    tea: Team, coffee: Team, client_of: Callable[..., Client], tmp_path: Path
) -> None:
    user = tea.users[Role.PARTICIPANT]
    Membership.objects.create(user=user, trial=tea.trial, role=Role.ANALYST)
    for day in (3, 4, 5):
        with time_machine.travel(NINE.replace(day=day), tick=False):
            read(client_of(tea, Role.ANALYST, "records"), LOGS)
            read(client_of(tea, Role.PARTICIPANT, "records"), LOGS)  # everybody's, as an analyst
            read(client_of(coffee, Role.ANALYST, "records"), LOGS.replace("tea", "coffee"))
    with time_machine.travel(NINE.replace(day=6), tick=False):
        call_command("export_trial", "tea", str(tmp_path / "b"), stdout=io.StringIO())
    me = tea.participant
    assert len(reading.of(user, [me])) == 4
    me.enrolled_on = datetime.date(2025, 3, 4)
    shown = list(reading.of(user, [me]))
    assert [(one.kind, one.day.day) for one in shown] == [
        ("export", 6),
        ("task_logs", 5),
        ("task_logs", 4),
    ]
    assert {one.reader for one in shown} == {None, tea.users[Role.ANALYST]}
    assert list(reading.of(user, [])) == []
