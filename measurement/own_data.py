"""Everything that is kept about one person, as files that they can take away."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import pandas as pd
from django.db import models
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from measurement import access, audit_trail, frames, log_history, reading
from measurement.estimation.bundle_columns import Kind, survey_response_kinds, task_log_kinds
from measurement.estimation.bundle_csv import write_table
from measurement.models import (
    AuditEvent,
    Membership,
    Participant,
    SurveyResponse,
    TaskLog,
    Trial,
    Upload,
    User,
)
from measurement.spreadsheets import safe_cell

SECRETS: Final = frozenset(
    {
        ("User", "password"),
        ("ApiToken", "digest"),
        ("UserSession", "session_key"),  # the value of a cookie that is signed in
        ("Authenticator", "data"),  # what codes of the second factor are made from
    }
)
"""Columns that open something, by model: they are given to nobody."""
BYTES_AT_ONCE: Final = 64 * 1024


def kept(user: User) -> QuerySet[Participant]:
    """Return who the user is or was in each trial, with `logs` and `answers` stored; one query."""
    return (
        access.own_participants(user)
        .select_related("department", "grade", "profession", "assignment__arm")
        .annotate(logs=_number(TaskLog), answers=_number(SurveyResponse))
    )


def download(user: User) -> Iterator[bytes]:
    """Note the download in the audit record and return a ZIP of all that is kept, bit by bit.

    All of it is from one moment and read before this returns, so that a failure cuts no file.
    """
    with frames.snapshot():
        files = _files(user)
    # Not under the pseudonym: that would tie it to the user once more.
    AuditEvent.objects.create(actor=user, act="download_own_data", subject=f"user {user.pk}")
    return _zipped(files)


def _number(rows: type[models.Model]) -> Coalesce:
    counted = (
        rows._default_manager.filter(participant=OuterRef("pk"))
        .order_by()
        .values("participant")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _files(user: User) -> dict[str, bytes]:
    participants = list(kept(user))
    files = {
        "README.txt": _readme([participant.trial for participant in participants]),
        "account.json": _json(_account(user)),
        "who_has_read.json": _json(_reads(user, participants)),
    }
    for participant in participants:
        people = frames.among([participant.pk])
        slug = participant.trial.slug
        logs, answers = frames.task_logs(people), frames.survey_responses(people)
        files[f"{slug}/task_logs.csv"] = _csv(logs, task_log_kinds())
        files[f"{slug}/survey_responses.csv"] = _csv(answers, survey_response_kinds())
        files[f"{slug}/participant.json"] = _json(_participant(participant))
        files[f"{slug}/record_of_acts.json"] = _json(_acts(participant))
    return files


def _folder(trial: Trial) -> str:
    return f"  {trial.slug}/" + (f" ({gettext('Simulated data')})" if trial.simulated else "")


def _readme(trials: Iterable[Trial]) -> bytes:
    folders = "\r\n".join(map(_folder, trials)) or "  -"
    lines = [
        gettext("This is everything that Trialsite keeps about you."),
        "",
        gettext(
            "account.json: your account, roles, devices, invitations, reminders and API tokens, "
            "without what opens anything."
        ),
        gettext("who_has_read.json: who has read records of your trials, what and when."),
        "",
        gettext("There is a folder for each of your trials:"),
        folders,
        "",
        gettext("In each folder:"),
        gettext("task_logs.csv: the tasks that you logged. It opens in a spreadsheet."),
        gettext("survey_responses.csv: your answers to the weekly survey."),
        gettext(
            "participant.json: what is known of you in the trial, what chance gave you, your "
            "baseline answers, what you wrote in surveys, drafts, a timer that runs, and the sums "
            "that the results are computed from."
        ),
        gettext(
            "record_of_acts.json: what was done with your data, by you or by the people who run "
            "the trial, with what your logs said before they were corrected."
        ),
        "",
        gettext("In a spreadsheet, an apostrophe before a text keeps it from being calculated."),
        gettext("Times in the files are in UTC."),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def _account(user: User) -> dict[str, Any]:
    # Uploaded files are about other people, and are kept for a day at most.
    of_their_own = (Participant, AuditEvent, Upload)
    acts = _told(audit_trail.about_account(user), user)
    return {**_row(user), **_belongings(user, of_their_own), "record_of_acts": acts}


def _participant(participant: Participant) -> dict[str, Any]:
    return {**_row(participant, apart=("user",)), **_belongings(participant, (TaskLog,))}


def _acts(participant: Participant) -> list[dict[str, Any]]:
    return _told(audit_trail.about(participant), participant.user)


def _told(events: QuerySet[AuditEvent], user: User | None) -> list[dict[str, Any]]:
    """Return acts with who did them: staff are named by their roles in the trial."""
    rows = list(events)
    roles = _roles({row.actor_id for row in rows})
    names = log_history.names(rows)
    return [
        {
            "at": row.at,
            "act": row.act,
            "trial": row.trial_slug,
            "subject": row.subject,
            "by": "you"
            if user and row.actor_id == user.pk
            else roles.get((row.actor_id, row.trial_slug), "staff"),
            "detail": _named(row.detail, names),
        }
        for row in rows
    ]


def _named(detail: dict[str, Any], names: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    """Return the detail with the names of task type and tool in place of their numbers."""
    if "before" not in detail or not isinstance(detail["before"], dict):
        return detail
    before = {
        column.removesuffix("_id"): names[column].get(value, value) if column in names else value
        for column, value in detail["before"].items()
    }
    return detail | {"before": before}


def _roles(actors: set[int | None]) -> dict[tuple[int | None, str], str]:
    held = Membership.objects.filter(user__in=[pk for pk in actors if pk]).order_by("role")
    roles: dict[tuple[int | None, str], str] = {}
    for user, slug, role in held.values_list("user", "trial__slug", "role"):
        roles[user, slug] = ", ".join(filter(None, [roles.get((user, slug)), role]))
    return roles


def _reads(user: User, participants: Iterable[Participant]) -> list[dict[str, Any]]:
    return [
        {
            "trial": read.trial.slug,
            "what": read.kind,
            "who": read.reader.email if read.reader else None,
            "role": read.role or "operator",
            "day": read.day,
            "times": read.reads,
            "first_at": read.first_at,
            "last_at": read.last_at,
        }
        for read in reading.of(user, participants)
    ]


def _row(row: models.Model, apart: Iterable[str] = ()) -> dict[str, Any]:
    """Return all columns of a row but secrets; what it refers to is named."""
    return {
        field.name: str(value) if isinstance(value, models.Model) else value
        for field in row._meta.concrete_fields
        if (row._meta.object_name, field.name) not in SECRETS and field.name not in apart
        for value in [getattr(row, field.name)]
    }


def _belongings(
    owner: models.Model, apart: tuple[type[models.Model], ...] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table that refers to the owner, by table, with what belongs to them.

    So a table that is added later is in the files too.
    """
    found = {}
    for relation in owner._meta.related_objects:
        model, owning = relation.related_model, relation.field.name
        assert not isinstance(model, str)  # noqa: S101 - only while models are being loaded
        if model in apart:
            continue
        others = [one.name for one in model._meta.concrete_fields if one.is_relation]
        rows = model._default_manager.filter(**{owning: owner.pk}).select_related(*others)
        found[model._meta.model_name or ""] = [
            {**_row(row, apart=(owning,)), **_belongings(row)} for row in rows.order_by("pk")
        ]
    return found


def _csv(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> bytes:
    """Return the bundle's columns, safe in a spreadsheet."""
    columns = {
        name: [safe_cell(text) for text in kind.write(frame[name])] for name, kind in kinds.items()
    }
    return b"\xef\xbb\xbf" + write_table(columns)


def _json(content: object) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{value!r} cannot be written as JSON")


class _Pipe(io.RawIOBase):
    """Takes what the ZIP writer writes, and gives it away."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        self._blocks.append(bytes(block))
        return len(block)

    def taken(self) -> bytes:
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


def _zipped(files: Mapping[str, bytes]) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            with archive.open(name, "w") as file:
                for start in range(0, len(content), BYTES_AT_ONCE):
                    file.write(content[start : start + BYTES_AT_ONCE])
                    yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()
