"""The last step of the set-up: all answers checked, the plan locked."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from measurement import plan_warnings
from measurement.models import (
    AuditEvent,
    PlanChange,
    PlanLock,
    Role,
    Trial,
)
from measurement.set_up_answers import whole_fingerprint
from tests.measurement.lead.setting_up import ANALYSIS, DATES, PAGES, Lead, errors, lock
from tests.people import make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db


class TestCheck:
    """All answers, the warnings, the lock, and what is changed after it."""

    def test_what_is_missing_is_said(self, lead: Lead) -> None:
        page = lead.page("check/")
        for words in (
            "It is not said yet who gets AI, and when",
            "Not chosen yet",
            "There is no first and last day",
            "There is no read-out day",
            "The number of people was not worked out",
            "There are no types of task yet",
            "There are no tools",
            "There are no departments yet",
            "No privacy notice is published",
            " who gets AI, and when</span>",
            "You can lock the plan once you have said who gets AI, and when, and how chance",
        ):
            assert words in page
        assert "Lock the plan</button>" not in re.sub(r"\s+<", "<", page)

    def test_what_is_unsound_is_said(self, lead: Lead, time_machine: TimeMachineFixture) -> None:
        time_machine.move_to("2034-09-10 12:00 +0000", tick=False)
        lead.client.force_login(lead.user)
        lead.choose("task_randomised")
        lead.save("dates/", DATES)
        lead.save("analysis/", ANALYSIS)
        trial = Trial.objects.get()
        trial.ends_on = None
        trial.save()
        publish_notice(trial, keep_until=datetime.date(2034, 10, 1))
        trial.ends_on = datetime.date(2034, 11, 24)
        trial.save()
        page = lead.page("check/")
        assert "The trial began on 4 September 2034" in page
        assert "Tasks are compared by whether AI was used, not by what chance decided" in page
        assert "data are kept until 1 October 2034, before the trial ends" in page
        assert "There is no comparison group" not in page

    def test_a_plan_that_makes_results_look_clear_is_said(self, lead: Lead) -> None:
        lead.choose("task_randomised")
        lead.save("dates/", DATES | {"ends_on_year": "3034", "read_out_on_year": "3034"})
        lead.save("people/", lead.numbers(participants="", saving="10"))
        lead.save("smallest-group/", {"minimum_people": "99999"})
        lead.save("analysis/", ANALYSIS | {"confidence": "1", "shortest": "49", "longest": "49"})
        page = lead.page("check/")
        for words in (
            "Intervals hold the true value in only 1% of such trials",
            "The shortest 49% and the longest 49% of times do not count as they were logged",
            "figures are shown of 99,999 people or more alone. So nothing would be shown",
            "until 24 November 3034. Check the years",
        ):
            assert words in page
        lead.save("dates/", DATES)
        lead.save("smallest-group/", {"minimum_people": "10"})
        lead.save("analysis/", ANALYSIS | {"confidence": "95"})
        page = lead.page("check/")
        for words in ("Intervals hold", "as they were logged", "nothing would be", "the years"):
            assert words not in page

    def test_a_plan_that_is_locked_when_all_is_over_promises_nothing(
        self, lead: Lead, time_machine: TimeMachineFixture
    ) -> None:
        lead.choose("task_randomised")
        lead.save("dates/", DATES)
        for day, is_over in (("2034-11-24", False), ("2034-11-25", True)):
            time_machine.move_to(f"{day} 12:00 +0000", tick=False)
            lead.client.force_login(lead.user)
            page = lead.page("check/")
            assert ("The trial ended on 24 November 2034" in page) is is_over
            assert ("The trial began on 4 September 2034" in page) is not is_over

    def test_a_plan_that_was_locked_in_time_is_not_said_to_be_late(
        self, lead: Lead, time_machine: TimeMachineFixture
    ) -> None:
        lead.choose("observational")
        lead.save("dates/", DATES)
        time_machine.move_to("2034-09-03 12:00 +0000", tick=False)
        lead.client.force_login(lead.user)
        lock(lead)
        for day in ("2034-09-05", "2034-11-25"):
            time_machine.move_to(f"{day} 12:00 +0000", tick=False)
            lead.client.force_login(lead.user)
            page = lead.page("check/")
            assert "The plan was locked on 3 September 2034" in page
            assert "The trial began on" not in page
            assert "The trial ended on" not in page

    def test_too_few_people_are_said(self, lead: Lead) -> None:
        lead.choose("observational")
        lead.save("people/", lead.numbers(participants="8", saving="4"))
        found = re.search(
            r"8 people are planned. (\d+) are needed to have a chance of 80% of "
            r"noticing a saving of 4%",
            lead.page("check/"),
        )
        assert found
        lead.save("people/", lead.numbers(participants="", saving="4"))
        assert "are needed to have" not in lead.page("check/")
        assert Trial.objects.get().plan["planned_participants"] == int(found[1])

    def test_a_sound_loaded_trial_is_warned_of_what_it_lacks_alone(self, client: Client) -> None:
        days: dict[str, Any] = {
            "starts_on": datetime.date(2034, 9, 4),
            "ends_on": datetime.date(2034, 11, 24),
        }
        trial = make_trial("pot", design={"kind": "task_randomised"}, **days)
        trial.plan |= {
            "read_out_on": "2034-12-01",
            "planned_participants": 40,
        }
        trial.save()
        publish_notice(trial, keep_until=datetime.date(2040, 1, 1))
        assert [one.words for one in plan_warnings.of_plan(trial)] == [
            "There are no departments yet: they are needed before people are invited or uploaded."
        ]

    def test_the_plan_is_locked_once_and_shown(self, lead: Lead) -> None:
        lead.choose("observational")
        assert lead.refused("check/", {}) == ["Confirm that the plan is what you want to promise"]
        seen = lead.seen(lead.page("check/"))
        lock(lead)
        stored_lock = PlanLock.objects.get()
        page = lead.page("check/")
        assert f"by lead (user {lead.user.pk})" in page
        assert page.count(stored_lock.plan_sha256) == 2
        assert "Lock the plan</h2>" not in page
        again = lead.client.post(f"{PAGES}check/", {"seen": seen, "confirmed": "true"})
        assert again.status_code == 302
        assert "The plan was locked already." in lead.page("check/")
        assert AuditEvent.objects.filter(act="lock_plan").count() == 1

    def test_a_plan_that_changed_meanwhile_is_read_again(self, lead: Lead) -> None:
        lead.choose("observational")
        seen = lead.seen(lead.page("check/"))
        lead.save("dates/", DATES)
        response = lead.send("check/", {"confirmed": "true"}, seen=seen)
        page = lead.text(response)
        assert "Somebody else changed the plan" in errors(page)[0]
        assert "checked" not in page
        assert not PlanLock.objects.exists()
        answers = {"confirmed": "true", "seen": lead.seen(page)}
        assert lead.client.post(f"{PAGES}check/", answers).status_code == 302

    def test_a_plan_without_a_design_is_not_locked(self, lead: Lead) -> None:
        seen = whole_fingerprint(Trial.objects.get().definition())
        response = lead.client.post(f"{PAGES}check/", {"confirmed": "true", "seen": seen})
        assert errors(lead.text(response)) == ["Choose the design before you lock the plan"]
        assert not PlanLock.objects.exists()

    def test_every_change_since_is_listed(self, lead: Lead) -> None:
        lead.choose("observational")
        lock(lead)
        assert "None." in lead.page("check/")
        reason = "Enter why you change the plan: it is locked"
        assert lead.refused("smallest-group/", {"minimum_people": "12"}) == [reason]
        assert lead.refused("smallest-group/", {"minimum_people": "12"}, reason="x" * 1001) == [
            "The reason must be 1,000 characters or fewer"
        ]
        lead.save("smallest-group/", {"minimum_people": "12"}, reason="Small teams")
        lead.save("smallest-group/", {"minimum_people": "10"}, reason="It was <b>mended</b>")
        lead.save("analysis/", ANALYSIS, reason="Other habits")
        raw = lead.client.get(f"{PAGES}check/").content.decode()
        rows = re.findall(r"<tr class=.*?</tr>", raw.split("plan-changes")[-1], re.DOTALL)
        cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]
        changes = [[row[0], row[1], row[2], row[5]] for row in cells[1:]]
        assert changes[:2] == [
            ["Smallest group shown", "10 people", "12 people", "Small teams"],
            [
                "Smallest group shown",
                "12 people",
                "10 people",
                "It was &lt;b&gt;mended&lt;/b&gt;",
            ],
        ]
        assert len(changes) == 2 + 6
        assert {row[3] for row in cells[1:]} == {f"lead (user {lead.user.pk})"}

    def test_what_no_plan_holds_changes_without_a_reason(self, lead: Lead) -> None:
        lead.choose("observational")
        lock(lead)
        lead.save("about/", {"title": "Biscuits", "sector": "justice"})
        lead.save("tasks/", {"own": "Brew", "tools": ""})
        lead.save("lists/", {"departments": "Tea", "grades": "", "professions": ""})
        assert not PlanChange.objects.exists()
        assert "Why do you change the plan?" not in lead.page("tasks/")

    def test_administrators_may_and_analysts_may_not(self, lead: Lead, client: Client) -> None:
        trial = Trial.objects.get()
        for role, status in ((Role.ADMINISTRATOR, 200), (Role.ANALYST, 404)):
            client.force_login(make_user(f"{role}@example.com", (role, trial)))
            assert client.get(f"{PAGES}check/").status_code == status
            assert client.post(f"{PAGES}check/", {}).status_code == (422 if status == 200 else 404)
