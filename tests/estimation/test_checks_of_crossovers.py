"""Order of periods and what is carried over: scipy, statsmodels, planted faults."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from measurement.estimation.checks_over_time import carry_over, order
from measurement.estimation.estimate import NotEstimable
from tests.estimation.checked_trials import Material, keyed, log, material
from tests.estimation.dummy_regressions import dummies, t_clustered

TYPES = {"draft": 0.0, "search": 0.8}


def crossover_rows(
    sequences: Any, seed: int, *, later: float = 0.0, carried: float = 0.0, types: Any = ("draft",)
) -> Any:
    """Return log(minutes) of each log: participant, sequence, place, type, d, previous d, y.

    `later`: what each period adds; `carried`: what AI in a period adds to the next.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number, sequence in enumerate(sequences):
        level = rng.normal(3, 0.3)
        for place, letter in enumerate(sequence):
            previous = float(place > 0 and sequence[place - 1] == "B")
            for _ in range(rng.integers(2, 6)):
                kind = str(rng.choice(types))
                y = level + later * place + carried * previous - 0.3 * (letter == "B")
                y += TYPES[kind] + rng.normal(0, 0.2)
                rows.append((f"p{number:03d}", sequence, place, kind, letter == "B", previous, y))
    return pd.DataFrame(
        rows, columns=["participant", "sequence", "place", "task_type", "d", "previous", "y"]
    )


def crossover(
    rows: Any, names: Any = ("1", "2", "3", "4"), *, coin: bool = False, **sections: Any
) -> Material:
    participants = rows[["participant", "sequence"]].drop_duplicates().to_dict("records")
    logs = [
        log(
            row.participant,
            float(np.exp(row.y)),
            period=names[row.place],
            task_type=row.task_type,
            ai_used=row.d,
            ai_assigned=row.d if coin else None,
        )
        for row in rows.itertuples()
    ]
    return material("crossover", participants, keyed(logs), **sections)


def period_means(rows: Any) -> Any:
    """Return the mean of y of each participant by place, with a column for the sequence."""
    means = rows.pivot_table(index="participant", columns="place", values="y")
    return means.join(rows.groupby("participant")["sequence"].first())


def test_order_of_two_periods_is_welchs_test_of_signed_differences() -> None:
    rows = crossover_rows(["AB"] * 9 + ["BA"] * 14, 1)
    data = crossover(rows)

    found = order(data.trial, data.cells)

    means = period_means(rows)
    without_less_with = {
        "AB": (means[0] - means[1])[means["sequence"] == "AB"],
        "BA": (means[1] - means[0])[means["sequence"] == "BA"],
    }
    witness = stats.ttest_ind(without_less_with["AB"], without_less_with["BA"], equal_var=False)
    assert found.check == "order"
    assert found.statistic == pytest.approx(witness.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(witness.pvalue, rel=1e-9)
    assert found.verdict == "pass"
    assert found.message == "Tasks took about the same time in each period, AI aside"


def test_slower_later_periods_warn() -> None:
    data = crossover(crossover_rows(["AB", "BA"] * 15, 2, later=0.4))

    found = order(data.trial, data.cells)

    # AB: without less with is minus the growth: so t is negative where later periods take longer.
    assert found.statistic is not None
    assert found.statistic < -5
    assert found.verdict == "warn"
    assert found.message == (
        "Tasks took a different time from period to period, AI aside; the result allows for "
        "this as long as the order of periods was drawn by chance"
    )


def test_carry_over_of_two_periods_is_welchs_test_of_sums() -> None:
    rows = crossover_rows(["AB"] * 12 + ["BA"] * 10, 3)
    data = crossover(rows)

    found = carry_over(data.trial, data.cells)

    means = period_means(rows)
    sums = means[0] + means[1]
    witness = stats.ttest_ind(
        sums[means["sequence"] == "AB"], sums[means["sequence"] == "BA"], equal_var=False
    )
    assert found.check == "carry_over"
    assert found.statistic == pytest.approx(witness.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(witness.pvalue, rel=1e-9)
    assert found.verdict == "pass"
    assert found.message == (
        "A period with AI does not seem to change the times of the period after it"
    )


def test_carried_over_effects_fail() -> None:
    data = crossover(crossover_rows(["AB", "BA"] * 30, 4, carried=-1.0))

    found = carry_over(data.trial, data.cells)

    assert found.statistic is not None
    assert found.statistic > 3
    assert found.verdict == "fail"
    assert found.message == (
        "A period with AI changes the times of the period after it, so rely on the first "
        "period alone"
    )


def test_a_suspicion_of_carry_over_warns() -> None:
    rows = crossover_rows(["AB", "BA"] * 10, 5)
    means = period_means(rows)
    level = means[[0, 1]].sum(axis=1)
    sides = [level[means["sequence"] == order] for order in ("AB", "BA")]
    spread = np.sqrt(sum(side.var() / 10 for side in sides))
    # Set the difference of sums to 2.5 standard errors: p is about 0.02.
    shift = sides[1].mean() - sides[0].mean() + 2.5 * spread
    rows["y"] += shift / 2 * (rows["sequence"] == "AB")
    data = crossover(rows)

    found = carry_over(data.trial, data.cells)

    assert found.statistic == pytest.approx(2.5, rel=1e-8)
    assert found.verdict == "warn"
    assert found.message == (
        "A period with AI may change the times of the period after it, so compare the result "
        "with that of the first period alone"
    )


def test_means_are_net_of_task_types() -> None:
    rows = crossover_rows(["AB"] * 16 + ["BA"] * 16, 6, types=("draft", "search"))
    data = crossover(rows)

    found = carry_over(data.trial, data.cells)

    X = pd.concat([dummies(rows, "participant", "task_type", "place"), rows["d"] * 1.0], axis=1)
    effect = sm.OLS(rows["y"], X).fit().params["task_type_search"]
    net = rows.assign(y=rows["y"] - effect * (rows["task_type"] == "search"))
    means = period_means(net)
    sums = means[0] + means[1]
    witness = stats.ttest_ind(
        sums[means["sequence"] == "AB"], sums[means["sequence"] == "BA"], equal_var=False
    )
    assert found.statistic == pytest.approx(witness.statistic, rel=1e-7)


def test_periods_are_ordered_as_planned_or_else_by_number() -> None:
    rows = crossover_rows(["AB", "BA"] * 10, 7, later=0.3)
    planned = {
        "periods": [
            {"name": "spring", "starts_on": "2025-03-03", "ends_on": "2025-03-14"},
            {"name": "autumn", "starts_on": "2025-03-17", "ends_on": "2025-03-28"},
            {"name": "winter", "starts_on": "2025-04-01", "ends_on": "2025-04-02"},
        ]
    }
    expected = crossover(rows)
    for data in (
        crossover(rows, names=("spring", "autumn"), design=planned),
        # Beyond the sequence's letters the logs' own assignment decides.
        crossover(rows, names=("9", "10"), coin=True),
    ):
        for ask in (order, carry_over):
            assert ask(data.trial, data.cells) == ask(expected.trial, expected.cells)


def test_periods_without_an_order_have_no_test() -> None:
    rows = crossover_rows(["AB", "BA"] * 5, 8)
    data = crossover(rows)
    cells = data.cells.assign(period=data.cells["period"].map({"1": "early", "2": "late"}))
    for ask in (order, carry_over):
        with pytest.raises(NotEstimable, match=r"^periods whose order is not known$"):
            ask(data.trial, cells)


def test_one_period_has_no_test() -> None:
    data = crossover(crossover_rows(["AB", "BA"] * 5, 9))
    cells = data.cells[data.cells["period"] == "1"]
    for ask in (order, carry_over):
        with pytest.raises(NotEstimable, match=r"^task logs from fewer than two periods$"):
            ask(data.trial, cells)


def test_novel_unassigned_and_undated_logs_do_not_count() -> None:
    rows = crossover_rows(["AB", "BA"] * 8, 10)
    data = crossover(rows)
    more = data.cells.assign(log_minutes_mean=99.0)
    odd = pd.concat(
        [
            data.cells,
            more.assign(novel=True),
            more.assign(assigned=pd.array([pd.NA] * len(more), dtype="boolean")),
            more.assign(period=np.nan),
        ],
        ignore_index=True,
    )
    for ask in (order, carry_over):
        assert ask(data.trial, odd) == ask(data.trial, data.cells)


def test_only_participants_with_one_period_of_each_kind_count() -> None:
    rows = crossover_rows(["AB"] * 8 + ["BA"] * 8 + ["AA"] * 3 + ["BB"] * 3 + ["AB"], 11)
    rows = rows[(rows["participant"] != "p022") | (rows["place"] == 0)]
    data = crossover(rows)

    found = order(data.trial, data.cells)

    means = period_means(rows[rows["participant"] < "p016"])
    witness = stats.ttest_ind(
        (means[0] - means[1])[means["sequence"] == "AB"],
        (means[1] - means[0])[means["sequence"] == "BA"],
        equal_var=False,
    )
    assert found.statistic == pytest.approx(witness.statistic, rel=1e-9)


def test_an_order_with_one_participant_has_no_test() -> None:
    rows = crossover_rows(["AB"] * 9 + ["BA", "BA"], 12)
    # The second of that order had tasks of both kinds in the first period.
    rows.loc[rows.index[rows["participant"] == "p010"][0], "d"] = False
    data = crossover(rows, coin=True)
    for ask in (order, carry_over):
        with pytest.raises(
            NotEstimable, match=r"^fewer than two participants in an order of periods$"
        ):
            ask(data.trial, data.cells)


def test_two_participants_in_each_order_are_enough() -> None:
    rows = crossover_rows(["AB"] * 4 + ["BA"] * 2, 18)
    data = crossover(rows)

    found = carry_over(data.trial, data.cells)

    means = period_means(rows)
    sums = means[0] + means[1]
    sides = [sums[means["sequence"] == letters] for letters in ("AB", "BA")]
    witness = stats.ttest_ind(*sides, equal_var=False)
    assert found.statistic == pytest.approx(witness.statistic, rel=1e-9)


def test_equal_times_have_no_test() -> None:
    rows = crossover_rows(["AB", "BA"] * 6, 13).assign(y=lambda frame: 3.0 - 0.2 * frame["d"])
    data = crossover(rows)
    for ask in (order, carry_over):
        with pytest.raises(NotEstimable, match=r"^times that do not differ between participants$"):
            ask(data.trial, data.cells)


SEQUENCES = ["ABBA", "BAAB", "ABAB", "BABA", "AABB", "BBAA"] * 8


def test_order_of_more_periods_is_their_trend_in_a_regression() -> None:
    rows = crossover_rows(SEQUENCES, 14, types=("draft", "search"))
    data = crossover(rows)

    found = order(data.trial, data.cells)

    X = dummies(rows, "participant", "task_type").assign(place=rows["place"], d=rows["d"] * 1.0)
    t, p_value = t_clustered(rows["y"], X, rows["participant"], "place", 48)
    assert found.statistic == pytest.approx(t, rel=1e-8)
    assert found.p_value == pytest.approx(p_value, rel=1e-7)


def test_carry_over_of_more_periods_is_a_term_of_the_regression() -> None:
    rows = crossover_rows(SEQUENCES, 15, carried=0.1, later=0.1, types=("draft", "search"))
    # Somebody without logs in the second period: of the third it is not known what came before.
    rows = rows[(rows["participant"] != "p007") | (rows["place"] != 1)].reset_index(drop=True)
    data = crossover(rows)

    found = carry_over(data.trial, data.cells)

    kept = rows[(rows["participant"] != "p007") | (rows["place"] != 2)].reset_index(drop=True)
    X = dummies(kept, "participant", "task_type", "place")
    X = X.assign(previous=kept["previous"], d=kept["d"] * 1.0)
    t, p_value = t_clustered(kept["y"], X, kept["participant"], "previous", 48)
    assert found.statistic == pytest.approx(t, rel=1e-8)
    assert found.p_value == pytest.approx(p_value, rel=1e-7)
    assert found.verdict == "fail"


def test_carry_over_that_cannot_be_told_from_the_effect_has_no_test() -> None:
    # Everybody has AI from the second period on: previous, period and d coincide.
    data = crossover(crossover_rows(["ABB"] * 12, 16))
    with pytest.raises(NotEstimable, match="cannot tell 'd'"):
        carry_over(data.trial, data.cells)


def test_tasks_without_types_are_compared_as_they_are() -> None:
    data = crossover(crossover_rows(["AB", "BA"] * 8, 17))
    cells = data.cells.assign(task_type=pd.Series(np.nan, index=data.cells.index, dtype="str"))
    for ask in (order, carry_over):
        assert ask(data.trial, cells).statistic == pytest.approx(
            ask(data.trial, data.cells).statistic, rel=1e-9
        )
