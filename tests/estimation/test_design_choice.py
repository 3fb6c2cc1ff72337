"""The questions about the design, and what is recommended."""

from itertools import product

import pytest

from measurement.estimation.definition import KINDS
from measurement.estimation.design_choice import QUESTIONS, next_question, recommend

ALL = [dict(zip(QUESTIONS, said, strict=True)) for said in product((True, False), repeat=5)]


@pytest.mark.parametrize(
    ("yes", "kind"),
    [
        ("", "observational"),
        ("everybody away switch close", "observational"),
        ("decide", "parallel"),
        ("decide away", "crossover"),
        ("decide everybody away", "crossover"),
        ("decide close", "cluster"),
        ("decide close away", "cluster"),
        ("decide everybody", "stepped_wedge"),
        ("decide everybody close", "stepped_wedge"),
        ("decide switch", "task_randomised"),
        ("decide switch everybody", "task_randomised"),
    ],
)
def test_the_recommended_design(yes: str, kind: str) -> None:
    found = recommend({question: question in yes.split() for question in QUESTIONS})
    assert found.kind == kind
    assert found.reasons


@pytest.mark.parametrize("answers", ALL, ids=str)
def test_a_design_never_asks_for_what_cannot_be_done(answers: dict[str, bool]) -> None:
    kind = recommend(answers).kind
    assert kind in KINDS
    assert (kind == "observational") == (not answers["decide"])
    if kind == "crossover":
        assert answers["away"]
        assert not answers["close"]
    if kind in ("parallel", "cluster"):
        assert not answers["everybody"]
    if kind == "task_randomised":
        assert answers["switch"]


@pytest.mark.parametrize("answers", ALL, ids=str)
def test_questions_are_asked_until_the_answers_are_enough(answers: dict[str, bool]) -> None:
    said: dict[str, bool] = {}
    while (question := next_question(said)) is not None:
        with pytest.raises(ValueError, match=f"{question} is not answered"):
            recommend(said)
        said[question] = answers[question]
    # What was not asked makes no difference.
    assert recommend(said) == recommend(answers)


def test_every_design_can_be_recommended() -> None:
    assert {recommend(answers).kind for answers in ALL} == set(KINDS)
