"""One email over a connection to the mail server, and what became of it."""

import smtplib
from contextlib import suppress

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class MailServerDown(Exception):  # noqa: N818 - what it is
    """The mail server takes no email now, whoever it is for; it may have taken the one at hand."""


class NotTaken(MailServerDown):
    """It certainly did not take the one at hand."""


def open_connection(connection: BaseEmailBackend) -> None:
    """Be connected, before anything is noted as begun. Raises MailServerDown."""
    try:
        connection.open()
    except OSError as error:
        raise MailServerDown(type(error).__name__) from error


def deliver(connection: BaseEmailBackend, message: EmailMessage, what: object) -> bool:
    """Send the message, which is `what` in logs; return False if the server refuses its address.

    Raises MailServerDown.
    """
    try:
        connection.send_messages([message])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError):
        # Of this address: others can be written to, over a connection that is sound.
        hang_up(connection)
        return False
    except smtplib.SMTPResponseException as error:
        raise NotTaken(f"it answered {error.smtp_code} to {what}") from error
    except OSError as error:
        # The connection broke: the server may have taken the email, so it is not sent again.
        raise MailServerDown(f"{type(error).__name__} while sending {what}") from error
    return True


def hang_up(connection: BaseEmailBackend) -> None:
    """End the connection; the next email opens another."""
    with suppress(OSError):  # all that was to be sent is noted; a broken connection is no news
        connection.close()
