"""The links of the service navigation: what each role can do."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from measurement.access import standing
from measurement.models import Role


@dataclass(frozen=True)
class Link:
    """One link. `active`: the page shown is this one or one below it."""

    text: str
    href: str
    active: bool = False


def navigation(request: HttpRequest | None) -> list[Link]:
    """Return the links for whoever asks; none on error pages that come before anybody is known."""
    if request is None or not hasattr(request, "user"):
        return []
    return [
        Link(text, href, active=request.path.startswith(href)) for text, href in _targets(request)
    ]


def _targets(request: HttpRequest) -> list[tuple[str, str]]:
    if not request.user.is_authenticated:
        return [(gettext("Sign in"), reverse("account_request_login_code"))]
    found = standing(request.user)
    roles = found.roles
    targets = []
    if Role.PARTICIPANT in roles:
        targets += [
            (gettext("Log a task"), reverse("log")),
            (gettext("My logs"), reverse("my_logs")),
        ]
    if Role.PARTICIPANT in roles or found.has_left:
        targets.append((gettext("My data"), reverse("my_data")))
    if roles & {Role.LEAD, Role.ADMINISTRATOR} or request.user.may_start_trials:
        targets.append((gettext("Trials"), "/trials/"))
    if Role.ANALYST in roles:
        targets.append((gettext("API"), reverse("api_guide")))
    return [*targets, (gettext("Sign out"), reverse("account_logout"))]
