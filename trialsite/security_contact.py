"""`/.well-known/security.txt` (RFC 9116): whom to tell about a weakness of the site."""

from __future__ import annotations

import datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

VALID_DAYS: Final = 180
"""Less than a year, as the standard asks; whoever asks again gets a later day."""


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer with the contact, and until when it holds."""
    expires = timezone.now().astimezone(datetime.UTC) + datetime.timedelta(days=VALID_DAYS)
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, cy",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
    )
    return HttpResponse("".join(f"{line}\n" for line in lines), "text/plain; charset=utf-8")
