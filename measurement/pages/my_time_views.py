"""The page of one's own minutes with and without AI."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from measurement import own_minutes, surveying
from measurement.models import Participant, TaskLog
from measurement.own_minutes import ENOUGH, OwnTask
from measurement.pages.participant_page import ParticipantRequest, participant_page


@require_safe
@participant_page
def my_time(request: ParticipantRequest, participant: Participant) -> HttpResponse:
    """Show own minutes, unless a survey is open that they could lead the answer to."""
    context: dict[str, Any] = {
        "trial": participant.trial,
        "survey": surveying.due(participant),
        "enough": ENOUGH,
    }
    if context["survey"] is None:
        context["own"] = own_minutes.compare(_tasks(participant))
    return render(request, "measurement/my_time.html", context)


def _tasks(participant: Participant) -> Iterator[OwnTask]:
    rows = TaskLog.objects.filter(participant=participant)
    for row in rows.values_list("task_type__name", "ai_used", "novel", "minutes"):
        yield OwnTask(*row)
