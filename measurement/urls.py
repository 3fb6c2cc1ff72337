"""Addresses of the participant's pages, of sign-in, and of the pages for everybody."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from measurement.pages import (
    account_views,
    announced_views,
    baseline_views,
    draft_views,
    everybody,
    joining_views,
    language_views,
    log_views,
    my_logs_views,
    my_time_views,
    openid_connect,
    own_data_views,
    reminder_views,
    second_factor_views,
    survey_views,
    timer_views,
)
from measurement.pages.one_try import one_try_at_a_time

# Of allauth's pages only those that are needed; the names are allauth's.
sign_in = [
    path("account/login/code/", account.request_login_code, name="account_request_login_code"),
    path(
        "account/login/code/confirm/",
        one_try_at_a_time(account.confirm_login_code),
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
    path("account/oidc/start/", openid_connect.start, name="oidc_start"),
    path(
        "account/oidc/callback/",
        openid_connect.callback,
        {"provider_id": openid_connect.PROVIDER},
        name="openid_connect_callback",
    ),
    path("account/oidc/cancelled/", openid_connect.cancelled, name="socialaccount_login_cancelled"),
    path("account/second-factor/", second_factor_views.sign_in, name="mfa_authenticate"),
]
own_account = [
    path("account/", account_views.account, name="account"),
    path("account/devices/", account_views.devices, name="usersessions_list"),
    path(
        "account/second-factor/confirm/", never_cache(mfa.reauthenticate), name="mfa_reauthenticate"
    ),
    path("account/second-factor/set-up/", second_factor_views.set_up, name="mfa_activate_totp"),
    path(
        "account/second-factor/turn-off/", second_factor_views.turn_off, name="mfa_deactivate_totp"
    ),
    path(
        "account/second-factor/codes/",
        second_factor_views.codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-factor/codes/new/",
        second_factor_views.new_codes,
        name="mfa_generate_recovery_codes",
    ),
]

urlpatterns = [
    path("", everybody.start, name="start"),
    path("log/", log_views.log, name="log"),
    path("log/draft/", draft_views.draft_of_log, name="draft_of_log"),
    path("log/timer/", timer_views.timer, name="timer"),
    path("log/timer/finish/", timer_views.log_timed, name="log_timed"),
    path("log/announce/", announced_views.announce, name="announce"),
    path("log/announced/<int:pk>/", announced_views.log_announced, name="log_announced"),
    path(
        "log/announced/<int:pk>/draft/", draft_views.draft_of_announced, name="draft_of_announced"
    ),
    path("log/timer/finish/draft/", draft_views.draft_of_timed, name="draft_of_timed"),
    path("log/<int:pk>/stored/", log_views.logged, name="logged"),
    path("join/<str:token>/", joining_views.join, name="join"),
    path("notice/", joining_views.notice, name="notice"),
    path("baseline/", baseline_views.answer_baseline, name="baseline"),
    path("survey/", survey_views.survey, name="survey"),
    path("reminders/", reminder_views.reminders, name="reminders"),
    path("reminders/stop/<str:token>/", reminder_views.stop, name="stop_reminders"),
    path("my-logs/", my_logs_views.my_logs, name="my_logs"),
    path("my-logs/<int:pk>/correct/", my_logs_views.correct, name="correct_log"),
    path("my-logs/<int:pk>/void/", my_logs_views.void, name="void_log"),
    path("my-logs/<int:pk>/history/", my_logs_views.history, name="log_history"),
    path("my-data/", own_data_views.my_data, name="my_data"),
    path("my-data/download/", own_data_views.download, name="download_my_data"),
    path("my-data/withdraw/", own_data_views.withdraw, name="withdraw"),
    path("my-data/withdraw/done/", own_data_views.withdrawn, name="withdrawn"),
    path("my-time/", my_time_views.my_time, name="my_time"),
    path("api-guide/", everybody.api_guide, name="api_guide"),
    path("accessibility/", everybody.accessibility, name="accessibility"),
    path("language/", language_views.choose_language, name="choose_language"),
    path("privacy/", everybody.privacy, name="privacy"),
    *sign_in,
    *own_account,
]
