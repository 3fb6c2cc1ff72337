"""The addresses under /api/v1/."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
)
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from measurement import access, bundles, freezing, reading, recording, stored_results
from measurement.api import problems, schema
from measurement.api.base import ApiView, TrialView, token_of
from measurement.api.pagination import CursorPages
from measurement.api.parameters import flag
from measurement.api.permissions import Needs
from measurement.api.problems import Fault, Problem, problem_document, shown
from measurement.api.results_document import ResultsDocument
from measurement.api.serializers import (
    ParticipantRow,
    SurveyRow,
    TaskLogRow,
    TrialDetail,
    TrialRow,
)
from measurement.api.task_log_body import named_participant, new_task_log
from measurement.estimation.bundle import write_bundle
from measurement.models import ApiToken, Participant, Role, SurveyResponse, TaskLog, Trial

RESULTS = frozenset({ApiToken.Scope.RESULTS})
RECORDS = frozenset({ApiToken.Scope.RECORDS})
WRITE = frozenset({ApiToken.Scope.WRITE})
ANALYST = frozenset({Role.ANALYST})
PARTICIPANT = frozenset({Role.PARTICIPANT})
EVERYBODYS_RECORDS = Needs(scopes=RECORDS, roles=ANALYST, parameters=CursorPages.parameters)


class TrialList(ApiView, ListAPIView[Trial]):
    """The trials that the token reaches."""

    needs: ClassVar = {"GET": Needs(parameters=CursorPages.parameters)}
    serializer_class = TrialRow
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Trial]:
        """Return the token's trial, if its user still holds a role in it."""
        token = token_of(self.request)
        return access.trials_for(token.user, Role).filter(pk=token.trial_id)

    @extend_schema(
        operation_id="list_trials",
        tags=["Trials"],
        summary="List trials",
        description="The trial of the token, or none if you hold no role in it any more.",
        responses=schema.answers(
            {200: OpenApiResponse(TrialRow(many=True), description="A page of trials.")},
            schema.READING,
        ),
    )
    def get(self, request: Request) -> Response:
        """List the token's trial."""
        return self.list(request)


class TrialDetails(TrialView):
    """One trial."""

    needs: ClassVar = {"GET": Needs()}

    @extend_schema(
        operation_id="get_trial",
        tags=["Trials"],
        summary="Get a trial",
        description="The trial, with the task types and tools that task logs may name.",
        parameters=[schema.SLUG],
        responses=schema.answers(
            {200: OpenApiResponse(TrialDetail, description="The trial.")}, schema.READING
        ),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Give the trial."""
        return Response(TrialDetail(self.reach.trial).data)


class TrialResults(TrialView):
    """The results: of the latest analysis, or as they are published."""

    needs: ClassVar = {"GET": Needs(scopes=RESULTS, parameters=("published",))}

    @extend_schema(
        operation_id="get_results",
        tags=["Results"],
        summary="Get results",
        description=(
            "The results: the latest in full precision for analysts, else what is published, "
            "frozen once a week, rounded and with small groups suppressed. Needs the scope "
            "`results`."
        ),
        parameters=[schema.SLUG, schema.PUBLISHED, schema.IF_NONE_MATCH],
        responses=schema.answers(
            {
                200: OpenApiResponse(ResultsDocument, description="The results."),
                304: OpenApiResponse(description="Nothing has changed since that ETag."),
            },
            (*schema.READING, problems.NOT_ANALYSED),
        ),
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Give the results, or 304 to whoever has them already."""
        full = self.reach.is_analyst and not flag(request.query_params, "published")
        answer: HttpResponse = JsonResponse(
            _results_document(self.reach.trial, full=full), json_dumps_params={"allow_nan": False}
        )
        etag = f'"{sha256(answer.content).hexdigest()}"'
        if _has(request, etag):
            answer = HttpResponseNotModified()
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        return answer


class TaskLogs(TrialView, ListAPIView[TaskLog]):
    """Task logs: everybody's for analysts, their own for participants, who also add to them."""

    needs: ClassVar = {
        "GET": Needs(
            scopes=RECORDS, roles=ANALYST | PARTICIPANT, parameters=CursorPages.parameters
        ),
        "POST": Needs(scopes=WRITE, roles=ANALYST | PARTICIPANT),
    }
    serializer_class = TaskLogRow
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[TaskLog]:
        """Return the rows that may be seen, with what they name."""
        rows = TaskLog.objects.select_related("participant", "task_type", "tool")
        if self.reach.is_analyst:
            return rows.filter(participant__trial=self.reach.trial)
        return rows.filter(participant=self.reach.participant())

    @extend_schema(
        operation_id="list_task_logs",
        tags=["Records"],
        summary="List task logs",
        description=(
            "Analysts get everybody's task logs under pseudonyms, participants their own. "
            "Needs the scope `records`. A log that is stored while you page may be missed; "
            "the bundle is of one moment."
        ),
        parameters=[schema.SLUG],
        responses=schema.answers(
            {200: OpenApiResponse(TaskLogRow(many=True), description="A page of task logs.")},
            schema.READING,
        ),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List task logs."""
        answer = self.list(request)
        if self.reach.is_analyst:
            self.note_read(reading.Kind.TASK_LOGS)
        return answer

    @extend_schema(
        operation_id="store_task_log",
        tags=["Records"],
        summary="Store a task log",
        description=(
            "Participants store task logs of their own; analysts store those of the participant "
            "whom `participant` names. Needs the scope `write`. Choose a new `key` for each log: "
            "sending the same key and body again is safe and stores nothing."
        ),
        parameters=[schema.SLUG],
        request={"application/json": schema.new_task_log_body()},
        responses=schema.answers(
            {
                201: OpenApiResponse(TaskLogRow, description="The log was stored."),
                200: OpenApiResponse(TaskLogRow, description="It was already stored: the row."),
            },
            schema.WRITING,
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        """Store a task log of the participant who asks, or whom an analyst names."""
        participant = self.reach.whose(named_participant(request.data))
        log = new_task_log(request.data)
        self.reach.check_chance(log)
        try:
            with access.while_taking_part(participant):
                recorded = recording.record(participant=participant, log=log, actor=self.reach.user)
        except recording.Refused as refusal:
            raise _refusal_problem(refusal) from None
        except recording.KeyConflict as conflict:
            stored = TaskLogRow(conflict.stored).data
            raise Problem(problems.KEY_CONFLICT, stored=stored) from None
        return Response(TaskLogRow(recorded.task_log).data, status=201 if recorded.created else 200)


class Participants(TrialView, ListAPIView[Participant]):
    """The participants, under pseudonyms."""

    needs: ClassVar = {"GET": EVERYBODYS_RECORDS}
    serializer_class = ParticipantRow
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Participant]:
        """Return the trial's participants with what they name."""
        return Participant.objects.filter(trial=self.reach.trial).select_related(
            "department", "grade", "profession", "assignment__arm", "baseline"
        )

    @extend_schema(
        operation_id="list_participants",
        tags=["Records"],
        summary="List participants",
        description="Participants under pseudonyms, for analysts. Needs the scope `records`.",
        parameters=[schema.SLUG],
        responses=schema.answers(
            {200: OpenApiResponse(ParticipantRow(many=True), description="A page of them.")},
            schema.READING,
        ),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List participants."""
        answer = self.list(request)
        self.note_read(reading.Kind.PARTICIPANTS)
        return answer


class Surveys(TrialView, ListAPIView[SurveyResponse]):
    """The answers to the survey."""

    needs: ClassVar = {"GET": EVERYBODYS_RECORDS}
    serializer_class = SurveyRow
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[SurveyResponse]:
        """Return the trial's answers with the participants."""
        return SurveyResponse.objects.filter(participant__trial=self.reach.trial).select_related(
            "participant"
        )

    @extend_schema(
        operation_id="list_survey_responses",
        tags=["Records"],
        summary="List survey responses",
        description="Answers under pseudonyms, for analysts. Needs the scope `records`.",
        parameters=[schema.SLUG],
        responses=schema.answers(
            {200: OpenApiResponse(SurveyRow(many=True), description="A page of answers.")},
            schema.READING,
        ),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List survey responses."""
        answer = self.list(request)
        self.note_read(reading.Kind.SURVEYS)
        return answer


class TrialBundle(TrialView):
    """The trial as a bundle."""

    needs: ClassVar = {"GET": Needs(scopes=RECORDS, roles=ANALYST)}

    @extend_schema(
        operation_id="get_bundle",
        tags=["Records"],
        summary="Download the trial bundle",
        description=(
            "All data of the trial at one moment, as a ZIP file of TOML and CSV files, under "
            "pseudonyms, for analysts. Needs the scope `records`."
        ),
        parameters=[schema.SLUG],
        responses=schema.answers(
            {
                (200, "application/zip"): OpenApiResponse(
                    OpenApiTypes.BINARY, description="The ZIP file."
                )
            },
            schema.READING,
        ),
    )
    def get(self, request: Request, slug: str) -> FileResponse:
        """Write the bundle to a file that is gone once it was sent, and send it."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{slug}.zip"
            write_bundle(bundles.export(self.reach.trial), path)
            self.note_read(reading.Kind.BUNDLE)
            return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@csrf_exempt
def no_such_address(request: HttpRequest) -> HttpResponse:
    """Answer for every other address under /api/."""
    return problem_document(Problem(problems.NOT_FOUND))


def _results_document(trial: Trial, *, full: bool) -> dict[str, Any]:
    return _full_results(trial) if full else _published_results(trial)


def _full_results(trial: Trial) -> dict[str, Any]:
    found = stored_results.latest_results(trial)
    if found is None:
        raise Problem(problems.NOT_ANALYSED)
    return found.results.as_json() | {"snapshot_at": found.as_of.isoformat()}


def _published_results(trial: Trial) -> dict[str, Any]:
    found = freezing.frozen_results(trial)
    if found is None:
        raise Problem(problems.NOT_ANALYSED)
    return found.results.as_json() | {
        "snapshot_at": found.as_of.isoformat(),
        "frozen_at": found.frozen_at.isoformat(),
        "next_freeze_on": found.next_on.isoformat(),
    }


def _has(request: Request, etag: str) -> bool:
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return etag in {item.removeprefix("W/") for item in given}


def _refusal_problem(refusal: recording.Refused) -> Problem:
    return Problem(
        problems.INVALID_BODY,
        "The task log is impossible or names something unknown.",
        faults=[
            Fault(field=fault.field, given=shown(fault.given), allowed=fault.allowed)
            for fault in refusal.faults
        ],
    )
