"""Addresses of the pages that show results."""

from django.urls import path

from dashboards import compare_views, views

urlpatterns = [
    path("compare-trials/", compare_views.compare, name="compare_trials"),
    path("trials/", views.trials, name="trials"),
    path("trials/<slug:slug>/", views.dashboard, name="dashboard"),
    path("trials/<slug:slug>/<slug:name>.csv", views.download, name="dashboard_download"),
]
