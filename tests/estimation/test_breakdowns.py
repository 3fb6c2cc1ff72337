"""Arms, subgroups and tools against trials of their own and against independent libraries."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.multitest import multipletests

from measurement.estimation.breakdowns import by_arm, by_subgroup, by_tool
from measurement.estimation.designs import BY_USE
from measurement.estimation.evidence import evidence_of
from measurement.estimation.families import interaction
from measurement.estimation.groups import dunnett, shrunken
from measurement.estimation.prepared import prepare
from tests.estimation.frames import AS_OF, bundle

ARMS = ("control", "quick helper", "slow helper")
EFFECTS = {"control": 0.0, "quick helper": -0.5, "slow helper": -0.1}
DAYS = ["2025-01-06", "2025-01-07", "2025-01-08"]


def three_arms(multiplicity: Any = "holm", arms: Any = ARMS, size: Any = 63) -> Any:
    """Return a parallel trial of three arms, of which two have AI, in three departments."""
    generator = np.random.default_rng(5)
    people, logs = [], []
    for number in range(size):
        arm = ARMS[number % 3]
        level = generator.normal(0, 0.4)
        times = np.exp(3 + level + EFFECTS[arm] + generator.normal(0, 0.5, 6))
        if arm not in arms:
            continue
        name, department = f"p{number:02d}", ("Alpha", "Beta", "Gamma")[number // 3 % 3]
        people.append({"participant": name, "arm": arm, "department": department})
        logs += [
            {
                "participant": name,
                "key": str(place),
                "minutes": float(time),
                "ai_used": arm != "control" and place % 3 < 2,
                "tool": ("Hare", "Tortoise")[(number + place) % 2] if arm != "control" else None,
                "task_type": ("draft", "search")[place % 2],
                "date": DAYS[place % 3],
            }
            for place, time in enumerate(times)
        ]
    return bundle(
        "parallel",
        participants=people,
        logs=logs,
        trial={"starts_on": "2025-01-06", "ends_on": "2025-01-10"},
        design={"arms": [{"name": name, "ai": name != "control"} for name in ARMS if name in arms]},
        plan={"multiplicity": multiplicity},
    )


def prepared(data: Any) -> Any:
    return prepare(evidence_of(data, AS_OF))


def by_name(answers: Any) -> Any:
    """Return answers by estimand and arm or group."""
    return {
        (
            answer.row.estimand,
            answer.row.arm if answer.row.dimension == "all" else answer.row.group,
        ): answer
        for answer in answers
    }


def frame_of(data: Any) -> Any:
    """Return the task logs with the arms of their people."""
    frame = data.task_logs.merge(data.participants[["participant", "arm"]], on="participant")
    return frame.assign(y=np.log(frame["minutes"]))


def test_each_arm_is_compared_as_if_the_others_with_ai_were_not_there() -> None:
    answers = by_name(by_arm(prepared(three_arms())))

    assert len(answers) == 6
    for arm in ARMS[1:]:
        alone = by_name(by_subgroup(prepared(three_arms(arms=("control", arm))), "department"))
        assert ("time_ratio", "Alpha") in alone
        frame = frame_of(three_arms(arms=("control", arm)))
        frame = frame.assign(d=(frame["arm"] == arm).astype(float))
        witness = smf.ols("y ~ d + task_type", frame).fit(
            cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["participant"])[0]}
        )
        row = answers["time_ratio", arm].row
        assert np.log(row.value) == pytest.approx(witness.params["d"], rel=1e-10)
        assert row.std_error == pytest.approx(witness.bse["d"], rel=1e-10)
        assert (row.arm, row.reference, row.participants) == (arm, "control", 42)
        assert (row.participants_with_ai, row.participants_without_ai) == (21, 21)
        headline = answers["minutes_saved_per_working_day", arm].row
        frame_with = frame[frame["d"] == 1]
        assert headline.value is not None
        assert len(frame_with) == headline.logs / 2


def test_arms_are_adjusted_together_and_their_intervals_agree() -> None:
    answers = by_name(by_arm(prepared(three_arms())))
    raw = [answers["time_ratio", arm].row.p_value for arm in ARMS[1:]]

    adjusted = [answers["time_ratio", arm].row.p_value_adjusted for arm in ARMS[1:]]

    assert adjusted == pytest.approx(multipletests(raw, method="holm")[1].tolist(), rel=1e-12)
    for arm, p_value in zip(ARMS[1:], adjusted, strict=True):
        row = answers["time_ratio", arm].row
        excludes = row.ci_adjusted_high < 1 or row.ci_adjusted_low > 1
        assert excludes == (p_value < 0.05)
        assert row.ci_adjusted_low <= row.ci_low <= row.value <= row.ci_high <= row.ci_adjusted_high


def test_a_plan_may_adjust_arms_by_dunnett_for_their_shared_control() -> None:
    answers = by_name(by_arm(prepared(three_arms("dunnett"))))
    family = [answers["time_ratio", arm] for arm in ARMS[1:]]

    expected = dunnett([answer.estimate for answer in family])

    assert [answer.row.p_value_adjusted for answer in family] == expected
    assert all(p >= answer.row.p_value for p, answer in zip(expected, family, strict=True))


def test_an_arm_that_cannot_be_estimated_leaves_the_others_adjusted() -> None:
    data = three_arms("dunnett")
    data.participants.loc[data.participants["arm"] == "slow helper", "arm"] = np.nan
    answers = by_name(by_arm(prepared(data)))

    assert answers["time_ratio", "slow helper"].row.not_estimable == "no task logs with AI"
    quick = answers["time_ratio", "quick helper"].row
    assert quick.p_value_adjusted == pytest.approx(quick.p_value, rel=1e-6)


@pytest.mark.parametrize("sections", [{"arms": ARMS[:2]}, {"treatment": "used"}])
def test_one_arm_with_ai_or_a_comparison_by_use_needs_no_rows_by_arm(sections: Any) -> None:
    data = three_arms(arms=sections.get("arms", ARMS))
    if "treatment" in sections:
        data = bundle(
            "parallel",
            participants=data.participants.to_dict("records"),
            logs=data.task_logs[["participant", "key", "minutes", "ai_used"]].to_dict("records"),
            design={"arms": [{"name": name, "ai": name != "control"} for name in ARMS]},
            plan={"treatment": "used"},
        )

    assert list(by_arm(prepared(data))) == []


def test_groups_are_shrunken_on_the_scale_of_the_estimate() -> None:
    """The values themselves have their witness in test_groups.py."""
    answers = by_name(by_subgroup(prepared(three_arms()), "department"))
    family = [answers["time_ratio", name] for name in ("Alpha", "Beta", "Gamma")]

    expected = np.exp(shrunken([answer.estimate for answer in family]))

    assert [answer.row.shrunken_value for answer in family] == pytest.approx(expected, rel=1e-14)
    raw, drawn = np.ptp([a.row.value for a in family]), np.ptp(expected)
    assert 0 < drawn < raw


def test_two_groups_are_too_few_to_shrink() -> None:
    answers = by_name(by_subgroup(prepared(three_arms()), "task_type"))

    assert answers["time_ratio", "draft"].row.value is not None
    assert answers["time_ratio", "draft"].row.shrunken_value is None


def test_an_interaction_is_asked_of_the_time_ratios_of_one_dimension() -> None:
    ready = prepared(three_arms())
    answers = [*by_subgroup(ready, "department"), *by_subgroup(ready, "task_type")]

    check = interaction("department", answers)

    assert check.check == "interaction_department"
    estimates: Any = [
        answer.estimate
        for answer in answers
        if (answer.row.dimension, answer.row.estimand) == ("department", "time_ratio")
    ]
    differences = np.array([e.value - estimates[0].value for e in estimates[1:]])
    # The departments have no people in common.
    variances = [e.std_error**2 for e in estimates]
    covariance = np.diag(variances[1:]) + variances[0]
    squared = differences @ np.linalg.inv(covariance) @ differences
    assert check.statistic == pytest.approx(squared / 2, rel=1e-9)
    assert (check.verdict, check.message.split(";")[0]) == (
        "pass",
        "Nothing shows that the effect of AI on task times differs between departments",
    )
    none = interaction("grade", answers)
    assert (none.verdict, none.statistic) == ("not_estimable", None)
    assert "fewer than two groups" in none.message


def test_groups_that_differ_raise_the_interaction() -> None:
    data = three_arms()
    strong = data.participants.loc[data.participants["department"] == "Gamma", "participant"]
    inside = data.task_logs["participant"].isin(strong) & data.task_logs["ai_used"]
    data.task_logs.loc[inside, "minutes"] /= 8
    check: Any = interaction("department", by_subgroup(prepared(data), "department"))

    assert (check.verdict, check.p_value < 0.05) == ("warn", True)
    assert check.message.startswith("The effect of AI on task times differs between departments;")


def test_a_tool_is_its_logs_with_ai_against_all_logs_without() -> None:
    data = three_arms()
    answers = by_name(by_tool(prepared(data)))

    assert [group for _, group in answers] == ["Hare", "Tortoise"] * 2
    frame = frame_of(data)
    for tool in ("Hare", "Tortoise"):
        part = frame[~frame["ai_used"] | (frame["tool"] == tool)]
        part = part.assign(d=part["ai_used"].astype(float))
        witness = smf.ols("y ~ d + task_type", part).fit(
            cov_type="cluster", cov_kwds={"groups": pd.factorize(part["participant"])[0]}
        )
        row = answers["time_ratio", tool].row
        assert np.log(row.value) == pytest.approx(witness.params["d"], rel=1e-10)
        assert row.std_error == pytest.approx(witness.bse["d"], rel=1e-10)
        assert (row.dimension, row.comparison) == ("tool", BY_USE)
        assert row.p_value_adjusted >= row.p_value


def test_no_tool_is_named_no_row() -> None:
    data = three_arms()
    data.task_logs["tool"] = pd.Series(np.nan, index=data.task_logs.index, dtype="str")

    assert list(by_tool(prepared(data))) == []
