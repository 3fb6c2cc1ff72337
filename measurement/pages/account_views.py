"""The account of whoever is signed in: address, second factor, devices."""

from typing import Any

from allauth.usersessions.forms import ManageUserSessionsForm
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from measurement import second_factor
from measurement.access import SignedInRequest
from measurement.pages.device_names import device_name


@require_safe
@login_required
@never_cache
def account(request: SignedInRequest) -> HttpResponse:
    """Show how somebody signs in. A second factor is for staff, and for whoever has one."""
    is_on = bool(second_factor.proofs_of(request.user))
    is_staff = second_factor.is_staff(request.user)
    context = {
        "email": request.user.email,
        "second_factor_is_on": is_on,
        "second_factor_is_offered": is_on or is_staff,
        "second_factor_is_needed": is_staff and settings.SITE_IS_SECURE,
    }
    return render(request, "measurement/account.html", context)


class Devices(ListUserSessionsView):  # type: ignore[misc]
    """Lists where somebody is signed in, and signs the other devices out."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows, this device first, then the newest."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = sorted(context["sessions"], key=lambda each: each.created_at, reverse=True)
        rows = [
            {
                "name": device_name(each.user_agent),
                "is_this": each.is_current(),
                "since": each.created_at,
                "seen": max(each.created_at, each.last_seen_at),
            }
            for each in found
        ]
        return context | {"devices": sorted(rows, key=lambda row: not row["is_this"])}

    def form_valid(self, form: ManageUserSessionsForm) -> HttpResponse:
        """Sign the other devices out."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            second_factor.note(self.request.user, "sign_out_other_devices")
        messages.success(self.request, _("You are signed out on all other devices."))
        return answer


devices = never_cache(Devices.as_view())
