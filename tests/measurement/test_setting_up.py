"""What the steps of the set-up store and refuse, and the lock at the end."""

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from measurement import analysis, inviting, planning, setting_up, starting
from measurement.estimation.definition import KINDS
from measurement.models import (
    AnalysisRun,
    Arm,
    AuditEvent,
    DirtyMark,
    Participant,
    PlanChange,
    PlanLock,
    PrivacyNotice,
    SetUpStep,
    Trial,
    TrialMark,
    User,
)
from measurement.set_up_answers import Step, fingerprint, stored, whole_fingerprint
from measurement.setting_up import ChangedMeanwhile, Refused
from tests.people import make_log, make_participant, make_user, publish_notice

pytestmark = pytest.mark.django_db
DATES = {
    "trial.starts_on": datetime.date(2034, 9, 4),
    "trial.ends_on": datetime.date(2034, 11, 24),
    "trial.run_in_days": 7,
    "plan.read_out_on": datetime.date(2034, 12, 8),
}
PERIODS = [
    {"name": "1", "starts_on": "2034-09-11", "ends_on": "2034-10-15"},
    {"name": "2", "starts_on": "2034-10-16", "ends_on": "2034-11-24"},
]


@pytest.fixture
def kim() -> User:
    return starting.allow(email="kim.kettle@example.com", actor=None)


@pytest.fixture
def trial(kim: User) -> Trial:
    return starting.start(title="Tea", sector="education", by=kim)


@pytest.fixture
def save(trial: Trial, kim: User) -> Callable[..., Trial]:
    """Return a function that answers a step as somebody does who saw what is stored."""

    def answer(step: str, given: dict[str, Any], **more: Any) -> Trial:
        fresh = Trial.objects.get(pk=trial.pk)
        seen = {"seen": fingerprint(stored(fresh, step)), **more}
        setting_up.save(trial=fresh, step=step, given=given, by=kim, **seen)
        return Trial.objects.get(pk=trial.pk)

    return answer


Save = Callable[..., Trial]


def choose(save: Save, kind: str) -> Trial:
    return save(Step.DESIGN, {"design.kind": kind})


def lock(trial: Trial, by: User) -> PlanLock:
    seen = whole_fingerprint(Trial.objects.get(pk=trial.pk).definition())
    return setting_up.lock(trial=trial, seen=seen, by=by)


def refused(call: Callable[..., Any], *given: Any, **named: Any) -> dict[str, str]:
    """Return what is refused, by setting."""
    with pytest.raises(Refused) as caught, transaction.atomic():
        call(*given, **named)
    return dict(caught.value.faults)


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
