"""What leads are told about the checks of a trial."""

import pytest

from dashboards.advice import _DO, _GROUPS, _NAMES, NOTHING, TOO_EARLY, advice
from measurement.estimation.checks import CHECKS
from measurement.estimation.definition import SUBGROUPS
from measurement.estimation.results import Check

EVERY = sorted({name for names in CHECKS.values() for name in names})


def check(name: str, verdict: str) -> Check:
    return Check(check=name, statistic=None, p_value=None, verdict=verdict, message=f"{name}.")


def test_every_check_has_a_name_and_something_to_do() -> None:
    assert sorted(_NAMES) == sorted(_DO) == EVERY
    assert len(set(_NAMES.values())) == len(_NAMES)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("verdict", ["warn", "fail"])
def test_what_to_do_is_whole_sentences(name: str, verdict: str) -> None:
    (found,) = advice([check(name, verdict)])
    assert found.to_do[0].isupper()
    assert found.to_do.endswith(".")
    assert (found.verdict, found.finding) == (verdict, f"{name}.")


def test_the_worst_stands_first_and_what_passed_needs_nothing() -> None:
    given = [
        check("novelty", "pass"),
        check("heaping", "not_estimable"),
        check("balance", "warn"),
        check("attrition", "fail"),
        check("order", "pass"),
    ]
    found = advice(given)
    assert [item.verdict for item in found] == ["fail", "warn", "not_estimable", "pass", "pass"]
    assert [item.to_do for item in found[2:]] == [TOO_EARLY, NOTHING, NOTHING]
    assert [item.name for item in found[3:]] == ["Change over time", "Order of periods"]


def test_groups_that_differ_have_their_words_for_every_dimension() -> None:
    assert set(_GROUPS) == set(SUBGROUPS)
    warned = advice(check(f"interaction_{dimension}", "warn") for dimension in SUBGROUPS)
    assert [item.name for item in warned] == [
        f"Differences between {several}"
        for several in ("departments", "grades", "professions", "types of task")
    ]
    assert len({item.to_do for item in warned}) == 1
    (passed,) = advice([check("interaction_grade", "pass")])
    assert passed.to_do == NOTHING


def test_a_finding_is_one_whole_sentence() -> None:
    given = Check(
        check="order", statistic=None, p_value=None, verdict="pass", message="All is well"
    )
    assert advice([given])[0].finding == "All is well."
