"""The lists of a trial: cleaned, changed, and kept where used."""

from typing import Any

import pytest

from measurement import inviting
from measurement.models import (
    AuditEvent,
    Participant,
    Trial,
)
from measurement.set_up_answers import Step
from tests.measurement.setting_up.answers import Save, refused
from tests.people import make_log, make_participant, make_user, publish_notice

pytestmark = pytest.mark.django_db


class TestLists:
    """Task types, tools, departments, grades, professions."""

    def test_they_grow_and_shrink_and_leave_an_act(self, save: Save, trial: Trial) -> None:
        save(Step.TASKS, {"task_types": [" Brew ", "", "Wash", "Brew"], "tools": ["Kettle"]})
        save(Step.TASKS, {"task_types": ["Brew", "Pour"], "tools": []})
        assert [entry.name for entry in trial.tasktype_set.all()] == ["Brew", "Pour"]
        assert not trial.tool_set.exists()
        last = AuditEvent.objects.filter(act="change_lists").latest("pk")
        assert last.detail == {
            "task_types": {"added": ["Pour"], "removed": ["Wash"]},
            "tools": {"added": [], "removed": ["Kettle"]},
        }
        save(Step.TASKS, {"task_types": ["Brew", "Pour"], "tools": []})
        assert AuditEvent.objects.filter(act="change_lists").latest("pk") == last

    @pytest.mark.parametrize(
        ("step", "given", "faults"),
        [
            (
                Step.TASKS,
                {"task_types": [" "], "tools": []},
                {"task_types": "Choose or enter at least one type of task"},
            ),
            (
                Step.LISTS,
                {"departments": [], "grades": [], "professions": []},
                {"departments": "Enter at least one department"},
            ),
            (
                Step.TASKS,
                {"task_types": ["Brew", "BREW"], "tools": []},
                {"task_types": "“Brew” and “BREW” differ in capital letters only: keep one"},
            ),
            (
                Step.TASKS,
                {"task_types": ["x" * 201], "tools": []},
                {"task_types": "Each line must be 200 characters or fewer"},
            ),
            (
                Step.TASKS,
                {"task_types": [str(number) for number in range(501)], "tools": []},
                {"task_types": "Enter 500 lines or fewer"},
            ),
        ],
    )
    def test_lists_that_are_refused(
        self, save: Save, step: str, given: dict[str, Any], faults: dict[str, str]
    ) -> None:
        assert refused(save, step, given) == faults

    def test_what_is_in_use_stays(self, save: Save, trial: Trial) -> None:
        names = {"departments": ["Ministry of Tea"], "grades": ["Pot"], "professions": ["Cup"]}
        save(Step.LISTS, names)
        save(Step.TASKS, {"task_types": ["Brew"], "tools": ["Kettle"]})
        publish_notice(trial)
        inviting.invite(
            trial=trial, email="a@example.com", actor=None, department="Ministry of Tea"
        )
        person = make_participant(trial, make_user("pat.pot@example.com"))
        Participant.objects.update(
            grade=trial.grade_set.get(), profession=trial.profession_set.get()
        )
        make_log(person, "k", task_type="Brew", ai_used=True, tool="Kettle")
        for name in names:
            given = names | {name: ["Other"]}
            used = names[name][0]
            words = f"“{used}” is in use already: it has to stay in the list"
            assert refused(save, Step.LISTS, given) == {name: words}
        for name in ("task_types", "tools"):
            given = {"task_types": ["Brew"], "tools": ["Kettle"], name: ["Other"]}
            assert "is in use already" in refused(save, Step.TASKS, given)[name]
        save(Step.LISTS, names | {"grades": ["Pot", "Lid"]})
        assert trial.grade_set.count() == 2
