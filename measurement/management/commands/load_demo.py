"""`load_demo`: the demonstration trials, analysed by the workers, and a report of the large one."""

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from fixtures.demo import DEMO_PARTICIPANTS, DEMO_SLUG, PLAYGROUND_SLUG, demo_trial, small_trial
from measurement import analysis, bundles, publishing
from measurement.estimation.simulate import Simulation, write_truth
from measurement.management.demo import LEAD, SECOND_LEAD, admit
from measurement.management.progress import Progress
from measurement.models import Job, Trial, User

# One analysis is one step, and on a busy machine that of a million task logs takes minutes.
SECONDS_WITHOUT_PROGRESS: Final = 600
SECONDS_BETWEEN_LOOKS: Final = 0.25


class Command(BaseCommand):
    """Loads what is missing of the demonstration, waits until it is analysed, and publishes it."""

    help = "Load the demonstration trials and their users, where they are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of the large trial, and where the truth goes."""
        parser.add_argument(
            "--participants", type=int, default=DEMO_PARTICIPANTS, help="of the large trial"
        )
        parser.add_argument(
            "--truth",
            type=Path,
            default=Path("var/demo"),
            metavar="FOLDER",
            help="where to write each trial's truth.json (var/demo)",
        )

    def handle(self, *, participants: int, truth: Path, **options: Any) -> None:
        """Load, admit the users, wait, publish."""
        recipes: dict[str, Callable[[], Simulation]] = {
            # The small one first: workers have done it while the large one is being loaded.
            PLAYGROUND_SLUG: lambda: small_trial(timezone.localdate()),
            DEMO_SLUG: lambda: demo_trial(participants=participants),
        }
        for slug, draw in recipes.items():
            trial = Trial.objects.filter(slug=slug).first() or self._load(slug, draw(), truth)
            admit(trial)
        for slug in recipes:
            self._wait(Trial.objects.get(slug=slug))
        self._publish(Trial.objects.get(slug=DEMO_SLUG))

    def _load(self, slug: str, simulation: Simulation, truth: Path) -> Trial:
        rows = len(simulation.bundle.task_logs)
        path = truth / slug / "truth.json"
        write_truth(simulation, path)
        self.stdout.write(f"{slug}: what is true of it stands in {path}")
        label = f"{slug}: {rows:,} simulated task logs are being stored"
        return bundles.load(simulation.bundle, progress=Progress(label, sys.stdout))

    def _wait(self, trial: Trial) -> None:
        """Show the workers' progress until nothing of the trial waits for them."""
        if not analysis.is_outdated(trial):
            self.stdout.write(f"{trial.slug}: analysed")
            return
        people = trial.participant_set.count()
        progress = Progress(f"{trial.slug}: participants recomputed by the workers", sys.stdout)
        patience = _Patience()
        while dirty := analysis.dirty_participants(trial):
            progress(people - dirty, people)
            patience.wait(dirty)
        progress(people, people)
        self.stdout.write(f"{trial.slug}: the workers are computing results")
        while analysis.is_outdated(trial):
            patience.wait(0)
        self.stdout.write(f"{trial.slug}: analysed")

    def _publish(self, trial: Trial) -> None:
        """Have one lead ask for a report and the other approve it, unless somebody asked before."""
        if publishing.every(trial) or publishing.why_not(trial):
            return
        lead, second_lead = (User.objects.get(email=email) for email in (LEAD, SECOND_LEAD))
        report = publishing.ask(trial=trial, by=lead)
        self.stdout.write(f"{trial.slug}: the workers are making a report for the public")
        patience = _Patience()
        while (job := publishing.files_job(report)) is None or job.ended_at is None:
            patience.wait(0)
        if job.state != Job.State.DONE:
            raise CommandError(f"The report was not made: {job.message}")
        publishing.approve(publication=report, by=second_lead)


class _Patience:
    """Waits while something moves; raises CommandError where nothing has moved for too long."""

    def __init__(self) -> None:
        self._seen = -1
        self._since = time.monotonic()

    def wait(self, left: int) -> None:
        if left != self._seen:
            self._seen, self._since = left, time.monotonic()
        if time.monotonic() - self._since > SECONDS_WITHOUT_PROGRESS:
            raise CommandError(
                f"No worker has done anything for {SECONDS_WITHOUT_PROGRESS} seconds. "
                "Do worker, timetable and broker run?"
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)
