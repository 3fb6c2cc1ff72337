"""A draw is proposed, looked at, confirmed; never twice without a reason that stays."""

import datetime
from collections import Counter
from typing import Any

import pytest
import time_machine

from measurement import bundles, drawing, enrolment
from measurement.analysis import analyse
from measurement.drawing import Changed
from measurement.estimation.allocation import CannotDraw, allocate
from measurement.frames import of_trial, participants
from measurement.models import (
    Assignment,
    AuditEvent,
    DirtyMark,
    Draw,
    Participant,
    PlanChange,
    Trial,
    TrialMark,
    User,
)
from tests.measurement.drawing.draws import WHY, verified
from tests.measurement.drawn import STEPS, fill, make_drawable
from tests.people import make_trial, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


class TestProposing:
    def test_it_stores_what_the_engine_draws_and_assigns_nobody(
        self, drawable: tuple[Trial, User]
    ) -> None:
        trial, lead = drawable
        draw = drawing.propose(trial=trial, by=lead)
        people = participants(of_trial(trial))
        expected = allocate(trial.definition(), people, draw=1)
        assert drawing.allocation_of(Draw.objects.get()) == expected
        assert (draw.number, draw.name, draw.column) == (1, "teapot:7:1", "arm")
        assert (draw.input_sha256, draw.outcome_sha256) == (
            expected.input_sha256,
            expected.outcome_sha256,
        )
        assert draw.proposed_by == f"lead (user {lead.pk})"
        assert draw.is_open
        assert draw.balance["people"] == [20, 20]
        assert not Assignment.objects.exists()
        assert not DirtyMark.objects.exists()

    def test_it_is_one_row_of_the_audit_record(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        draw = drawing.propose(trial=trial, by=lead)
        event = AuditEvent.objects.get(act="propose_draw")
        assert (event.actor, event.trial_slug) == (lead, "teapot")
        assert event.detail == {
            "draw": 1,
            "algorithm": 1,
            "input_sha256": draw.input_sha256,
            "outcome_sha256": draw.outcome_sha256,
            "units": 40,
            "people": {"ai": 20, "control": 20},
        }

    def test_a_second_one_waits_for_a_reason(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        with pytest.raises(CannotDraw, match="proposed already"):
            drawing.propose(trial=trial, by=lead)
        assert Draw.objects.count() == 1

    def test_one_of_other_participants_gives_way_without_a_reason(
        self, drawable: tuple[Trial, User]
    ) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        fill(trial, 1, first=40)
        second = drawing.propose(trial=trial, by=lead)
        first = Draw.objects.get(number=1)
        assert (second.number, first.dropped_because) == (2, drawing.CHANGED)
        assert len(second.people) == 41
        assert not PlanChange.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [("observational", "people choose themselves"), ("task_randomised", "for each task")],
    )
    def test_some_designs_draw_nobody(self, kind: str, reason: str) -> None:
        trial, lead = make_drawable(kind)
        with pytest.raises(CannotDraw, match=reason):
            drawing.propose(trial=trial, by=lead)
        assert reason in drawing.why_not(trial)

    def test_the_plan_comes_first(self) -> None:
        arms = [{"name": "control", "ai": False}, {"name": "ai", "ai": True}]
        trial = make_trial(design={"kind": "parallel", "arms": arms})
        with pytest.raises(CannotDraw, match="plan is not locked"):
            drawing.propose(trial=trial, by=make_user("x@example.com"))

    def test_not_after_the_end(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        assert trial.ends_on
        with time_machine.travel(trial.ends_on):
            drawing.propose(trial=trial, by=lead)
        with time_machine.travel(trial.ends_on + datetime.timedelta(days=1)):
            with pytest.raises(CannotDraw, match="has ended"):
                drawing.confirm(trial=trial, number=1, by=lead)
            assert drawing.why_not(trial) == "The trial has ended"

    def test_without_anybody(self) -> None:
        trial, lead = make_drawable()
        with pytest.raises(CannotDraw, match="Everybody who takes part is assigned"):
            drawing.propose(trial=trial, by=lead)
        assert drawing.why_not(trial) == ""


class TestConfirming:
    @pytest.mark.parametrize(
        ("kind", "design", "steps"),
        [
            ("parallel", {"stratify_by": ["department"]}, ()),
            ("cluster", {}, ()),
            (
                "crossover",
                {
                    "periods": [
                        {"name": str(m), "starts_on": f"2025-0{m}-01", "ends_on": f"2025-0{m}-28"}
                        for m in (3, 4)
                    ]
                },
                (),
            ),
            ("stepped_wedge", {}, STEPS),
        ],
    )
    def test_everybody_gets_what_was_drawn(
        self, kind: str, design: dict[str, Any], steps: tuple[datetime.date, ...]
    ) -> None:
        trial, lead = make_drawable(kind, **design)
        fill(trial, 40)
        drawing.propose(trial=trial, by=lead, steps=steps)
        draw = drawing.confirm(trial=trial, number=1, by=lead)
        assert (draw.confirmed_by, draw.is_open) == (f"lead (user {lead.pk})", False)
        frame = participants(of_trial(trial)).set_index("participant")
        held = frame[draw.column]
        if kind == "stepped_wedge":
            held = held.dt.strftime("%Y-%m-%d")
        assert held.to_dict() == {name: value for name, _, value in draw.people}
        assert Counter(held).total() == 40
        assert DirtyMark.objects.count() == 40
        assert "reproduced" in verified("teapot", "1")
        event = AuditEvent.objects.get(act="confirm_draw")
        assert event.detail["outcome_sha256"] == draw.outcome_sha256
        assert not AuditEvent.objects.filter(act="assign_participant").exists()

    def test_not_if_the_participants_changed(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        person = Participant.objects.get(trial=trial, pseudonym="p00003")
        enrolment.withdraw(participant=person, on=datetime.date(2025, 3, 3), actor=None)
        with pytest.raises(Changed, match="participants changed"):
            drawing.confirm(trial=trial, number=1, by=lead)
        assert not Assignment.objects.exists()
        drawing.propose(trial=trial, by=lead)
        drawing.confirm(trial=trial, number=2, by=lead)
        assert Assignment.objects.count() == 39

    def test_not_if_nothing_is_left_to_draw(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        for person in Participant.objects.all():
            enrolment.assign(participant=person, arm="ai", actor=None)
        with pytest.raises(Changed):
            drawing.confirm(trial=trial, number=1, by=lead)

    def test_once(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        drawing.confirm(trial=trial, number=1, by=lead)
        with pytest.raises(CannotDraw, match="in the meantime"):
            drawing.confirm(trial=trial, number=1, by=lead)
        with pytest.raises(CannotDraw, match="in the meantime"):
            drawing.redraw(trial=trial, number=1, by=lead, reason=WHY)

    def test_later_joiners_draw_later(self) -> None:
        trial, lead = make_drawable("cluster")
        fill(trial, 40)
        drawing.propose(trial=trial, by=lead)
        first = drawing.confirm(trial=trial, number=1, by=lead)
        fill(trial, 6, first=40, team=lambda n: "team 3" if n < 43 else "team new")
        drawing.propose(trial=trial, by=lead)
        second = drawing.confirm(trial=trial, number=2, by=lead)
        (of_team,) = {value for name, _, value in first.people if name == "p00015"}
        assert [row[1:] for row in second.people[:3]] == [[None, of_team]] * 3
        assert len({row[2] for row in second.people[3:]}) == 1
        assert Assignment.objects.count() == 46
        assert verified("teapot").count(": reproduced") == 2

    def test_what_else_was_assigned_stays(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        person = Participant.objects.get(trial=trial, pseudonym="p00003")
        enrolment.assign(participant=person, ai_from=STEPS[0], actor=None)
        drawing.propose(trial=trial, by=lead)
        drawing.confirm(trial=trial, number=1, by=lead)
        stored = Assignment.objects.select_related("arm").get(participant=person)
        assert stored.ai_from == STEPS[0]
        assert stored.arm is not None

    def test_dates_of_access_do_not_lie_in_the_past(self) -> None:
        trial, lead = make_drawable("stepped_wedge")
        fill(trial, 40)
        day_after = STEPS[0] + datetime.timedelta(days=1)
        with time_machine.travel(day_after), pytest.raises(CannotDraw, match="in the past"):
            drawing.propose(trial=trial, by=lead, steps=STEPS)
        drawing.propose(trial=trial, by=lead, steps=STEPS)
        assert drawing.steps_of(Draw.objects.get()) == STEPS
        with time_machine.travel(day_after):
            with pytest.raises(CannotDraw, match="in the past"):
                drawing.confirm(trial=trial, number=1, by=lead)
            with pytest.raises(CannotDraw, match="say why"):
                drawing.propose(trial=trial, by=lead, steps=STEPS)
        with time_machine.travel(STEPS[0]):
            drawing.confirm(trial=trial, number=1, by=lead)


class TestDrawingAgain:
    def test_the_reason_is_kept_and_listed_in_every_result(self) -> None:
        trial, lead = make_drawable()
        fill(trial, 40)
        first = drawing.propose(trial=trial, by=lead)
        TrialMark.objects.all().delete()
        second = drawing.redraw(trial=trial, number=1, by=lead, reason=WHY)
        third = drawing.redraw(trial=trial, number=2, by=lead, reason="Again")
        assert TrialMark.objects.filter(trial=trial).count() == 2
        outcomes = {draw.outcome_sha256 for draw in (first, second, third)}
        assert (third.number, len(outcomes)) == (3, 3)
        dropped = Draw.objects.get(number=1)
        assert (dropped.dropped_because, dropped.dropped_by) == (WHY, f"lead (user {lead.pk})")
        event = AuditEvent.objects.filter(act="drop_draw").earliest("pk")
        assert (event.actor, event.detail["reason"], event.detail["draw"]) == (lead, WHY, 1)
        deviations = analyse(trial).deviations
        assert [(one["what"], one["from"], one["to"], one["why"]) for one in deviations] == [
            ("assignment.draw", None, "draw 2", WHY),
            ("assignment.draw", "draw 2", "draw 3", "Again"),
        ]
        assert {one["who"] for one in deviations} == {f"lead (user {lead.pk})"}
        assert bundles.export(trial).history.changes[0].reason == WHY

    @pytest.mark.parametrize("reason", ["", " \n", "x" * 1001])
    def test_there_must_be_a_reason(self, drawable: tuple[Trial, User], reason: str) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        with pytest.raises(ValueError, match="a text of 1 to 1000"):
            drawing.redraw(trial=trial, number=1, by=lead, reason=reason)
        assert Draw.objects.get().is_open

    def test_nothing_is_dropped_for_a_draw_that_cannot_be(self) -> None:
        trial, lead = make_drawable("stepped_wedge")
        fill(trial, 40)
        drawing.propose(trial=trial, by=lead, steps=STEPS)
        with pytest.raises(CannotDraw, match="two dates"):
            drawing.redraw(trial=trial, number=1, by=lead, reason=WHY, steps=STEPS[:1])
        assert Draw.objects.get().is_open
        assert not AuditEvent.objects.filter(act="drop_draw").exists()
