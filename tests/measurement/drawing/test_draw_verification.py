"""A stored draw is drawn again from what is stored, and nothing of it can be changed."""

import datetime
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from measurement import drawing, enrolment, leaving
from measurement.models import (
    Draw,
    Participant,
    Trial,
    User,
)
from tests.measurement.drawing.draws import WHY, verified
from tests.measurement.drawn import fill, make_drawable

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


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
