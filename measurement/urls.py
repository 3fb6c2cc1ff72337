"""Addresses of the participant's pages, of sign-in, and of the pages for everybody."""

from allauth.account import views as account
from django.urls import path
from django.views.generic import RedirectView, TemplateView

from measurement.pages import (
    everybody,
    log_views,
    my_logs_views,
    own_data_views,
    survey_views,
    timer_views,
)

# Of allauth's pages only those that sign-in by code needs; the names are allauth's.
sign_in = [
    path("account/login/code/", account.request_login_code, name="account_request_login_code"),
    path(
        "account/login/code/confirm/",
        account.confirm_login_code,
        name="account_confirm_login_code",
    ),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/signup/", account.signup, name="account_signup"),
    path(
        "account/login/",
        RedirectView.as_view(pattern_name="account_request_login_code", query_string=True),
        name="account_login",
    ),
]

urlpatterns = [
    path("", everybody.start, name="start"),
    path("log/", log_views.log, name="log"),
    path("log/timer/", timer_views.timer, name="timer"),
    path("log/timer/finish/", timer_views.log_timed, name="log_timed"),
    path("log/<int:pk>/stored/", log_views.logged, name="logged"),
    path("survey/", survey_views.survey, name="survey"),
    path("my-logs/", my_logs_views.my_logs, name="my_logs"),
    path("my-logs/<int:pk>/correct/", my_logs_views.correct, name="correct_log"),
    path("my-logs/<int:pk>/void/", my_logs_views.void, name="void_log"),
    path("my-logs/<int:pk>/history/", my_logs_views.history, name="log_history"),
    path("my-data/", own_data_views.my_data, name="my_data"),
    path("my-data/download/", own_data_views.download, name="download_my_data"),
    path("my-data/withdraw/", own_data_views.withdraw, name="withdraw"),
    path("my-data/withdraw/done/", own_data_views.withdrawn, name="withdrawn"),
    path("api-guide/", everybody.api_guide, name="api_guide"),
    path(
        "accessibility/",
        TemplateView.as_view(template_name="measurement/accessibility.html"),
        name="accessibility",
    ),
    path("privacy/", everybody.privacy, name="privacy"),
    *sign_in,
]
