"""`create_token EMAIL --trial SLUG --scope SCOPE`: a token of the API, shown once."""

from argparse import ArgumentParser
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from measurement import enrolment
from measurement.api import tokens
from measurement.management.stored_trial import stored_trial
from measurement.models import ApiToken, Participant, Role, Trial, User

DAYS: Final = 90
ANALYST_SCOPES: Final = {ApiToken.Scope.RESULTS.value, ApiToken.Scope.RECORDS.value}


class Command(BaseCommand):
    """Issues a token. Whoever can run this can do anything, so it also grants the role."""

    help = (
        "Print a new API token, and nothing else. The scopes results and records make EMAIL an "
        "analyst of the trial; write needs a participant."
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
            user = User.objects.filter(email=email.strip().lower()).first()
            if ApiToken.Scope.WRITE in scopes:
                _require_participant(user, email, trial)
            if ANALYST_SCOPES & set(scopes):
                user = self._analyst(user, email, trial)
            assert user is not None  # noqa: S101 - each scope needs one of the two
            try:
                text = tokens.issue(user=user, trial=trial, scopes=scopes, days=days)
            except ValueError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(text)

    def _analyst(self, user: User | None, email: str, trial: Trial) -> User:
        if user is None:
            user = User.objects.create_user(email=email)
            self.stderr.write(f"{user.email} is a new user.")
        if enrolment.grant(user=user, trial=trial, role=Role.ANALYST, actor=None):
            self.stderr.write(f"{user.email} is now an analyst of {trial.slug}.")
        return user


def _require_participant(user: User | None, email: str, trial: Trial) -> None:
    if not Participant.objects.filter(trial=trial, user=user, user__isnull=False).exists():
        raise CommandError(
            f"--scope write: {email} does not take part in {trial.slug}; only participants may "
            "send task logs, each their own. Enrol them first."
        )
