"""A mail server in which a test breaks something."""

from collections.abc import Sequence
from typing import ClassVar

from django.core.mail import EmailMessage
from django.core.mail.backends import locmem


class MailServer(locmem.EmailBackend):
    """A mail server in which a test breaks something."""

    down: ClassVar[OSError | None] = None
    breaks: ClassVar[dict[str, list[Exception]]] = {}
    """By who the email is for: what goes wrong, one after the other."""
    closed: ClassVar[int] = 0

    def open(self) -> bool:
        if MailServer.down:
            raise MailServer.down
        return True

    def close(self) -> None:
        MailServer.closed += 1
        if MailServer.down:
            raise MailServer.down

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            waiting = MailServer.breaks.get(message.to[0].partition(".")[0])
            if waiting:
                raise waiting.pop(0)
        return super().send_messages(messages)
