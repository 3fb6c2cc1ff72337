"""`load_trial PATH [--replace]`: a trial bundle into the database, all or nothing."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from measurement import bundles
from measurement.estimation.bundle import BundleErrors, read_bundle
from measurement.management.progress import Progress


class Command(BaseCommand):
    """Loads a trial bundle."""

    help = "Load a trial bundle (a folder or a .zip), all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the path, and whether a stored trial gives way."""
        parser.add_argument("path", type=Path, metavar="PATH", help="a folder or a .zip")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="replace the stored trial of the same slug; memberships and users stay",
        )

    def handle(self, *, path: Path, replace: bool, **options: Any) -> None:
        """Load it, or list every fault and exit with status 1."""
        try:
            bundle = read_bundle(path)
            trial = bundles.load(bundle, replace=replace, progress=Progress("rows stored"))
        except BundleErrors as errors:
            for line in errors.lines():
                self.stderr.write(line)
            sys.exit(1)
        self.stdout.write(
            f"Loaded {trial.slug}: {len(bundle.participants)} participants, "
            f"{len(bundle.task_logs)} task logs, "
            f"{len(bundle.survey_responses)} survey responses."
        )
