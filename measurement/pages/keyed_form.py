"""Forms with a key that is made with the page: sent twice, they do once what they say."""

from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class KeyedForm(forms.Form):
    """A form whose `initial` has to hold a new key; see `new_key`."""

    key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"),
            _("The page was out of date. Check your answers and send them again"),
        ),
    )

    def renew_key(self) -> None:
        """Take a new key: what is sent next is another task."""
        self.data = dict(self.data.items()) | {"key": new_key()}


def new_key() -> str:
    """Return a key that no other page has."""
    return str(uuid4())


def key_of(request: HttpRequest) -> UUID | None:
    """Return the key that a page sent; None if it is none."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return None
