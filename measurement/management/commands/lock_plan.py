"""`lock_plan SLUG --by EMAIL`: fixes the plan of a trial."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import planning
from measurement.management.staff import BY, member_of_staff
from measurement.management.stored_trial import stored_trial


class Command(BaseCommand):
    """Locks a plan."""

    help = "Fix the plan of a trial: later changes of it are listed in every result."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug and who locks its plan."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--by", required=True, metavar="EMAIL", help=BY)

    def handle(self, *, slug: str, by: str, **options: Any) -> None:
        """Lock it, and say what was locked."""
        trial = stored_trial(slug)
        try:
            lock = planning.lock(trial=trial, by=member_of_staff(by, slug))
        except planning.AlreadyLocked as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The plan of {slug} is locked since {lock.locked_at.isoformat(timespec='seconds')} "
            f"by {lock.locked_by}: {lock.plan_sha256}"
        )
