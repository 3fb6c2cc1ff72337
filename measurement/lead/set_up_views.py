"""The list of what is to be done to set up a trial."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.lead.set_up_words import CHECK, HINTS, SECTIONS, TITLES, page_of
from measurement.models import Trial
from measurement.set_up_answers import Status, people_take_part, statuses


@lead_page
def set_up(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Show each task and how far it is."""
    found = statuses(trial)
    sections = [
        (title, [_item(trial, task, found) for task in tasks if task in found])
        for title, tasks in SECTIONS
    ]
    counted = [status for task, status in found.items() if task != CHECK]
    context = {
        "trial": trial,
        "here": "set_up",
        "sections": sections,
        "done": counted.count(Status.COMPLETED),
        "count": len(counted),
        "locked": found[CHECK] == Status.COMPLETED,
        "is_running": people_take_part(trial),
    }
    return render(request, "lead/set_up.html", context)


def _item(trial: Trial, task: str, found: Mapping[str, Status]) -> dict[str, Any]:
    """Return the parameters of one item of govukTaskList; what cannot start has no link."""
    status = found[task]
    item: dict[str, Any] = {"title": {"text": TITLES[task]}, "status": _shown(status)}
    if hint := HINTS.get(task):
        item["hint"] = {"text": hint}
    if status != Status.CANNOT:
        item["href"] = reverse(page_of(task), args=[trial.slug])
    return item


def _shown(status: Status) -> dict[str, Any]:
    if status == Status.COMPLETED:
        return {"text": status.value}
    if status == Status.CANNOT:
        return {"text": status.value, "classes": "govuk-task-list__status--cannot-start-yet"}
    return {"tag": {"text": status.value, "classes": "govuk-tag--blue"}}
