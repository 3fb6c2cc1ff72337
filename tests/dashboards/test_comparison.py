"""Trials side by side: what differs is said, never hidden."""

from dataclasses import replace
from typing import Any

import pytest

from dashboards.comparison import DAY_BASES, GROUPS, TREATMENTS, Compared, comparison
from measurement.estimation.definition import DAY_BASES as EVERY_DAY_BASIS
from measurement.estimation.definition import KINDS, Trial
from measurement.estimation.definition import TREATMENTS as EVERY_TREATMENT
from measurement.estimation.trial_toml import parse_trial
from tests.dashboards.invented import NOT_CAUSAL, missing, results, row

ARMS = [{"name": "without", "ai": False}, {"name": "with", "ai": True}]


def trial(title: str, kind: str = "crossover", **sections: Any) -> Trial:
    design = {"kind": kind} | ({"arms": ARMS} if kind in ("parallel", "cluster") else {})
    slug = title.lower()
    return parse_trial({"trial": {"slug": slug, "title": title}, "design": design} | sections)


def compared(title: str, value: float | None, kind: str = "crossover", **sections: Any) -> Compared:
    said = NOT_CAUSAL if kind == "observational" else "randomised"
    daily = (
        missing("minutes_saved_per_working_day", "task logs have no dates")
        if value is None
        else row(value=value, low=value - 2, high=value + 2, comparison=said)
    )
    rows = [daily, row("reported_minutes_saved_per_day", 26.0, 24.0, 28.0)]
    return Compared(trial(title, kind, **sections), results(*rows))


TEA, COFFEE = compared("Tea", 6.0), compared("Coffee", 10.0)
GUESS = compared("Guess", 26.0, "observational")


def test_every_way_of_counting_has_words() -> None:
    assert set(GROUPS) == set(KINDS)
    assert set(DAY_BASES) == set(EVERY_DAY_BASIS)
    assert set(TREATMENTS) == set(EVERY_TREATMENT)


def test_randomised_trials_stand_first_and_the_largest_saving_before_others() -> None:
    found = comparison([GUESS, TEA, COFFEE])
    assert [line[0] for line in found.found.rows] == ["Coffee", "Tea", "Guess"]
    assert [line[0] for line in found.counted.rows] == ["Coffee", "Tea", "Guess"]
    assert found.figure is not None
    names = [note["text"] for note in found.figure["layout"]["annotations"]]
    assert names == ["Coffee", "Tea", "Guess (no comparison group)"]
    assert [trace["marker"]["symbol"] for trace in found.figure["data"]] == ["circle", "diamond"]


def test_the_numbers_are_those_of_each_trial_and_of_one_common_year() -> None:
    own: dict[str, Any] = {"assumptions": {"working_days_per_year": 200, "hours_per_day": 7}}
    found = comparison([TEA, compared("Coffee", 10.0, **own)])
    assert found.found.columns[-1] == "Working days a year, at 225 days of 7.5 hours"
    coffee = found.found.rows[0]
    assert coffee[1:4] == ("10 (8 to 12)", "[x]", "26 (24 to 28)")
    # 10 x 225 / (60 x 7.5), whatever the trial takes for a year; whole as the minutes are.
    assert coffee[-1] == "5 (4 to 6)"


def test_trials_that_count_alike_have_no_difference() -> None:
    assert comparison([TEA, COFFEE]).differences == ()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (GUESS, "nobody: there is no comparison group (Guess)"),
        (
            compared("Other", 1.0, plan={"day_basis": "logged_days"}),
            "They divide minutes by different days: all working days of everybody given AI (Tea); "
            "only days on which people logged a task (Other).",
        ),
        (
            compared("Other", 1.0, plan={"treatment": "used"}),
            "tasks where AI was used (Other)",
        ),
        (
            compared("Other", 1.0, assumptions={"working_days_per_year": 200}),
            "They take different years for a working year: 225 days of 7.5 hours (Tea); "
            "200 days of 7.5 hours (Other).",
        ),
        (
            compared("Other", 1.0, survey={"top_band_minutes": 90}),
            "They count the open band of the survey differently: 60 minutes a day (Tea); "
            "90 minutes a day (Other).",
        ),
        (
            compared("Other", None),
            "There are no measured minutes a day of Other.",
        ),
    ],
)
def test_every_difference_is_said(other: Compared, said: str) -> None:
    found = " ".join(comparison([TEA, other]).differences)
    assert said in found


def test_what_is_not_final_is_said() -> None:
    early = replace(compared("Coffee", 9), is_final=False)
    found = comparison([TEA, early]).differences
    said = "Not final, as the read-out is still to come: Coffee. Intervals are wider until then."
    assert said in found
    assert said not in comparison([TEA, compared("Coffee", 9)]).differences


def test_what_is_withheld_or_missing_is_marked_and_explained() -> None:
    hidden = Compared(
        trial("Hidden"),
        results(row(value=None, low=None, high=None, people=None, suppressed=True)),
    )
    found = comparison([TEA, hidden, compared("Undated", None)]).found
    cells = {line[0]: line for line in found.rows}
    assert cells["Hidden"][1] == cells["Hidden"][-1] == "[c]"
    assert cells["Undated"][1] == cells["Undated"][-1] == "[x]"
    assert any(note.startswith("[c]") for note in found.notes)
    assert "[x]: not estimable, because task logs have no dates." in found.notes


def test_without_any_number_there_is_no_figure() -> None:
    found = comparison([compared("Undated", None), compared("Timeless", None)])
    assert (found.figure, found.alternative) == (None, "")


def test_one_trial_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="two or more"):
        comparison([TEA])
