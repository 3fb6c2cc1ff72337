"""`power --design D [--saving S] [--participants N] ...`: how many people, how small an effect."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from measurement.estimation.definition import KINDS
from measurement.estimation.power import PowerAnswer, answer
from measurement.estimation.power_inputs import (
    ASKED,
    NUMBERS,
    Allowed,
    InputErrors,
    PowerInputs,
)


class Command(BaseCommand):
    """Answers before a trial begins; no database is needed."""

    help = (
        "Work out the participants that a trial needs (give an effect), the smallest effect that "
        "it finds (give the participants), or its power (give both)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the design, what is known of size and effect, and the assumptions."""
        parser.add_argument("--design", choices=KINDS, required=True)
        for name, allowed in (*ASKED.items(), *NUMBERS.items()):
            _add(parser, name, allowed)
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *, design: str, **options: Any) -> None:
        """Print the answer and every assumption that it rests on."""
        try:
            inputs = PowerInputs(design=design, **{name: options[name] for name in NUMBERS})
            found = answer(inputs, **{name: options[name] for name in ASKED})
        except InputErrors as errors:
            raise CommandError("\n".join(map(str, errors.faults))) from errors
        as_json = json.dumps(found.as_json(), ensure_ascii=False)
        self.stdout.write(as_json if options["json"] else _as_text(found))


def _add(parser: ArgumentParser, name: str, allowed: Allowed) -> None:
    default = "" if allowed.default is None else f"; default {allowed.default:g}"
    parser.add_argument(
        f"--{name.replace('_', '-')}",
        type=int if allowed.whole else float,
        default=allowed.default,
        metavar="N",
        help=f"{allowed.in_designs}{default}",
    )


def _as_text(found: PowerAnswer) -> str:
    lines = [*_sentences(found), "", "This rests on these assumptions:"]
    for name, value in found.inputs.counting().items():
        lines.append(f"  {name:26} {value:<7g} {NUMBERS[name].about}")
    return "\n".join(lines)


def _sentences(found: PowerAnswer) -> list[str]:
    teams = "" if found.teams is None else f" in {found.teams:,} teams"
    people = f"{found.participants:,} participants{teams}"
    effect = f"a time ratio of {found.time_ratio:.3f} ({_in_words(found.time_ratio)})"
    headline = {
        "participants": f"{people} are needed to find {effect}, with power {found.power:.3f}.",
        "time_ratio": f"{people} find {effect} or a larger effect, with power {found.power:.3f}.",
        "power": f"{people} find {effect} with power {found.power:.3f}.",
    }
    seen = (
        f"The trial would report a time ratio of {found.time_ratio_seen:.3f}, standard error "
        f"{found.std_error:.4f} on its logarithm."
    )
    return [headline[found.asked], seen]


def _in_words(time_ratio: float) -> str:
    """Return "10 % of the time saved where AI is used" or its like."""
    change = "saved" if time_ratio < 1 else "lost"
    return f"{abs(1 - time_ratio):.1%} of the time {change} where AI is used".replace("%", " %")
