"""`export_trial SLUG PATH`: a stored trial as a bundle."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import bundles, reading
from measurement.estimation.bundle import write_bundle
from measurement.management.stored_trial import stored_trial


class Command(BaseCommand):
    """Exports a trial."""

    help = "Write a trial as a bundle; loading it again gives the same results to the last bit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug and where to write."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("path", type=Path, metavar="PATH", help="a folder, or a name in .zip")

    def handle(self, *, slug: str, path: Path, **options: Any) -> None:
        """Write the bundle; participants see that somebody did."""
        trial = stored_trial(slug)
        bundle = bundles.export(trial)
        reading.note(trial=trial, kind=reading.Kind.EXPORT, reader=None, role=None)
        try:
            write_bundle(bundle, path)
        except OSError as error:
            raise CommandError(f"PATH: {str(path)!r}: {error.strerror}") from error
        self.stdout.write(
            f"Wrote {slug} to {path}: {len(bundle.participants)} participants, "
            f"{len(bundle.task_logs)} task logs, "
            f"{len(bundle.survey_responses)} survey responses."
        )
