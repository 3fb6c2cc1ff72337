"""The forms that ask for a code of an authenticator app."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def _code(hint: Any) -> forms.CharField:
    required = _("Enter the code from your authenticator app")
    return forms.CharField(label=_("Code"), help_text=hint, error_messages={"required": required})


class SetUpForm(ActivateTOTPForm):  # type: ignore[misc]
    """Asks for the first code, which shows that the app works."""

    code = _code(_("6 digits, which the app shows for Trialsite"))


class _CodeOrRecoveryCode:
    """Says what to do about too many wrong codes."""

    wait_seconds = 300

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError as error:
            if error.code != "too_many_login_attempts":
                raise
            said = _("Too many wrong codes. Wait 5 minutes, then try again")
            raise ValidationError(said, code=error.code) from error
        return code


class SignInForm(_CodeOrRecoveryCode, AuthenticateForm):  # type: ignore[misc]
    """Asks for the second factor at sign-in."""

    code = _code(_("6 digits from the app, or one of your recovery codes"))


class ConfirmForm(_CodeOrRecoveryCode, ReauthenticateForm):  # type: ignore[misc]
    """Asks for the second factor once more, before something that matters."""

    code = _code(_("6 digits from the app, or one of your recovery codes"))
