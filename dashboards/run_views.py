"""The page on which a lead sees how the trial runs."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboards import queries, workbooks
from dashboards.advice import advice
from dashboards.pages import VERDICTS, page
from dashboards.style import CONFIG
from measurement.access import LEADS, SignedInRequest, trial_for
from measurement.estimation.verdicts import PASS


@require_safe
@login_required
@never_cache
def run(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show who logs and who answers, and every check with what to do, as they are frozen."""
    trial = trial_for(request.user, slug, LEADS)
    found = queries.published_results(trial)
    shown = found and page(found, today=timezone.localdate())
    makers = workbooks.running_by_name(shown) if shown else {}
    advised = advice(shown.results.checks) if shown else []
    context = {
        "trial": trial,
        "here": "run",
        "page": shown,
        "freshness": queries.freshness(trial, timezone.now()),
        "workbooks": {name: make() for name, make in makers.items()},
        "to_look_into": [item for item in advised if item.verdict != PASS],
        "passed": [item for item in advised if item.verdict == PASS],
        "config": CONFIG,
        "verdicts": VERDICTS,
    }
    return render(request, "dashboards/run.html", context)
