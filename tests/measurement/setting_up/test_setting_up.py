"""Privacy notices from the set-up; two leads at once; trials without people."""

import datetime
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from measurement import analysis, setting_up
from measurement.estimation.definition import KINDS
from measurement.models import (
    AnalysisRun,
    AuditEvent,
    DirtyMark,
    PrivacyNotice,
    Trial,
    User,
)
from measurement.set_up_answers import Step, fingerprint, stored
from measurement.set_up_refusals import ChangedMeanwhile
from tests.measurement.setting_up.answers import DATES, Save, choose, refused

pytestmark = pytest.mark.django_db


class TestNotice:
    """The privacy notice."""

    FACTS: dict[str, Any] = {  # noqa: RUF012
        "controller": "Department of Teapots",
        "contact": "privacy@teapots.example.com",
        "keep_until": datetime.date(2040, 1, 1),
    }

    def test_versions_follow_each_other(self, trial: Trial, kim: User) -> None:
        for seen in ("0", "1"):
            setting_up.publish_notice(trial=trial, seen=seen, by=kim, **self.FACTS)
        with pytest.raises(ChangedMeanwhile):
            setting_up.publish_notice(trial=trial, seen="1", by=kim, **self.FACTS)
        assert PrivacyNotice.objects.count() == 2
        assert AuditEvent.objects.filter(act="publish_notice", actor=kim).count() == 2

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"controller": " "}, "Enter who answers for the data"),
            ({"contact": "tea"}, "Enter an email address, like name@example.com"),
            ({"keep_until": datetime.date(2034, 1, 1)}, "The last day on which data are kept"),
        ],
    )
    def test_facts_that_are_refused(
        self, save: Save, trial: Trial, kim: User, changed: dict[str, Any], words: str
    ) -> None:
        save(Step.DATES, DATES)
        facts = self.FACTS | changed
        found = refused(setting_up.publish_notice, trial=trial, seen="0", by=kim, **facts)
        assert [*found] == [*changed]
        assert found[next(iter(changed))].startswith(words)


def test_older_answers_do_not_take_the_place_of_newer_ones(save: Save, trial: Trial) -> None:
    for step, given in (
        (Step.DISCLOSURE, {"disclosure.minimum_people": 12}),
        (Step.LISTS, {"departments": ["Tea"], "grades": [], "professions": []}),
    ):
        seen = fingerprint(stored(trial, step))
        save(step, given)
        with pytest.raises(ChangedMeanwhile):
            save(step, given, seen=seen)
    # Another page is another matter.
    save(Step.ASSUMPTIONS, {"assumptions.hours_per_day": 8.0})


def test_a_trial_without_people_is_analysed_without_a_fault(
    client: Client, save: Save, kim: User
) -> None:
    client.force_login(kim)
    for kind in KINDS:
        choose(save, kind)
        analysis.analyse(Trial.objects.get())
        assert client.get("/trials/tea/").status_code == 200
    assert AnalysisRun.objects.exists()
    assert not DirtyMark.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_at_once_the_second_is_told(trial: Trial, kim: User) -> None:
    seen = fingerprint(stored(trial, Step.DISCLOSURE))
    ended: list[str] = []

    def change(people: int) -> None:
        given = {"disclosure.minimum_people": people}
        setting_up.save(trial=trial, step=Step.DISCLOSURE, given=given, seen=seen, by=kim)

    def change_second() -> None:
        try:
            change(12)
        except ChangedMeanwhile:
            ended.append("told")
        finally:
            connection.close()

    second = threading.Thread(target=change_second)
    with transaction.atomic():
        change(20)
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join(timeout=60)
    assert ended == ["told"]
    assert Trial.objects.get().disclosure["minimum_people"] == 20
