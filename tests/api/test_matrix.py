"""Every role with every scope at every address: what is not written here is refused."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from measurement.api.urls import urlpatterns
from measurement.models import ApiToken, Membership, Role
from tests.api.conftest import Team

PUBLIC = {"api_schema", "api_docs"}
WITHOUT_TRIAL = {"api_trials", "api_power"}
ROLES = ("participant", "lead", "analyst", "administrator")
SCOPES = ("results", "records", "write")
EVERYBODY = {(role, scope) for role in ROLES for scope in SCOPES}
ALLOWED = {
    ("api_trials", "GET"): EVERYBODY,
    ("api_trial", "GET"): EVERYBODY,
    ("api_results", "GET"): {(role, "results") for role in ROLES},
    ("api_task_logs", "GET"): {("analyst", "records"), ("participant", "records")},
    ("api_task_logs", "POST"): {("analyst", "write"), ("participant", "write")},
    ("api_participants", "GET"): {("analyst", "records")},
    ("api_surveys", "GET"): {("analyst", "records")},
    ("api_bundle", "GET"): {("analyst", "records")},
    ("api_power", "GET"): EVERYBODY,
}
ENDPOINTS = sorted(ALLOWED)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ANSWERED = ("not-analysed", "invalid-body")  # problems of the trial and the body, not of access


def names(patterns: Iterable[object]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def ask(client: Client, name: str, method: str, slug: str = "tea") -> str:
    """Return "done", or the kind of refusal."""
    address = reverse(name, args=[] if name in WITHOUT_TRIAL else [slug])
    if name == "api_power":
        address += "?design=parallel&saving=0.1"
    body = "{}" if method == "POST" else ""
    response = client.generic(method, address, body, content_type="application/json")
    if response.headers["Content-Type"] != "application/problem+json":
        b"".join(response)  # the bundle's file is closed at its end
        return "done"
    kind: str = response.json()["type"].rpartition(":")[2]
    return "done" if kind in ANSWERED else kind


def test_no_address_is_missing_here() -> None:
    assert {name for name, _ in ALLOWED} | PUBLIC == set(names(urlpatterns))
    assert set(ROLES) == set(Role)
    assert set(SCOPES) == set(ApiToken.Scope)


@pytest.mark.parametrize(("name", "method"), ENDPOINTS)
def test_every_role_with_every_scope(
    name: str, method: str, tea: Team, client_of: Callable[..., Client]
) -> None:
    found = {
        (role, scope): ask(client_of(tea, Role(role), scope), name, method)
        for role, scope in EVERYBODY
    }
    assert found == {
        pair: "done" if pair in ALLOWED[name, method] else "forbidden" for pair in EVERYBODY
    }


@pytest.mark.parametrize(("name", "method"), ENDPOINTS)
def test_nobody_without_a_token(name: str, method: str, tea: Team) -> None:
    assert ask(Client(), name, method) == "not-authenticated"


@pytest.mark.parametrize(
    ("name", "method"), [pair for pair in ENDPOINTS if pair[0] not in WITHOUT_TRIAL]
)
def test_another_trial_does_not_exist(
    name: str, method: str, tea: Team, coffee: Team, client_of: Callable[..., Client]
) -> None:
    user = tea.users[Role.ANALYST]
    Membership.objects.create(user=user, trial=coffee.trial, role=Role.ANALYST)
    client = client_of(tea, Role.ANALYST, *SCOPES)
    assert ask(client, name, method, slug="coffee") == "not-found"
    assert ask(client, name, method, slug="never-was") == "not-found"


@pytest.mark.parametrize(
    ("name", "method"), [pair for pair in ENDPOINTS if pair[0] not in WITHOUT_TRIAL]
)
def test_without_a_role_there_is_no_trial(
    name: str, method: str, tea: Team, client_of: Callable[..., Client]
) -> None:
    client = client_of(tea, Role.ANALYST, *SCOPES)
    Membership.objects.filter(user=tea.users[Role.ANALYST]).delete()
    assert ask(client, name, method) == "not-found"


@pytest.mark.parametrize("name", sorted({name for name, _ in ALLOWED}))
def test_other_methods_are_not_allowed(
    name: str, tea: Team, client_of: Callable[..., Client]
) -> None:
    client = client_of(tea, Role.ANALYST, *SCOPES)
    for method in METHODS:
        if (name, "GET" if method == "HEAD" else method) not in ALLOWED:
            assert ask(client, name, method) == "method-not-allowed", method


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_description_is_public(name: str, db: None) -> None:
    clients = [Client(), Client(headers={"Authorization": "Bearer wrong"})]
    assert [client.get(reverse(name)).status_code for client in clients] == [200, 200]
