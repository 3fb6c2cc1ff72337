import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from measurement.estimation.bundle import read_bundle
from measurement.estimation.calendar import count_working_days, is_working_day
from measurement.estimation.definition import KINDS, DefinitionErrors, Survey
from measurement.estimation.simulate import Simulation, simulate, write_simulation
from measurement.estimation.simulate_recipe import DepartmentRecipe, Recipe, TaskTypeRecipe
from measurement.estimation.simulate_survey import band_probabilities

TODAY = date(2026, 11, 2)
# More tasks with AI only, so that forgetting them would show.
RECIPE = Recipe(novel_per_ai_task=0.1)


def simulated(design: str, participants: int = 1500, seed: int = 7) -> Simulation:
    return simulate(
        participants=participants, logs_per_participant=25, design=design, seed=seed, recipe=RECIPE
    )


def task_logs(simulation: Simulation) -> pd.DataFrame:
    """Join logs and people, and say which tasks are treated, from the interface's words."""
    bundle = simulation.bundle
    logs = bundle.task_logs.merge(bundle.participants, on="participant")
    kind = bundle.trial.design.kind
    if kind == "task_randomised":
        treated = logs["ai_assigned"].astype(bool)
    elif kind in ("parallel", "cluster"):
        treated = logs["arm"] == "ai"
    elif kind == "crossover":
        second = pd.Timestamp(bundle.trial.design.periods[1].starts_on)
        letter = np.where(logs["date"] >= second, logs["sequence"].str[1], logs["sequence"].str[0])
        treated = pd.Series(letter == "B", index=logs.index)
    elif kind == "stepped_wedge":
        treated = logs["date"] >= logs["ai_from"]
    else:
        treated = logs["ai_used"]
    return logs.assign(treated=treated)


def difference(logs: pd.DataFrame, values: pd.Series, cluster: str) -> tuple[float, float]:
    """Return treated minus untreated within task types, and a cluster-robust standard error.

    Means by type and treatment, the types weighted by their logs: no regression.
    """
    share = logs["task_type"].map(logs["task_type"].value_counts(normalize=True))
    means = values.groupby([logs["task_type"], logs["treated"]]).transform("mean")
    size = values.groupby([logs["task_type"], logs["treated"]]).transform("size")
    sign = np.where(logs["treated"], 1.0, -1.0)
    value = float((sign * share * values / size).sum())
    scores = (sign * share * (values - means) / size).groupby(logs[cluster]).sum()
    return value, float(np.sqrt((scores**2).sum()))


@cache
def drawn(design: str) -> tuple[Simulation, pd.DataFrame]:
    """Return a large simulation and its logs; nobody changes them."""
    simulation = simulated(design)
    return simulation, task_logs(simulation)


@pytest.mark.parametrize("design", KINDS)
def test_the_truth_per_task_is_what_the_logs_show(design: str) -> None:
    simulation, logs = drawn(design)
    logs = logs[~logs["novel"]]
    cluster = "team" if design in ("cluster", "stepped_wedge") else "participant"

    log_ratio, error = difference(logs, np.log(logs["minutes"]), cluster)
    assert log_ratio == pytest.approx(np.log(simulation.truth["time_ratio"]), abs=4 * error)
    assert error < 0.03
    change, error = difference(logs, logs["minutes"], cluster)
    assert -change == pytest.approx(simulation.truth["minutes_saved_per_task"], abs=4 * error)


@pytest.mark.parametrize("design", KINDS)
def test_the_truth_per_working_day_follows_its_definition(design: str) -> None:
    simulation, logs = drawn(design)
    bundle = simulation.bundle
    people = bundle.participants
    if design in ("parallel", "cluster"):
        people = people[people["arm"] == "ai"]
    days = access_days(simulation, people)
    treated = logs[logs["treated"] & logs["participant"].isin(people["participant"])]

    ordinary = treated[~treated["novel"]]
    novel_minutes = treated.loc[treated["novel"], "minutes"].sum() / days
    rate = len(ordinary) / days
    # The saving per task is the truth's; rates and novel minutes are those of the logs. The gamma
    # distribution of logging makes the rate vary by 1 / sqrt(2) of its value between people.
    expected = rate * simulation.truth["minutes_saved_per_task"] - novel_minutes
    tolerance = 4 * rate * simulation.truth["minutes_saved_per_task"] / np.sqrt(2 * len(people))
    truth = simulation.truth["minutes_saved_per_working_day"]
    assert truth == pytest.approx(expected, abs=tolerance)
    assert truth < 25 / 60 * simulation.truth["minutes_saved_per_task"]
    assert simulation.truth["working_days_saved_per_year"] == pytest.approx(truth / 2)


def access_days(simulation: Simulation, people: pd.DataFrame) -> int:
    trial = simulation.bundle.trial
    assert trial.ends_on is not None
    starts = people["enrolled_on"].to_numpy()
    ends = people["withdrawn_on"].fillna(pd.Timestamp(trial.ends_on)).to_numpy()
    if trial.design.kind == "stepped_wedge":
        starts = people["ai_from"].to_numpy()
    if trial.design.kind != "crossover":
        return int(count_working_days(starts, ends).sum())
    return sum(
        int(
            count_working_days(
                np.maximum(starts[with_ai], np.datetime64(period.starts_on, "s")),
                np.minimum(ends[with_ai], np.datetime64(period.ends_on, "s")),
            ).sum()
        )
        for place, period in enumerate(trial.design.periods)
        for with_ai in [(people["sequence"].str[place] == "B").to_numpy()]
    )


@pytest.mark.parametrize("design", KINDS)
def test_adoption_and_quality_are_as_expected(design: str) -> None:
    simulation, logs = drawn(design)
    people = simulation.bundle.participants
    if design in ("parallel", "cluster"):
        people = people[people["arm"] == "ai"]
    users = logs.loc[logs["ai_used"], "participant"].unique()
    truth = simulation.truth["adoption_rate"]

    error = np.sqrt(truth * (1 - truth) / len(people))
    assert people["participant"].isin(users).mean() == pytest.approx(truth, abs=4 * error)
    answered = logs[logs["quality"].notna()]
    change, error = difference(answered, answered["quality"], "participant")
    assert change == pytest.approx(simulation.truth["quality_difference"], abs=4 * error)


@pytest.mark.parametrize("design", KINDS)
def test_as_many_log_and_answer_as_expected(design: str) -> None:
    simulation, _ = drawn(design)
    bundle, truth = simulation.bundle, simulation.truth
    people = bundle.participants["participant"]
    for name, rows in (
        ("logging_rate", bundle.task_logs),
        ("response_rate", bundle.survey_responses),
    ):
        error = np.sqrt(truth[name] * (1 - truth[name]) / len(people))
        assert people.isin(rows["participant"]).mean() == pytest.approx(truth[name], abs=4 * error)
        assert 0 < truth[name] < 1


def test_the_truth_of_groups_adds_up_to_the_truth_of_all() -> None:
    simulation, _ = drawn("parallel")
    truth, people = simulation.truth, simulation.bundle.participants

    by_department = pd.DataFrame(truth["by_department"]).T
    shares = people["department"].value_counts(normalize=True)
    for estimand in ("minutes_saved_per_task", "minutes_saved_per_working_day"):
        assert (by_department[estimand] * shares).sum() == pytest.approx(truth[estimand])
    assert by_department.loc["Agency for Illustrations", "time_ratio"] == 1
    by_type = pd.DataFrame(truth["by_task_type"]).T
    assert by_type["minutes_saved_per_working_day"].sum() == pytest.approx(
        truth["minutes_saved_per_working_day"]
    )


def test_closed_form_of_one_type_and_one_department() -> None:
    recipe = one_type()
    truth = simulate(
        participants=20, logs_per_participant=30, design="crossover", seed=1, recipe=recipe
    ).truth

    mean = stats.lognorm(s=0.5, scale=30.0).mean()
    assert truth["time_ratio"] == pytest.approx(0.6**0.5)
    assert truth["minutes_saved_per_task"] == pytest.approx(0.5 * 0.4 * mean)
    # Half of 60 weekdays are with AI, but rates are per day with AI at hand.
    assert truth["minutes_saved_per_working_day"] == pytest.approx(30 / 60 * 0.2 * mean)


@pytest.mark.parametrize("mean", [11.0, 26.0, 35.0])
def test_survey_bands_have_the_wanted_mean(mean: float) -> None:
    probabilities = band_probabilities(Survey(), mean)

    assert probabilities.sum() == pytest.approx(1)
    assert probabilities @ [0, 5.5, 15.5, 25.5, 45.5, 60] == pytest.approx(mean)


@pytest.mark.parametrize("mean", [0.0, 60.0])
def test_a_mean_that_no_band_reaches_is_refused(mean: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 60"):
        band_probabilities(Survey(), mean)


def test_only_people_with_ai_at_hand_report() -> None:
    bundle = simulated("stepped_wedge", participants=200).bundle
    reports = bundle.survey_responses.merge(bundle.participants, on="participant")

    assert (reports["date"] >= reports["ai_from"]).all()
    assert 0.3 < len(reports["participant"].unique()) / len(bundle.participants) < 0.9


@pytest.mark.parametrize("design", KINDS)
def test_a_simulated_bundle_is_a_valid_bundle(design: str, tmp_path: Path) -> None:
    simulation = simulated(design, participants=60)
    beside = write_simulation(simulation, tmp_path / "trial.zip")
    bundle = read_bundle(tmp_path / "trial.zip", today=TODAY)

    assert beside == tmp_path / "trial.truth.json"
    assert json.loads(beside.read_text()) == simulation.truth
    assert bundle.trial == simulation.bundle.trial
    assert bundle.trial.simulated
    for name in ("participants", "task_logs", "survey_responses"):
        pd.testing.assert_frame_equal(
            getattr(bundle, name), getattr(simulation.bundle, name), check_exact=True
        )


def test_the_truth_stands_in_the_folder_of_the_bundle(tmp_path: Path) -> None:
    simulation = simulated("parallel", participants=20)

    assert write_simulation(simulation, tmp_path / "trial") == tmp_path / "trial" / "truth.json"
    assert read_bundle(tmp_path / "trial", today=TODAY).trial == simulation.bundle.trial


def test_equal_seeds_give_equal_trials_and_other_seeds_others() -> None:
    first, again = simulated("cluster", 80), simulated("cluster", 80)
    other = simulated("cluster", 80, seed=8)

    pd.testing.assert_frame_equal(first.bundle.task_logs, again.bundle.task_logs, check_exact=True)
    assert first.truth == again.truth
    assert not first.bundle.task_logs["minutes"].equals(other.bundle.task_logs["minutes"])


def test_assignment_is_balanced_within_departments() -> None:
    people = simulated("parallel", participants=301).bundle.participants
    counts = people.groupby(["department", "arm"]).size().unstack()
    assert (counts["ai"] - counts["control"]).abs().max() <= 1

    people = simulated("cluster", participants=600).bundle.participants
    assert (people.groupby("team")["arm"].nunique() == 1).all()
    assert (people.groupby("team")["department"].nunique() == 1).all()


def test_logs_lie_within_the_trial_and_mostly_on_working_days() -> None:
    _, logs = drawn("parallel")
    first, last = pd.Timestamp(RECIPE.starts_on), pd.Timestamp(RECIPE.ends_on)

    assert logs["date"].between(first, last).all()
    assert (logs["date"] <= logs["withdrawn_on"].fillna(last)).all()
    on_weekends = 1 - is_working_day(logs["date"].to_numpy()).mean()
    assert 0 < on_weekends < 0.05
    assert not logs.loc[logs["treated"] == 0, "ai_used"].any()
    used = logs.loc[logs["treated"] & ~logs["novel"], "ai_used"].mean()
    assert used == pytest.approx(RECIPE.adopters * RECIPE.use_by_adopters, abs=0.05)


def test_a_trial_that_still_runs_has_logs_up_to_its_last_day_so_far() -> None:
    until = date(2025, 11, 4)
    bundle = simulate(
        participants=30,
        logs_per_participant=40,
        design="crossover",
        seed=3,
        recipe=replace(RECIPE, logged_until=until, periods=6),
    ).bundle

    assert bundle.task_logs["date"].max() <= pd.Timestamp(until)
    assert len(bundle.trial.design.periods) == 6
    assert set(bundle.participants["sequence"]) == {"ABABAB", "BABABA"}


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(DefinitionErrors, match="paralel"):
        simulate(participants=10, logs_per_participant=5, design="paralel", seed=1)
    with pytest.raises(ValueError, match="1 participants"):
        simulate(participants=1, logs_per_participant=5, design="parallel", seed=1)
    with pytest.raises(ValueError, match="Monday"):
        Recipe(starts_on=date(2025, 9, 30))
    with pytest.raises(ValueError, match="ascending"):
        Recipe(logged_until=date(2026, 9, 30))


def test_effects_of_persons_and_heavy_tails_leave_the_mean_effect_where_it_is() -> None:
    recipe = replace(RECIPE, effect_sd=0.2, error_degrees_of_freedom=3.0)
    simulation = simulate(
        participants=1500, logs_per_participant=25, design="crossover", seed=5, recipe=recipe
    )
    logs = task_logs(simulation)
    logs = logs[~logs["novel"]]

    log_ratio, error = difference(logs, np.log(logs["minutes"]), "participant")
    assert log_ratio == pytest.approx(np.log(simulation.truth["time_ratio"]), abs=4 * error)
    assert simulation.truth["minutes_saved_per_task"] is None
    assert simulation.truth["minutes_saved_per_working_day"] is None
    assert simulation.truth["minutes_saved_per_day_used"] is None
    assert simulation.truth["perception_gap_minutes"] is None
    residuals = np.log(logs["minutes"]) - np.log(logs["minutes"]).groupby(
        [logs["participant"], logs["task_type"], logs["ai_used"]]
    ).transform("mean")
    assert stats.kurtosis(residuals) > 3


def test_effects_of_persons_raise_the_mean_of_minutes_with_ai() -> None:
    recipe = replace(one_type(), effect_sd=0.3)
    truth = simulate(
        participants=20, logs_per_participant=30, design="parallel", seed=1, recipe=recipe
    ).truth

    mean, with_ai = stats.lognorm(s=0.5, scale=30.0).mean(), stats.lognorm(s=0.3, scale=0.6).mean()
    assert truth["time_ratio"] == pytest.approx(0.6**0.5)
    assert truth["complier_time_ratio"] == pytest.approx(0.6)
    assert truth["minutes_saved_per_task"] == pytest.approx(0.5 * (1 - with_ai) * mean)


def one_type() -> Recipe:
    return Recipe(
        task_types=(TaskTypeRecipe("draft", 1.0, 30.0, 0.6),),
        departments=(DepartmentRecipe("Office for Specimens", 1.0),),
        adopters=1.0,
        use_by_adopters=0.5,
        novel_per_ai_task=0.0,
        participant_sd=0.3,
        team_sd=0.0,
        error_sd=0.4,
    )


def test_randomised_tasks_have_the_truth_of_the_trials_own_people() -> None:
    recipe = replace(one_type(), adopters=0.5, use_by_adopters=1.0, participant_sd=0.0)
    simulation = simulate(
        participants=12, logs_per_participant=300, design="task_randomised", seed=2, recipe=recipe
    )
    logs = task_logs(simulation)
    adopts = logs["participant"].map(logs.groupby("participant")["ai_used"].any())

    share = float(adopts.mean())
    assert 0.1 < share < 0.9
    assert simulation.truth["time_ratio"] == pytest.approx(0.6**share)
    assert simulation.truth["complier_time_ratio"] == pytest.approx(0.6)
    mean = stats.lognorm(s=0.4, scale=30.0).mean()
    assert simulation.truth["minutes_saved_per_task"] == pytest.approx(0.4 * share * mean)


def test_a_growing_effect_has_the_truth_of_the_groups_and_weeks_compared() -> None:
    recipe = replace(one_type(), use_by_adopters=1.0, ramp_weeks=4, weekend_share=0.0)
    simulation = simulate(
        participants=400, logs_per_participant=600, design="stepped_wedge", seed=3, recipe=recipe
    )
    logs = task_logs(simulation)
    week = (logs["date"] - pd.Timestamp(recipe.starts_on)).dt.days // 7
    start = (logs["ai_from"] - pd.Timestamp(recipe.starts_on)).dt.days // 7
    grown = [np.log(logs["minutes"])[week - start == since].mean() for since in range(-1, 5)]

    # Every week of access adds a quarter of the effect, until the fourth.
    steps = np.log(0.6) * np.array([0, 0.25, 0.5, 0.75, 1, 1])
    assert np.array(grown) - grown[0] == pytest.approx(steps, abs=0.03)
    # Steps in weeks 2, 4, 7, 9 of 12 (from 0); in week 9 nobody is left to be compared with.
    shares = [min((since + 1) / 4, 1) for since in (*range(7), *range(5), *range(2))]
    groups = simulation.bundle.participants["ai_from"].value_counts()
    assert sorted(start.unique()) == [2, 4, 7, 9]
    assert groups.nunique() == 1
    assert simulation.truth["time_ratio"] == pytest.approx(0.6 ** np.mean(shares))


@pytest.mark.parametrize("design", ["parallel", "crossover", "task_randomised", "observational"])
def test_the_truth_per_day_used_follows_its_definition(design: str) -> None:
    simulation, logs = drawn(design)
    bundle = simulation.bundle
    people = bundle.participants
    if design == "parallel":
        people = people[people["arm"] == "ai"]
    used = logs[logs["ai_used"]].drop_duplicates(["participant", "date"])
    truth = simulation.truth

    expected = access_days(simulation, people) / len(used)
    found = truth["minutes_saved_per_day_used"] / truth["minutes_saved_per_working_day"]
    # Days with AI vary between people by about their own number.
    assert found == pytest.approx(expected, rel=4 / np.sqrt(len(people)))


def test_the_perception_gap_compares_with_people_that_log() -> None:
    recipe = replace(RECIPE, logging_shape=0.5, withdrawals=0.0)
    simulation = simulate(
        participants=3000, logs_per_participant=4, design="parallel", seed=4, recipe=recipe
    )
    truth, people = simulation.truth, simulation.bundle.participants
    with_ai = people.loc[people["arm"] == "ai", "participant"]
    logging = with_ai.isin(simulation.bundle.task_logs["participant"]).mean()

    measured = truth["reported_minutes_saved_per_day"] - truth["perception_gap_minutes"]
    assert measured / truth["minutes_saved_per_working_day"] == pytest.approx(
        1 / logging, rel=4 * np.sqrt((1 - logging) / logging / len(with_ai))
    )
    assert logging < 0.8


def test_recipes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"error_degrees_of_freedom 2\.0: above 2 is allowed"):
        Recipe(error_degrees_of_freedom=2.0)
    with pytest.raises(ValueError, match="ramp_weeks 0: 1 or more are allowed"):
        Recipe(ramp_weeks=0)
    with pytest.raises(ValueError, match="ramp_weeks 2: allowed in a stepped_wedge only"):
        simulate(
            participants=20,
            logs_per_participant=5,
            design="parallel",
            seed=1,
            recipe=Recipe(ramp_weeks=2),
        )


def test_a_roll_out_in_one_step_has_nobody_to_compare_with_and_a_truth_all_the_same() -> None:
    truth = simulate(
        participants=40,
        logs_per_participant=5,
        design="stepped_wedge",
        seed=1,
        recipe=replace(one_type(), steps=1),
    ).truth

    assert truth["time_ratio"] == pytest.approx(0.6**0.5)


def test_without_tools_no_log_names_one() -> None:
    recipe = Recipe(tools=())
    data = simulate(
        participants=10, logs_per_participant=5, design="observational", seed=1, recipe=recipe
    ).bundle

    assert data.task_logs["ai_used"].any()
    assert data.task_logs["tool"].isna().all()
