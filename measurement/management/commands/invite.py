"""`invite SLUG EMAIL... --by EMAIL`: invites people to take part in a trial."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import inviting
from measurement.management.staff import BY, member_of_staff
from measurement.management.stored_trial import stored_trial
from measurement.people import draw_needs


class Command(BaseCommand):
    """Invites people."""

    help = "Email people an invitation to a trial. Who is invited takes no part before they join."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug, the addresses and who invites."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("emails", nargs="+", metavar="EMAIL")
        parser.add_argument("--by", required=True, metavar="EMAIL", help=BY)
        parser.add_argument(
            "--print-links", action="store_true", help="print the links instead of emailing them"
        )

    def handle(
        self, *, slug: str, emails: list[str], by: str, print_links: bool, **options: Any
    ) -> None:
        """Store all invitations or none, then send those that wait for an answer."""
        trial = stored_trial(slug)
        actor = member_of_staff(by, slug)
        if unit := draw_needs.of_trial(trial).unit:
            raise CommandError(
                f"In {slug} chance decides for each {unit} as a whole, and an address says none. "
                'Invite people by a file, on the trial\'s page "People".'
            )
        try:
            invitations = inviting.invite_all(trial=trial, emails=emails, actor=actor)
        except (ValueError, inviting.NoNotice) as error:
            raise CommandError(str(error)) from error
        for invitation in invitations:
            if not inviting.is_open(invitation):
                self.stdout.write(f"{invitation.user.email} has answered before: not asked again.")
            elif print_links:
                self.stdout.write(f"{invitation.user.email} {inviting.link_of(invitation)}")
            else:
                inviting.send(invitation)
                self.stdout.write(f"{invitation.user.email} is invited.")
