"""What the environment decides about sign-in, and what it must not say."""

import json
import os
import secrets
import subprocess
import sys

import pytest

from trialsite.embedded import ROOT

ASKED = ("OIDC_ORIGIN", "CONTENT_SECURITY_POLICY", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")
COMPLETE = {
    "OIDC_SERVER_URL": "https://login.example/realms/teapot/",
    "OIDC_CLIENT_ID": "trialsite",
    "OIDC_CLIENT_SECRET": "a-secret",
}
SECURE = {
    "SITE_URL": "https://trialsite.example",
    "ALLOWED_HOSTS": "trialsite.example",
    "EMAIL_URL": "smtp+tls://nobody:nothing@localhost:587",
}


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment that has only what is needed and what is given."""
    return subprocess.run(
        [sys.executable, *command],
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": secrets.token_urlsafe(64),
            "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/none",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            **environment,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def settings(**environment: str) -> dict[str, object]:
    words = (
        f"import json, trialsite.settings as s; print(json.dumps([getattr(s, n) for n in {ASKED}]))"
    )
    done = run(["-c", words], **environment)
    assert done.returncode == 0, done.stderr
    return dict(zip(ASKED, json.loads(done.stdout), strict=True))


def form_action(found: dict[str, object]) -> object:
    policy = found["CONTENT_SECURITY_POLICY"]
    assert isinstance(policy, dict)
    return policy["DIRECTIVES"]["form-action"]


def test_forms_lead_to_the_site_alone() -> None:
    found = settings()
    assert (found["OIDC_ORIGIN"], form_action(found)) == ("", ["'self'"])


def test_forms_lead_to_the_provider_where_there_is_one() -> None:
    found = settings(**COMPLETE)
    assert form_action(found) == ["'self'", "https://login.example"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({**COMPLETE, "OIDC_CLIENT_SECRET": ""}, "belong together"),
        ({"OIDC_CLIENT_ID": "trialsite"}, "belong together"),
        ({**COMPLETE, **SECURE, "OIDC_SERVER_URL": "http://login.example"}, "https is needed"),
        ({**COMPLETE, "OIDC_SERVER_URL": "login.example"}, "https is needed"),
    ],
)
def test_half_a_provider_or_an_open_one_is_refused(environment: dict[str, str], said: str) -> None:
    done = run(["-c", "import trialsite.settings"], **environment)
    assert done.returncode != 0
    assert said in done.stderr


def test_a_laptop_may_have_its_own_provider() -> None:
    found = settings(**COMPLETE | {"OIDC_SERVER_URL": "http://127.0.0.1:9000"})
    assert found["OIDC_ORIGIN"] == "http://127.0.0.1:9000"


def test_a_secure_site_has_host_cookies_and_nothing_to_complain_about() -> None:
    found = settings(**SECURE)
    assert (found["SESSION_COOKIE_NAME"], found["CSRF_COOKIE_NAME"]) == (
        "__Host-session",
        "__Host-csrf",
    )
    done = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], **SECURE, **COMPLETE)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_a_secure_site_does_not_start_without_a_mail_server() -> None:
    """Codes that open accounts would stand in its log."""
    found = run(["-c", "import trialsite.settings"], **SECURE | {"EMAIL_URL": ""})
    assert found.returncode == 1
    assert "EMAIL_URL is not set" in found.stderr
