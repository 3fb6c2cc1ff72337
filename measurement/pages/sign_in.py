"""Sign-in by an emailed code, for people who were invited. Everybody else sees the same pages."""

from typing import Any, ClassVar

from allauth.account import forms as account_forms
from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Allows no sign-up and says things plainly.

    An address that nobody was invited under leads to the same pages, statuses and number of
    emails as one that somebody was, so that a stranger learns nothing about who takes part.
    """

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "incorrect_code": "The code is not right. Check the email and enter it again",
        "rate_limited": "Too many requests. Wait a minute, then try again",
        "too_many_login_attempts": "Too many tries. Wait a minute, then ask for a new code",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an account begins with an invitation."""
        return False

    def format_email_subject(self, subject: str) -> str:
        """Return the subject as it is, without the host's name before it."""
        return subject


class RequestLoginCodeForm(account_forms.RequestLoginCodeForm):  # type: ignore[misc]
    """Asks for the email address to send a code to."""

    email = forms.EmailField(
        label="Email address",
        help_text="The one that your invitation was sent to.",
        error_messages={
            "required": "Enter your email address",
            "invalid": "Enter an email address in the right form, like name@example.com",
        },
    )


class ConfirmLoginCodeForm(account_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    """Asks for the code that was emailed."""

    code = forms.CharField(
        label="Code",
        help_text="8 digits, like 1234-5678",
        error_messages={"required": "Enter the code from the email"},
    )
