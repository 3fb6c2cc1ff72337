"""Effects of task types: against statsmodels with dummies, unit by unit left out too."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from measurement.estimation.task_type_effects import TypeEffects, type_regression
from measurement.estimation.unit_weeks import UnitWeeks, unit_weeks
from tests.estimation.roll_outs import NEVER, STARTS_ON, roll_out_cells


def summed(cells: pd.DataFrame) -> UnitWeeks:
    return unit_weeks(cells, unit="team", outcome="log_minutes", starts_on=STARTS_ON)


def by_dummies(cells: pd.DataFrame) -> list[float]:
    """Return the coefficients of types 1 and 2 against type 0, beside teams and weeks."""
    untreated = cells[cells["d"] == 0].astype({"week": int})
    model = smf.wls(
        "log_minutes_mean ~ C(task_type) + C(team) + C(week)", untreated, weights=untreated["logs"]
    )
    coefficients = model.fit().params
    return [coefficients[f"C(task_type)[T.type {kind}]"] for kind in (1, 2)]


def differences(fit: TypeEffects) -> list[float]:
    return list(fit.effects[1:] - fit.effects[0])


def row(team: str, week: int, kind: str, y: float, d: float = 0.0) -> dict[str, object]:
    about = {"participant": team, "team": team, "ai_from": pd.NaT, "logs": 2, "d": d}
    return {**about, "week": week, "task_type": kind, "log_minutes_mean": y}


def test_effects_equal_coefficients_of_dummies() -> None:
    cells = roll_out_cells((1, 2, 3, NEVER, NEVER), weekday=3)
    fit = type_regression(summed(cells)).fitted()
    assert differences(fit) == pytest.approx(by_dummies(cells), abs=1e-10)
    assert fit.comparable.all()


def test_leaving_a_unit_out_equals_a_fit_without_it() -> None:
    cells = roll_out_cells((2, 0, 3, NEVER, NEVER))
    fits = list(type_regression(summed(cells)).without_each_unit())
    assert len(fits) == 5
    for place, fit in enumerate(fits):
        rest = cells[cells["team"] != f"team {place:03d}"]
        assert differences(fit) == pytest.approx(by_dummies(rest), abs=1e-10)
        assert fit.comparable.all()


def test_influence_is_that_of_clustered_standard_errors() -> None:
    cells = roll_out_cells((3,) * 4 + (NEVER,) * 4)
    regression = type_regression(summed(cells))
    influence = regression.influence(regression.fitted())
    error = np.sqrt(((influence[:, 1] - influence[:, 0]) ** 2).sum())
    untreated = cells[cells["d"] == 0].astype({"week": int})
    model = smf.wls(
        "log_minutes_mean ~ C(task_type) + C(team) + C(week)", untreated, weights=untreated["logs"]
    )
    groups = pd.factorize(untreated["team"])[0]
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    assert error == pytest.approx(clustered.bse["C(task_type)[T.type 1]"], rel=1e-8)
    # Logs of single rows were merged: influence is of units, whatever their rows.
    assert influence.shape == (8, 3)


def test_one_type_has_no_effect() -> None:
    fit = type_regression(summed(roll_out_cells((1, NEVER), types=1))).fitted()
    assert fit.effects.tolist() == [0]
    assert fit.comparable.tolist() == [[True]]


def test_types_that_no_unit_shares_cannot_be_compared() -> None:
    rows = [row(team, week, kind, 1.0 + week) for week in (0, 1) for team, kind in KINDS_OF_TEAMS]
    fit = type_regression(summed(frame(rows))).fitted()
    assert fit.comparable.tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, True],
        [False, False, True, True],
    ]


KINDS_OF_TEAMS = (
    ("a", "casework"),
    ("a", "drafting"),
    ("b", "drafting"),
    ("c", "minutes"),
    ("c", "research"),
    ("d", "research"),
)


def test_a_type_done_in_a_week_of_its_own_cannot_be_compared() -> None:
    rows = [row(team, week, "drafting", 1.0) for week in (0, 1) for team in ("a", "b")]
    alone = row("a", 2, "research", 5.0)
    assert not type_regression(summed(frame([*rows, alone]))).fitted().comparable[0, 1]
    beside = row("b", 2, "drafting", 1.0)
    fit = type_regression(summed(frame([*rows, alone, beside]))).fitted()
    assert fit.comparable.all()
    assert fit.effects[1] - fit.effects[0] == pytest.approx(4.0, abs=1e-12)


def test_a_rare_type_counts_like_a_common_one() -> None:
    rows = [row(team, week, "drafting", 1.0) for week in (0, 1) for team in ("a", "b")]
    many = frame(rows).assign(logs=10**6)
    rare = frame([row("a", 0, "research", 1.5)]).assign(logs=1)
    fit = type_regression(summed(pd.concat([many, rare], ignore_index=True))).fitted()
    assert fit.comparable.all()
    assert fit.effects[1] - fit.effects[0] == pytest.approx(0.5, abs=1e-9)


def test_without_a_unit_that_alone_ties_types_they_cannot_be_compared() -> None:
    rows = [
        row(team, week, kind, 1.0)
        for week in (0, 1)
        for team, kind in (("a", "x"), ("a", "y"), ("b", "x"), ("c", "y"))
    ]
    fits = list(type_regression(summed(frame(rows))).without_each_unit())
    assert [bool(fit.comparable[0, 1]) for fit in fits] == [False, True, True]


def frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"week": "Int64", "ai_from": "datetime64[s]"})
