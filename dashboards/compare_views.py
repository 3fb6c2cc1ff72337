"""The page that sets several trials side by side."""

from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboards import queries
from dashboards.comparison import Compared, comparison
from dashboards.plan import not_final
from dashboards.shown_intervals import with_shown_intervals
from dashboards.style import CONFIG
from measurement.access import LEADS, SignedInRequest, trials_for
from measurement.models import Trial

MOST: Final = 10
"""Trials that one page compares: more rows than a reader can hold."""
TOO_FEW: Final = "Select two or more trials"
TOO_MANY: Final = f"Select {MOST} trials or fewer"
NO_RESULTS: Final = "Two or more of the trials that you select need results. There are none yet of "


@require_safe
@login_required
@never_cache
def compare(request: SignedInRequest) -> HttpResponse:
    """Let leads choose among their trials, and show those chosen side by side."""
    trials = list(trials_for(request.user, LEADS))
    slugs = set(request.GET.getlist("trial"))
    chosen = [trial for trial in trials if trial.slug in slugs]
    error = _error(chosen) if "compare" in request.GET or slugs else ""
    compared = [] if error else _compared(chosen)
    known = {one.trial.slug for one in compared}
    without = [] if error else [trial.title for trial in chosen if trial.slug not in known]
    if chosen and not error and len(compared) < 2:
        error = f"{NO_RESULTS}{', '.join(without)}"
    context = {
        "trials": trials,
        "chosen": {trial.slug for trial in chosen},
        "error": error,
        "compared": comparison(compared) if len(compared) > 1 else None,
        "without": without,
        "simulated": any(one.trial.simulated for one in compared),
        "config": CONFIG,
        "wide": True,
    }
    return render(request, "dashboards/compare.html", context, status=422 if error else 200)


def _error(chosen: list[Trial]) -> str:
    if len(chosen) < 2:
        return TOO_FEW
    return TOO_MANY if len(chosen) > MOST else ""


def _compared(chosen: list[Trial]) -> list[Compared]:
    today = timezone.localdate()
    found = [each for trial in chosen if (each := queries.published_results(trial))]
    return [
        Compared(
            one.trial,
            with_shown_intervals(one.results, one.trial, today),
            is_final=not not_final(one.trial, today),
        )
        for one in found
    ]
