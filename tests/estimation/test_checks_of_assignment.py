"""Who leaves which arm, and who uses AI without being given it: scipy, planted faults."""

from typing import Any, cast

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from measurement.estimation.checks_of_assignment import (
    attrition,
    balance,
    contamination,
    sample_ratio,
    sample_ratio_analysed,
)
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import (
    THREE_ARMS,
    Material,
    in_teams,
    keyed,
    log,
    logged_by,
    material,
    people,
)
from tests.untraced import untraced

# Attrition --------------------------------------------------------------------------------------


def fisher(lost: int, of: int, lost_without: int, of_without: int) -> float:
    """Sum the hypergeometric chances of tables no likelier than the one seen."""
    chances = stats.hypergeom(of + of_without, lost + lost_without, of)
    seen = chances.pmf(lost)
    values = np.arange(lost + lost_without + 1)
    return float(sum(p for p in chances.pmf(values) if p <= seen * (1 + 1e-9)))


def lossy_trial(lost: int, lost_without: int, **columns: Any) -> Material:
    """Return 50 people an arm, the first of whom have no logs."""
    participants = people({"ai": 50, "control": 50}, **columns)
    staying = participants[lost:50] + participants[50 + lost_without :]
    return material("parallel", participants, logged_by(staying))


@pytest.mark.parametrize(
    ("lost", "lost_without", "verdict"),
    [(3, 4, "pass"), (12, 3, "warn"), (3, 12, "warn"), (25, 2, "fail")],
)
def test_attrition_is_fishers_exact_test(lost: int, lost_without: int, verdict: str) -> None:
    data = lossy_trial(lost, lost_without)

    found = attrition(data.trial, data.participants, data.cells)

    assert found.check == "attrition"
    assert found.statistic == pytest.approx(lost / 50 - lost_without / 50)
    assert found.p_value == pytest.approx(fisher(lost, 50, lost_without, 50), rel=1e-9)
    assert found.verdict == verdict


def test_attrition_points_at_the_bounds() -> None:
    sentences = [
        attrition(data.trial, data.participants, data.cells).message
        for data in (lossy_trial(0, 0), lossy_trial(12, 3), lossy_trial(25, 2))
    ]
    assert sentences == [
        "Those who left or logged nothing are spread evenly over the arms, but for chance",
        "More people left one arm or logged nothing there, so read the lower and upper bound "
        "beside the main result",
        "Far more people left one arm or logged nothing there, so rely on the lower and upper "
        "bound rather than on the main result",
    ]


def test_an_arm_of_one_participant_is_compared() -> None:
    participants = people({"ai": 1, "control": 7})
    data = material("parallel", participants, logged_by(participants[1:]))

    found = attrition(data.trial, data.participants, data.cells)

    assert found.statistic == 1.0
    assert found.p_value == pytest.approx(1 / 8)


def test_leaving_counts_before_the_last_day() -> None:
    participants = people({"ai": 20, "control": 20})
    for row in participants[:10]:
        row["withdrawn_on"] = "2025-03-10"
    for row in participants[20:30]:
        row["withdrawn_on"] = "2025-03-31"
    logs = logged_by(participants, date="2025-03-04")
    dates = {"starts_on": "2025-03-03", "ends_on": "2025-03-31"}

    dated = material("parallel", participants, logs, trial=dates)
    undated = material("parallel", participants, logs)

    assert attrition(dated.trial, dated.participants, dated.cells).statistic == 0.5
    assert attrition(undated.trial, undated.participants, undated.cells).statistic == 0


@pytest.mark.parametrize(("kind", "design"), [("cluster", {}), ("parallel", {"unit": "team"})])
def test_attrition_of_clusters_is_clustered(kind: str, design: dict[str, str]) -> None:
    rng = np.random.default_rng(5)
    participants = in_teams({"ai": 25, "control": 25}, 4)
    stays = np.repeat(rng.random(50) < 0.8, 4) & (rng.random(200) < 0.9)
    logs = logged_by([row for row, stay in zip(participants, stays, strict=True) if stay])
    data = material(kind, participants, logs, design=design)

    found = attrition(data.trial, data.participants, data.cells)

    with_ai = np.array([row["arm"] == "ai" for row in participants], dtype=float)
    witness = sm.OLS(1.0 - stays, sm.add_constant(with_ai)).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(200) // 4}, use_t=True
    )
    assert found.statistic == pytest.approx(witness.params[1], rel=1e-9)
    assert found.p_value == pytest.approx(witness.pvalues[1], rel=1e-8)


def test_of_several_arms_the_least_like_the_control_counts() -> None:
    participants = people({"chat": 40, "agent": 40, "control": 40})
    staying = [row for n, row in enumerate(participants) if not 40 <= n < 50]
    data = material("parallel", participants, logged_by(staying), design={"arms": THREE_ARMS})

    found = attrition(data.trial, data.participants, data.cells)

    assert found.statistic == pytest.approx(0.25)
    assert found.p_value == pytest.approx(2 * fisher(10, 40, 0, 40), rel=1e-9)


# Contamination ----------------------------------------------------------------------------------


def contaminated(used: int, of: int = 100) -> Material:
    """Return a trial in which AI was used for some of the tasks of the arm without it."""
    participants = people({"ai": 20, "control": of})
    logs = [log(row["participant"], ai_used=n < 20 + used) for n, row in enumerate(participants)]
    return material("parallel", participants, keyed(logs))


@pytest.mark.parametrize(
    ("used", "verdict", "sentence"),
    [
        (5, "pass", "AI was rarely used for tasks that were to be done without it"),
        (
            6,
            "warn",
            "AI was used for some of the tasks that were to be done without it, so the true "
            "effect of AI is likely to be larger than the one shown",
        ),
        (
            20,
            "warn",
            "AI was used for some of the tasks that were to be done without it, so the true "
            "effect of AI is likely to be larger than the one shown",
        ),
        (
            21,
            "fail",
            "AI was used for so many of the tasks that were to be done without it that the "
            "comparison says little about AI",
        ),
    ],
)
def test_contamination_is_a_share_of_the_tasks_without(
    used: int, verdict: str, sentence: str
) -> None:
    data = contaminated(used)

    found = contamination(data.trial, data.cells)

    assert found.statistic == pytest.approx(used / 100)
    values = np.arange(100) < used
    witness = stats.ttest_1samp(values.astype(float), 0.05, alternative="greater").pvalue
    assert found.p_value == pytest.approx(witness, rel=1e-8)
    assert (found.verdict, found.message) == (verdict, sentence)


def test_tasks_before_access_are_without_ai_and_unused_access_is_no_contamination() -> None:
    participants = [
        {"participant": f"p{n}", "team": f"team {n}", "ai_from": "2025-03-10"} for n in range(8)
    ]
    logs = [
        log(f"p{n}", date=date, ai_used=used)
        for n in range(8)
        for date, used in [("2025-03-04", n < 2), ("2025-03-11", False)]
    ]
    data = material("stepped_wedge", participants, keyed(logs))

    assert contamination(data.trial, data.cells).statistic == pytest.approx(0.25)


def test_tasks_without_a_known_assignment_are_no_contamination() -> None:
    participants = [*people({"ai": 2, "control": 8}), {"participant": "unknown"}]
    logs = [
        log(row["participant"], ai_used=row["participant"] == "unknown") for row in participants
    ]
    data = material("parallel", participants, keyed(logs), plan={"treatment": "used"})

    assert contamination(data.trial, data.cells).statistic == 0


def test_without_tasks_without_ai_there_is_no_contamination_to_see() -> None:
    participants = people({"ai": 8})
    data = material("parallel", participants, logged_by(participants))
    with pytest.raises(NotEstimable, match=r"^no task logs without access to AI$"):
        contamination(data.trial, data.cells)


# Properties -------------------------------------------------------------------------------------

losses = st.integers(0, 20)


@untraced()
@given(losses, losses, st.integers(0, 2**20), st.integers(20, 40), st.integers(20, 40))
@settings(max_examples=12, deadline=None)
def test_verdicts_do_not_depend_on_which_arm_is_called_which(
    lost: int, lost_without: int, seed: int, size: int, size_without: int
) -> None:
    rng = np.random.default_rng(seed)
    participants = people({"ai": size, "control": size_without})
    for row in participants:
        row["baseline_minutes"] = float(rng.normal(60, 10))
    staying = participants[lost:size] + participants[size + lost_without :]
    logs = logged_by(staying) or keyed([log(participants[0]["participant"])])
    other = {"ai": "control", "control": "ai"}

    data = material("parallel", participants, logs)
    swapped = material(
        "parallel", [{**row, "arm": other[row["arm"]]} for row in participants], logs
    )

    for ask in (
        lambda data: sample_ratio(data.trial, data.participants, data.totals, data.cells),
        lambda data: sample_ratio_analysed(data.trial, data.participants, data.cells),
        lambda data: balance(data.trial, data.participants),
        lambda data: attrition(data.trial, data.participants, data.cells),
    ):
        one, two = cast(Any, ask)(data), cast(Any, ask)(swapped)
        assert one.verdict == two.verdict
        assert one.p_value == pytest.approx(two.p_value, rel=1e-9)
        assert abs(one.statistic) == pytest.approx(abs(two.statistic), abs=1e-12)
