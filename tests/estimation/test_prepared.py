"""Group-time effects are computed once for cells and outcome, and never taken from others."""

from dataclasses import replace

import pytest

from measurement.estimation.evidence import evidence_of
from measurement.estimation.prepared import Prepared, prepare
from measurement.estimation.simulate import simulate
from tests.estimation.frames import AS_OF


@pytest.fixture(scope="module")
def stepped_wedge() -> Prepared:
    data = simulate(participants=60, logs_per_participant=12, design="stepped_wedge", seed=2)
    return prepare(evidence_of(data.bundle, AS_OF))


def test_the_same_cells_are_compared_once(stepped_wedge: Prepared) -> None:
    cells = stepped_wedge.whole.regular
    minutes = stepped_wedge.roll_out(cells, "minutes")
    logarithms = stepped_wedge.roll_out(cells, "log_minutes")
    assert stepped_wedge.roll_out(cells, "minutes") is minutes
    assert stepped_wedge.roll_out(cells, "log_minutes") is logarithms
    assert minutes.overall.value != logarithms.overall.value


def test_other_cells_are_compared_anew(stepped_wedge: Prepared) -> None:
    cells = stepped_wedge.whole.regular
    doubled = cells.assign(minutes_mean=2 * cells["minutes_mean"])
    one = stepped_wedge.roll_out(cells, "minutes")
    two = stepped_wedge.roll_out(doubled, "minutes")
    assert two.overall.value == pytest.approx(2 * one.overall.value, rel=1e-12)
    assert stepped_wedge.roll_out(cells, "minutes") is not one


def test_another_model_remembers_nothing(stepped_wedge: Prepared) -> None:
    cells = stepped_wedge.whole.regular
    by_unit = stepped_wedge.roll_out(cells, "minutes")
    by_participant = replace(
        stepped_wedge, model=replace(stepped_wedge.model, cluster="participant")
    ).roll_out(cells, "minutes")
    assert by_participant.clusters > by_unit.clusters
