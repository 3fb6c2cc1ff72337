"""What a participant can choose from when logging a task: the lists of the trial."""

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from measurement.models import Participant, TaskLog


def task_types(participant: Participant) -> list[str]:
    """Return the trial's task types, those that the participant logs most first; one query."""
    own = (
        TaskLog.objects.filter(participant=participant, task_type=OuterRef("pk"))
        .order_by()
        .values("task_type")
        .annotate(logs=Count("pk"))
        .values("logs")
    )
    logs = Coalesce(Subquery(own, output_field=IntegerField()), 0)
    listed = participant.trial.tasktype_set.annotate(logs=logs).order_by("-logs", "name")
    return list(listed.values_list("name", flat=True))


def tools(participant: Participant) -> list[str]:
    """Return the trial's tools by name."""
    return list(participant.trial.tool_set.values_list("name", flat=True))
