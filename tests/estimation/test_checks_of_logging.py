"""Checks of how logs were made: statsmodels on single logs, planted faults."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from measurement.estimation.checks_of_logging import (
    exclusions_by_arm,
    flag_share,
    flagged_by_arm,
    heaping,
)
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import Material, keyed, log, material, people

ROUNDED_APART = (
    "Times were rounded more often on one side of the comparison, so compare the result with "
    "that of timed tasks alone"
)
ROUNDED = (
    "Most times are round numbers, so people seem to have estimated them and small savings "
    "cannot be seen"
)
APART = (
    "Such tasks are more frequent on one side of the comparison, so compare the result with "
    "that without flagged tasks"
)


def logged(minutes_of: Any, arms: Any = ("ai", "control"), size: int = 25) -> Material:
    """Return ten logs a person, with the minutes that an arm's log of a number has."""
    participants = people(dict.fromkeys(arms, size))
    logs = [
        log(row["participant"], minutes_of(row["arm"], number))
        for row in participants
        for number in range(10)
    ]
    return material("parallel", participants, keyed(logs))


def clustered(y: Any, logs: Any) -> Any:
    return sm.OLS(y, sm.add_constant(logs["d"])).fit(
        cov_type="cluster", cov_kwds={"groups": logs["participant"]}, use_t=True
    )


# Heaping ----------------------------------------------------------------------------------------


def test_heaping_compares_the_multiples_with_and_without_ai() -> None:
    rng = np.random.default_rng(1)
    participants = people({"ai": 60, "control": 60})
    rows = [
        {"participant": row["participant"], "d": float(row["arm"] == "ai"), "minutes": minutes}
        for row in participants
        for minutes in rng.choice([10, 15, 30, 7, 8.5], rng.integers(2, 12)).tolist()
    ]
    data = material(
        "parallel", participants, keyed([log(r["participant"], r["minutes"]) for r in rows])
    )

    found = heaping(data.trial, data.cells)

    logs = pd.DataFrame(rows)
    fits = [clustered((logs["minutes"] % m == 0).astype(float), logs) for m in (5, 15, 30)]
    assert found.check == "heaping"
    assert found.statistic == pytest.approx(max((f.params["d"] for f in fits), key=abs), rel=1e-9)
    assert found.p_value == pytest.approx(min(1, 3 * min(f.pvalues["d"] for f in fits)), rel=1e-8)


def test_times_without_heaps_pass() -> None:
    data = logged(lambda arm, number: 11.0 + number / 7)
    found = heaping(data.trial, data.cells)
    assert (found.statistic, found.p_value, found.verdict) == (0.0, 1.0, "pass")
    assert found.message == "Times were rounded to the same degree with and without AI"


def test_rounding_on_one_side_warns() -> None:
    data = logged(lambda arm, number: 30.0 if arm == "control" and number < 3 else 11.5)
    found = heaping(data.trial, data.cells)
    assert found.statistic == pytest.approx(-0.3)
    assert found.p_value == 0
    assert (found.verdict, found.message) == ("warn", ROUNDED_APART)


def test_a_small_difference_of_rounding_does_not_warn() -> None:
    # 1 of 20 without AI rounds: 5 points, which is not more than 5.
    participants = people({"ai": 400, "control": 400})
    logs = [
        log(row["participant"], 15.0 if row["arm"] == "control" and n % 20 == 0 else 11.5)
        for n, row in enumerate(participants)
    ]
    data = material("parallel", participants, keyed(logs))

    found = heaping(data.trial, data.cells)

    assert found.statistic == pytest.approx(-0.05)
    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.verdict == "pass"


@pytest.mark.parametrize(("rounded", "verdict"), [(5, "pass"), (6, "warn")])
def test_most_times_rounded_warn(rounded: int, verdict: str) -> None:
    data = logged(lambda arm, number: 45.0 if number < rounded else 11.5)
    found = heaping(data.trial, data.cells)
    assert found.statistic == pytest.approx(0.0, abs=1e-12)
    assert found.p_value == 1.0
    assert found.verdict == verdict
    if verdict == "warn":
        assert found.message == ROUNDED


def test_without_a_comparison_the_share_of_quarter_hours_is_shown() -> None:
    data = logged(lambda arm, number: [5.0, 15.0, 30.0, 11.0, 7.0][number % 5], arms=["ai"])
    found = heaping(data.trial, data.cells)
    assert found.statistic == pytest.approx(0.4)
    assert (found.p_value, found.verdict) == (None, "pass")


# Flags ------------------------------------------------------------------------------------------


def late(arms: Any, sides: Any = ("ai", "control"), **sections: Any) -> Material:
    """Return ten logs a person, as many of them late as the person's arm and number say."""
    participants = people(dict.fromkeys(sides, 30))
    logs = [
        log(
            row["participant"],
            10.5 + number / 7,
            date="2025-03-03",
            recorded_at="2025-03-17T12:00:00Z"
            if number < arms[row["arm"]][int(row["participant"][-3:]) % 2]
            else "2025-03-04T12:00:00Z",
        )
        for row in participants
        for number in range(10)
    ]
    return material("parallel", participants, keyed(logs), **sections)


def test_few_late_entries_pass() -> None:
    data = late({"ai": (1, 3), "control": (3, 1)})
    found = flag_share(data.trial, data.cells, "late_entry")
    assert found.check == "late_entry"
    assert found.statistic == pytest.approx(0.2)
    assert found.p_value == pytest.approx(1.0)
    assert found.verdict == "pass"
    assert found.message == ("Few tasks are known to have been recorded long after they were done")


def test_many_late_entries_warn() -> None:
    data = late({"ai": (2, 3), "control": (3, 2)})
    found = flag_share(data.trial, data.cells, "late_entry")
    assert found.statistic == pytest.approx(0.25)
    assert found.verdict == "warn"
    assert found.message == (
        "Many tasks were recorded long after they were done, so times may be misremembered; see "
        "the result without flagged tasks"
    )


def test_late_entries_on_one_side_warn() -> None:
    data = late({"ai": (2, 1), "control": (0, 0)})
    found = flag_share(data.trial, data.cells, "late_entry")
    assert found.statistic == pytest.approx(0.075)
    logs = pd.DataFrame(
        {
            "participant": np.repeat(np.arange(60), 10),
            "d": np.repeat([1.0, 0.0], 300),
            "late": [
                float(person < 30 and number < 2 - person % 2)
                for person in range(60)
                for number in range(10)
            ],
        }
    )
    assert found.p_value == pytest.approx(clustered(logs["late"], logs).pvalues["d"], rel=1e-8)
    assert (found.verdict, found.message) == ("warn", APART)


def test_flags_of_one_side_alone_have_no_p_value() -> None:
    data = late({"ai": (2, 2)}, sides=["ai"])
    found = flag_share(data.trial, data.cells, "late_entry")
    assert found.statistic == pytest.approx(0.2)
    assert (found.p_value, found.verdict) == (None, "pass")


def overlapping(pairs: int) -> Material:
    """Return 20 logs a person, the first ones in overlapping pairs."""
    participants = people({"ai": 8, "control": 8})
    logs = []
    for row in participants:
        for number in range(20):
            start = pd.Timestamp("2025-03-03T00:00Z") + pd.Timedelta(hours=number)
            if number < 2 * pairs:
                start -= pd.Timedelta(minutes=30 * (number % 2 == 1) + 15)
            end = start + pd.Timedelta(minutes=40)
            logs.append(log(row["participant"], 40.5 + number / 9, started_at=start, ended_at=end))
    return material("parallel", participants, keyed(logs))


@pytest.mark.parametrize(
    ("pairs", "share", "verdict", "message"),
    [
        (0, 0.0, "pass", "Few tasks are known to overlap another task of the same person"),
        (
            1,
            0.1,
            "warn",
            "Many tasks overlap another task of the same person, so some minutes may be counted "
            "twice; see the result without flagged tasks",
        ),
    ],
)
def test_overlapping_tasks(pairs: int, share: float, verdict: str, message: str) -> None:
    data = overlapping(pairs)
    found = flag_share(data.trial, data.cells, "overlapping")
    assert found.statistic == pytest.approx(share)
    assert (found.check, found.verdict, found.message) == ("overlapping", verdict, message)


@pytest.mark.parametrize(
    ("liars", "verdict", "message"),
    [
        (1, "pass", "Few tasks repeat the same answer again and again"),
        (
            2,
            "warn",
            "Many tasks repeat the same answer again and again, so people may not have measured "
            "them; see the result without flagged tasks",
        ),
    ],
)
def test_straight_lining(liars: int, verdict: str, message: str) -> None:
    """20 people of an arm with 10 logs: one who always says the same is a twentieth."""
    same = [f"{arm}{n:03d}" for arm in ("ai", "control") for n in range(liars)]
    participants = people({"ai": 20, "control": 20})
    logs = [
        log(row["participant"], 20.5 if row["participant"] in same else 11.0 + number / 7)
        for row in participants
        for number in range(10)
    ]
    data = material("parallel", participants, keyed(logs))

    found = flag_share(data.trial, data.cells, "straight_lining")

    assert found.statistic == pytest.approx(liars / 20)
    assert (found.check, found.verdict, found.message) == ("straight_lining", verdict, message)


def test_flagged_by_arm_counts_any_flag() -> None:
    data = late({"ai": (3, 1), "control": (1, 2)})
    found = flagged_by_arm(data.trial, data.cells)
    assert found.check == "flagged_by_arm"
    assert found.statistic == pytest.approx(0.05)
    assert found.verdict == "pass"
    assert found.message == "Questionable task logs are about as frequent with and without AI"
    late_ai, late_control = [3, 1] * 15, [1, 2] * 15
    flagged = [float(n < late) for late in (*late_ai, *late_control) for n in range(10)]
    logs = pd.DataFrame(
        {"participant": np.repeat(np.arange(60), 10), "d": np.repeat([1.0, 0.0], 300)}
    )
    assert found.p_value == pytest.approx(clustered(flagged, logs).pvalues["d"], rel=1e-8)


def test_more_flags_on_one_side_warn() -> None:
    data = late({"ai": (3, 2), "control": (1, 1)})
    found = flagged_by_arm(data.trial, data.cells)
    assert found.statistic == pytest.approx(0.15)
    assert found.verdict == "warn"
    assert found.message == (
        "Questionable task logs are more frequent on one side of the comparison, so compare "
        "the result with that without flagged tasks"
    )


def test_flags_of_one_side_cannot_be_compared() -> None:
    data = late({"ai": (3, 2)}, sides=["ai"])
    with pytest.raises(NotEstimable, match=r"^no task logs both with and without AI$"):
        flagged_by_arm(data.trial, data.cells)


# Exclusions -------------------------------------------------------------------------------------


def excluding(void: Any, extra: Any = ()) -> Material:
    """Return ten logs a person, as many of them void as the arm says."""
    participants = people({"ai": 25, "control": 25})
    logs = [
        log(row["participant"], status="void" if n < void[row["arm"]] else "logged")
        for row in participants
        for n in range(10 + int(row["participant"][-3:]) % 3)
    ]
    return material("parallel", [*participants, *extra], keyed(logs))


def test_exclusions_are_compared_by_arm() -> None:
    data = excluding({"ai": 2, "control": 1}, extra=people({"unknown": 1}))

    found = exclusions_by_arm(data.trial, data.participants, data.totals)

    stored = np.tile([10 + n % 3 for n in range(25)], 2)
    logs = pd.DataFrame(
        {
            "participant": np.repeat(np.arange(50), stored),
            "d": np.repeat(np.repeat([1.0, 0.0], 25), stored),
            "void": [
                float(n < (2 if person < 25 else 1))
                for person in range(50)
                for n in range(stored[person])
            ],
        }
    )
    witness = clustered(logs["void"], logs)
    assert found.check == "exclusions_by_arm"
    assert found.statistic == pytest.approx(witness.params["d"], rel=1e-9)
    assert found.p_value == pytest.approx(witness.pvalues["d"], rel=1e-7)
    assert found.verdict == "warn"
    assert found.message == (
        "A larger share of task logs was left out of the analysis in one arm, so find out why "
        "before using the result"
    )


def test_people_with_a_single_log_count() -> None:
    participants = people({"ai": 8, "control": 8})
    logs = [
        log(row["participant"], status="void" if number < 4 else "logged")
        for number, row in enumerate(participants)
    ]
    data = material("parallel", participants, keyed(logs))
    assert exclusions_by_arm(data.trial, data.participants, data.totals).statistic == 0.5


def test_equal_exclusions_pass() -> None:
    data = excluding({"ai": 1, "control": 1})
    found = exclusions_by_arm(data.trial, data.participants, data.totals)
    assert found.statistic == pytest.approx(0.0, abs=1e-12)
    assert found.verdict == "pass"
    assert found.message == (
        "About the same share of task logs was left out of the analysis in each arm"
    )


def test_an_arm_without_logs_cannot_be_compared() -> None:
    participants = people({"ai": 8, "control": 8})
    data = material("parallel", participants, keyed([log(f"ai{n:03d}") for n in range(8)]))
    with pytest.raises(NotEstimable, match=r"^an arm without task logs$"):
        exclusions_by_arm(data.trial, data.participants, data.totals)
