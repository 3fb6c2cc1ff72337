"""`erase_again FILE`: who was erased stays erased when a backup was restored."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement import leaving
from measurement.management import tombstones


class Command(BaseCommand):
    """Erases everybody on a list that `erasures` printed."""

    help = "Erase everybody on the list that `erasures` printed. Doing it twice does no harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the list."""
        parser.add_argument("path", type=Path, metavar="FILE")

    def handle(self, *, path: Path, **options: Any) -> None:
        """Erase all of them, or list every fault of the file and exit with status 1."""
        try:
            found, faults = tombstones.read(path)
        except OSError as error:
            raise CommandError(f"FILE: {str(path)!r}: {error.strerror}") from error
        if faults:
            for fault in faults:
                self.stderr.write(f"{path.name}:{fault}")
            sys.exit(1)
        erased = [leaving.erase_again(**vars(tombstone)) for tombstone in found]
        self.stdout.write(
            f"{len(found)} on the list; {sum(erased)} were back and are erased again."
        )
