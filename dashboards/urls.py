"""Addresses of the lead's pages, below /trials/."""

from django.urls import path

from dashboards import views

urlpatterns = [
    path("", views.trials, name="trials"),
    path("<slug:slug>/", views.dashboard, name="dashboard"),
    path("<slug:slug>/<slug:name>.csv", views.download, name="dashboard_download"),
]
