"""`verify_draw SLUG [NUMBER]`: draws again what was drawn and says whether it is the same."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement.draw_verification import verify
from measurement.management.stored_trial import stored_trial
from measurement.models import Draw


class Command(BaseCommand):
    """Verifies the draws of a trial."""

    help = "Draw again what chance decided in a trial, and say whether it comes out the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the trial's slug, and the number of a draw; without it all are verified."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("number", metavar="NUMBER", type=int, nargs="?")

    def handle(self, *, slug: str, number: int | None, **options: Any) -> None:
        """Say it of each draw. Raises CommandError if one does not come out the same."""
        draws = list(_draws(slug, number))
        wrong = [draw.number for draw in draws if not self._is_reproduced(draw)]
        if wrong:
            raise CommandError(f"Not reproduced: draw {', '.join(map(str, wrong))}")

    def _is_reproduced(self, draw: Draw) -> bool:
        found = verify(draw)
        said = "reproduced" if found.is_reproduced else "NOT reproduced"
        self.stdout.write(
            f"Draw {draw.number} ({_state(draw)}; {len(draw.lots)} lots): {said}\n"
            f"  input {draw.input_sha256}\n  outcome {draw.outcome_sha256}"
        )
        for sentence in (*found.faults, *found.notes):
            self.stdout.write(f"  {sentence}")
        return found.is_reproduced


def _draws(slug: str, number: int | None) -> list[Draw]:
    draws = Draw.objects.filter(trial=stored_trial(slug)).select_related("trial")
    chosen = list(draws if number is None else draws.filter(number=number))
    if not chosen:
        numbers = ", ".join(str(one) for one in draws.values_list("number", flat=True))
        raise CommandError(
            f"NUMBER: {number}, one of {numbers} is allowed" if numbers else "Nothing was drawn yet"
        )
    return chosen


def _state(draw: Draw) -> str:
    if draw.confirmed_at:
        return "confirmed"
    return "replaced" if draw.dropped_at else "proposed"
