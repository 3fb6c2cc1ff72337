"""The step of the set-up that says how many people are needed."""

import re
from urllib.parse import urlencode

import pytest

from measurement.models import (
    PlanChange,
    SetUpStep,
    Trial,
)
from tests.measurement.lead.setting_up import DATES, PAGES, Lead, errors, lock

pytestmark = pytest.mark.django_db


class TestPower:
    """How many people."""

    def test_it_waits_for_the_design(self, lead: Lead) -> None:
        response = lead.client.get(f"{PAGES}people/")
        assert response.headers["Location"] == PAGES
        assert "Say who gets AI, and when, first" in lead.page("")

    def test_the_number_is_said_and_used(self, lead: Lead) -> None:
        lead.choose("observational")
        page = lead.page("people/", "?" + urlencode(lead.numbers(saving="5")))
        people = re.search(r"You need about ([\d,]+) people to have an 80% chance", page)
        assert people
        assert "cannot say that AI caused the saving" in page
        assert "Saving noticed with an 80% chance" in page
        trial = lead.save("people/", lead.numbers(saving="5", tasks_per_participant="30"))
        assert trial.plan["planned_logs_per_participant"] == 30
        assert trial.plan["planned_participants"] >= int(people[1].replace(",", ""))
        answers = SetUpStep.objects.get(step="power").answers
        assert (answers["saving"], answers["numbers"]["uptake"]) == (0.05, 0.72)
        assert re.search(r'name="saving"[^>]*value="5"', lead.page("people/"))
        assert "Planned now:" in lead.page("people/")

    def test_people_who_are_there_are_enough_or_not(self, lead: Lead) -> None:
        lead.choose("observational")
        few = lead.page("people/", "?" + urlencode(lead.numbers(participants="12")))
        assert "With 12 people the trial has a" in few
        assert "The smallest saving that it notices" in few
        assert "You would need about" in few
        many = lead.page("people/", "?" + urlencode(lead.numbers(participants="9000")))
        assert "So many people are enough." in many
        trial = lead.save("people/", lead.numbers(participants="12"))
        assert trial.plan["planned_participants"] == 12
        assert "12 people are planned." in lead.page("check/")

    def test_teams_are_counted_by_their_name(self, lead: Lead) -> None:
        lead.choose("stepped_wedge")
        lead.save("groups/", {"unit": "department"})
        page = lead.page("people/")
        assert re.search(r"people in \d+ departments to have", page)
        assert "How many people work in a department, on average?" in page

    @pytest.mark.parametrize(
        ("kind", "changes", "said"),
        [
            ("observational", {"saving": "0"}, "Saving must be from 0.1% to 95%"),
            ("observational", {"saving": "x"}, "Saving must be a number of per cent, like 95"),
            (
                "observational",
                {"participants": "1"},
                "Number of people must be from 2 to 10,000,000",
            ),
            ("observational", {"uptake": "85"}, "Share of tasks with AI must be less than"),
            ("observational", {"tasks_per_participant": "1"}, "Tasks that a person logs must be 2"),
            (
                "observational",
                {"participant_sd": "4"},
                "Standard deviation of log(minutes) between participants must be from 0 to 3",
            ),
            ("stepped_wedge", {"steps": "12"}, "Number of dates must be smaller"),
            ("stepped_wedge", {"participants": "20"}, "There is no answer: "),
            ("parallel", {"participants": "2"}, "There is no answer"),
            (
                "parallel",
                {"saving": "0.1", "task_sd": "3", "participant_sd": "3"},
                "There is no answer: ",
            ),
        ],
    )
    def test_numbers_that_cannot_be(
        self, lead: Lead, kind: str, changes: dict[str, str], said: str
    ) -> None:
        lead.choose(kind)
        if kind != "observational":
            groups = {"unit": "team", "name_1": "a", "ai_1": "no", "name_2": "b", "ai_2": "yes"}
            lead.save("groups/", groups)
        given = lead.numbers(**changes)
        response = lead.client.get(f"{PAGES}people/?{urlencode(given)}")
        assert response.status_code == 422
        found = errors(lead.text(response))
        assert [one[: len(said)] for one in found] == [said]
        assert lead.client.post(f"{PAGES}people/", {**given, "seen": "x"}).status_code == 422
        assert Trial.objects.get().plan["planned_participants"] is None

    def test_the_page_survives_answers_that_no_longer_suit(self, lead: Lead) -> None:
        lead.choose("stepped_wedge")
        lead.save("groups/", {"unit": "team"})
        lead.save("people/", lead.numbers(steps="8"))
        short = {"ends_on_month": "10", "ends_on_day": "6", "run_in_days": "0"}
        lead.save("dates/", DATES | short)
        page = lead.page("people/")
        assert "Use these numbers" not in page
        assert "Work it out" in page
        assert "are needed to have" not in lead.page("check/")

    def test_another_lead_planned_meanwhile(self, lead: Lead) -> None:
        lead.choose("observational")
        numbers = lead.numbers()
        seen = lead.seen(lead.page("people/"))
        lead.save("people/", numbers)
        found = lead.refused("people/", numbers, seen=seen)
        assert found[0].startswith("Somebody else changed these answers")

    def test_a_locked_plan_asks_why(self, lead: Lead) -> None:
        lead.choose("observational")
        lock(lead)
        numbers = lead.numbers(saving="20")
        assert lead.refused("people/", numbers) == ["Enter why you change the plan: it is locked"]
        lead.save("people/", numbers, reason="More hope")
        assert PlanChange.objects.get().reason == "More hope"
