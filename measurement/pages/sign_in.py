"""Sign-in by an emailed code, for people who were invited. Everybody else sees the same pages."""

from typing import Any, ClassVar

from allauth.account import forms as account_forms
from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from measurement import languages
from measurement.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Allows no sign-up and says things plainly.

    An address that nobody was invited under leads to the same pages, statuses and number of
    emails as one that somebody was, so that a stranger learns nothing about who takes part.
    """

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "incorrect_code": _("The code is not right. Check the email and enter it again"),
        "rate_limited": _("Too many requests. Wait a minute, then try again"),
        "too_many_login_attempts": _("Too many tries. Wait a minute, then ask for a new code"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an account begins with an invitation."""
        return False

    def format_email_subject(self, subject: str) -> str:
        """Return the subject as it is, without the host's name before it."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an email in the language of whoever gets it."""
        with translation.override(languages.language_for_email(self.request, email)):
            super().send_mail(template_prefix, email, context)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; a language that was chosen before is the account's from now on."""
        super().login(request, user)
        languages.take_over(request, user)

    def logout(self, request: HttpRequest) -> None:
        """Sign out; the pages that follow speak the same language."""
        with languages.kept_on_signing_out(request):
            super().logout(request)


class RequestLoginCodeForm(account_forms.RequestLoginCodeForm):  # type: ignore[misc]
    """Asks for the email address to send a code to."""

    email = forms.EmailField(
        label=_("Email address"),
        help_text=_("The one that your invitation was sent to."),
        error_messages={
            "required": _("Enter your email address"),
            "invalid": _("Enter an email address in the right form, like name@example.com"),
        },
    )


class ConfirmLoginCodeForm(account_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    """Asks for the code that was emailed."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("8 digits, like 1234-5678"),
        error_messages={"required": _("Enter the code from the email")},
    )
