"""The page that publishes the privacy notice of a trial, version by version."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement import notices, setting_up
from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.lead.notice_form import NoticeForm
from measurement.lead.set_up_words import NOTICE, TITLES
from measurement.models import PrivacyNotice, Trial
from measurement.set_up_refusals import ChangedMeanwhile, Refused


@lead_page
def notice(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Publish a version, and show those that are published."""
    newest = notices.newest(trial)
    form = NoticeForm(
        request.POST if request.method == "POST" else None,
        trial=trial,
        stored=_facts(newest),
        seen=_version(newest),
    )
    if form.is_valid() and _publish(request, trial, form):
        messages.success(request, "The privacy notice is published.")
        return redirect("set_up", trial.slug)
    context = {
        "form": form,
        "trial": trial,
        "here": "set_up",
        "title": TITLES[NOTICE],
        "newest": newest,
        "versions": PrivacyNotice.objects.filter(trial=trial).order_by("-version"),
    }
    return render(request, "lead/notice.html", context, status=422 if form.errors else 200)


def _publish(request: SignedInRequest, trial: Trial, form: NoticeForm) -> bool:
    try:
        setting_up.publish_notice(
            trial=trial, seen=form.cleaned_data["seen"], by=request.user, **form.given()
        )
    except Refused as refused:
        form.refuse(refused.faults)
    except ChangedMeanwhile:
        form.renew(_version(notices.newest(trial)))
    return form.is_valid()


def _facts(newest: PrivacyNotice | None) -> dict[str, Any]:
    names = NoticeForm.paths
    return {name: getattr(newest, name) if newest else None for name in names}


def _version(newest: PrivacyNotice | None) -> str:
    return str(newest.version if newest else 0)
