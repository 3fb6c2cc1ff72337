"""Two leads who draw at once get one draw."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from measurement import drawing
from measurement.estimation.allocation import CannotDraw
from measurement.models import (
    Assignment,
    Trial,
    User,
)
from tests.gates import eventually
from tests.measurement.drawing.draws import WHY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


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
