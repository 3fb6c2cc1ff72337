"""`reset_second_factor EMAIL`: for who has lost both phone and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import second_factor
from measurement.models import User


class Command(BaseCommand):
    """Takes a second factor away."""

    help = (
        "Take somebody's second factor away and sign them out everywhere. Be sure who asks: after "
        "this, whoever reads their email can set up another one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose it is."""
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *, email: str, **options: Any) -> None:
        """Reset it, and say so."""
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(
                f"EMAIL: {email!r}, the email of somebody who was invited is allowed"
            )
        if not second_factor.reset(user):
            raise CommandError(f"{user.email} has no second factor")
        self.stdout.write(f"{user.email} has no second factor any more, and is signed out.")
