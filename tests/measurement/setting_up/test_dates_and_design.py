"""Name, dates and design: what is stored, and what has to be asked again."""

import datetime
from typing import Any

import pytest

from measurement.estimation.definition import KINDS
from measurement.models import (
    Arm,
    AuditEvent,
    PlanChange,
    SetUpStep,
    Trial,
    TrialMark,
    User,
)
from measurement.set_up_answers import Step
from tests.measurement.setting_up.answers import DATES, PERIODS, Save, choose, lock, refused
from tests.people import make_participant, make_user

pytestmark = pytest.mark.django_db


class TestAbout:
    """Name and sector, which are in no plan."""

    def test_they_are_stored_and_audited(self, save: Save, kim: User) -> None:
        trial = save(Step.ABOUT, {"trial.title": " Tea time ", "trial.sector": "justice"})
        assert (trial.title, trial.sector) == ("Tea time", "justice")
        event = AuditEvent.objects.get(act="describe_trial")
        assert (event.actor, event.trial_slug) == (kim, "tea")
        assert event.detail["before"] == {"trial.title": "Tea", "trial.sector": "education"}
        assert event.detail["after"] == {"trial.title": "Tea time", "trial.sector": "justice"}
        assert SetUpStep.objects.get().step == "about"

    def test_the_same_again_is_no_act(self, save: Save) -> None:
        save(Step.ABOUT, {"trial.title": "Tea", "trial.sector": "education"})
        assert not AuditEvent.objects.filter(act="describe_trial").exists()

    @pytest.mark.parametrize("title", ["", " ", "x" * 201, "Tea\x00"])
    def test_a_name_that_is_none(self, save: Save, title: str) -> None:
        found = refused(save, Step.ABOUT, {"trial.title": title, "trial.sector": "kitchen"})
        assert found == {
            "trial.title": "Name must be a text of 1 to 200 characters",
            "trial.sector": "Sector must be one of civil_service, education, justice, security",
        }
        assert not SetUpStep.objects.exists()

    def test_they_may_change_after_the_lock(self, save: Save, trial: Trial, kim: User) -> None:
        choose(save, "observational")
        lock(trial, kim)
        save(Step.ABOUT, {"trial.title": "Biscuits", "trial.sector": "education"})
        assert not PlanChange.objects.exists()


class TestDates:
    """The days of the trial."""

    def test_they_are_stored_through_the_plan(self, save: Save) -> None:
        trial = save(Step.DATES, DATES)
        assert (trial.starts_on, trial.ends_on, trial.run_in_days) == (
            DATES["trial.starts_on"],
            DATES["trial.ends_on"],
            7,
        )
        assert trial.plan["read_out_on"] == "2034-12-08"
        assert AuditEvent.objects.filter(act="change_plan").count() == 1
        assert TrialMark.objects.exists()

    @pytest.mark.parametrize(
        ("changed", "where", "words"),
        [
            (
                {"trial.ends_on": datetime.date(2034, 9, 3)},
                "trial.ends_on",
                "The last day must be the first day or later",
            ),
            (
                {"trial.run_in_days": 367},
                "trial.run_in_days",
                "Days for settling in must be a whole number from 0 to 366",
            ),
            (
                {"plan.read_out_on": datetime.date(2034, 11, 24)},
                "plan.read_out_on",
                "The read-out day must be after the last day",
            ),
        ],
    )
    def test_days_that_cannot_be(
        self, save: Save, changed: dict[str, Any], where: str, words: str
    ) -> None:
        assert refused(save, Step.DATES, DATES | changed) == {where: words}

    def test_periods_that_no_longer_fit_are_to_be_cut_anew(self, save: Save) -> None:
        save(Step.DATES, DATES)
        choose(save, "crossover")
        save(Step.GROUPS, {"design.stratify_by": [], "design.periods": PERIODS})
        trial = save(Step.DATES, DATES | {"trial.run_in_days": 3})
        assert len(trial.design["periods"]) == 2
        trial = save(Step.DATES, DATES | {"trial.ends_on": datetime.date(2034, 11, 20)})
        assert trial.design["periods"] == []
        assert not SetUpStep.objects.filter(step="groups").exists()

    @pytest.mark.parametrize("by", ["lock", "person"])
    def test_periods_that_are_fixed_hold_the_days(
        self, save: Save, trial: Trial, kim: User, by: str
    ) -> None:
        save(Step.DATES, DATES)
        choose(save, "crossover")
        save(Step.GROUPS, {"design.stratify_by": [], "design.periods": PERIODS})
        if by == "lock":
            lock(trial, kim)
        else:
            make_participant(trial, make_user("pat.pot@example.com"))
        changed = DATES | {"trial.starts_on": datetime.date(2034, 9, 12)}
        assert refused(save, Step.DATES, changed, reason="Late") == {
            "trial.starts_on": "The periods of the trial must stay within its first and last day"
        }


class TestDesign:
    """The design, its groups and its periods."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_each_begins_with_what_it_needs(self, save: Save, kind: str) -> None:
        trial = choose(save, kind)
        definition = trial.definition()
        assert definition.design.kind == kind
        assert definition.plan.treatment == ("used" if kind == "observational" else "assigned")
        arms = [*Arm.objects.order_by("pk").values_list("name", "ai", "ratio")]
        with_arms = kind in ("parallel", "cluster")
        assert arms == [("Without AI", False, 1), ("With AI", True, 1)] * with_arms
        assert [(arm.name, arm.ai, arm.ratio) for arm in definition.design.arms] == arms
        assert definition.design.seed > 1
        assert AuditEvent.objects.get(act="change_design").detail["changes"]

    def test_the_seed_is_made_once(self, save: Save) -> None:
        seed = choose(save, "parallel").design["seed"]
        assert choose(save, "cluster").design["seed"] == seed
        assert choose(save, "cluster").design["seed"] == seed

    def test_the_same_one_again_keeps_what_was_said_about_it(self, save: Save) -> None:
        choose(save, "stepped_wedge")
        save(Step.GROUPS, {"design.unit": "department", "design.stratify_by": []})
        assert choose(save, "stepped_wedge").design["unit"] == "department"
        assert SetUpStep.objects.filter(step="groups").exists()

    def test_another_one_asks_again_what_depended_on_it(self, save: Save) -> None:
        choose(save, "cluster")
        arms = [{"name": "a", "ai": True, "ratio": 1}, {"name": "b", "ai": False, "ratio": 3}]
        save(
            Step.GROUPS,
            {
                "design.unit": "team",
                "design.arms": arms,
                "design.stratify_by": ["department"],
            },
        )
        save(
            Step.POWER,
            {"plan.planned_participants": 260, "plan.planned_logs_per_participant": 40},
            answers={"saving": 0.1, "numbers": {"power": 0.8}},
        )
        assert SetUpStep.objects.get(step="power").answers["saving"] == 0.1
        trial = choose(save, "observational")
        assert not Arm.objects.exists()
        assert (trial.design["arms"], trial.design["stratify_by"]) == ([], [])
        assert (trial.design["unit"], trial.plan["treatment"]) == ("participant", "used")
        assert trial.plan["planned_participants"] is None
        assert {*SetUpStep.objects.values_list("step", flat=True)} == {"design"}

    def test_an_unknown_one_is_refused(self, save: Save) -> None:
        assert "Design must be one of" in refused(choose, save, "tea")["design.kind"]

    @pytest.mark.parametrize("step", [Step.DESIGN, Step.GROUPS])
    def test_it_stays_once_somebody_takes_part(self, save: Save, trial: Trial, step: str) -> None:
        choose(save, "cluster")
        make_participant(trial, make_user("pat.pot@example.com"))
        given = {"design.kind": "parallel"} if step == Step.DESIGN else {"design.unit": "team"}
        assert refused(save, step, given) == {
            "design.kind": "People take part already: who gets AI, and when, cannot change any more"
        }

    @pytest.mark.parametrize("step", [Step.DESIGN, Step.GROUPS])
    def test_it_stays_once_the_plan_is_locked(
        self, save: Save, trial: Trial, kim: User, step: str
    ) -> None:
        choose(save, "task_randomised")
        lock(trial, kim)
        given = {"design.kind": "parallel"} if step == Step.DESIGN else {"design.unit": "task"}
        assert refused(save, step, given, reason="Please") == {
            "design.kind": "The plan is locked: who gets AI, and when, cannot change any more"
        }

    @pytest.mark.parametrize(
        "arms",
        [
            [],
            [{"name": "a", "ai": True}],
            [{"name": "a", "ai": True}, {"name": "b", "ai": True}],
            [{"name": "a", "ai": True}, {"name": "a", "ai": False}],
        ],
    )
    def test_groups_that_compare_nothing(self, save: Save, arms: list[Any]) -> None:
        choose(save, "parallel")
        assert refused(save, Step.GROUPS, {"design.arms": arms}) == {
            "design.arms": "Give each group a name of its own, and have at least one group with "
            "AI and one without"
        }
        assert Arm.objects.count() == 2

    def test_a_share_that_is_none(self, save: Save) -> None:
        choose(save, "parallel")
        arms = [{"name": "a", "ai": True, "ratio": 0}, {"name": "b", "ai": False, "ratio": 1001}]
        assert [*refused(save, Step.GROUPS, {"design.arms": arms})] == ["design.arms"]

    @pytest.mark.parametrize("periods", [[], PERIODS[:1]])
    def test_one_period_is_no_crossover(self, save: Save, periods: list[Any]) -> None:
        save(Step.DATES, DATES)
        choose(save, "crossover")
        assert refused(save, Step.GROUPS, {"design.periods": periods}) == {
            "design.periods": "Enter at least two periods"
        }

    @pytest.mark.parametrize(
        "changed", [{"starts_on": "2034-10-15"}, {"ends_on": "2034-11-25"}, {"ends_on": None}]
    )
    def test_periods_follow_each_other_within_the_trial(
        self, save: Save, changed: dict[str, Any]
    ) -> None:
        save(Step.DATES, DATES)
        choose(save, "crossover")
        given = {"design.periods": [PERIODS[0], PERIODS[1] | changed]}
        assert "Each period must start after" in refused(save, Step.GROUPS, given)["design.periods"]

    def test_another_unit_drops_errors_that_do_not_suit_it(
        self, save: Save, trial: Trial, kim: User
    ) -> None:
        trial = choose(save, "crossover")
        save(Step.DATES, DATES)
        Trial.objects.update(plan=trial.plan | {"standard_errors": "HC3"})
        trial = save(Step.GROUPS, {"design.unit": "team", "design.periods": PERIODS})
        assert (trial.design["unit"], trial.plan["standard_errors"]) == ("team", None)

    def test_saying_nothing_new_is_no_act(self, save: Save) -> None:
        choose(save, "parallel")
        before = AuditEvent.objects.count()
        arms = [*Arm.objects.values_list("pk", flat=True)]
        save(Step.GROUPS, {"design.stratify_by": []})
        assert AuditEvent.objects.count() == before
        assert [*Arm.objects.values_list("pk", flat=True)] == arms
