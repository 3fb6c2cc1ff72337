"""Files that people upload for long work: stored in the database, and gone as soon as possible.

Web processes and workers need not share a disk, and what is in the database is backed up, erased
and rolled back with everything else. File names are never looked at.
"""

import datetime
import hashlib
from collections.abc import Iterable
from typing import IO, Final, Protocol

from django.db import transaction
from django.utils import timezone

from measurement.models import Trial, Upload, UploadPart, User

PART_BYTES: Final = 2**20
KEPT_FOR: Final = datetime.timedelta(days=1)


class Wrong(ValueError):  # noqa: N818 - what it is
    """The file cannot be taken; the message says why."""


class File(Protocol):
    """An uploaded file."""

    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]:
        """Yield its bytes."""


def store(
    file: File, *, kind: Upload.Kind, by: User, max_bytes: int, trial: Trial | None = None
) -> Upload:
    """Store the file, all of it or nothing. Raises Wrong if it is empty or too large."""
    size, digest = 0, hashlib.sha256()
    with transaction.atomic():
        upload = Upload.objects.create(
            kind=kind,
            trial=trial,
            uploaded_by=by,
            uploaded_at=timezone.now(),
            size=1,
            sha256=digest.hexdigest(),
        )
        for position, chunk in enumerate(file.chunks(PART_BYTES)):
            size += len(chunk)
            if size > max_bytes:
                raise Wrong(f"The file must be smaller than {max_bytes // 10**6} MB")
            digest.update(chunk)
            UploadPart.objects.create(upload=upload, position=position, content=chunk)
        if not size:
            raise Wrong("The file is empty")
        upload.size, upload.sha256 = size, digest.hexdigest()
        upload.save(update_fields=["size", "sha256"])
    return upload


def write(upload: Upload, to: IO[bytes]) -> None:
    """Write the file's bytes, part by part."""
    parts = upload.parts.order_by("position").values_list("content", flat=True)
    for content in parts.iterator(chunk_size=4):
        to.write(content)


def content(upload: Upload) -> bytes:
    """Return the file's bytes; none if they are thrown away already."""
    return b"".join(map(bytes, upload.parts.order_by("position").values_list("content", flat=True)))


def throw_content_away(upload: Upload) -> None:
    """Delete the bytes, and keep what was found in them."""
    upload.parts.all().delete()


def throw_away_old() -> None:
    """Delete what was uploaded more than a day ago, whatever became of it."""
    Upload.objects.filter(uploaded_at__lt=timezone.now() - KEPT_FOR).delete()
