"""Which pages take files, from whom, and how large ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from measurement import loading
from measurement.lead import upload_limits
from measurement.models import User
from measurement.people.reading import MAX_BYTES

pytestmark = pytest.mark.django_db
PEOPLE = "/trials/teapot/people/"


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which files Django begins to store before any view is asked."""
    begun: list[str] = []
    for handler in ("MemoryFileUploadHandler", "TemporaryFileUploadHandler"):
        kind = getattr(uploadhandler, handler)
        whole = kind.new_file

        def new_file(self: Any, *args: Any, whole: Any = whole, **kwargs: Any) -> None:
            begun.append(type(self).__name__)
            whole(self, *args, **kwargs)

        monkeypatch.setattr(kind, "new_file", new_file)
    return begun


def file(size: int = 10) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("x", b"x" * size)}


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns)
        else:
            yield one


def test_two_pages_take_files() -> None:
    limits = {
        str(route.name): limit
        for route in routes(get_resolver().url_patterns)
        if (limit := getattr(route.callback, upload_limits._LIMIT, None))
    }
    assert limits == {"people": MAX_BYTES, "load_trial": loading.MAX_BYTES}


def test_a_lead_may_send_a_file(client: Client, kim: User, stored: list[str]) -> None:
    client.force_login(kim)
    assert client.post(PEOPLE, file()).status_code == 302
    assert stored == ["MemoryFileUploadHandler"]


def test_a_large_file_goes_to_the_disk_and_not_into_the_memory(
    client: Client, kim: User, stored: list[str]
) -> None:
    client.force_login(kim)
    assert client.post(PEOPLE, file(3_000_000)).status_code == 302
    assert stored == ["MemoryFileUploadHandler", "TemporaryFileUploadHandler"]


def test_of_who_is_not_signed_in_no_file_is_stored(
    client: Client, kim: User, stored: list[str]
) -> None:
    assert client.post(PEOPLE, file()).status_code == 302
    assert stored == []


@pytest.mark.parametrize("address", ["/start-a-trial/", "/log/", "/nowhere/"])
def test_other_pages_take_none(client: Client, kim: User, stored: list[str], address: str) -> None:
    client.force_login(kim)
    client.post(address, file())
    assert stored == []


def test_too_large_a_file_is_not_stored(client: Client, kim: User, stored: list[str]) -> None:
    client.force_login(kim)
    response = client.post(PEOPLE, file(MAX_BYTES + upload_limits.FORM_BYTES))
    assert response.status_code == 422
    assert "The file must be smaller than 5 MB" in response.content.decode()
    assert stored == []


def test_an_immense_body_is_not_even_read(
    client: Client, kim: User, stored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_limits, "MAX_DRAINED_BYTES", 0)
    client.force_login(kim)
    response = client.post(PEOPLE, file(MAX_BYTES + 10))
    assert response.status_code in (400, 413)
    assert stored == []


def test_a_form_without_a_file_is_as_it_was(client: Client, kim: User) -> None:
    client.force_login(kim)
    response = client.post(PEOPLE, {"tea": "x" * 20_000})
    assert response.status_code == 422
    assert "Select a file" in response.content.decode()


def test_a_request_that_nobody_asked_for_is_none() -> None:
    handler = upload_limits.UploadLimits(RequestFactory().post("/"))
    assert handler._limit() == 0
    assert not upload_limits.is_too_large(RequestFactory().get("/"))


def test_no_file_stays_in_the_folder_of_temporary_files(
    client: Client, kim: User, settings: Any, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    client.force_login(kim)
    assert client.post(PEOPLE, file(3_000_000)).status_code == 302
    assert list(tmp_path.iterdir()) == []
