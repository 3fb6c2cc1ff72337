"""`create_token EMAIL --trial SLUG --scope SCOPE`: a token of the API, shown once."""

from argparse import ArgumentParser
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from measurement import access, enrolment, tokens
from measurement.management.stored_trial import stored_trial
from measurement.models import ApiToken, Role, Trial, User

DAYS: Final = 90


class Command(BaseCommand):
    """Issues a token. Whoever can run this can do anything, so it also lets somebody in.

    Who has a role in the trial keeps it and gets no other: a lead whom a token made an analyst
    would reach the records of people, and so would a participant.
    """

    help = (
        "Print a new API token, and nothing else. EMAIL becomes an analyst of the trial, unless "
        "they have a role in it: then the token opens what that role may see."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose token it is, for what and for how long."""
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--trial", required=True, metavar="SLUG")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            dest="scopes",
            choices=ApiToken.Scope.values,
            help="what the token opens; may be given more than once",
        )
        parser.add_argument("--days", type=int, default=DAYS, help=f"life in days ({DAYS})")

    def handle(self, *, email: str, scopes: list[str], days: int, **options: Any) -> None:
        """Print the token; say on standard error which role was granted."""
        trial = stored_trial(options["trial"])
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"EMAIL: {email!r}, an email address is allowed") from error
        with transaction.atomic():
            user = self._user(email)
            if not access.roles_in(user, trial):
                self._make_analyst(user, trial)
            try:
                text = tokens.issue(user=user, trial=trial, scopes=scopes, days=days)
            except ValueError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(text)

    def _user(self, email: str) -> User:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            user = User.objects.create_user(email=email)
            self.stderr.write(f"{user.email} is a new user.")
        return user

    def _make_analyst(self, user: User, trial: Trial) -> None:
        enrolment.grant(user=user, trial=trial, role=Role.ANALYST, actor=None)
        self.stderr.write(f"{user.email} is now an analyst of {trial.slug}.")
