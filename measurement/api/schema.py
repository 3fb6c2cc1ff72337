"""What the OpenAPI document says beyond what the views' code says."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from measurement.api import problems
from measurement.api.problems import MEDIA_TYPE, Kind
from measurement.api.serializers import TaskLogRow
from measurement.api.task_log_body import FIELDS
from measurement.estimation.definition import MAX_MINUTES, MAX_TEXT_LENGTH
from measurement.models import TaskLog


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes TokenAuthentication."""

    target_class = "measurement.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of one user for one trial. "
            "`python manage.py create_token EMAIL --trial SLUG --scope results` prints one.",
        }


class FaultDocument(serializers.Serializer[Any]):
    """One thing wrong with what was sent."""

    field = serializers.CharField(help_text="The field or parameter.")
    given = serializers.CharField(help_text="What was given, as short JSON.")
    allowed = serializers.CharField(help_text="What is allowed.")


class ProblemDocument(serializers.Serializer[Any]):
    """Why a request could not be answered: RFC 9457."""

    type = serializers.CharField(help_text="A URI that tells kinds of problems apart.")
    title = serializers.CharField(help_text="The kind of problem in words.")
    status = serializers.IntegerField(help_text="The HTTP status code.")
    detail = serializers.CharField(help_text="What is wrong this time.")
    errors = FaultDocument(  # type: ignore[assignment]  # a field, not the serializer's errors
        many=True, required=False, help_text="Every fault that was found."
    )
    stored = TaskLogRow(required=False, help_text="The task log that already has the key.")


SLUG = OpenApiParameter(
    "slug", OpenApiTypes.STR, OpenApiParameter.PATH, description="Name of the trial."
)
PUBLISHED = OpenApiParameter(
    "published",
    {"type": "integer", "minimum": 0, "maximum": 1, "default": 0},
    description="1: the published form, for analysts too.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of an earlier answer: 304 if nothing has changed.",
)

READING = (
    problems.INVALID_PARAMETER,
    problems.NOT_AUTHENTICATED,
    problems.FORBIDDEN,
    problems.NOT_FOUND,
    problems.INTERNAL_ERROR,
    problems.UNAVAILABLE,
)
WRITING = (
    *READING,
    problems.INVALID_BODY,
    problems.KEY_CONFLICT,
    problems.TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
)


def answers(success: dict[Any, Any], kinds: tuple[Kind, ...]) -> dict[Any, Any]:
    """Return the responses of an operation: what succeeds, and every kind of problem."""
    titles: dict[int, list[str]] = {}
    for kind in kinds:
        titles.setdefault(kind.status, []).append(kind.title)
    return success | {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemDocument, description=" or ".join(names))
        for status, names in titles.items()
    }


def new_task_log_body() -> dict[str, Any]:
    """Return the JSON schema of the body that stores a task log."""
    described = TaskLogRow().fields
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["key", "ai_used"],
        "properties": {
            name: _JSON_TYPES[name] | {"description": str(described[name].help_text)}
            for name in FIELDS
        },
    }


_MINUTES = {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": MAX_MINUTES}
_TEXT = {"type": ["string", "null"], "maxLength": MAX_TEXT_LENGTH}
_FLAG = {"type": ["boolean", "null"]}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_JSON_TYPES: dict[str, dict[str, Any]] = {
    "participant": _TEXT,
    "key": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LENGTH},
    "ai_used": {"type": "boolean"},
    "minutes": _MINUTES,
    "date": {"type": ["string", "null"], "format": "date"},
    "task_type": _TEXT,
    "tool": _TEXT,
    "ai_assigned": _FLAG,
    "period": _TEXT,
    "forecast_minutes": _MINUTES,
    "forecast_minutes_with_ai": _MINUTES,
    "quality": {"type": ["integer", "null"], "minimum": 1, "maximum": 5},
    "novel": _FLAG | {"default": False},
    "censored": _FLAG | {"default": False},
    "source": {"enum": [*TaskLog.Source.values, None]},
    "status": {"enum": [*TaskLog.Status.values, None], "default": TaskLog.Status.LOGGED},
    "announced_at": _MOMENT,
    "started_at": _MOMENT,
    "ended_at": _MOMENT,
}
