"""What all of the API's views have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from measurement import reading
from measurement.api import permissions
from measurement.api.parameters import refuse_unknown
from measurement.api.parsers import refuse_large_body
from measurement.api.permissions import Needs, Reach
from measurement.models import ApiToken, Role


class OneForm(DefaultContentNegotiation):
    """Each address has one form, so that a browser, which asks for HTML, sees it too."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer, whatever Accept says."""
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view that says for each of its methods what it needs; what it does not say is refused."""

    needs: ClassVar[Mapping[str, Needs]]
    http_method_names = ["get", "head", "post"]  # noqa: RUF012 - Django's type
    content_negotiation_class = OneForm

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then check what the request needs. Raises Problem and its like."""
        refuse_large_body(request._request)
        super().initial(request, *args, **kwargs)
        method = request.method or ""
        needs = self.needs.get("GET" if method == "HEAD" else method)
        if needs is None:
            raise MethodNotAllowed(method)
        self.check_needs(request, needs, **kwargs)
        refuse_unknown(request.query_params, needs.parameters)

    def check_needs(self, request: Request, needs: Needs, **kwargs: str) -> None:
        """Raise Problem where the request lacks something of `needs`."""

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Keep answers out of caches, unless the view has said otherwise."""
        response.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)


class TrialView(ApiView):
    """A view of one trial: `self.reach` is what the request reaches there."""

    reach: Reach

    def check_needs(self, request: Request, needs: Needs, **kwargs: str) -> None:
        """Raise Http404 for a trial out of reach and Problem (403) for what may not be done."""
        token = token_of(request)
        self.reach = permissions.reach_of(token, kwargs["slug"])
        permissions.check(needs, token=token, reach=self.reach)

    def note_read(self, kind: reading.Kind) -> None:
        """Note, before it is handed out, that an analyst reads everybody's records."""
        reader = self.reach.user
        reading.note(trial=self.reach.trial, kind=kind, reader=reader, role=Role.ANALYST)


def token_of(request: Request) -> ApiToken:
    """Return the token of an authenticated request."""
    return cast(ApiToken, request.auth)
