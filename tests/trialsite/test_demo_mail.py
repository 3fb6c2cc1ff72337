"""Email in the demo: kept, shown, sent to nobody."""

from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from pytest_django import Settings

from trialsite import demo_mail


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mail"
    monkeypatch.setattr(demo_mail, "FOLDER", path)
    return path


def send(number: int, body: str = "Your code is\n\n{:04}-0000\n") -> int:
    connection = get_connection("trialsite.demo_mail.EmailBackend")
    to = [f"p{number}@example.com"]
    message = EmailMessage("Code", body.format(number), "from@example.com", to)
    return connection.send_messages([message]) or 0


def test_an_email_is_printed_and_kept(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert demo_mail.latest() == []
    assert send(7) == 1
    (mail,) = demo_mail.latest()
    assert (mail.to, mail.subject, mail.code) == ("p7@example.com", "Code", "0007-0000")
    assert "0007-0000" in capsys.readouterr().out
    assert folder.stat().st_mode & 0o077 == 0


def test_the_newest_come_first_and_old_ones_go(folder: Path) -> None:
    for number in range(demo_mail.KEPT + 3):
        send(number)
    kept = [mail.to for mail in demo_mail.latest()]
    assert kept == [f"p{n}@example.com" for n in range(demo_mail.KEPT + 2, 2, -1)]
    assert len(list(folder.iterdir())) == demo_mail.KEPT


def test_reminders_to_many_people_push_no_code_away(folder: Path) -> None:
    send(1)
    for number in range(2, demo_mail.KEPT + 5):
        send(number, "There is something left to do")
    assert [mail.to for mail in demo_mail.latest() if mail.code] == ["p1@example.com"]
    assert len(list(folder.iterdir())) == demo_mail.KEPT + 1


@pytest.mark.django_db
def test_codes_are_shown_in_the_demo(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    assert "Nobody has asked" in client.get("/demo/codes/").content.decode()
    send(3)
    send(4, "There is no code")
    answer = client.get("/demo/codes/")
    assert "0003-0000" in answer.content.decode()
    assert "p4@example.com" not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_codes_are_shown_nowhere_else(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    send(3)
    assert client.get("/demo/codes/").status_code == 404
