"""What the pages of a trial's leads have in common: who may see them, and of which trial."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from measurement.access import LEADS, SignedInRequest, trial_for

LeadView = Callable[..., HttpResponse]
"""Takes the request, the trial, and what else stands in the address."""


def lead_page(view: LeadView) -> Callable[..., HttpResponse]:
    """Serve `view` to those who lead the trial that the address names; to others there is none.

    The page is kept in no cache.
    """

    @login_required
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: SignedInRequest, slug: str, **others: Any) -> HttpResponse:
        return view(request, trial_for(request.user, slug, LEADS), **others)

    return page
