"""Setting up a second factor, turning it off, and its recovery codes."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.forms import DeactivateTOTPForm
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from measurement import second_factor
from measurement.models import User
from measurement.pages.second_factor_forms import SetUpForm, SignInForm


class SetUp(ActivateTOTPView):  # type: ignore[misc]
    """Shows the secret for the app, and asks for a first code."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Leave who has a second factor at their account, after a double click too."""
        if isinstance(request.user, User) and second_factor.proofs_of(request.user):
            return redirect("account")
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows; `needed`: staff cannot go on without."""
        needed = settings.SITE_IS_SECURE and second_factor.is_staff(self.request.user)
        context: dict[str, Any] = super().get_context_data(needed=needed, **kwargs)
        return context

    def form_valid(self, form: SetUpForm) -> HttpResponse:
        """Store the factor; the code that was just given counts as proof in this session."""
        user: User = self.request.user
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            if second_factor.proofs_of(user):  # set up meanwhile, on another page
                return redirect("account")
            answer: HttpResponse = super().form_valid(form)
            second_factor.note(user, "set_up_second_factor")
        app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
        record_authentication(
            self.request, user, "mfa", id=app.pk, type=app.type, reauthenticated=True
        )
        return answer


class TurnOff(DeactivateTOTPView):  # type: ignore[misc]
    """Asks whether to turn the second factor off."""

    success_url = reverse_lazy("account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows; `needed`: staff must set another one up."""
        needed = settings.SITE_IS_SECURE and second_factor.is_staff(self.request.user)
        context: dict[str, Any] = super().get_context_data(needed=needed, **kwargs)
        return context

    def form_valid(self, form: DeactivateTOTPForm) -> HttpResponse:
        """Turn it off."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            second_factor.note(self.request.user, "turn_off_second_factor")
        return answer


class NewCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """Asks whether to make new recovery codes."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Make them; those from before work no more."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            second_factor.note(self.request.user, "make_recovery_codes")
        said = _("You have new recovery codes. Those from before no longer work.")
        messages.success(self.request, said)
        return answer


set_up = never_cache(SetUp.as_view())
turn_off = never_cache(TurnOff.as_view())
codes = never_cache(ViewRecoveryCodesView.as_view())
new_codes = never_cache(NewCodes.as_view())


class SignIn(AuthenticateView):  # type: ignore[misc]
    """Asks for the second factor at sign-in: a code, as no other kind is in use."""

    def _build_forms(self) -> SignInForm:
        """Return the form of a code. allauth's own takes a POST without one for another kind."""
        data = self.request.POST if self.request.method == "POST" else None
        self.webauthn_form = None
        self.auth_form = SignInForm(user=self.stage.login.user, data=data)
        return self.auth_form


sign_in = never_cache(SignIn.as_view())
