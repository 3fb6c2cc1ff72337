"""All checks of a trial: which apply, in which order, and what may be published of them."""

import datetime
import re
from functools import cache
from typing import Any

import pytest

from measurement.estimation.checks import CHECKS, checks
from measurement.estimation.definition import KINDS
from measurement.estimation.designs import DESIGNS
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.evidence import evidence_of
from measurement.estimation.results import Check
from measurement.estimation.scopes import everything
from measurement.estimation.simulate import simulate
from tests.estimation.checked_trials import Material, keyed, log, material, people, plain_part

AS_OF = datetime.date(2026, 1, 1)
LOGGING = ["heaping", "late_entry", "overlapping", "straight_lining", "flagged_by_arm"]
ARMS = [
    "sample_ratio",
    "sample_ratio_analysed",
    "balance",
    "attrition",
    "contamination",
    "novelty",
    *LOGGING,
    "exclusions_by_arm",
]
EXPECTED = {
    "task_randomised": [
        "sample_ratio",
        "sample_ratio_analysed",
        "contamination",
        "novelty",
        *LOGGING,
    ],
    "parallel": ARMS,
    "cluster": ARMS,
    "crossover": [
        "sample_ratio",
        "sample_ratio_analysed",
        "contamination",
        "order",
        "carry_over",
        "novelty",
        *LOGGING,
    ],
    "stepped_wedge": ["contamination", "pre_trends", "novelty", *LOGGING],
    "observational": ["novelty", *LOGGING],
}


@cache
def simulated(design: str, seed: int = 4) -> Material:
    drawn = simulate(participants=200, logs_per_participant=20, design=design, seed=seed)
    evidence = evidence_of(drawn.bundle, AS_OF)
    cells = everything(evidence, evidence.cells).cells
    return Material(evidence.trial, evidence.participants, evidence.totals, cells)


def all_checks(data: Material, pre_trend: Any = lambda: (1.5, 0.2)) -> tuple[Check, ...]:
    return checks(
        data.trial,
        data.participants,
        data.totals,
        data.cells,
        weekly=data.cells,
        model=data.model,
        pre_trend=pre_trend,
    )


@pytest.mark.parametrize("design", KINDS)
def test_a_sound_trial_of_each_design_fails_no_check(design: str) -> None:
    found = all_checks(simulated(design))

    assert [check.check for check in found] == EXPECTED[design]
    # Arms of 100 people differ by more than a tenth in something, by chance; and of a dozen tests
    # at 5 % one may warn.
    verdicts = [check.verdict for check in found if check.check != "balance"]
    assert set(verdicts) <= {"pass", "warn"}
    assert verdicts.count("warn") <= 1
    for check in found:
        assert check.statistic is not None
        assert check.p_value is not None
        assert 0 <= check.p_value <= 1


def test_every_design_has_its_checks() -> None:
    assert set(CHECKS) == set(DESIGNS)


def test_checks_get_what_belongs_to_them() -> None:
    """Over time by week, else all; the test of trends as computed elsewhere."""
    data = simulated("stepped_wedge")
    weekly = data.cells[data.cells["week"] == 0].reset_index(drop=True)

    found = checks(
        data.trial,
        data.participants,
        data.totals,
        data.cells,
        weekly=weekly,
        model=data.model,
        pre_trend=lambda: (7.5, 0.0004),
    )

    by_name = {check.check: check for check in found}
    assert by_name["novelty"].verdict == "not_estimable"
    assert by_name["heaping"].verdict == "pass"
    trend = by_name["pre_trends"]
    assert (trend.statistic, trend.p_value, trend.verdict) == (7.5, 0.0004, "fail")


def test_without_group_time_effects_no_trends_are_tested() -> None:
    found = all_checks(simulated("stepped_wedge"), pre_trend=None)
    assert "pre_trends" not in {check.check for check in found}


def test_what_the_data_cannot_answer_is_said() -> None:
    def no_trend() -> tuple[float, float]:
        raise NotEstimable("everybody got access at once: 12 teams")

    found = all_checks(simulated("stepped_wedge"), no_trend)[1]

    assert found == Check(
        check="pre_trends",
        statistic=None,
        p_value=None,
        verdict="not_estimable",
        message="The data do not allow this check: everybody got access at once: 12 teams",
    )


def test_a_tiny_trial_has_answers_or_reasons() -> None:
    participants = people({"ai": 2, "control": 1})
    data = material(
        "parallel", participants, keyed([log(row["participant"]) for row in participants])
    )

    found = {check.check: check for check in all_checks(data)}

    assert found["sample_ratio"].verdict == "pass"
    assert found["heaping"].verdict == "not_estimable"
    assert found["heaping"].message == (
        "The data do not allow this check: 3 clusters, at least 6 are needed"
    )


def test_a_trial_without_logs_has_answers_or_reasons() -> None:
    data = material("parallel", people({"ai": 8, "control": 8}), [])
    verdicts = {check.check: check.verdict for check in all_checks(data)}
    assert verdicts.pop("sample_ratio") == "pass"
    assert verdicts.pop("attrition") == "pass"
    assert set(verdicts.values()) == {"not_estimable"}


@pytest.mark.parametrize("design", KINDS)
def test_sentences_make_sense_when_published(design: str) -> None:
    """A number before the colon would have the sentence withheld."""
    data = simulated(design)
    one_sided = data.cells.assign(used=True, flags=7, heaped_5=data.cells["logs"])
    one_sided = one_sided.assign(heaped_15=one_sided["logs"], heaped_30=one_sided["logs"])
    faulty = data._replace(
        participants=data.participants[data.participants.index % 7 != 0].reset_index(drop=True),
        cells=one_sided,
    )
    for check in (*all_checks(data), *all_checks(faulty, lambda: (9.0, 0.0))):
        sentence = plain_part(check.message)
        assert not re.search(r"\d", sentence)
        assert sentence[0].isupper()
        assert not sentence.endswith(".")
