"""Bare Django views: what storing a task and showing a dashboard are compared with."""

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


def show(request: HttpRequest) -> HttpResponse:
    """Show a page of one line."""
    return HttpResponse("<!DOCTYPE html><title>Bare</title><p>Bare</p>")


urlpatterns = [path("log/", insert), path("page/", show)]
