"""The plan is locked as it was seen, and changes with a reason only afterwards."""

from typing import Any

import pytest

from measurement import planning, setting_up
from measurement.models import (
    PlanChange,
    PlanLock,
    Trial,
    User,
)
from measurement.set_up_answers import Step, whole_fingerprint
from measurement.set_up_refusals import ChangedMeanwhile
from tests.measurement.setting_up.answers import DATES, Save, choose, lock, refused

pytestmark = pytest.mark.django_db


class TestLocked:
    """A locked plan changes with a reason only, and everybody can read it."""

    @pytest.fixture(autouse=True)
    def _locked(self, save: Save, trial: Trial, kim: User) -> None:
        save(Step.DATES, DATES)
        choose(save, "task_randomised")
        lock(trial, kim)

    @pytest.mark.parametrize(
        ("step", "given"),
        [
            (Step.DATES, DATES | {"trial.run_in_days": 3}),
            (Step.DISCLOSURE, {"disclosure.minimum_people": 12}),
            (Step.ASSUMPTIONS, {"assumptions.hours_per_day": 8.0}),
            (Step.ANALYSIS, {"plan.confidence": 0.9}),
            (Step.SURVEY, {"survey.top_band_minutes": 90.0}),
            (
                Step.POWER,
                {"plan.planned_participants": 9, "plan.planned_logs_per_participant": 4},
            ),
        ],
    )
    def test_nothing_changes_without_a_reason(
        self, save: Save, kim: User, step: str, given: dict[str, Any]
    ) -> None:
        for reason in ("", " \n", "x" * 1001, "a\x00b"):
            assert refused(save, step, given, reason=reason) == {
                "reason": "Enter why you change the plan: it is locked"
            }
        assert not PlanChange.objects.exists()
        save(step, given, reason="The kettle broke")
        change = PlanChange.objects.get()
        assert (change.reason, change.changed_by) == ("The kettle broke", f"lead (user {kim.pk})")

    def test_it_is_not_locked_twice(self, trial: Trial, kim: User) -> None:
        with pytest.raises(planning.AlreadyLocked):
            lock(trial, kim)


class TestLock:
    """The plan that was seen is the plan that is locked."""

    def test_a_design_must_be_chosen(self, trial: Trial, kim: User) -> None:
        assert refused(lock, trial, kim) == {
            "design.kind": "Choose the design before you lock the plan"
        }

    @pytest.mark.parametrize("kind", ["parallel", "crossover", "stepped_wedge"])
    def test_and_what_it_needs_be_said(
        self, save: Save, trial: Trial, kim: User, kind: str
    ) -> None:
        choose(save, kind)
        assert refused(lock, trial, kim) == {
            "design.arms": "Say how chance decides before you lock the plan"
        }

    def test_a_plan_that_changed_since_it_was_seen_is_not_locked(
        self, save: Save, trial: Trial, kim: User
    ) -> None:
        choose(save, "observational")
        seen = whole_fingerprint(Trial.objects.get().definition())
        save(Step.DATES, DATES)
        with pytest.raises(ChangedMeanwhile):
            setting_up.lock(trial=trial, seen=seen, by=kim)
        assert not PlanLock.objects.exists()
