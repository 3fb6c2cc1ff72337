"""The application of the lead's pages."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """From a stored estimate to a picture."""

    name = "dashboards"
