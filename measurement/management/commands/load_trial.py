"""`load_trial PATH [--replace [--by EMAIL --reason TEXT]]`: a bundle into the database, whole."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import bundles
from measurement.estimation.bundle import BundleErrors, read_bundle
from measurement.management.progress import Progress
from measurement.management.staff import BY, member_of_staff
from measurement.models import AuditEvent


class Command(BaseCommand):
    """Loads a trial bundle."""

    help = "Load a trial bundle (a folder or a .zip), all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the path, whether a stored trial gives way, and why its plan may change."""
        parser.add_argument("path", type=Path, metavar="PATH", help="a folder or a .zip")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="replace the stored trial of the same slug; memberships and users stay",
        )
        parser.add_argument("--by", metavar="EMAIL", help=BY)
        parser.add_argument(
            "--reason",
            default="",
            metavar="TEXT",
            help="with --by, why the locked plan of the stored trial changes; shown in all results",
        )

    def handle(
        self, *, path: Path, replace: bool, by: str | None, reason: str, **options: Any
    ) -> None:
        """Load it, or list every fault and exit with status 1."""
        if not replace and (by or reason):
            raise CommandError("--by and --reason are for --replace")
        try:
            bundle = read_bundle(path)
            trial = bundles.load(
                bundle,
                replace=replace,
                actor=member_of_staff(by, bundle.trial.slug) if by else None,
                reason=reason,
                progress=Progress("rows stored"),
            )
        except BundleErrors as errors:
            for line in errors.lines():
                self.stderr.write(line)
            sys.exit(1)
        kept = bundles.without_erased(bundle)
        if erased := len(bundle.participants) - len(kept.participants):
            self.stderr.write(f"Left out {erased} participants who were erased from {trial.slug}.")
        self.stdout.write(
            f"Loaded {trial.slug}: {len(kept.participants)} participants, "
            f"{len(kept.task_logs)} task logs, "
            f"{len(kept.survey_responses)} survey responses."
        )
        if replace:
            self._tell_lost_comments(trial.slug)

    def _tell_lost_comments(self, slug: str) -> None:
        loads = AuditEvent.objects.filter(trial_slug=slug, act="replace_trial")
        if lost := loads.latest("pk").detail["comments_lost"]:
            self.stdout.write(
                f"Comments of the survey whose answers the bundle lacks, now deleted: {lost}."
            )
