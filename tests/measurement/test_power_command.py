"""`manage.py power`: what planners read."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from measurement.estimation.power import answer
from measurement.estimation.power_inputs import NUMBERS, PowerInputs


def run(*options: str) -> str:
    out = io.StringIO()
    call_command("power", *options, stdout=out)
    return out.getvalue()


def test_participants_needed_for_a_saving() -> None:
    found = answer(PowerInputs(design="cluster", cluster_size=8), saving=0.25)
    lines = run("--design", "cluster", "--saving", "0.25", "--cluster-size", "8").splitlines()
    assert lines[0] == (
        f"{found.participants} participants in {found.participants // 8} teams are needed to find "
        "a time ratio of 0.750 (25.0 % of the time saved where AI is used), with power "
        f"{found.power:.3f}."
    )
    assert lines[1] == (
        f"The trial would report a time ratio of {0.75**0.72:.3f}, standard error "
        f"{found.std_error:.4f} on its logarithm."
    )
    assumed = {line.split()[0]: float(line.split()[1]) for line in lines[4:]}
    assert assumed["cluster_size"] == 8
    assert set(assumed) == {n for n, item in NUMBERS.items() if "cluster" in item.designs}


def test_the_smallest_effect_for_participants() -> None:
    found = answer(PowerInputs(design="crossover"), participants=1200)
    first = run("--design", "crossover", "--participants", "1200").splitlines()[0]
    assert first == (
        f"1,200 participants find a time ratio of {found.time_ratio:.3f} "
        f"({1 - found.time_ratio:.1%}".replace("%", " %")
        + " of the time saved where AI is used) or a larger effect, with power 0.800."
    )


def test_power_for_both() -> None:
    found = answer(PowerInputs(design="parallel", power=0.9), participants=300, time_ratio=1.25)
    options = ("--design", "parallel", "--participants", "300", "--time-ratio", "1.25")
    first = run(*options).splitlines()[0]
    assert first == (
        "300 participants find a time ratio of 1.250 (25.0 % of the time lost where AI is used) "
        f"with power {found.power:.3f}."
    )


def test_json_is_the_engines_answer() -> None:
    found = answer(PowerInputs(design="stepped_wedge", steps=3), saving=0.2)
    printed = run("--design", "stepped_wedge", "--saving", "0.2", "--steps", "3", "--json")
    assert json.loads(printed) == found.as_json()


def test_what_is_not_allowed_is_listed_line_by_line() -> None:
    with pytest.raises(CommandError) as caught:
        run("--design", "parallel", "--saving", "0.2", "--power", "nan", "--weeks", "9")
    assert str(caught.value).splitlines() == [
        "power nan: a number from 0.5 to 0.999 is allowed",
        "weeks 9: counts only in stepped_wedge, not in parallel",
    ]


def test_help_has_meaning_and_default_of_every_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        call_command("power", "--help")
    shown = " ".join(capsys.readouterr().out.split())
    assert "--tasks-cv N" in shown
    assert f"{NUMBERS['weeks'].in_designs}; default 12" in shown
    assert "smallest effect that it finds" in shown
