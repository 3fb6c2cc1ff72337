"""The results of whole trials against independent libraries."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.results import EstimateRow
from tests.estimation.frames import AS_OF, bundle, row_of


def results_of(data: Any) -> Any:
    """Return the results of a bundle."""
    return evaluate(evidence_of(data, AS_OF))


def crossover(participants: Any, logs_each: Any, seed: Any = 7) -> Any:
    """Return rows of a crossover: two periods, unequal skill, three task types."""
    generator = np.random.default_rng(seed)
    size = participants * logs_each
    person = np.repeat(np.arange(participants), logs_each)
    task_type = generator.choice(["draft", "meet", "search"], size)
    period = generator.integers(0, 2, size)
    with_ai = (period + person) % 2 == 1
    log_minutes = (
        3
        + generator.normal(0, 0.5, participants)[person]
        + generator.normal(-0.2, 0.3, participants)[person] * with_ai
        + np.select([task_type == "draft", task_type == "meet"], [0.4, 0.1], 0.0)
        + 0.05 * period
        + generator.normal(0, 0.6, size)
    )
    return pd.DataFrame(
        {
            "participant": [f"p{number:04d}" for number in person],
            "key": [f"{number:06d}" for number in range(size)],
            "minutes": np.minimum(np.exp(log_minutes), 1440),
            "ai_used": with_ai,
            "ai_assigned": with_ai,
            "task_type": task_type,
            "period": np.where(period == 0, "1", "2"),
        }
    )


def test_crossover_of_20_000_logs_agrees_with_dummy_variables() -> None:
    people = 50
    frame = crossover(participants=people, logs_each=400)
    results = results_of(bundle("crossover", logs=frame.to_dict("records"), plan={"subgroups": []}))

    # Participants as dummies, errors clustered by participant.
    X = pd.get_dummies(frame[["participant", "task_type", "period"]], dtype=float)
    X = X.drop(columns=["task_type_draft", "period_1"]).assign(d=frame["ai_assigned"].astype(float))
    for estimand, outcome in (
        ("time_ratio", np.log(frame["minutes"])),
        ("minutes_saved_per_task", -frame["minutes"]),
    ):
        groups = pd.factorize(frame["participant"])[0]
        # The dummies add up to a constant: to look for one takes as long as the fit.
        witness = sm.OLS(outcome, X, hasconst=True).fit(
            cov_type="cluster", cov_kwds={"groups": groups}
        )
        # statsmodels counts the dummies of people in K; nested in the clusters, they count as 1.
        n, k = len(frame), X.shape[1]
        factor = np.sqrt((n - k) / (n - (k - people + 1)))
        row = row_of(results, estimand)
        value = np.log(row.value) if estimand == "time_ratio" else row.value
        assert value == pytest.approx(witness.params["d"], rel=1e-8)
        assert row.std_error == pytest.approx(witness.bse["d"] * factor, rel=1e-8)
        assert (row.clusters, row.degrees_of_freedom, row.logs) == (people, people - 1, 20_000)
        assert row.standard_errors == "CR1"
        assert row.terms == ("participant", "task_type", "period")


def test_twin_of_the_real_data_agrees_with_scipy_and_statsmodels() -> None:
    """Stand-in for test_real_data.py where the real data are absent: same design, same model."""
    generator = np.random.default_rng(1)
    with_ai = np.arange(68) < 36
    minutes = np.exp(generator.normal(5.2, 0.6, 68) - 0.4 * with_ai)
    people = [f"p{number:02d}" for number in range(68)]
    data = bundle(
        "parallel",
        logs=[
            {"participant": person, "key": "1", "minutes": time, "ai_used": bool(ai)}
            for person, time, ai in zip(people, minutes, with_ai, strict=True)
        ],
        participants=[
            {"participant": person, "arm": "ai" if ai else "control"}
            for person, ai in zip(people, with_ai, strict=True)
        ],
        plan={"standard_errors": "HC3"},
    )

    row = row_of(results_of(data), "time_ratio")

    witness = sm.OLS(np.log(minutes), sm.add_constant(with_ai.astype(float))).fit(cov_type="HC3")
    assert np.log(row.value) == pytest.approx(witness.params[1], rel=1e-10)
    assert row.std_error == pytest.approx(witness.bse[1], rel=1e-10)
    geometric = stats.gmean(minutes[with_ai]) / stats.gmean(minutes[~with_ai])
    assert row.value == pytest.approx(geometric, rel=1e-12)
    half = stats.t.ppf(0.975, 66) * witness.bse[1]
    assert (row.ci_low, row.ci_high) == pytest.approx(
        (np.exp(witness.params[1] - half), np.exp(witness.params[1] + half)), rel=1e-10
    )
    assert (row.standard_errors, row.clusters, row.degrees_of_freedom) == ("HC3", 68, 66)
    assert (row.arm, row.reference, row.comparison) == ("ai", "control", "randomised")


def task_randomised(participants: Any = 60, logs_each: Any = 12, seed: Any = 3) -> Any:
    """Return rows of a trial that flips a coin for each task, with forecasts."""
    generator = np.random.default_rng(seed)
    size = participants * logs_each
    person = np.repeat(np.arange(participants), logs_each)
    assigned = generator.random(size) < 0.5
    forecast = np.exp(3 + generator.normal(0, 0.5, size))
    minutes = forecast * np.exp(-0.2 * assigned + generator.normal(0, 0.4, size))
    return pd.DataFrame(
        {
            "participant": [f"p{number:03d}" for number in person],
            "key": [f"{number:05d}" for number in range(size)],
            "minutes": minutes,
            "ai_used": assigned & (generator.random(size) < 0.8),
            "ai_assigned": assigned,
            "forecast_minutes": forecast,
        }
    )


def test_task_randomised_uses_hc3_by_task_and_shows_participants_beside() -> None:
    frame = task_randomised()
    data = bundle(
        "task_randomised",
        logs=frame.to_dict("records"),
        plan={"covariates": ["log_forecast_minutes"], "subgroups": []},
    )
    results = results_of(data)

    frame = frame.assign(
        y=np.log(frame["minutes"]),
        d=frame["ai_assigned"].astype(float),
        x=np.log(frame["forecast_minutes"]),
    )
    model = smf.ols("y ~ d + x", frame)
    by_task = model.fit(cov_type="HC3")
    groups = pd.factorize(frame["participant"])[0]
    by_participant = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    primary = row_of(results, "time_ratio")
    beside = row_of(results, "time_ratio", sample="participant_clustered")
    assert np.log(primary.value) == pytest.approx(by_task.params["d"], rel=1e-8)
    assert primary.std_error == pytest.approx(by_task.bse["d"], rel=1e-8)
    assert beside.value == primary.value
    assert beside.std_error == pytest.approx(by_participant.bse["d"], rel=1e-8)
    assert primary.terms == ("log_forecast_minutes",)
    assert (primary.standard_errors, beside.standard_errors) == ("HC3", "CR1")


def test_observational_absorbs_participants_and_weeks_and_says_what_it_is() -> None:
    generator = np.random.default_rng(5)
    frame = crossover(participants=50, logs_each=20, seed=9).drop(columns=["ai_assigned", "period"])
    days = pd.Timestamp("2025-04-14") + pd.to_timedelta(generator.integers(0, 19, len(frame)), "D")
    frame["date"] = days
    data = bundle(
        "observational",
        logs=frame.to_dict("records"),
        trial={"starts_on": "2025-04-14", "ends_on": "2025-05-02"},
        plan={"subgroups": []},
    )

    row = row_of(results_of(data), "time_ratio")

    frame["week"] = (frame["date"] - pd.Timestamp("2025-04-14")).dt.days // 7
    frame["y"], frame["d"] = np.log(frame["minutes"]), frame["ai_used"].astype(float)
    witness = smf.ols("y ~ d + C(participant) + C(task_type) + C(week)", frame).fit()
    assert np.log(row.value) == pytest.approx(witness.params["d"], rel=1e-8)
    assert row.comparison == "no comparison group: not a causal effect"
    assert row.terms == ("participant", "task_type", "week")


def arms_trial(people_per_department: Any, seed: Any = 2, **sections: Any) -> Any:
    """Return a parallel trial with departments of the given sizes."""
    generator = np.random.default_rng(seed)
    people, logs = [], []
    for department, size in people_per_department.items():
        for number in range(size):
            person = f"{department} {number:03d}"
            arm = ("ai", "control")[number % 2]
            people.append({"participant": person, "arm": arm, "department": department})
            logs += [
                {
                    "participant": person,
                    "key": str(task),
                    "minutes": float(np.exp(generator.normal(3 - 0.3 * (arm == "ai"), 0.5))),
                    "ai_used": arm == "ai",
                    "task_type": ("draft", "search")[task % 2],
                    "date": "2025-04-22",
                }
                for task in range(4)
            ]
    trial = {"starts_on": "2025-04-14", "ends_on": "2025-05-02"}
    return bundle("parallel", logs=logs, participants=people, **{"trial": trial, **sections})


def test_breakdowns_equal_an_analysis_of_the_group_alone() -> None:
    whole = arms_trial({"Atlantis Office": 60, "Ministry of Moss": 50, "Tiny Unit": 4})
    results = results_of(whole)

    for department, size in (("Atlantis Office", 60), ("Ministry of Moss", 50)):
        inside = whole.participants["department"] == department
        names = whole.participants.loc[inside, "participant"]
        alone = type(whole)(
            whole.trial,
            whole.participants[inside].reset_index(drop=True),
            whole.task_logs[whole.task_logs["participant"].isin(names)].reset_index(drop=True),
            whole.survey_responses,
        )
        expected = results_of(alone)
        for estimand in ("time_ratio", "minutes_saved_per_task", "minutes_saved_per_working_day"):
            row = row_of(results, estimand, dimension="department", group=department)
            # To rounding: alone, a group has winsorising limits of its own, which split its cells.
            assert (row.value, row.std_error) == pytest.approx(
                (row_of(expected, estimand).value, row_of(expected, estimand).std_error), rel=1e-12
            )
            assert row.participants == size
    tiny = row_of(results, "time_ratio", dimension="department", group="Tiny Unit")
    assert tiny.not_estimable == "4 clusters, at least 6 are needed"


@pytest.mark.parametrize("method", ["holm", "benjamini_hochberg"])
def test_p_values_are_adjusted_over_the_groups_of_a_dimension(method: Any) -> None:
    sizes = {"Atlantis Office": 60, "Ministry of Moss": 50, "Cloud Agency": 44, "Tiny Unit": 4}
    results = results_of(arms_trial(sizes, plan={"multiplicity": method}))

    rows = [
        row
        for row in results.estimates
        if (row.estimand, row.dimension) == ("time_ratio", "department") and row.value is not None
    ]
    raw = sorted(row.p_value for row in rows)
    if method == "benjamini_hochberg":
        expected = stats.false_discovery_control(raw).tolist()
    else:
        steps = np.maximum.accumulate(np.array(raw) * [3, 2, 1])
        expected = np.minimum(steps, 1).tolist()
    adjusted = [row.p_value_adjusted for row in sorted(rows, key=lambda row: row.p_value)]
    assert adjusted == pytest.approx(expected, rel=1e-12)
    assert row_of(results, "time_ratio").p_value_adjusted is None


def test_few_clusters_get_the_jackknife_and_the_bootstrap() -> None:
    many = arms_trial({"Atlantis Office": 60}, plan={"subgroups": []})
    results = results_of(arms_trial({"Atlantis Office": 20}, plan={"subgroups": []}))

    row = row_of(results, "time_ratio")
    assert row.standard_errors == "CR3"
    assert 0 < row.bootstrap_p_value < 1
    assert row_of(results_of(many), "time_ratio").bootstrap_p_value is None


def test_cluster_design_clusters_by_the_unit_that_was_randomised() -> None:
    data = arms_trial({"Atlantis Office": 60})
    teams = [f"team {name[-3:]:>3}" for name in data.participants["participant"]]
    people = data.participants.assign(
        team=pd.Series(
            [f"team {int(team[-3:]) % 2}-{int(team[-3:]) // 12}" for team in teams], dtype="str"
        )
    )
    design = {"kind": "cluster", "unit": "team"}
    by_team = bundle(
        "cluster",
        logs=[],
        trial={"starts_on": "2025-04-14", "ends_on": "2025-05-02"},
        design=design,
        plan={"subgroups": []},
    )
    clustered = type(data)(by_team.trial, people, data.task_logs, data.survey_responses)

    results = results_of(clustered)

    frame = data.task_logs.merge(people[["participant", "team", "arm"]], on="participant")
    frame["y"], frame["d"] = np.log(frame["minutes"]), (frame["arm"] == "ai").astype(float)
    witness = smf.ols("y ~ d + C(task_type)", frame).fit()
    row = row_of(results, "time_ratio")
    assert np.log(row.value) == pytest.approx(witness.params["d"], rel=1e-8)
    assert row.clusters == frame["team"].nunique() == 10
    # Five of the ten teams were given AI; the savings come from all ten.
    assert row_of(results, "minutes_saved_per_working_day").degrees_of_freedom == 9


def test_adoption_rate_counts_people_without_logs() -> None:
    people = [{"participant": f"p{number}", "arm": "ai"} for number in range(4)]
    logs: list[dict[str, Any]] = [
        {"participant": "p0", "key": "1", "minutes": 9, "ai_used": True},
        {"participant": "p1", "key": "1", "minutes": 9, "ai_used": False},
        {"participant": "c", "key": "1", "minutes": 9, "ai_used": True},
    ]
    people.append({"participant": "c", "arm": "control"})

    row = row_of(results_of(bundle("parallel", logs=logs, participants=people)), "adoption_rate")

    assert row.value == 0.25
    assert row.std_error == pytest.approx(stats.sem([1, 0, 0, 0]), rel=1e-14)
    assert (row.participants, row.p_value, row.comparison) == (4, None, "descriptive")


@pytest.mark.parametrize(
    ("used", "reason"),
    [
        ([], "no task logs to analyse"),
        ([True, True], "no task logs without AI to compare with"),
        ([False, False], "no task logs with AI"),
    ],
)
def test_no_comparison_is_said_and_never_a_number(used: Any, reason: Any) -> None:
    logs: list[dict[str, Any]] = [
        {"participant": "p", "key": str(number), "minutes": 9, "ai_used": ai}
        for number, ai in enumerate(used)
    ]
    row = row_of(results_of(bundle("observational", logs=logs)), "time_ratio")

    assert row.not_estimable == reason
    assert (row.value, row.std_error, row.ci_low, row.p_value) == (None, None, None, None)


def test_received_is_refused_and_stored_and_stored_is_analysed_and_excluded() -> None:
    logs: list[dict[str, Any]] = [
        {"participant": "p", "key": "1", "minutes": 9, "ai_used": True},
        {"participant": "p", "key": "2", "minutes": None, "ai_used": True, "status": "void"},
        {"participant": "q", "key": "1", "minutes": None, "ai_used": True, "status": "withheld"},
    ]
    data = bundle("observational", logs=logs, counts={"minutes_impossible": 2, "future_date": 1})

    counts = results_of(data).logs

    assert counts.excluded == {"void": 1, "withheld": 1}
    assert (counts.received, counts.refused, counts.stored, counts.analysed) == (6, 3, 3, 1)


def test_equal_evidence_gives_equal_bytes_of_the_interface() -> None:
    data = arms_trial({"Atlantis Office": 60})
    first, second = (json.dumps(results_of(data).as_json()) for _ in range(2))

    assert first == second
    document = json.loads(first)
    assert {"trial", "design", "plan_sha256", "deviations", "code_version", "last_log"} <= set(
        document
    )
    assert {"logs", "estimates", "checks"} <= set(document)
    fields = set(EstimateRow.__dataclass_fields__)
    assert all(set(row) == fields for row in document["estimates"])
    assert document["last_log"] == document["logs"]["stored"] == 240


def test_a_planned_term_without_values_is_left_out_and_named() -> None:
    data = arms_trial(
        {"Atlantis Office": 60},
        plan={"fixed_effects": ["task_type", "week", "period"], "subgroups": []},
    )

    row = row_of(results_of(data), "time_ratio")

    assert row.terms == ("task_type", "week")
    assert any("period" in note for note in row.notes)


def test_a_treatment_that_its_terms_explain_is_not_estimable() -> None:
    data = arms_trial(
        {"Atlantis Office": 60}, plan={"fixed_effects": ["participant"], "subgroups": []}
    )

    assert "cannot tell 'd'" in row_of(results_of(data), "time_ratio").not_estimable


def test_whoever_waits_is_told_of_each_estimate_and_can_end_it() -> None:
    evidence = evidence_of(arms_trial({"Atlantis Office": 60}, plan={"subgroups": []}), AS_OF)
    told: list[None] = []
    assert evaluate(evidence, at_each=lambda: told.append(None)) == evaluate(evidence)
    assert len(told) == len(evaluate(evidence).estimates)

    class EnoughError(Exception):
        pass

    def enough() -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        evaluate(evidence, at_each=enough)
