"""history.json is written and read back whole, or refused with every fault named."""

import datetime
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.bundle import read_bundle, write_bundle
from measurement.estimation.bundle_faults import BundleErrors, Faults
from measurement.estimation.bundle_history import MAX_BYTES, read_history, write_history
from measurement.estimation.history import (
    MAX_REASON_LENGTH,
    Change,
    History,
    PlanChange,
    PlanLock,
    Tuning,
    promise,
)
from measurement.estimation.trial_toml import plan_sha256
from tests.estimation.bundle_folders import write

TODAY = datetime.date(2026, 11, 2)
MOMENT = datetime.datetime(2026, 11, 1, 9, 30, 0, 123456, tzinfo=datetime.UTC)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(
    str.strip
)
TAUS = st.floats(min_value=0, exclude_min=True, allow_infinity=False)


def lock_of(folder: Path) -> PlanLock:
    """Return a lock of the plan of the bundle in the folder."""
    trial = read_bundle(folder, today=TODAY).trial
    return PlanLock(MOMENT, "administrator (user 1)", plan_sha256(trial), promise(trial))


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Have a history in which everything occurs."""
    changes = (
        Change("plan.confidence", 0.9, 0.95),
        Change("plan.read_out_on", None, "2026-12-01"),
        Change("design.arms", [], [{"name": "é", "ai": True}]),
    )
    return History(
        lock_of(write(tmp_path)),
        (
            PlanChange(MOMENT, "analyst (user 2)", "Two\nlines: “why”", changes),
            PlanChange(MOMENT, "analyst (user 2)", "x" * MAX_REASON_LENGTH, ()),
        ),
        (
            Tuning("time_ratio", "all", "all", "primary", None, 0.1 + 0.2),
            Tuning("time_ratio", "department", " Ministry of Tea ", "primary", "ai", 5e-324),
        ),
    )


def document_of(history: History) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(write_history(history))
    return document


def faults_of(document: Any) -> list[str]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    faults = Faults()
    read_history(data, TODAY, faults)
    with pytest.raises(BundleErrors) as caught:
        faults.raise_any()
    return caught.value.lines()


@pytest.mark.parametrize("name", ["folder", "bundle.zip"])
def test_a_bundle_keeps_its_history(name: str, history: History, tmp_path: Path) -> None:
    bundle = replace(read_bundle(tmp_path, today=TODAY), history=history)
    write_bundle(bundle, tmp_path / name)
    assert read_bundle(tmp_path / name, today=TODAY).history == history


def test_a_bundle_without_a_lock_has_no_such_file(history: History, tmp_path: Path) -> None:
    bundle = read_bundle(tmp_path, today=TODAY)
    assert bundle.history == History()
    write_bundle(replace(bundle, history=history), tmp_path / "folder")
    write_bundle(bundle, tmp_path / "folder")
    assert not (tmp_path / "folder" / "history.json").exists()


@given(texts=st.tuples(*[TEXTS.map(lambda text: text[:200])] * 4), tau=TAUS)
def test_taus_come_back_to_the_last_bit(texts: tuple[str, str, str, str], tau: float) -> None:
    faults = Faults()
    lock = {"lock": {}, "tuning": [asdict(Tuning(*texts, None, tau))]}
    found = read_history(json.dumps(lock).encode(), TODAY, faults)
    if all(text.strip() for text in texts):
        assert found.tuning == (Tuning(*texts, None, tau),)


def test_moments_of_other_zones_are_kept_in_utc(history: History) -> None:
    document = document_of(history)
    document["lock"]["locked_at"] = "2026-11-01T10:30:00.123456+01:00"
    found = read_history(json.dumps(document).encode(), TODAY, Faults())
    assert found.lock is not None
    assert found.lock.locked_at.isoformat() == "2026-11-01T09:30:00.123456+00:00"


TEXT = "a text of 1 to 200 characters"
REASON = "a text of 1 to 1000 characters"
TIME = "a date and time such as 2024-09-30T14:05:00Z, not after 2026-11-02 (today),"


@pytest.mark.parametrize(
    ("place", "given_", "line"),
    [
        ("more", 1, "more: 'more', a known name (the nearest is "),
        ("lock", [], "lock: '[]', a table"),
        ("lock.more", 1, "lock.more: 'more', a known name"),
        (
            "lock.locked_at",
            "2026-11-03T00:00:00Z",
            f"lock.locked_at: '2026-11-03T00:00:00Z', {TIME}",
        ),
        ("lock.locked_at", 5, f"lock.locked_at: '5', {TIME}"),
        ("lock.locked_at", None, f"lock.locked_at: nothing, {TIME}"),
        ("lock.locked_by", " ", f"lock.locked_by: ' ', {TEXT}"),
        ("lock.locked_by", "x" * 201, "lock.locked_by: 'xxx"),
        ("lock.plan_sha256", "AB" * 32, "lock.plan_sha256: 'ABAB"),
        ("lock.plan_sha256", "ab" * 31, "lock.plan_sha256: 'abab"),
        ("lock.plan_sha256", "ab" * 32, "lock.plan_sha256: 'abab"),
        ("lock.sections", {"trial": []}, "lock.sections: \"{'trial': []}\", an object of objects"),
        (
            "lock.sections.trial.title",
            "T",
            "lock.sections.trial.title: 'title', any of starts_on, ",
        ),
        ("lock.sections.trial.run_in_days", -1, "lock.sections.trial.run_in_days: '-1', a whole"),
        ("lock.sections.more", {}, "lock.sections.more: 'more', a known name"),
        ("changes", {}, "changes: '{}', a list of tables"),
        ("changes.0.more", 1, "changes[1].more: 'more', a known name"),
        ("changes.0.changed_at", "soon", f"changes[1].changed_at: 'soon', {TIME}"),
        ("changes.0.changed_by", None, f"changes[1].changed_by: nothing, {TEXT}"),
        ("changes.0.reason", "", f"changes[1].reason: '', {REASON}"),
        ("changes.1.reason", "x" * 1001, "changes[2].reason: 'xxx"),
        ("changes.0.reason", 5, f"changes[1].reason: '5', {REASON}"),
        ("changes.0.changes.1.path", "", f"changes[1].changes[2].path: '', {TEXT}"),
        ("changes.0.changes.1.more", 1, "changes[1].changes[2].more: 'more', a known name"),
        ("tuning.0.more", 1, "tuning[1].more: 'more', a known name"),
        ("tuning.0.estimand", 5, f"tuning[1].estimand: '5', {TEXT}"),
        ("tuning.0.dimension", "", f"tuning[1].dimension: '', {TEXT}"),
        ("tuning.0.group", "a\x00b", "tuning[1].group: 'a\\x00b', "),
        ("tuning.0.sample", None, f"tuning[1].sample: nothing, {TEXT}"),
        ("tuning.1.arm", "", f"tuning[2].arm: '', {TEXT}, or null"),
        ("tuning.0.tau", 0, "tuning[1].tau: '0', a number above 0"),
        ("tuning.0.tau", True, "tuning[1].tau: 'True', a number above 0"),
        ("tuning.0.tau", "1", "tuning[1].tau: '1', a number above 0"),
        ("tuning.0.tau", 10**400, "tuning[1].tau: '1000"),
    ],
)
def test_what_is_not_allowed_is_named(history: History, place: str, given_: Any, line: str) -> None:
    document = document_of(history)
    *way, last = place.split(".")
    inside: Any = document
    for step in way:
        inside = inside[int(step) if step.isdigit() else step]
    inside[last] = given_
    found = faults_of(document)
    assert any(fault.startswith(f"history.json:{line}") for fault in found), found


def test_a_changed_plan_under_the_old_hash_is_named(history: History) -> None:
    document = document_of(history)
    given_ = document["lock"]["plan_sha256"]
    document["lock"]["sections"]["plan"]["confidence"] = 0.9
    (fault,) = faults_of(document)
    assert fault.startswith(f"history.json:lock.plan_sha256: '{given_}', the SHA-256 of the")
    # Dates are promised, yet no part of the hash.
    document = document_of(history)
    document["lock"]["sections"]["trial"]["run_in_days"] = 5
    read_history(json.dumps(document).encode(), TODAY, (none := Faults()))
    none.raise_any()


def test_an_interval_has_one_tau(history: History) -> None:
    document = document_of(history)
    document["tuning"].append(document["tuning"][1] | {"tau": 2.0})
    assert faults_of(document) == [
        "history.json:tuning: 'time_ratio, department,  Ministry of Tea , primary, ai', "
        "each interval once is allowed"
    ]


def test_changes_and_taus_need_a_lock(history: History) -> None:
    document = document_of(history)
    del document["lock"]
    assert [fault.split(":")[1] for fault in faults_of(document)] == [
        "lock.locked_at",
        "lock.locked_by",
        "lock.plan_sha256",
        "lock.sections",
        "lock.sections.design.kind",
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"{", "history.json: 'Expecting property name"),
        (b"[" * 100_000, "history.json: '"),
        (b"\xff", "history.json: \"'utf-8' codec can't decode"),
        (b'{"lock": "\\ud800"}', "history.json: \"'utf-8' codec can't encode"),
        (b'{"tau": NaN}', "history.json: 'NaN is no number of JSON', JSON in UTF-8 is allowed"),
        (b"[]", "history.json: '[]', an object of lock, changes and tuning is allowed"),
        (
            b" " * (MAX_BYTES + 1),
            "history.json: '16777217 bytes', a file of at most 16777216 bytes",
        ),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, fault: str) -> None:
    (line,) = faults_of(data)
    assert line.startswith(fault)


def test_the_largest_file_is_read() -> None:
    (line,) = faults_of(b"[]" + b" " * (MAX_BYTES - 2))
    assert "an object" in line


def test_faults_are_listed_with_those_of_other_files(tmp_path: Path) -> None:
    write(tmp_path, counts="[]")
    (tmp_path / "history.json").write_text("[]")
    with pytest.raises(BundleErrors) as caught:
        read_bundle(tmp_path, today=TODAY)
    assert [line.split(":")[0] for line in caught.value.lines()] == ["counts.json", "history.json"]
