"""Every address of the site."""

from django.urls import include, path

from trialsite import demo_mail, health, security_contact

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path(".well-known/security.txt", security_contact.security_txt, name="security_txt"),
    path("api/", include("measurement.api.urls")),
    path("demo/codes/", demo_mail.codes, name="demo_codes"),
    path("", include("dashboards.urls")),
    path("", include("measurement.lead.urls")),
    path("", include("measurement.urls")),
]

handler400 = "measurement.api.error_handlers.bad_request"
handler500 = "measurement.api.error_handlers.server_error"
