"""`/api/v1/power/`: how many people a trial needs, or how small an effect it finds."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from django.http import QueryDict
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from measurement.api import schema
from measurement.api.base import ApiView
from measurement.api.parameters import decimal
from measurement.api.permissions import Needs
from measurement.api.problems import INVALID_PARAMETER, Fault, Problem, shown
from measurement.estimation.definition import KINDS
from measurement.estimation.power import answer
from measurement.estimation.power_inputs import (
    ASKED,
    NUMBERS,
    PARTICIPANTS,
    SAVING,
    TIME_RATIO,
    Allowed,
    InputErrors,
    InputFault,
    PowerInputs,
)

ALL_NUMBERS: Final = {**ASKED, **NUMBERS}


def _field(allowed: Allowed, **options: Any) -> serializers.Field[Any, Any, Any, Any]:
    kind = serializers.IntegerField if allowed.whole else serializers.FloatField
    return kind(help_text=allowed.in_designs, **options)


class PowerDocument(serializers.Serializer[Any]):
    """What a trial of this size would find."""

    asked = serializers.ChoiceField(
        ["power", "participants", "time_ratio"], help_text="What was worked out."
    )
    participants = _field(PARTICIPANTS)
    teams = serializers.IntegerField(
        allow_null=True, help_text="Whole teams; null unless teams are randomised or given access."
    )
    clusters = serializers.FloatField(
        allow_null=True,
        help_text="Expected clusters with task logs; null where tasks are randomised.",
    )
    time_ratio = _field(TIME_RATIO)
    saving = _field(SAVING)
    time_ratio_seen = serializers.FloatField(
        help_text="The time ratio that the trial would report: nearer to 1 than `time_ratio` where "
        "AI is assigned and not always used."
    )
    saving_seen = serializers.FloatField(help_text="1 less `time_ratio_seen`.")
    std_error = serializers.FloatField(
        help_text="Standard error that the trial would report, of the logarithm of "
        "`time_ratio_seen`."
    )
    degrees_of_freedom = serializers.FloatField(help_text="Of Student's t behind the interval.")
    power = serializers.FloatField(
        help_text="Chance that the interval of the time ratio leaves out 1; with several arms with "
        "AI, for each of them."
    )
    inputs = inline_serializer(
        "PowerInputs",
        {
            "design": serializers.ChoiceField(KINDS, help_text="The design."),
            **{name: _field(item, required=False) for name, item in NUMBERS.items()},
        },
        help_text="The assumptions that count in the design.",
    )


def _described(name: str, allowed: Allowed) -> OpenApiParameter:
    about: dict[str, Any] = {
        "type": "integer" if allowed.whole else "number",
        "minimum": allowed.lowest,
        "maximum": allowed.highest,
    }
    if allowed.default is not None:
        about["default"] = allowed.default
    return OpenApiParameter(name, about, description=allowed.in_designs)


class Power(ApiView):
    """The power of a trial before it begins. It holds no data: any token may ask."""

    needs: ClassVar = {"GET": Needs(parameters=("design", *ALL_NUMBERS))}

    @extend_schema(
        operation_id="get_power",
        tags=["Planning"],
        summary="Work out power",
        description=(
            "Give an effect (`saving` or `time_ratio`) for the participants that a trial needs, "
            "`participants` for the smallest effect that it finds, or both for its power. "
            "Everything else is an assumption with a default. Any token will do."
        ),
        parameters=[
            OpenApiParameter(
                "design",
                {"type": "string", "enum": KINDS},
                required=True,
                description="The design.",
            ),
            *(_described(name, allowed) for name, allowed in ALL_NUMBERS.items()),
        ],
        responses=schema.answers(
            {200: OpenApiResponse(PowerDocument, description="The answer and its assumptions.")},
            schema.READING,
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer, or name every parameter that cannot be used."""
        query = request.query_params
        given = _numbers(query)
        asked = {name: given.pop(name, None) for name in ASKED}
        try:
            found = answer(PowerInputs(design=query.get("design", ""), **given), **asked)
        except InputErrors as errors:
            raise _problem(errors.faults) from None
        return Response(found.as_json())


def _numbers(query: QueryDict) -> dict[str, Any]:
    """Return the numbers that are given. Raises Problem (400) naming all that are none."""
    given = {name: str(query[name]) for name in ALL_NUMBERS if name in query}
    found = {name: decimal(text) for name, text in given.items()}
    wrong = [name for name, number in found.items() if number is None]
    if wrong:
        faults = [
            InputFault(name, given[name], f"{ALL_NUMBERS[name]} is allowed") for name in wrong
        ]
        raise _problem(faults)
    return found


def _problem(faults: Iterable[InputFault]) -> Problem:
    return Problem(
        INVALID_PARAMETER,
        faults=[
            Fault(field=fault.field, given=shown(fault.given), allowed=fault.allowed)
            for fault in faults
        ],
    )
