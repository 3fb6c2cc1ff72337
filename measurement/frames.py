"""Rows of the database <-> the engine's canonical frames, by COPY: a million rows in seconds."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal, NewType

import pandas as pd
from django.db import connection, models, transaction
from django.db.models import Sum

from measurement.estimation.bundle import (
    canonical_participants,
    canonical_survey_responses,
    canonical_task_logs,
)
from measurement.estimation.cells import CELL_DTYPES, TOTAL_COLUMNS, in_order
from measurement.estimation.limits import LIMIT_DTYPES, canonical_limits
from measurement.models import Refusal, Trial, WinsorisingLimit

Kind = Literal["text", "number", "whole", "flag", "perhaps", "day", "moment"]
Columns = Mapping[str, tuple[Kind, str]]
"""Kind and SQL expression of each column, by the name that it has in the frame."""

People = NewType("People", str)
"""The SQL condition that chooses participants."""

ROWS_AT_ONCE: Final = 50_000
# Days and microseconds since 1970 as whole numbers: no text form of a time can lose anything.
_DTYPES: Final[Mapping[Kind, str]] = {
    "text": "str",
    "number": "float64",
    "whole": "Int64",
    "flag": "bool",
    "perhaps": "boolean",
    "day": "Int64",
    "moment": "Int64",
}
_SQL: Final[Mapping[Kind, str]] = {
    "day": "({} - DATE '1970-01-01')",
    "moment": "(extract(epoch FROM {}) * 1000000)::bigint",
}
_PARTICIPANTS: Final[Columns] = {
    "participant": ("text", "p.pseudonym"),
    "department": ("text", "d.name"),
    "team": ("text", "p.team"),
    "grade": ("text", "g.name"),
    "profession": ("text", "f.name"),
    "arm": ("text", "r.name"),
    "sequence": ("text", "a.sequence"),
    "ai_from": ("day", "a.ai_from"),
    "enrolled_on": ("day", "p.enrolled_on"),
    "withdrawn_on": ("day", "p.withdrawn_on"),
    "baseline_minutes": ("number", "p.baseline_minutes"),
}
_PARTICIPANTS_FROM: Final = (
    "measurement_participant p"
    " LEFT JOIN measurement_department d ON d.id = p.department_id"
    " LEFT JOIN measurement_grade g ON g.id = p.grade_id"
    " LEFT JOIN measurement_profession f ON f.id = p.profession_id"
    " LEFT JOIN measurement_assignment a ON a.participant_id = p.id"
    " LEFT JOIN measurement_arm r ON r.id = a.arm_id"
)
_TASK_LOGS: Final[Columns] = {
    "participant": ("text", "p.pseudonym"),
    "key": ("text", "l.key"),
    "minutes": ("number", "l.minutes"),
    "ai_used": ("flag", "l.ai_used"),
    "date": ("day", "l.date"),
    "task_type": ("text", "t.name"),
    "ai_assigned": ("perhaps", "l.ai_assigned"),
    "period": ("text", "l.period"),
    "tool": ("text", "o.name"),
    "forecast_minutes": ("number", "l.forecast_minutes"),
    "forecast_minutes_with_ai": ("number", "l.forecast_minutes_with_ai"),
    "quality": ("number", "l.quality"),
    "novel": ("flag", "l.novel"),
    "censored": ("flag", "l.censored"),
    "source": ("text", "l.source"),
    "status": ("text", "l.status"),
    "announced_at": ("moment", "l.announced_at"),
    "started_at": ("moment", "l.started_at"),
    "ended_at": ("moment", "l.ended_at"),
    "recorded_at": ("moment", "l.recorded_at"),
}
_TASK_LOGS_FROM: Final = (
    "measurement_participant p"
    " JOIN measurement_tasklog l ON l.participant_id = p.id"
    " LEFT JOIN measurement_tasktype t ON t.id = l.task_type_id"
    " LEFT JOIN measurement_tool o ON o.id = l.tool_id"
)
_SURVEY_RESPONSES: Final[Columns] = {
    "participant": ("text", "p.pseudonym"),
    "date": ("day", "s.date"),
    "wave": ("text", "s.wave"),
    "minutes_saved_low": ("number", "s.minutes_saved_low"),
    "minutes_saved_high": ("number", "s.minutes_saved_high"),
    "satisfaction": ("number", "s.satisfaction"),
    "recommend": ("number", "s.recommend"),
}
_SURVEY_RESPONSES_FROM: Final = (
    "measurement_participant p JOIN measurement_surveyresponse s ON s.participant_id = p.id"
)
_CELLS: Final[Columns] = {
    "participant": ("text", "p.pseudonym"),
    "task_type": ("text", "c.task_type"),
    "assigned": ("perhaps", "c.assigned"),
    "used": ("flag", "c.used"),
    "access": ("flag", "c.access"),
    "novel": ("flag", "c.novel"),
    "period": ("text", "c.period"),
    "week": ("whole", "c.week"),
    "tool": ("text", "c.tool"),
    "timed": ("flag", "c.timed"),
    "flags": ("whole", "c.flags"),
    "tail": ("whole", "c.tail"),
    "censored_minutes": ("number", "c.censored_minutes"),
    "logs": ("whole", "c.logs"),
    "minutes_mean": ("number", "c.minutes_mean"),
    "minutes_squares": ("number", "c.minutes_squares"),
    "log_minutes_mean": ("number", "c.log_minutes_mean"),
    "log_minutes_squares": ("number", "c.log_minutes_squares"),
    "quality_logs": ("whole", "c.quality_logs"),
    "quality_mean": ("number", "c.quality_mean"),
    "quality_squares": ("number", "c.quality_squares"),
    "heaped_5": ("whole", "c.heaped_5"),
    "heaped_15": ("whole", "c.heaped_15"),
    "heaped_30": ("whole", "c.heaped_30"),
    "first_date": ("day", "c.first_date"),
    "last_date": ("day", "c.last_date"),
}
_CELLS_FROM: Final = "measurement_participant p JOIN measurement_cell c ON c.participant_id = p.id"
_TOTALS: Final[Columns] = {
    "participant": ("text", "p.pseudonym"),
    "stored": ("whole", "coalesce(n.stored, 0)"),
    "excluded": ("text", "coalesce(n.excluded, '{}')"),
    "days_logged": ("whole", "coalesce(n.days_logged, 0)"),
    "days_assigned": ("whole", "coalesce(n.days_assigned, 0)"),
    "days_used": ("whole", "coalesce(n.days_used, 0)"),
    "withheld_with_ai": ("whole", "coalesce(n.withheld_with_ai, 0)"),
    "withheld_without_ai": ("whole", "coalesce(n.withheld_without_ai, 0)"),
}
_TOTALS_FROM: Final = (
    "measurement_participant p LEFT JOIN measurement_participanttotal n ON n.participant_id = p.id"
)


def of_trial(trial: Trial) -> People:
    """Choose every participant of the trial."""
    return People(f"p.trial_id = {int(trial.pk)}")


def among(ids: Iterable[int]) -> People:
    """Choose participants by primary key."""
    return People(f"p.id = ANY ('{{{','.join(str(int(pk)) for pk in ids)}}}')")


def participants(people: People) -> pd.DataFrame:
    """Return the canonical frame of bundle.py."""
    return canonical_participants(_read(_PARTICIPANTS, _PARTICIPANTS_FROM, people))


def task_logs(people: People) -> pd.DataFrame:
    """Return the canonical frame of bundle.py."""
    return canonical_task_logs(_read(_TASK_LOGS, _TASK_LOGS_FROM, people))


def survey_responses(people: People) -> pd.DataFrame:
    """Return the canonical frame of bundle.py."""
    return canonical_survey_responses(_read(_SURVEY_RESPONSES, _SURVEY_RESPONSES_FROM, people))


def cells(people: People) -> pd.DataFrame:
    """Return the stored cells as `compress` made them: its columns, dtypes and order."""
    return in_order(_read(_CELLS, _CELLS_FROM, people).astype(dict(CELL_DTYPES)))


def totals(people: People) -> pd.DataFrame:
    """Return the stored totals as `compress` made them; zeros for those never recomputed."""
    frame = _read(_TOTALS, _TOTALS_FROM, people)
    whole = {name: "int64" for name in TOTAL_COLUMNS if frame[name].dtype == "Int64"}
    frame = frame.astype(whole).assign(excluded=[json.loads(item) for item in frame["excluded"]])
    return frame.sort_values("participant", ignore_index=True)


def limits(trial: Trial) -> pd.DataFrame:
    """Return the stored winsorising limits as `winsorising_limits` computed them."""
    rows = WinsorisingLimit.objects.filter(trial=trial).values_list(*LIMIT_DTYPES)
    return canonical_limits(pd.DataFrame(list(rows), columns=list(LIMIT_DTYPES)))


def refused(trial: Trial) -> dict[str, int]:
    """Return how many task logs form and API refused, by rule."""
    counts = Refusal.objects.filter(trial=trial).values("rule").annotate(total=Sum("count"))
    return {row["rule"]: int(row["total"]) for row in counts.order_by("rule")}


def _read(columns: Columns, source: str, people: People) -> pd.DataFrame:
    expressions = ", ".join(
        f"{_SQL.get(kind, '{}').format(expression)} AS {name}"
        for name, (kind, expression) in columns.items()
    )
    query = f"SELECT {expressions} FROM {source} WHERE {people}"  # noqa: S608 - our own text
    frame = pd.read_csv(
        _copied_out(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"),
        dtype={name: _DTYPES[kind] for name, (kind, _) in columns.items()},
        true_values=["t"],
        false_values=["f"],
        keep_default_na=False,
        na_values=[""],
    )
    for name, (kind, _) in columns.items():
        if kind == "day":
            frame[name] = pd.to_datetime(frame[name], unit="D").astype("datetime64[s]")
        if kind == "moment":
            frame[name] = pd.to_datetime(frame[name], unit="us", utc=True)
    return frame


def _copied_out(statement: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as rows,
    ):
        for block in rows:
            buffer.write(block)
    buffer.seek(0)
    return buffer


def write(
    model: type[models.Model],
    frame: pd.DataFrame,
    *,
    progress: Callable[[int], None] = lambda rows: None,
) -> None:
    """Insert the rows of a frame whose columns are columns of the model's table.

    `progress` is told how many rows were just stored, every ROWS_AT_ONCE of them.
    """
    nullable = {field.column for field in model._meta.concrete_fields if field.null}
    kept = [name for name in map(str, frame) if name not in nullable or frame[name].notna().any()]
    # Unquoted nothing is NULL in PostgreSQL's CSV, but an empty text where NULL is not allowed.
    texts = [name for name in kept if name not in nullable and frame[name].dtype == "str"]
    force = f", FORCE_NOT_NULL ({', '.join(texts)})" if texts else ""
    statement = f"COPY {model._meta.db_table} ({', '.join(kept)}) FROM STDIN (FORMAT csv{force})"
    for start in range(0, len(frame), ROWS_AT_ONCE):
        batch = frame[kept].iloc[start : start + ROWS_AT_ONCE]
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(statement) as rows,
        ):
            rows.write(batch.to_csv(index=False, header=False))
        progress(len(batch))


@contextmanager
def snapshot() -> Iterator[None]:
    """Open a transaction in which every read sees one moment of the database.

    Inside another transaction, that transaction's isolation holds.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
