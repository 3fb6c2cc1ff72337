"""The baseline survey's rules."""

from typing import Any

import pytest

from measurement import baseline
from measurement.baseline import Answers
from measurement.models import AuditEvent, BaselineAnswer, DirtyMark, Participant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"ai_use_before": "hourly"}, "AI use before 'hourly'"),
        ({"usual_minutes": 0.0}, "0.0 usual minutes"),
        ({"usual_minutes": 1440.5}, "1440.5 usual minutes"),
        ({"usual_minutes": float("nan")}, "nan usual minutes"),
        ({"department": "Moon"}, "department 'Moon'"),
    ],
)
def test_what_cannot_be_is_refused(
    participant: Participant, answers: dict[str, Any], message: str
) -> None:
    assert participant.user
    said = Answers(**{"ai_use_before": "never", **answers})
    with pytest.raises(ValueError, match=message):
        baseline.answer(participant=participant, answers=said, actor=participant.user)
    for model in (BaselineAnswer, AuditEvent, DirtyMark):
        assert not model.objects.exists()


def test_the_first_answer_counts(participant: Participant) -> None:
    assert participant.user
    assert not baseline.is_answered(participant)
    for use, stored in (("never", True), ("daily", False)):
        said = Answers(ai_use_before=use)
        assert (
            baseline.answer(participant=participant, answers=said, actor=participant.user) is stored
        )
    assert baseline.is_answered(participant)
    assert BaselineAnswer.objects.get().ai_use_before == "never"
    assert AuditEvent.objects.get().act == "answer_baseline"
