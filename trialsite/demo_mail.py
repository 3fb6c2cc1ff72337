"""Email in the demo: shown on the console and on one page, sent to nobody."""

import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import console
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from trialsite.embedded import VAR

FOLDER = VAR / "demo_mail"
KEPT = 20
"""So many emails of either kind: reminders to many people push no code away."""
CODE = re.compile(r"^[0-9]{4}-[0-9]{4}$", re.MULTILINE)


@dataclass(frozen=True)
class KeptMail:
    """One email that would have been sent."""

    to: str
    subject: str
    body: str
    sent_at: float

    @property
    def code(self) -> str | None:
        """The sign-in code in it, if any."""
        found = CODE.search(self.body)
        return found.group() if found else None

    @property
    def moment(self) -> datetime:
        """When it was sent."""
        return datetime.fromtimestamp(self.sent_at, tz=UTC)


class EmailBackend(console.EmailBackend):
    """Prints emails and keeps the newest as files, which every process of the demo can read."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Print and keep the emails; return how many there were."""
        for message in email_messages:
            _keep(message)
        super().send_messages(email_messages)
        return len(email_messages)


def latest() -> list[KeptMail]:
    """Return the kept emails, newest first."""
    return [KeptMail(**json.loads(text)) for text in _texts()]


@require_safe
@never_cache
def codes(request: HttpRequest) -> HttpResponse:
    """List the newest sign-in codes, in the demo only."""
    if not settings.DEMO:
        raise Http404
    mails = [mail for mail in latest() if mail.code]
    return render(request, "measurement/demo_codes.html", {"mails": mails})


def _keep(message: EmailMessage) -> None:
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = time.time()
    mail = KeptMail(", ".join(message.to), str(message.subject), str(message.body), now)
    # Written under another name first: a page never reads half a file.
    draft = FOLDER / f"{secrets.token_hex(8)}.draft"
    draft.write_text(json.dumps(asdict(mail)))
    kind = "code" if mail.code else "other"
    draft.rename(FOLDER / f"{time.time_ns():020}-{draft.stem}.{kind}.json")
    for path in _paths(kind)[KEPT:]:
        path.unlink(missing_ok=True)


def _paths(kind: str = "*") -> list[Path]:
    return sorted(FOLDER.glob(f"*.{kind}.json"), reverse=True)


def _texts() -> Iterator[str]:
    for path in _paths():
        try:
            yield path.read_text()
        except FileNotFoundError:  # another process just dropped it as too old
            continue
