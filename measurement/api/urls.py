"""Addresses under /api/."""

from django.urls import include, path, re_path

from measurement.api import documentation, power, schema, views

# Importing `schema` makes its description of tokens known to drf-spectacular.
__all__ = ["schema", "urlpatterns"]

_trial = [
    path("", views.TrialDetails.as_view(), name="api_trial"),
    path("results/", views.TrialResults.as_view(), name="api_results"),
    path("task-logs/", views.TaskLogs.as_view(), name="api_task_logs"),
    path("participants/", views.Participants.as_view(), name="api_participants"),
    path("surveys/", views.Surveys.as_view(), name="api_surveys"),
    path("bundle/", views.TrialBundle.as_view(), name="api_bundle"),
]
urlpatterns = [
    path("v1/trials/", views.TrialList.as_view(), name="api_trials"),
    path("v1/trials/<slug:slug>/", include(_trial)),
    path("v1/power/", power.Power.as_view(), name="api_power"),
    path("schema/", documentation.SchemaView.as_view(), name="api_schema"),
    path("docs/", documentation.DocsView.as_view(), name="api_docs"),
    re_path("", views.no_such_address),
]
