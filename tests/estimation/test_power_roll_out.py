"""Weights of a roll-out against loops that leave out each team."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.estimation.power_effect import effect_of
from measurement.estimation.power_inputs import PowerInputs
from measurement.estimation.power_roll_out import step_weeks, team_weeks, unit_weights
from tests.estimation.planned_trials import SIMPLE


class TestRollOut:
    """Weights of teams and weeks in the overall effect of a stepped wedge."""

    def test_two_dates(self) -> None:
        found = unit_weights((1, 2), 3, 4.0, "CR3")
        assert (found.own * 4).tolist() == [[-1, 1, 0], [1, -1, 0]]
        assert (found.squares * 16).tolist() == [[1, 1, 0], [1, 1, 0]]
        assert found.others[0, 0] == pytest.approx(-found.own[0] / 3)
        assert found.others[1, 1] == pytest.approx(-found.own[1] / 3)
        assert not found.others[0, 1].any()
        assert not found.others[1, 0].any()

    def test_a_week_in_two_comparisons(self) -> None:
        # Weeks 2 and 3 since week 1, against the other date: each of two comparisons of 5 teams.
        found = unit_weights((2, 4), 5, 5.0, "CR3")
        assert found.own * 10 == pytest.approx(np.array([[0, -2, 1, 1, 0], [0, 2, -1, -1, 0]]))
        assert found.squares * 100 == pytest.approx(np.array([[0, 2, 1, 1, 0]] * 2))

    def test_teams_drop_out_of_the_comparisons_whose_weeks_they_miss(self) -> None:
        inputs = PowerInputs(
            design="stepped_wedge",
            weeks=5,
            steps=2,
            cluster_size=1,
            tasks_per_participant=10,
            **SIMPLE | {"tasks_cv": math.sqrt(1 / 10)},
        )
        weeks = team_weeks(inputs, effect_of(inputs, 0.0))
        # Two tasks a week, each of variance 0.16, by Poisson; comparisons as above.
        rng = np.random.default_rng(3)
        number = rng.poisson(2.0, size=(200_000, 5))
        mean = rng.normal(0, 0.4, size=number.shape) / np.sqrt(np.maximum(number, 1))
        logged = number > 0
        drawn = sum(
            (mean[:, week] - mean[:, 1]) * (logged[:, week] & logged[:, 1]) / 10 for week in (2, 3)
        )
        found = weeks.variance_of(unit_weights((2, 4), 5, 5.0, "CR3"))
        assert weeks.paired == pytest.approx((logged[:, 1] & logged[:, 2]).mean(), rel=0.01)
        assert found == pytest.approx(np.full(2, np.var(drawn) / weeks.paired), rel=0.01)

    def test_three_dates(self) -> None:
        # ATT(1,1) against both others, ATT(1,2) against the last, ATT(2,2) against the last.
        thirds = [[-2, 1, 1, 0], [0.5, -1.5, 1, 0], [1.5, 0.5, -2, 0]]
        found = unit_weights((1, 2, 3), 4, 5.0, "CR3")
        assert found.own * 15 == pytest.approx(np.array(thirds))

    @given(
        st.integers(2, 5), st.integers(6, 15), st.integers(2, 4), st.sampled_from(["CR1", "CR3"])
    )
    @settings(max_examples=30)
    def test_levels_of_teams_and_weeks_do_not_count(
        self, steps: int, weeks: int, units: int, errors: Any
    ) -> None:
        starts = step_weeks(weeks, steps)
        found = unit_weights(starts, weeks, units, errors)
        others = (units - np.eye(steps))[:, :, None] * found.others
        of_weeks = found.own + others.sum(axis=1)
        assert found.own.sum(axis=1) == pytest.approx(np.zeros(steps), abs=1e-12)
        assert found.others.sum(axis=2) == pytest.approx(np.zeros((steps, steps)), abs=1e-12)
        assert of_weeks == pytest.approx(np.zeros((steps, weeks)), abs=1e-12)

    @pytest.mark.parametrize("errors", ["CR1", "CR3"])
    def test_influences_are_those_of_the_engine(self, errors: Any) -> None:
        # Three dates of four teams: deviations by hand, team by team. Under CR3 the group of the
        # team that is left out weighs less.
        starts, units, weeks = (1, 3, 4), 4, 5
        rng = np.random.default_rng(5)
        means = rng.normal(size=(3, units, weeks))
        found = unit_weights(starts, weeks, units, errors)
        psi = np.einsum("gt,gut->gu", found.own, means)
        total = np.einsum("ght,hut->g", found.others, means)
        psi += total[:, None] - np.einsum("gt,gut->gu", found.others[range(3), range(3)], means)
        fixed = errors == "CR1"
        expected = rolled_out(means, starts, without=None, fixed=fixed) - np.array(
            [
                [rolled_out(means, starts, without=(g, u), fixed=fixed) for u in range(units)]
                for g in range(3)
            ]
        )
        if errors == "CR3":
            assert psi == pytest.approx(expected)
        else:
            # A unit of the last date is one of 4, 8 or 8 others: its deviations shrink by as much.
            assert psi[0] == pytest.approx(expected[0] * 3 / 4)

    def test_steps_are_those_of_the_simulator(self) -> None:
        assert step_weeks(12, 4) == (2, 4, 7, 9)


def rolled_out(
    means: Any, starts: tuple[int, ...], *, without: tuple[int, int] | None, fixed: bool
) -> float:
    """Return the overall effect by loops; `fixed`: groups weigh as if nobody were left out."""
    kept = np.ones(means.shape[:2], dtype=bool)
    if without is not None:
        kept[without] = False
    effects, weights = [], []
    for group, start in enumerate(starts):
        for week in range(start, starts[-1]):
            weights.append(1 if fixed else kept[group].sum())
            change = means[:, :, week] - means[:, :, start - 1]
            others = (np.array(starts) > week)[:, None] & kept
            effects.append(change[group][kept[group]].mean() - change[others].mean())
    return float(np.average(effects, weights=weights))
