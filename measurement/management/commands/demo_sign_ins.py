"""`demo_sign_ins`: how to sign in to the demonstration, in each role."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from measurement.management.demo import SIGN_INS


class Command(BaseCommand):
    """Prints the demonstration's sign-ins."""

    help = "Print address, roles and emails of the demonstration."

    def handle(self, **options: Any) -> None:
        """Print them; they only work where the demonstration shows codes."""
        if not settings.DEMO:
            raise CommandError("TRIALSITE_DEMO is off: sign-in codes go by email, not to a page.")
        width = max(map(len, SIGN_INS))
        self.stdout.write(f"\nTrialsite: {settings.SITE_URL}\n\nSign in as")
        for email, (role, does) in SIGN_INS.items():
            self.stdout.write(f"  {email:<{width}}  {role.value}: {does}")
        self.stdout.write(
            "\nNo email leaves this machine. The code of each sign-in is shown at "
            f"{settings.SITE_URL}{reverse('demo_codes')}"
        )
