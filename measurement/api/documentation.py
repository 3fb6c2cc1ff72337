"""The OpenAPI document, and the page that shows it. Both are public: they hold no data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView

from measurement.api.base import OneForm
from measurement.api.problems import METHOD_NOT_ALLOWED, Problem, problem_document


class SchemaView(SpectacularAPIView):
    """The OpenAPI document as JSON, whatever Accept says."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer]  # noqa: RUF012 - its type
    content_negotiation_class = OneForm


@method_decorator(csrf_exempt, name="dispatch")
class DocsView(View):
    """The page that shows the document. A page like others: who is signed in stays signed in."""

    http_method_names = ["get", "head"]  # noqa: RUF012 - Django's type

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page."""
        return render(request, "api_docs.html")

    def http_method_not_allowed(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Return what the rest of the API returns for such a method."""
        response = problem_document(Problem(METHOD_NOT_ALLOWED))
        response["Allow"] = "GET, HEAD"
        return response
