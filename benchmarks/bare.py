"""A bare Django view that inserts one row: what storing a task is compared with."""

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path


class BareRow(models.Model):
    """The row, in a table without constraints or indexes but for its number."""

    minutes = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return f"bare row {self.pk}"


def insert(request: HttpRequest) -> HttpResponse:
    """Read one field of the form and insert one row."""
    BareRow(minutes=request.POST["minutes"]).save()
    return HttpResponseRedirect("/")


urlpatterns = [path("log/", insert)]
