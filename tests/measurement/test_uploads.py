"""Uploaded files: stored whole, read back, gone after a day."""

import datetime
import hashlib
import io

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone

from measurement import uploads
from measurement.models import Trial, Upload, UploadPart
from measurement.tasks import new_day
from tests.people import make_user

pytestmark = pytest.mark.django_db


def store(content: bytes, trial: Trial, max_bytes: int = 10**8) -> Upload:
    return uploads.store(
        ContentFile(content),
        kind=Upload.Kind.PEOPLE,
        by=make_user("kim.kettle@example.com"),
        trial=trial,
        max_bytes=max_bytes,
    )


def test_a_large_file_is_the_same_again(trial: Trial) -> None:
    content = bytes(range(256)) * 10_000
    upload = store(content, trial)
    assert upload.parts.count() == 3
    assert (upload.size, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    file = io.BytesIO()
    uploads.write(upload, file)
    assert file.getvalue() == uploads.content(upload) == content


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "The file is empty"), (b"x" * 2_000_001, "The file must be smaller than 2 MB")],
)
def test_what_cannot_be_taken_leaves_nothing(trial: Trial, content: bytes, why: str) -> None:
    with pytest.raises(uploads.Wrong, match=why):
        store(content, trial, max_bytes=2_000_000)
    assert not Upload.objects.exists()
    assert not UploadPart.objects.exists()


def test_a_day_later_it_is_gone(trial: Trial) -> None:
    upload = store(b"tea", trial)
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=23)):
        new_day()
        assert uploads.content(upload) == b"tea"
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=25)):
        new_day()
    assert not Upload.objects.exists()
    assert not UploadPart.objects.exists()


def test_the_content_goes_before_what_was_found_in_it(trial: Trial) -> None:
    upload = store(b"tea", trial)
    uploads.throw_content_away(upload)
    assert uploads.content(upload) == b""
    assert Upload.objects.exists()
