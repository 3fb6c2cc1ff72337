"""Results as plain text."""

from dataclasses import replace

from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.report import as_text
from measurement.estimation.results import Check, EstimateRow, Results
from tests.estimation.frames import AS_OF, bundle


def results() -> Results:
    logs = [{"participant": "p1", "key": "k", "minutes": 5.0, "ai_used": True}]
    return evaluate(evidence_of(bundle("observational", logs=logs, counts={"far": 2}), AS_OF))


def test_counts_and_plan_stand_above_the_estimates() -> None:
    found = results()
    assert as_text(found).splitlines()[:4] == [
        f"invented (observational), plan {found.plan_sha256[:12]}",
        "plan not locked",
        "task logs: received 3 = refused 2 + stored 1; analysed 1",
        "",
    ]


def test_a_changed_plan_and_simulated_data_say_so() -> None:
    change = {"what": "plan.subgroups", "from": ["grade"], "to": None}
    recorded = {"who": "analyst (user 2)", "when": "2025-02-03T10:00:00+00:00", "why": "It broke"}
    unrecorded = {"who": None, "when": None, "why": "not recorded"}
    found = replace(
        results(),
        simulated=True,
        plan_locked_at="2025-01-02T09:30:00+00:00",
        plan_locked_by="administrator (user 1)",
        deviations=(change | recorded, change | unrecorded),
    )
    assert as_text(found).splitlines()[1:5] == [
        "plan locked at 2025-01-02T09:30:00+00:00 by administrator (user 1)",
        'deviation: plan.subgroups from ["grade"] to null, by analyst (user 2) at '
        "2025-02-03T10:00:00+00:00: It broke",
        'deviation: plan.subgroups from ["grade"] to null, by unknown at an unknown time: '
        "not recorded",
        "Simulated data",
    ]


def test_a_row_is_a_name_with_numbers_or_the_reason_why_there_are_none() -> None:
    row = EstimateRow(
        estimand="time_ratio",
        dimension="grade",
        group="G7",
        sample="raw",
        scale="log",
        confidence=0.9,
        comparison="randomised",
        value=0.8,
        std_error=0.05,
        ci_low=0.7,
        ci_high=0.9,
    )
    others = (
        replace(row, value=None, not_estimable="no logs", dimension="all", sample="primary"),
        replace(row, ci_low=None, arm="ai", dimension="all", sample="primary"),
    )
    check = Check(check="order", statistic=None, p_value=None, verdict="pass", message="None found")
    found = replace(results(), estimates=(row, *others), checks=(check,))
    assert as_text(found).splitlines()[-5:] == [
        f"{'time_ratio [grade: G7] (raw)':<90} 0.8  90% interval 0.7 to 0.9  std_error 0.05",
        f"{'time_ratio':<90} not estimable: no logs",
        f"{'time_ratio ai':<90} 0.8",
        "",
        "check order: pass. None found",
    ]
