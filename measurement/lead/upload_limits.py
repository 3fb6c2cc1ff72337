"""Which pages take files, and how large ones: of every other form, a file is thrown away unread."""

from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict

View = Callable[..., HttpResponse]

FORM_BYTES: Final = 10_000
"""What a form holds beside its file: names of fields, boundaries, the token against forgery."""
MAX_DRAINED_BYTES: Final = 32 * 10**6
"""A body that is so much too large is still read to its end, so that a page can say so."""


def takes_file(max_bytes: int) -> Callable[[View], View]:
    """Let the view take a file of at most so many bytes from who is signed in."""

    def marked(view: View) -> View:
        setattr(view, _LIMIT, max_bytes)
        return view

    return marked


def is_too_large(request: HttpRequest) -> bool:
    """Say whether a file was thrown away for its size."""
    return bool(getattr(request, _TOO_LARGE, False))


class UploadLimits(FileUploadHandler):
    """The first handler of every uploaded file: lets it through to be stored, or not.

    Django parses a form before any view, to look for the token against forgery, and would store
    files of any size for anybody meanwhile.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,
        content_length: Any,
        boundary: Any,
        encoding: str | None = None,
    ) -> tuple[Any, MultiValueDict[str, Any]] | None:
        """Note whether the file may be stored. Raises RequestDataTooBig for an immense body."""
        limit = self._limit()
        self._may_pass = content_length <= limit + FORM_BYTES
        if content_length > limit + MAX_DRAINED_BYTES:
            raise RequestDataTooBig("The body is far larger than any that the page takes.")
        if limit and not self._may_pass:
            setattr(self.request, _TOO_LARGE, True)
        return None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Let the file pass, or have it thrown away. Raises SkipFile."""
        if not self._may_pass or not self._limit():
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the bytes on to the handler that stores them."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handler that stores it."""

    def _limit(self) -> int:
        """Return how large a file of this request may be; 0 where it may send none."""
        request = self.request
        user = getattr(request, "user", None)
        if request is None or user is None or not user.is_authenticated:
            return 0
        return int(getattr(getattr(request.resolver_match, "func", None), _LIMIT, 0))


_LIMIT: Final = "takes_file_of_bytes"
_TOO_LARGE: Final = "file_is_too_large"
