"""`publish_notice SLUG --controller NAME --contact EMAIL --keep-until DAY --by EMAIL`."""

import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import notices
from measurement.management.staff import BY, member_of_staff
from measurement.management.stored_trial import stored_trial


class Command(BaseCommand):
    """Publishes a version of a trial's privacy notice."""

    help = (
        "Publish the privacy notice of a trial, or a new version of it. People are invited under a "
        "notice, and participants are asked to read a new version before they go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug, the facts of the notice and who publishes it."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--controller", required=True, help="who answers for the data")
        parser.add_argument(
            "--contact", required=True, metavar="EMAIL", help="where people ask and complain"
        )
        parser.add_argument(
            "--keep-until",
            required=True,
            type=datetime.date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="last day on which anything about people is kept",
        )
        parser.add_argument("--by", required=True, metavar="EMAIL", help=BY)

    def handle(self, *, slug: str, by: str, **options: Any) -> None:
        """Publish it, and say which version it is."""
        trial = stored_trial(slug)
        facts = {name: options[name] for name in ("controller", "contact", "keep_until")}
        try:
            notice = notices.publish(trial=trial, actor=member_of_staff(by, slug), **facts)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Version {notice.version} of the privacy notice of {slug} is published.")
