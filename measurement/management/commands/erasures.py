"""`erasures`: the list of who was erased, to be kept apart from the backups."""

import csv
from typing import Any

from django.core.management.base import BaseCommand

from measurement.management.tombstones import COLUMNS
from measurement.models import Erasure


class Command(BaseCommand):
    """Prints the tombstones."""

    help = "Print who was erased as CSV: trial, pseudonym, moment. For `erase_again`."

    def handle(self, **options: Any) -> None:
        """Print the list and nothing else."""
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        for trial, pseudonym, at in Erasure.objects.values_list(
            "trial_slug", "pseudonym", "erased_at"
        ):
            writer.writerow([trial, pseudonym, at.isoformat()])
