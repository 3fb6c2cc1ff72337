"""`change_plan SLUG PATH --by EMAIL --reason TEXT`: another plan, the data stay."""

import sys
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import planning
from measurement.estimation.definition import DefinitionErrors, Trial
from measurement.estimation.trial_toml import parse_trial
from measurement.management.staff import BY, member_of_staff
from measurement.management.stored_trial import stored_trial


class Command(BaseCommand):
    """Changes a plan."""

    help = (
        "Give a trial the dates, plan, assumptions, survey and disclosure of a trial.toml. If its "
        "plan is locked, every result lists the change."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug, its new trial.toml, who changes it and why."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("path", type=Path, metavar="PATH", help="the new trial.toml")
        parser.add_argument("--by", required=True, metavar="EMAIL", help=BY)
        parser.add_argument(
            "--reason", required=True, metavar="TEXT", help="why; shown in all results"
        )

    def handle(self, *, slug: str, path: Path, by: str, reason: str, **options: Any) -> None:
        """Change it, and say what changed."""
        trial, user = stored_trial(slug), member_of_staff(by, slug)
        try:
            changes = planning.change_plan(
                trial=trial, definition=self._definition(path), by=user, reason=reason
            )
        except (ValueError, planning.LockedPlan) as error:
            raise CommandError(f"PATH: {error}") from error
        for change in changes:
            before, after = planning.shown(change.before), planning.shown(change.after)
            self.stdout.write(f"{change.path}: {before} is now {after}")
        self.stdout.write(f"Changed: {len(changes)}")

    def _definition(self, path: Path) -> Trial:
        try:
            return parse_trial(tomllib.loads(path.read_text("utf-8-sig")))
        except OSError as error:
            raise CommandError(f"PATH: {str(path)!r}: {error.strerror}") from error
        except DefinitionErrors as errors:
            for fault in errors.errors:
                self.stderr.write(f"{path.name}:{fault}")
            sys.exit(1)
