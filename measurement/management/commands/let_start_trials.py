"""`let_start_trials EMAIL`: lets somebody set up trials."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from measurement import starting


class Command(BaseCommand):
    """Lets somebody start trials: the first step on an empty site."""

    help = "Let whoever has the address start trials, and lead those that they start."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address."""
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *, email: str, **options: Any) -> None:
        """Store it, and say how it goes on."""
        try:
            validate_email(email.strip())
        except ValidationError as error:
            raise CommandError(f"{email!r}: an email address is allowed") from error
        user = starting.allow(email=email, actor=None)
        self.stdout.write(f"{user.email} may start trials, after signing in.")
