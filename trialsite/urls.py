"""Every address of the site."""

from django.urls import include, path

from trialsite import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("account/", include("allauth.urls")),
    path("api/", include("measurement.api.urls")),
    path("trials/", include("dashboards.urls")),
    path("", include("measurement.urls")),
]
