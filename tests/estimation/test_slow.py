"""The main figures of simulated trials, twice: by the engine and by the slow implementation."""

import datetime
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from measurement.estimation.bundle import write_bundle
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.results import EstimateRow, Results
from measurement.estimation.simulate import simulate
from measurement.estimation.simulate_recipe import Recipe
from tests.estimation.frames import AS_OF, row_of
from tests.estimation.slow import Figure, SlowTrial, always_valid_interval, fixed_interval
from tests.untraced import untraced

EXACT = 1e-8
# Easter and both bank holidays of May lie within; withdrawals make the days differ.
SPRING = Recipe(
    starts_on=datetime.date(2025, 3, 31), ends_on=datetime.date(2025, 5, 30), withdrawals=0.2
)


class Size(NamedTuple):
    """A simulated trial: people, their teams, the standard errors that its clusters call for.

    logging_shape: that of the gamma distribution of logs, the more equal the larger.
    """

    design: str
    participants: int
    team_size: int
    logging_shape: float
    standard_errors: str


SIZES = (
    Size("parallel", 70, 10, 50.0, "CR1"),
    Size("parallel", 60, 10, 1.0, "CR3"),
    Size("cluster", 110, 2, 50.0, "CR1"),
    Size("cluster", 80, 4, 2.0, "CR3"),
    Size("crossover", 70, 10, 50.0, "CR1"),
    Size("crossover", 20, 10, 2.0, "CR3"),
)


each_size = pytest.mark.parametrize(
    "size", SIZES, ids=[f"{size.design}-{size.standard_errors}" for size in SIZES]
)


@cache
def both(size: Size) -> tuple[SlowTrial, Results]:
    """Return one simulated trial, read by the slow implementation and evaluated by the engine."""
    bundle = simulate(
        participants=size.participants,
        logs_per_participant=20,
        design=size.design,
        seed=size.participants,
        recipe=replace(SPRING, team_size=size.team_size, logging_shape=size.logging_shape),
    ).bundle
    plan = replace(bundle.trial.plan, subgroups=())
    bundle = replace(bundle, trial=replace(bundle.trial, plan=plan))
    with TemporaryDirectory() as folder:
        write_bundle(bundle, folder)
        with untraced():
            return SlowTrial(Path(folder)), evaluate(evidence_of(bundle, AS_OF))


def agree(
    row: EstimateRow, figure_of: Callable[[SlowTrial], Figure], size: Size, trial: SlowTrial
) -> None:
    """Assert that a row says what the slow figure says; rows on the log scale show exponentials."""
    with untraced():
        figure = figure_of(trial)
        fixed, always_valid = fixed_interval(figure, 0.95), always_valid_interval(figure, trial)
    expected = [figure.value, *fixed, *always_valid]
    if row.scale == "log":
        expected = [math.exp(number) for number in expected]
    assert [
        row.value,
        row.ci_low,
        row.ci_high,
        row.always_valid_low,
        row.always_valid_high,
    ] == pytest.approx(expected, rel=EXACT)
    assert row.std_error == pytest.approx(figure.std_error, rel=EXACT)
    assert row.degrees_of_freedom == figure.degrees_of_freedom
    assert row.logs == figure.logs
    assert row.standard_errors == size.standard_errors


@each_size
def test_the_headline(size: Size) -> None:
    trial, results = both(size)

    agree(row_of(results, "minutes_saved_per_working_day"), SlowTrial.headline, size, trial)


@each_size
def test_the_time_ratio(size: Size) -> None:
    trial, results = both(size)

    agree(row_of(results, "time_ratio"), SlowTrial.log_time_ratio, size, trial)


@each_size
def test_the_complier_effect(size: Size) -> None:
    trial, results = both(size)

    agree(row_of(results, "complier_time_ratio"), SlowTrial.complier_effect, size, trial)


@each_size
def test_bank_holidays_and_withdrawals_matter_in_these_trials(size: Size) -> None:
    trial, _ = both(size)

    # 45 weekdays less four bank holidays; the first period has 20 less two, the second 25 less two.
    whole_stays = {18, 23} if size.design == "crossover" else {41}
    with untraced():
        days = {trial.working_days(name) for name in trial.people}
    assert whole_stays < days
    assert len(days) > 3
