"""`analyse SLUG [--json]`: recomputes and prints every result of a trial."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from measurement import analysis, stored_results
from measurement.estimation.report import as_text
from measurement.management.stored_trial import stored_trial


class Command(BaseCommand):
    """Analyses a trial in the foreground."""

    help = "Recompute and print every result of a trial, in full precision."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug and the form of the results."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *, slug: str, **options: Any) -> None:
        """Print the results as they are stored."""
        trial = stored_trial(slug)
        analysis.analyse(trial)
        stored = stored_results.latest_results(trial)
        assert stored is not None  # noqa: S101 - just stored
        left_out = analysis.parked_participants(trial)
        if left_out:
            self.stderr.write(
                f"Participants that could not be recomputed: {left_out}. The log says why; "
                "the results have what they logged before, if anything."
            )
        if options["json"]:
            self.stdout.write(json.dumps(stored.results.as_json(), ensure_ascii=False))
        else:
            self.stdout.write(as_text(stored.results))
