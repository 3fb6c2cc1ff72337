"""What a participant can choose from when logging a task: the lists of the trial."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from measurement.models import Participant, TaskLog


def lists(participant: Participant) -> tuple[list[str], list[str]]:
    """Return the task types and the tools, each as below; one query."""
    found: dict[str, list[str]] = {"task_types": [], "tools": []}
    shown = ("of", "name", "logs")
    task_types = _counted(participant).annotate(of=Value("task_types")).order_by()
    tools = participant.trial.tool_set.annotate(of=Value("tools"), logs=Value(0)).order_by()
    rows = task_types.values_list(*shown).union(tools.values_list(*shown), all=True)
    for of, name, _ in rows.order_by("-logs", "name"):
        found[of].append(name)
    return found["task_types"], found["tools"]


def task_types(participant: Participant) -> list[str]:
    """Return the trial's task types, those that the participant logs most first; one query."""
    listed = _counted(participant).order_by("-logs", "name")
    return list(listed.values_list("name", flat=True))


def tools(participant: Participant) -> list[str]:
    """Return the trial's tools by name."""
    return list(participant.trial.tool_set.values_list("name", flat=True))


def _counted(participant: Participant) -> QuerySet[Any]:
    """Return the trial's task types; `logs`: how many of each the participant has."""
    own = (
        TaskLog.objects.filter(participant=participant, task_type=OuterRef("pk"))
        .order_by()
        .values("task_type")
        .annotate(logs=Count("pk"))
        .values("logs")
    )
    logs = Coalesce(Subquery(own, output_field=IntegerField()), 0)
    return participant.trial.tasktype_set.annotate(logs=logs)
