"""Yesterday's backup is restored: who was erased stays erased."""

import datetime
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from measurement import bundles, leaving
from measurement.estimation.bundle import write_bundle
from measurement.models import Erasure, Participant, TaskLog, Trial
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db


def run(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Have a bundle of yesterday with two people, of whom one was erased since."""
    trial = make_trial()
    for name in ("p1", "p,2"):
        make_log(make_participant(trial, make_user(f"{name}@example.com"), name), "k")
    write_bundle(bundles.export(trial), tmp_path / "backup")
    leaving.erase(Participant.objects.get(pseudonym="p,2"))
    return tmp_path / "backup"


def restored(backup: Path) -> None:
    """Have the database as it was yesterday: without the tombstone, with the person."""
    Erasure.objects.all().delete()
    run("load_trial", str(backup), "--replace")
    assert set(Participant.objects.values_list("pseudonym", flat=True)) == {"p1", "p,2"}


def test_a_restored_backup_is_erased_again(backup: Path, tmp_path: Path) -> None:
    tombstones = tmp_path / "erased.csv"
    tombstones.write_text(run("erasures"))
    lines = tombstones.read_text().splitlines()
    assert lines[0] == "trial,pseudonym,erased_at"
    assert lines[1].startswith('teapot,"p,2",20')
    assert len(lines) == 2
    restored(backup)

    again = run("erase_again", str(tombstones))
    assert again == "1 on the list; 1 were back and are erased again.\n"
    assert Participant.objects.get().pseudonym == "p1"
    assert TaskLog.objects.count() == 1
    assert Erasure.objects.get().pseudonym == "p,2"
    assert "0 were back" in run("erase_again", str(tombstones))
    assert run("erasures").splitlines()[0] == lines[0]


def test_a_bundle_loads_without_who_was_erased(backup: Path) -> None:
    said = run("load_trial", str(backup), "--replace")
    assert "Left out 1 participants who were erased from teapot." in said
    assert "Loaded teapot: 1 participants, 1 task logs" in said
    assert Participant.objects.get().pseudonym == "p1"


def test_a_list_keeps_people_out_of_a_trial_that_is_not_there_yet(
    backup: Path, tmp_path: Path
) -> None:
    tombstones = tmp_path / "erased.csv"
    tombstones.write_text(run("erasures"))
    Trial.objects.all().delete()
    Erasure.objects.all().delete()
    assert "0 were back" in run("erase_again", str(tombstones))
    run("load_trial", str(backup))
    assert Participant.objects.get().pseudonym == "p1"


def test_an_earlier_tombstone_is_dated_anew_so_that_old_results_go(backup: Path) -> None:
    long_ago = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    Erasure.objects.all().delete()
    run("load_trial", str(backup), "--replace")
    assert leaving.erase_again(trial_slug="teapot", pseudonym="p,2", erased_at=long_ago)
    assert Erasure.objects.get().erased_at > long_ago


@pytest.mark.parametrize(
    "line",
    [
        "teapot,p1",
        ",p1,2025-03-03T09:00:00+00:00",
        "teapot, ,2025-03-03T09:00:00+00:00",
        "teapot,p1,yesterday",
        "teapot,p1,2025-03-03T09:00:00",
        "teapot,p1,2025-13-03T09:00:00+00:00",
        f"teapot,{'p' * 201},2025-03-03T09:00:00+00:00",
        "teapot,p\0,2025-03-03T09:00:00+00:00",
    ],
)
def test_one_bad_line_and_nobody_is_erased(backup: Path, tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"trial,pseudonym,erased_at\nteapot,p1,2025-03-03T09:00:00+00:00\n{line}\n")
    out = io.StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("erase_again", str(path), stdout=out, stderr=out)
    assert stop.value.code == 1
    assert "bad.csv:3: " in out.getvalue()
    assert Participant.objects.get().pseudonym == "p1"


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"never closed'])
def test_what_is_no_csv_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("erase_again", str(path), stdout=out, stderr=out)
    assert "CSV in UTF-8 is allowed" in out.getvalue()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("erase_again", str(tmp_path / "none.csv"))
