"""The switch between the languages of the pages."""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from measurement import languages
from measurement.models import Language
from measurement.pages.staff_door import before_the_staff_door


@before_the_staff_door
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language and show the same page again."""
    chosen = request.POST.get("language")
    if chosen not in Language.values:
        raise SuspiciousOperation(f"no such language: {chosen!r}")
    languages.choose(request, Language(chosen))
    page = request.GET.get("next", "")
    return redirect(page if url_has_allowed_host_and_scheme(page, allowed_hosts=None) else "start")
