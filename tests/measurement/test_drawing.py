"""A draw is proposed, looked at, confirmed; never twice without a reason that stays."""

import datetime
import io
from collections import Counter
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from measurement import bundles, drawing, enrolment, leaving
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
from tests.gates import eventually
from tests.measurement.drawn import STEPS, TODAY, fill, make_drawable
from tests.people import make_trial, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
WHY = "Two teams were in the wrong department"


@pytest.fixture
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def drawable() -> tuple[Trial, User]:
    """Have a parallel trial of 40 people, and its lead."""
    trial, lead = make_drawable()
    fill(trial, 40)
    return trial, lead


def verified(*command: str) -> str:
    out = io.StringIO()
    call_command("verify_draw", *command, stdout=out)
    return out.getvalue()


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


class TestVerifying:
    @pytest.fixture
    def confirmed(self, drawable: tuple[Trial, User]) -> Draw:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        return drawing.confirm(trial=trial, number=1, by=lead)

    def test_it_says_which_and_with_what_hashes(self, confirmed: Draw) -> None:
        assert verified("teapot") == (
            "Draw 1 (confirmed; 40 lots): reproduced\n"
            f"  input {confirmed.input_sha256}\n  outcome {confirmed.outcome_sha256}\n"
        )

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("lots = replace(lots, ', 0]', ', 1]')", "fall otherwise"),
            ("outcome_sha256 = repeat('ab', 32)", "hashes are not those"),
            ("""people = replace(people, '"ai"', '"control"')""", "something else than their lot"),
            ("people = replace(people, 'p00001', 'p00077')", "a lot that is not theirs"),
            ("algorithm = 2", "version 2 of the lots; this is version 1"),
            ("outcome_sha256 = repeat('ab', 32)", "audit record does not have"),
        ],
    )
    def test_it_sees_what_somebody_changed_behind_the_back_of_the_database(
        self, confirmed: Draw, change: str, said: str
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE measurement_draw DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE measurement_draw SET {change}")
            cursor.execute("ALTER TABLE measurement_draw ENABLE TRIGGER USER")
        out = io.StringIO()
        with pytest.raises(CommandError, match="Not reproduced: draw 1"):
            call_command("verify_draw", "teapot", stdout=out)
        assert "Draw 1 (confirmed; 40 lots): NOT reproduced" in out.getvalue()
        assert said in out.getvalue()

    def test_it_notes_what_became_of_people(self, confirmed: Draw) -> None:
        person = Participant.objects.get(pseudonym="p00003")
        arm = {"ai": "control", "control": "ai"}[person.assignment.arm.name]  # type: ignore[union-attr]
        enrolment.assign(participant=person, arm=arm, actor=None)
        Participant.objects.get(pseudonym="p00004").delete()
        said = verified("teapot")
        assert ": reproduced" in said
        assert "Participants who are no longer stored: 1" in said
        assert "Participants who were assigned otherwise since: 1" in said

    def test_it_notes_who_changed_the_team(self) -> None:
        trial, lead = make_drawable("cluster")
        fill(trial, 40)
        drawing.propose(trial=trial, by=lead)
        Participant.objects.filter(pseudonym="p00003").update(team="elsewhere")
        said = verified("teapot")
        assert "Draw 1 (proposed; 8 lots): reproduced" in said
        assert "Participants who are in another team since: 1" in said
        assert "otherwise" not in said

    def test_replaced_ones_too(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        drawing.redraw(trial=trial, number=1, by=lead, reason=WHY)
        assert "Draw 1 (replaced; 40 lots): reproduced" in verified("teapot", "1")

    def test_a_draw_that_is_none(self, drawable: tuple[Trial, User]) -> None:
        with pytest.raises(CommandError, match="Nothing was drawn yet"):
            verified("teapot")
        drawing.propose(trial=drawable[0], by=drawable[1])
        with pytest.raises(CommandError, match="NUMBER: 2, one of 1 is allowed"):
            verified("teapot", "2")


class TestWhatIsStored:
    @pytest.mark.parametrize(
        "change",
        [
            {"number": 5},
            {"lots": []},
            {"people": [["x" * 10_000, 0, "ai"]]},
            {"outcome_sha256": "ab" * 32},
            {"proposed_by": "lead (user 0)"},
        ],
    )
    def test_the_database_refuses_to_change_it(
        self, drawable: tuple[Trial, User], change: dict[str, Any]
    ) -> None:
        draw = drawing.propose(trial=drawable[0], by=drawable[1])
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Draw.objects.filter(pk=draw.pk).update(**change)

    def test_its_end_is_final(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        drawing.redraw(trial=trial, number=1, by=lead, reason=WHY)
        drawing.confirm(trial=trial, number=2, by=lead)
        for number, change in ((1, {"dropped_because": "Nicer"}), (2, {"confirmed_by": "me"})):
            with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
                Draw.objects.filter(number=number).update(**change)

    def test_who_is_erased_leaves_it_and_it_is_reproduced_all_the_same(
        self, drawable: tuple[Trial, User]
    ) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        drawing.redraw(trial=trial, number=1, by=lead, reason=WHY)
        drawing.confirm(trial=trial, number=2, by=lead)
        person = Participant.objects.get(pseudonym="p00003")
        enrolment.withdraw(participant=person, on=datetime.date(2025, 3, 3), actor=None)
        assert leaving.erase(person)
        assert "p00003" not in str(Draw.objects.values())
        for draw in Draw.objects.all():
            assert (len(draw.people), len(draw.lots)) == (39, 40)
        assert verified("teapot").count(": reproduced") == 2

    def test_who_never_drew_is_erased_from_nothing(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        fill(trial, 1, first=40)
        assert leaving.erase(Participant.objects.get(pseudonym="p00040"))
        assert len(Draw.objects.get().people) == 40

    def test_it_goes_with_the_trial(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        Participant.objects.filter(trial=trial).delete()
        Trial.objects.filter(pk=trial.pk).delete()
        assert not Draw.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def race(self, *acts: Any) -> list[str]:
        """Run the acts in threads of their own while the trial is locked; return what they said."""
        said: list[str] = []

        def run(act: Any) -> None:
            try:
                said.append(f"draw {act().number}")
            except CannotDraw as refusal:
                said.append(str(refusal))
            finally:
                connection.close()

        threads = [Thread(target=run, args=[act]) for act in acts]
        with transaction.atomic():
            Trial.objects.select_for_update().get()
            for thread in threads:
                thread.start()
            eventually(lambda: waiting_for_locks() == len(acts), "both wait")
        for thread in threads:
            thread.join()
        return sorted(said)

    def test_two_leads_who_propose(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        propose = lambda: drawing.propose(trial=trial, by=lead)  # noqa: E731
        refused, drawn = self.race(propose, propose)
        assert drawn == "draw 1"
        assert "proposed already" in refused

    def test_one_confirms_and_the_other_draws_again(self, drawable: tuple[Trial, User]) -> None:
        trial, lead = drawable
        drawing.propose(trial=trial, by=lead)
        said = self.race(
            lambda: drawing.confirm(trial=trial, number=1, by=lead),
            lambda: drawing.redraw(trial=trial, number=1, by=lead, reason=WHY),
        )
        assert said[0] == drawing.NO_LONGER_OPEN
        assert said[1] in ("draw 1", "draw 2")
        assert Assignment.objects.exists() == (said[1] == "draw 1")


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND locktype <> 'advisory'"
        )
        return int(cursor.fetchone()[0])
