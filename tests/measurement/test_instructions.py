"""What chance gave a participant, for each day."""

import datetime
from typing import Any

import pytest
import time_machine

from measurement import enrolment
from measurement.access import participations
from measurement.instructions import Instruction, Spell, today_for
from measurement.models import Arm, Trial, User
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db

PERIODS = [
    {"name": "1", "starts_on": datetime.date(2025, 3, 3), "ends_on": datetime.date(2025, 3, 14)},
    {"name": "2", "starts_on": datetime.date(2025, 3, 24), "ends_on": datetime.date(2025, 4, 4)},
]
ARMS = [{"name": "paper", "ai": False}, {"name": "machine", "ai": True}]


def on(trial: Trial, user: User, day: datetime.date) -> Instruction | None:
    participant = participations(user).get(trial=trial)
    with time_machine.travel(datetime.datetime.combine(day, datetime.time(12)), tick=False):
        return today_for(participant)


def enrolled(design: dict[str, Any], **assignment: Any) -> tuple[Trial, User]:
    trial = make_trial(design=design)
    for arm in design.get("arms", []):
        Arm.objects.create(trial=trial, **arm)
    user = make_user("dot.teaspoon@example.com")
    participant = make_participant(trial, user)
    if assignment:
        enrolment.assign(participant=participant, actor=None, **assignment)
    return trial, user


@pytest.mark.parametrize("kind", ["parallel", "cluster"])
@pytest.mark.parametrize(("arm", "with_ai"), [("paper", False), ("machine", True)])
def test_an_arm_holds_for_the_whole_trial(kind: str, arm: str, with_ai: bool) -> None:
    trial, user = enrolled({"kind": kind, "arms": ARMS}, arm=arm)
    day = datetime.date(2025, 3, 5)
    assert on(trial, user, day) == Instruction(Spell(with_ai), None)
    trial.ends_on = datetime.date(2025, 3, 5)
    trial.save()
    assert on(trial, user, day) == Instruction(Spell(with_ai), None)
    assert on(trial, user, datetime.date(2025, 3, 6)) is None


def test_access_comes_on_its_day() -> None:
    trial, user = enrolled({"kind": "stepped_wedge"}, ai_from=datetime.date(2025, 3, 10))
    before = Spell(with_ai=False, ends_on=datetime.date(2025, 3, 9))
    after = Spell(with_ai=True, starts_on=datetime.date(2025, 3, 10))
    assert on(trial, user, datetime.date(2025, 3, 9)) == Instruction(before, after)
    assert on(trial, user, datetime.date(2025, 3, 10)) == Instruction(after, None)


def test_who_gets_no_access_is_told() -> None:
    trial, user = enrolled({"kind": "stepped_wedge"}, sequence="")
    assert on(trial, user, datetime.date(2025, 3, 9)) == Instruction(Spell(with_ai=False), None)


@pytest.mark.parametrize(
    ("day", "now", "coming"),
    [
        (datetime.date(2025, 3, 2), None, "A"),
        (datetime.date(2025, 3, 3), "A", "B"),
        (datetime.date(2025, 3, 14), "A", "B"),
        (datetime.date(2025, 3, 15), None, "B"),
        (datetime.date(2025, 3, 24), "B", None),
        (datetime.date(2025, 4, 4), "B", None),
    ],
)
def test_periods_follow_each_other(day: datetime.date, now: str | None, coming: str | None) -> None:
    trial, user = enrolled({"kind": "crossover", "periods": PERIODS}, sequence="AB")
    first, second = (tuple(period.values())[1:] for period in PERIODS)
    spells = {"A": Spell(False, *first), "B": Spell(True, *second), None: None}  # type: ignore[arg-type]
    assert on(trial, user, day) == Instruction(spells[now], spells[coming])


def test_nothing_holds_after_the_last_period() -> None:
    trial, user = enrolled({"kind": "crossover", "periods": PERIODS}, sequence="BA")
    assert on(trial, user, datetime.date(2025, 4, 5)) is None


@pytest.mark.parametrize(
    ("design", "assignment"),
    [
        ({"kind": "observational"}, {"sequence": ""}),
        ({"kind": "task_randomised"}, {"sequence": ""}),
        ({"kind": "parallel", "arms": ARMS}, {}),
        ({"kind": "parallel", "arms": ARMS}, {"sequence": ""}),
        ({"kind": "crossover", "periods": PERIODS}, {"sequence": ""}),
    ],
    ids=["observational", "coin", "not drawn yet", "no arm", "no order"],
)
def test_where_chance_gives_nothing_by_days(
    design: dict[str, Any], assignment: dict[str, Any]
) -> None:
    trial, user = enrolled(design, **assignment)
    assert on(trial, user, datetime.date(2025, 3, 5)) is None
