"""Sign-in at an OpenID provider, for people who were invited under the address it vouches for.

Nothing of what the provider says is kept: who signs in is found by the address each time.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import jwt
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from measurement.models import User

PROVIDER: Final = "oidc"
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
NEEDED: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
NEEDED_CLAIMS: Final = ("iss", "aud", "sub", "exp", "iat")
SUBJECT_LENGTH: Final = 191  # as allauth takes it; the standard allows 255
CLOCKS_DIFFER_SECONDS: Final = 30
FAILURES: Final = (OAuth2Error, RequestException)

log = logging.getLogger(__name__)


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """What is said between the site and the provider. Raises one of FAILURES for nonsense."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself, asked once a request."""
        if not hasattr(self, "_openid_config"):
            document = self._ask(self.get_provider().server_url)
            if not all(isinstance(document.get(name), str) for name in NEEDED):
                raise OAuth2Error("the provider's description of itself lacks something")
            self._openid_config = document
        return self._openid_config

    def get_access_token_data(self, *about: Any, **more: Any) -> dict[str, Any]:
        """Return the provider's answer to the code that the browser brought."""
        try:
            answer: dict[str, Any] = super().get_access_token_data(*about, **more)
        except KeyError as error:
            raise OAuth2Error("the provider's answer lacks a header") from error
        return answer

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Return what opens the provider's page about the person; it is stored nowhere."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **answer: Any
    ) -> SocialLogin:
        """Return whom the provider vouches for, by its signature."""
        claims = self._signed(str(answer["response"].get("id_token", "")), app.client_id)
        about = self._userinfo(token.token, claims["sub"])
        # An address and whether it was verified come from the same source.
        source = about if "email" in about else claims
        said = {
            "sub": claims["sub"],
            "email": source.get("email"),
            # Some say it as a string.
            "email_verified": source.get("email_verified") in (True, "true"),
        }
        if not isinstance(said["email"], str):
            raise OAuth2Error("the provider named no email address")
        return self.get_provider().sociallogin_from_response(request, said)

    def _signed(self, id_token: str, client_id: str) -> dict[str, Any]:
        try:
            keys = jwt.PyJWKSet.from_dict(self._ask(self.openid_config["jwks_uri"]))
            claims: dict[str, Any] = jwt.decode(
                id_token,
                _key(keys, jwt.get_unverified_header(id_token).get("kid")),
                algorithms=ALGORITHMS,
                audience=client_id,
                issuer=self.openid_config["issuer"],
                leeway=CLOCKS_DIFFER_SECONDS,
                options={"require": list(NEEDED_CLAIMS)},
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise OAuth2Error("the provider's signature does not hold") from error
        if not 0 < len(claims["sub"]) <= SUBJECT_LENGTH:
            raise OAuth2Error("the provider's name for the person is too long or empty")
        return claims

    def _userinfo(self, token: str, subject: str) -> dict[str, Any]:
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        about = self._ask(address, headers={"Authorization": f"Bearer {token}"})
        if about.get("sub") != subject:
            raise OAuth2Error("the provider speaks of two people")
        return about

    def _ask(self, address: str, **options: Any) -> dict[str, Any]:
        with SocialAccountAdapter().get_requests_session() as session:
            answer = session.get(address, **options)
            answer.raise_for_status()
            document = answer.json()
        if not isinstance(document, dict):
            raise OAuth2Error("the provider's answer is no JSON object")
        return document


def _key(keys: jwt.PyJWKSet, name: str | None) -> jwt.PyJWK:
    """Return the key of that name; a provider with one key need not name it."""
    if name is None and len(keys.keys) == 1:
        return keys.keys[0]
    return keys[name or ""]


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """The provider of the settings."""

    oauth2_adapter_class = Exchange


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Knows one provider, that of the settings, and nobody who was not invited."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the provider of the settings; rows of the database do not count."""
        about = {
            "server_url": settings.OIDC_SERVER_URL,
            "scope": ["openid", "email"],
            "oauth_pkce_enabled": True,
        }
        return [
            SocialApp(
                provider=OpenIDConnectProvider.id,
                provider_id=PROVIDER,
                name=settings.OIDC_NAME,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings=about,
            )
        ]

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Provider:
        """Return the provider of the settings."""
        [app] = self.list_apps(request)
        return Provider(request, app=app)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take for the user whoever was invited under the verified address; else nobody."""
        verified = [each.email.lower() for each in sociallogin.email_addresses if each.verified]
        user = User.objects.filter(email__in=verified).first()
        if user is not None:
            sociallogin.user = user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str,
        exception: object,
        **context: Any,
    ) -> None:
        """Leave a line for whoever operates the site; it holds nothing that the provider said."""
        log.warning("Sign-in at the OpenID provider failed: %s %s", error, type(exception).__name__)


def _where_there_is_a_provider(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Serve `view` where the settings name a provider: elsewhere it does not exist."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, **which: str) -> HttpResponse:
        if not settings.OIDC_SERVER_URL:
            raise Http404("No OpenID provider is set")
        return view(request, **which)

    return page


@_where_there_is_a_provider
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider, by POST: no link or image elsewhere can start it."""
    provider = SocialAccountAdapter().get_provider(request, PROVIDER)
    wanted = {"process": AuthProcess.LOGIN, "next_url": get_next_redirect_url(request)}
    return _answered(request, provider, lambda: provider.redirect(request, **wanted))


@_where_there_is_a_provider
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take somebody who comes back from the provider."""
    exchange = Exchange(request, provider_id)
    page = OAuth2CallbackView.adapter_view(exchange)
    return _answered(request, exchange.get_provider(), lambda: page(request))


def _answered(
    request: HttpRequest, provider: Provider, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return the answer, or a page that says that the provider cannot be used at the moment."""
    try:
        return answer()
    except FAILURES as error:
        failed: HttpResponse = render_authentication_error(request, provider, exception=error)
        return failed


@_where_there_is_a_provider
@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Say to somebody who gave up at the provider that they can still sign in."""
    return render(request, "socialaccount/login_cancelled.html")
