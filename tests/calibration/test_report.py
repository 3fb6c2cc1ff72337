import math
from dataclasses import replace

import pytest

from calibration.figures import Band, Figure, figures_of
from calibration.foreseen import foreseen, foreseen_power
from calibration.looks import ALWAYS_VALID, FIXED
from calibration.report import calibration_table, failures
from calibration.scenarios import FEW, HEAVY_TAILS, LOGNORMAL, LOOKS, MANY, SCENARIOS, Scenario
from calibration.trials import Judged


def scenario_of(kind: str, design: str = "parallel", clusters: int = MANY) -> Scenario:
    found = (kind, design, clusters)
    return next(each for each in SCENARIOS if (each.kind, each.design, each.clusters) == found)


def rows(figure: str, held: int, of: int) -> list[Judged]:
    return [Judged(figure, place < held, 0.1 * (-1) ** place) for place in range(of)]


def figure_of(scenario: Scenario, name: str, held: int, of: int) -> Figure:
    (figure,) = figures_of({scenario: rows(name, held, of)}, foreseen([scenario]))
    return figure


def test_sums_do_not_depend_on_the_order_of_the_trials() -> None:
    scenario, judged = scenario_of(LOGNORMAL), rows("time_ratio", 940, 1000)
    judged += [Judged("time_ratio", None, None), *rows("minutes_saved_per_task", 7, 9)]
    uneven = [row._replace(distance=row.distance and row.distance / 3) for row in judged]

    # Other figures come in the order in which they first occur.
    forwards, backwards = (figures_of({scenario: judged}, {}) for judged in (uneven, uneven[::-1]))
    assert sorted(forwards, key=lambda figure: figure.name) == sorted(
        backwards, key=lambda figure: figure.name
    )
    assert calibration_table(forwards) == calibration_table(figures_of({scenario: uneven}, {}))


def test_a_figure_counts_answers_and_says_how_exact_it_is() -> None:
    judged = [*rows("time_ratio", 90, 100), Judged("time_ratio", None, None)]
    (figure,) = figures_of({scenario_of(LOGNORMAL): judged}, {})

    assert (figure.trials, figure.answered, figure.held, figure.share) == (101, 100, 90, 0.9)
    assert figure.monte_carlo_error == pytest.approx(0.03)
    assert figure.distance == 0


@pytest.mark.parametrize(
    ("clusters", "held", "inside"),
    [
        (MANY, 934, False),
        (MANY, 935, True),
        (MANY, 965, True),
        (MANY, 966, False),
        (FEW, 919, False),
        (FEW, 920, True),
        (FEW, 980, True),
        (FEW, 981, False),
    ],
)
def test_bands_of_coverage_include_their_ends(clusters: int, held: int, inside: bool) -> None:
    scenario = scenario_of(HEAVY_TAILS, clusters=clusters)
    assert figure_of(scenario, "time_ratio", held, 1000).inside is inside


def test_alarms_have_a_limit_for_the_always_valid_interval_only() -> None:
    looks = scenario_of(LOOKS)

    assert figure_of(looks, ALWAYS_VALID, 50, 1000).inside
    assert not figure_of(looks, ALWAYS_VALID, 51, 1000).inside
    assert figure_of(looks, FIXED, 900, 1000).band is None
    assert figure_of(looks, FIXED, 900, 1000).inside


@pytest.mark.parametrize("design", ["parallel", "stepped_wedge"])
def test_power_is_held_against_the_calculator(design: str) -> None:
    scenario = scenario_of(LOGNORMAL, design)
    power = foreseen_power(scenario)

    assert 0.75 < power < 0.85
    figure = figure_of(scenario, "power", 800, 1000)
    assert figure.foreseen == power
    assert figure.band == Band(power - 0.03, power + 0.03)


def test_no_answer_is_not_inside() -> None:
    (figure,) = figures_of({scenario_of(LOGNORMAL): [Judged("time_ratio", None, None)]}, {})

    assert math.isnan(figure.share)
    assert math.isnan(figure.monte_carlo_error)
    assert not figure.inside


def test_the_table_says_what_is_outside() -> None:
    good = figure_of(scenario_of(LOGNORMAL), "time_ratio", 950, 1000)
    bad = figure_of(scenario_of(HEAVY_TAILS, "crossover", FEW), "time_ratio", 900, 1000)

    line = "crossover, 12 clusters, heavy tails, time_ratio: 90.0 %, allowed: 92.0 to 98.0 %"
    assert failures([good, bad]) == [line]
    table = calibration_table([good, bad])
    assert f"- {line}" in table
    assert "| 1 | parallel | 48 | time_ratio | 95.0 % | 0.7 % | 93.5 to 96.5 % | yes |" in table
    assert (
        "| 21 | crossover | 12 | time_ratio | 90.0 % | 0.9 % | 92.0 to 98.0 % | **no** |" in table
    )
    assert "## Power" not in table

    assert failures([good]) == []
    assert "Every figure is inside" in calibration_table([good])


def test_every_scenario_has_seeds_of_its_own() -> None:
    seeds = [scenario.seed_of(trial) for scenario in SCENARIOS for trial in (0, 1, 1999)]

    assert [scenario.number for scenario in SCENARIOS] == list(range(len(SCENARIOS)))
    assert len(set(seeds)) == len(seeds)
    assert replace(SCENARIOS[3]).seed_of(5) == 3_000_005
