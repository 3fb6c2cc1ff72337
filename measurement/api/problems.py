"""What the API answers when it cannot do what was asked: problem details of RFC 9457."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse, UnreadablePostError
from rest_framework import exceptions

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
CHARACTERS_SHOWN = 100

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of problem: `code` ends its type, `detail` is said where nothing better is known."""

    code: str
    status: int
    title: str
    detail: str

    @property
    def type(self) -> str:
        """The URI that programs tell kinds apart by."""
        return f"urn:trialsite:problem:{self.code}"


BAD_REQUEST = Kind("bad-request", 400, "Bad request", "The request cannot be understood.")
INVALID_BODY = Kind("invalid-body", 400, "Invalid body", "The body cannot be used.")
INVALID_PARAMETER = Kind(
    "invalid-parameter", 400, "Invalid parameter", "A parameter of the address cannot be used."
)
NOT_AUTHENTICATED = Kind(
    "not-authenticated",
    401,
    "Not authenticated",
    "A token is needed that is known, has not expired and was not revoked: "
    "send the header Authorization: Bearer TOKEN.",
)
FORBIDDEN = Kind("forbidden", 403, "Not allowed", "The token or your role does not allow this.")
NOT_FOUND = Kind("not-found", 404, "Not found", "There is nothing at this address for you.")
NOT_ANALYSED = Kind(
    "not-analysed", 404, "Not analysed yet", "This trial was not analysed yet. Try again later."
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, "Method not allowed", "This address does not know that method."
)
KEY_CONFLICT = Kind(
    "key-conflict",
    409,
    "Key already used",
    "You already sent another task log with this key; the stored one is in `stored`.",
)
TOO_LARGE = Kind("too-large", 413, "Body too large", "The body is too large.")
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "Send the body as UTF-8 JSON with the header Content-Type: application/json.",
)
TOO_MANY_REQUESTS = Kind(
    "too-many-requests", 429, "Too many requests", "Wait as long as Retry-After says."
)
INTERNAL_ERROR = Kind(
    "internal-error", 500, "Internal error", "Something went wrong here. It has been recorded."
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    "Unavailable for now",
    "The database cannot be reached. Nothing was stored; send the request again.",
)

_KINDS_BY_EXCEPTION: tuple[tuple[type[Exception], Kind], ...] = (
    (exceptions.NotAuthenticated, NOT_AUTHENTICATED),
    (exceptions.AuthenticationFailed, NOT_AUTHENTICATED),
    (exceptions.PermissionDenied, FORBIDDEN),
    (PermissionDenied, FORBIDDEN),
    (exceptions.NotFound, NOT_FOUND),
    (Http404, NOT_FOUND),
    (exceptions.MethodNotAllowed, METHOD_NOT_ALLOWED),
    (exceptions.UnsupportedMediaType, UNSUPPORTED_MEDIA_TYPE),
    (exceptions.Throttled, TOO_MANY_REQUESTS),
    (SuspiciousOperation, INVALID_PARAMETER),
    (UnreadablePostError, INVALID_BODY),
    (OperationalError, UNAVAILABLE),
    (InterfaceError, UNAVAILABLE),
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong with what was sent."""

    field: str
    given: str
    allowed: str


class Problem(exceptions.APIException):
    """Raised where a request cannot be answered; `stored` is what a conflict is with."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        faults: Iterable[Fault] = (),
        stored: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or kind.detail)
        self.kind = kind
        self.faults = tuple(faults)
        self.stored = stored


def problem_response(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Turn any exception of a view into a problem document. What is not foreseen is logged."""
    if isinstance(exc, Problem):
        return problem_document(exc)
    for exception, kind in _KINDS_BY_EXCEPTION:
        if isinstance(exc, exception):
            response = problem_document(Problem(kind))
            break
    else:
        _logger.error("The API failed", exc_info=exc)
        response = problem_document(Problem(INTERNAL_ERROR))
    wait = getattr(exc, "wait", None)
    if wait is not None:
        response["Retry-After"] = str(int(wait))
    return response


def problem_document(problem: Problem) -> HttpResponse:
    """Return the answer that `problem` is, with the headers that belong to its kind."""
    kind = problem.kind
    document: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": str(problem.detail),
    }
    if problem.faults:
        document["errors"] = [vars(fault) for fault in problem.faults]
    if problem.stored is not None:
        document["stored"] = problem.stored
    return JsonResponse(
        document, status=kind.status, content_type=MEDIA_TYPE, headers=_headers(kind)
    )


def _headers(kind: Kind) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if kind is NOT_AUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="trialsite"'
    if kind is UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return headers


def named(name: str) -> str:
    """Return a name that somebody made up, short and writable as UTF-8."""
    return name[:CHARACTERS_SHOWN].encode("utf-8", "replace").decode("utf-8")


def shown(value: object) -> str:
    """Return what was given as short printable ASCII, whatever it was."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, default=str)
    return text if len(text) <= CHARACTERS_SHOWN else f"{text[:CHARACTERS_SHOWN]}..."
