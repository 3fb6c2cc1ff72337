"""Who asks: the user of the token in the Authorization header."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from measurement import tokens
from measurement.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    """Bearer tokens (RFC 6750), in the header alone: an address ends up in logs."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the user and the token, or None without a header. One query.

        Raises AuthenticationFailed for every other header, and never says why.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        token = tokens.find(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise AuthenticationFailed
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return what WWW-Authenticate says, so that the answer is 401."""
        return 'Bearer realm="trialsite"'
