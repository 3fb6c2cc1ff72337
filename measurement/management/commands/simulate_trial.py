"""`simulate_trial PATH ...`: writes a bundle with a known truth."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement.estimation.definition import KINDS
from measurement.estimation.simulate import simulate, write_simulation


class Command(BaseCommand):
    """Simulates a trial."""

    help = "Write the bundle of a simulated trial; truth.json beside it has the right answers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to write, the size, the design and the seed."""
        parser.add_argument("path", type=Path, metavar="PATH", help="a folder, or a name in .zip")
        parser.add_argument("--participants", type=int, required=True, metavar="N")
        parser.add_argument("--logs-per-participant", type=int, required=True, metavar="N")
        parser.add_argument("--design", choices=KINDS, required=True)
        parser.add_argument("--seed", type=int, required=True, metavar="S")

    def handle(self, *, path: Path, **options: Any) -> None:
        """Write bundle and truth; equal arguments write equal files."""
        names = ("participants", "logs_per_participant", "design", "seed")
        try:
            simulation = simulate(**{name: options[name] for name in names})
            truth = write_simulation(simulation, path)
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"PATH: {str(path)!r}: {error.strerror}") from error
        self.stdout.write(
            f"Wrote {len(simulation.bundle.task_logs)} task logs of "
            f"{len(simulation.bundle.participants)} participants to {path}, "
            f"and what is true of them to {truth}."
        )
