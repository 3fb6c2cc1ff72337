"""Dockerfile and docker-compose.yml: valid, without secrets, and their commands work."""

from __future__ import annotations

import copy
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import psycopg
import pytest
import yaml
from psycopg import sql

from dashboards import chromium
from tests.servers import servers
from tests.trialsite.surroundings import free_port, until
from trialsite import probe
from trialsite.embedded import ROOT
from trialsite.processes import Child, start

SCHEMA = ROOT / "node_modules" / "dclint" / "schemas" / "compose.schema.json"
SCRIPTS = Path(sys.executable).parent
DATABASE = "production_shape"

Composition = dict[str, Any]


@pytest.fixture(scope="module")
def composition() -> Composition:
    loaded: Composition = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def faults(composition: Composition) -> list[str]:
    """Return what the Compose schema says against a composition."""
    schema = json.loads(SCHEMA.read_text())
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(composition)]


def test_the_composition_keeps_to_the_schema(composition: Composition) -> None:
    assert faults(composition) == []
    assert set(composition["services"]) == {
        "postgres",
        "redis",
        "migrate",
        "web",
        "worker",
        "beat",
    }


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("web", {"comand": ["gunicorn"]}),
        ("web", {"ports": "8000"}),
        ("beat", {"depends_on": {"redis": {"condition": "service_healhty"}}}),
        ("redis", {"healthcheck": {"test": "ping", "intervall": "5s"}}),
    ],
)
def test_the_schema_finds_planted_errors(
    composition: Composition, service: str, change: dict[str, object]
) -> None:
    broken = copy.deepcopy(composition)
    broken["services"][service] |= change
    assert faults(broken) != []


def test_every_service_waits_for_what_it_needs(composition: Composition) -> None:
    services = composition["services"]
    healthy = {name: {"condition": "service_healthy"} for name in ("postgres", "redis")}
    migrated = {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == healthy
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"] == healthy | migrated
    for name in ("postgres", "redis", "web", "worker", "beat"):
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_the_broker_has_a_password_and_loses_no_task(composition: Composition) -> None:
    command = " ".join(composition["services"]["redis"]["command"])
    assert "--requirepass ${REDIS_PASSWORD:?" in command
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_secrets_come_from_the_environment_and_the_sample_names_them() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    sample = (ROOT / ".env.example").read_text()
    asked = dict(re.findall(r"\$\{(\w+)(:[?-])", text))
    optional = {name for name, kind in asked.items() if kind == ":-"}
    oidc = {"OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME"}
    others = {"SECURITY_CONTACT", "SECRET_KEY_FALLBACKS", "TRUSTED_PROXIES"}
    assert optional == {"LOG_LEVEL", "PORT", *others, *oidc}
    for name in set(asked) - {"PORT"}:
        mark = "# " if name in optional else ""
        assert re.search(rf"^{mark}{name}=", sample, re.MULTILINE), name
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"):
        assert asked[name] == ":?"


def lint(dockerfile: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / "hadolint", "-"], input=dockerfile, capture_output=True, text=True, check=False
    )


def test_the_dockerfile_passes_the_linter_which_finds_planted_errors() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert lint(text).stdout == ""
    assert lint(text.replace("python:3.13-slim", "python:latest")).returncode != 0
    assert lint(text.replace("USER 10001", "USER root")).returncode != 0


def test_the_image_has_a_chromium_under_a_name_that_is_looked_for() -> None:
    text = (ROOT / "Dockerfile").read_text()
    *_, last_stage = text.split("FROM ")
    installed = re.search(r"apt-get install (?:--\S+ )*([^&\\]+)", last_stage)
    assert installed
    assert set(installed[1].split()) & set(chromium.NAMES)


def address_of(database: str) -> str:
    """Return the address of another database on the tests' server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


class Site:
    """The image's services, run outside a container on the tests' servers."""

    def __init__(self, composition: Composition, folder: Path) -> None:
        self.services = composition["services"]
        self.folder = folder
        port = str(free_port())
        self.environment = {
            "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
            "HOME": str(folder),
            "HOSTNAME": socket.gethostname(),
            "PORT": port,
            # Instead of the container's own address.
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
            "DATABASE_URL": address_of(DATABASE),
            "REDIS_URL": os.environ["REDIS_URL"],
            "SECRET_KEY": secrets.token_urlsafe(64),
            "SITE_URL": "https://trialsite.example",
            "ALLOWED_HOSTS": "trialsite.example",
            "EMAIL_URL": "smtp+tls://nobody:nothing@localhost:587",
        }

    def start(self, service: str) -> Child:
        """Start a service's command as the composition has it."""
        words = [
            str(self.folder / word.removeprefix("/tmp/")) if word.startswith("/tmp/") else word
            for word in self.services[service]["command"]
        ]
        return start(
            words,
            name=service,
            log=self.folder / f"{service}.log",
            environment=self.environment,
            folder=ROOT,
        )

    def is_healthy(self, service: str) -> bool:
        """Run a service's health check as Docker would."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        command = words if kind == "CMD" else ["/bin/sh", "-c", words[0].replace("$$", "$")]
        return (
            subprocess.run(
                command, env=self.environment, cwd=ROOT, capture_output=True, check=False
            ).returncode
            == 0
        )


@pytest.fixture
def site(composition: Composition, broker: str, tmp_path: Path) -> Iterator[Site]:
    servers.start(servers.postgres)
    with psycopg.connect(address_of("postgres"), autocommit=True) as session:
        name = sql.Identifier(DATABASE)
        session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        session.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield Site(composition, tmp_path)
        session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_the_services_commands_work_and_end_in_order(site: Site) -> None:
    migrate = site.start("migrate")
    assert migrate.process.wait(120) == 0, site.folder.joinpath("migrate.log").read_text()

    running = {name: site.start(name) for name in ("web", "worker", "beat")}
    try:
        until(lambda: probe.ask("/readyz", site.environment)[0] == 200, 120)
        for name in running:
            until(partial(site.is_healthy, name))  # Docker asks again, too
        for name, child in running.items():
            child.process.send_signal(signal.SIGTERM)
            assert child.process.wait(120) == 0, (site.folder / f"{name}.log").read_text()
            assert not site.is_healthy(name) or name == "beat"  # a heartbeat is good for a minute
    finally:
        for child in running.values():
            child.stop(by=signal.SIGKILL)


def test_web_without_a_secret_key_of_its_own_does_not_start(site: Site) -> None:
    site.environment["SECRET_KEY"] = "change-me"
    web = site.start("web")
    assert web.process.wait(120) != 0
    assert "SECRET_KEY" in (site.folder / "web.log").read_text()
