from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from measurement import tokens
from measurement.models import ApiToken, AuditEvent, Membership, Role
from tests.api.conftest import Team, with_token

TRIALS = "/api/v1/trials/"


def issue(team: Team, **changes: object) -> str:
    text = tokens.issue(
        user=team.users[Role.ANALYST], trial=team.trial, scopes=["results"], days=30
    )
    ApiToken.objects.filter(digest=tokens.digest(text)).update(**changes)
    return text


def test_a_token_is_found_and_only_its_digest_is_stored(tea: Team) -> None:
    text = issue(tea)
    token = tokens.find(text)
    assert token is not None
    assert (token.user, token.trial) == (tea.users[Role.ANALYST], tea.trial)
    stored = ApiToken.objects.values().get()
    assert text not in str(stored)
    assert stored["digest"] == tokens.digest(text)


def test_issuing_leaves_an_audit_event_without_the_token(tea: Team) -> None:
    text = issue(tea)
    event = AuditEvent.objects.get(act="token_issued")
    assert event.trial_slug == "tea"
    assert event.detail["scopes"] == ["results"]
    assert text not in str(event.detail)


@pytest.mark.parametrize(
    ("scopes", "days", "message"),
    [
        ([], 30, "No scope given"),
        (["results", "everything"], 30, "'everything' is unknown; allowed are results"),
        (["results"], 0, "0 days were given; 1 to 366"),
        (["results"], 367, "367 days were given"),
    ],
)
def test_issuing_says_what_is_allowed(
    tea: Team, scopes: list[str], days: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tokens.issue(user=tea.users[Role.ANALYST], trial=tea.trial, scopes=scopes, days=days)
    assert not ApiToken.objects.exists()


def test_every_unusable_token_gets_the_same_answer(tea: Team) -> None:
    now = timezone.now()
    inactive = issue(tea, user=tea.users[Role.LEAD])
    tea.users[Role.LEAD].is_active = False
    tea.users[Role.LEAD].save()
    clients = {
        "missing": Client(),
        "unknown": with_token("trialsite_unknown"),
        "empty": with_token(""),
        "not ASCII": with_token("tökén"),
        "expired": with_token(
            issue(tea, created_at=now - timedelta(2), expires_at=now - timedelta(seconds=1))
        ),
        "revoked": with_token(issue(tea, revoked_at=now)),
        "inactive": with_token(inactive),
        "another scheme": Client(headers={"Authorization": f"Basic {issue(tea)}"}),
        "two": Client(headers={"Authorization": f"Bearer {issue(tea)} {issue(tea)}"}),
        "bare": Client(headers={"Authorization": issue(tea)}),
    }
    answers = {name: client.get(TRIALS) for name, client in clients.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        clients, 401
    )
    assert len({answer.content for answer in answers.values()}) == 1
    for answer in answers.values():
        assert answer["WWW-Authenticate"] == 'Bearer realm="trialsite"'
        assert answer["Content-Type"] == "application/problem+json"


def test_a_token_in_the_address_is_no_token(tea: Team) -> None:
    assert Client().get(TRIALS, {"token": issue(tea)}).status_code == 401


def test_the_scheme_is_read_in_any_case(tea: Team) -> None:
    client = Client(headers={"Authorization": f"bearer {issue(tea)}"})
    assert client.get(TRIALS).status_code == 200


def test_finding_a_token_is_one_query_however_many_there_are(tea: Team) -> None:
    text = [issue(tea) for _ in range(20)][7]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        token = tokens.find(text)
        assert token is not None
        assert token.user.email
        assert token.trial.slug
    assert len(queries) == 1


def test_a_role_taken_away_is_gone_at_once(tea: Team, client_of: Callable[..., Client]) -> None:
    client = client_of(tea, Role.ANALYST, "records")
    address = "/api/v1/trials/tea/participants/"
    assert client.get(address).status_code == 200
    membership = Membership.objects.get(user=tea.users[Role.ANALYST])
    membership.role = Role.LEAD
    membership.save()
    assert client.get(address).status_code == 403
    membership.delete()
    assert client.get(address).status_code == 404
    assert client.get(TRIALS).json()["results"] == []
