"""A form with one file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from measurement.lead.upload_limits import is_too_large


class UploadForm(forms.Form):
    """One file, whatever its name is and whatever the browser says it is."""

    file = forms.FileField(
        error_messages={
            "required": "Select a file",
            "invalid": "Select a file",
            "empty": "The file is empty",
        }
    )

    def __init__(self, request: HttpRequest, *, label: str, hint: str, max_bytes: int) -> None:
        bound = request.method == "POST"
        super().__init__(request.POST if bound else None, request.FILES if bound else None)
        self.fields["file"].label = label
        self.fields["file"].help_text = hint
        self._too_large = bound and is_too_large(request)
        self._max_bytes = max_bytes

    def clean(self) -> dict[str, Any]:
        """Say that a file is too large where it was thrown away for that."""
        file = self.cleaned_data.get("file")
        if self._too_large or (file and file.size > self._max_bytes):
            self.errors.pop("file", None)
            message = f"The file must be smaller than {self._max_bytes // 10**6} MB"
            self.add_error("file", ValidationError(message))
        return self.cleaned_data
