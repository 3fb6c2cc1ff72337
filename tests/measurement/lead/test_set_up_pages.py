"""The pages of the set-up: what they show, store and refuse, and what they cost."""

import datetime
import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from measurement import plan_warnings, setting_up, starting
from measurement.lead.groups_form import HowManyForm
from measurement.lead.set_up_words import CHECK, TITLES
from measurement.lead.urls import set_up
from measurement.models import (
    AuditEvent,
    PlanChange,
    PlanLock,
    PrivacyNotice,
    Role,
    SetUpStep,
    Trial,
    User,
)
from measurement.set_up_answers import (
    Status,
    Step,
    fingerprint,
    statuses,
    stored,
    whole_fingerprint,
)
from tests.people import make_participant, make_trial, make_user, publish_notice

pytestmark = pytest.mark.django_db
PAGES = "/trials/tea/set-up/"
DATES = {
    "starts_on_day": "4",
    "starts_on_month": "9",
    "starts_on_year": "2034",
    "ends_on_day": "24",
    "ends_on_month": "11",
    "ends_on_year": "2034",
    "run_in_days": "7",
    "read_out_on_day": "8",
    "read_out_on_month": "12",
    "read_out_on_year": "2034",
}


SMALLEST = "Smallest group shown must be 10 people or more, so that nobody can be recognised"


class Lead:
    """Somebody invented who leads a trial, and the pages that they see."""

    def __init__(self, client: Client, user: User) -> None:
        self.client, self.user = client, user
        client.force_login(user)

    def page(self, name: str, query: str = "") -> str:
        return self.text(self.client.get(f"{PAGES}{name}{query}"))

    def text(self, response: Any) -> str:
        return html.unescape(response.content.decode())

    def seen(self, page: str) -> str:
        found = re.search(r'name="seen" value="(\w*)"', page)
        assert found
        return found[1]

    def send(self, name: str, given: dict[str, Any], **more: Any) -> Any:
        """Send a page with what it had shown as seen."""
        answers = {"seen": self.seen(self.page(name)), **given, **more}
        return self.client.post(f"{PAGES}{name}", answers)

    def save(self, name: str, given: dict[str, Any], **more: Any) -> Trial:
        response = self.send(name, given, **more)
        assert response.status_code == 302, errors(self.text(response))
        return Trial.objects.get()

    def refused(self, name: str, given: dict[str, Any], **more: Any) -> list[str]:
        response = self.send(name, given, **more)
        assert response.status_code == 422
        page = self.text(response)
        assert re.search(r"<title>\s*Error:", page)
        assert page.count("<h1") == 1
        return errors(page)

    def choose(self, kind: str) -> Trial:
        return self.save("design/choose/", {"kind": kind})


def errors(page: str) -> list[str]:
    """Return what the error summary says; its links lead to controls of the page."""
    found = re.search(r'class="govuk-error-summary".*?</ul>', page, re.DOTALL)
    if not found:
        return []
    for target in re.findall(r'href="#([^"]+)"', found[0]):
        assert f'id="{target}"' in page, target
    items = re.findall(r"<li>(.*?)</li>", found[0], re.DOTALL)
    return [re.sub(r"<[^>]+>", "", item).strip() for item in items]


@pytest.fixture
def lead(client: Client) -> Lead:
    kim = starting.allow(email="kim.kettle@example.com", actor=None)
    starting.start(title="Tea", sector="education", by=kim)
    return Lead(client, kim)


def lock(lead: Lead) -> None:
    response = lead.send("check/", {"confirmed": "true"})
    assert response.status_code == 302, errors(lead.text(response))


class TestTaskList:
    """The list of tasks and how far each is."""

    def test_a_new_trial_has_all_to_do(self, lead: Lead) -> None:
        found = statuses(Trial.objects.get())
        assert Step.GROUPS not in found
        assert found.pop(Step.ABOUT) == Status.COMPLETED
        waiting = {Step.POWER.value, "notice", CHECK}
        assert {task for task, status in found.items() if status == Status.CANNOT} == waiting
        assert {found[task] for task in {*found} - waiting} == {Status.NOT_YET}
        page = lead.page("")
        assert "You have completed 1 of 11 tasks" in page
        assert f'href="{PAGES}people/"' not in page
        assert f'href="{PAGES}dates/"' in page
        assert re.search(r'aria-current="page">Set-up<', page)

    def test_tasks_follow_what_is_stored(self, lead: Lead) -> None:
        lead.choose("crossover")
        found = statuses(Trial.objects.get())
        assert found[Step.DESIGN] == Status.COMPLETED
        assert (found[Step.GROUPS], found[Step.POWER]) == (Status.CANNOT, Status.CANNOT)
        lead.save("dates/", DATES)
        found = statuses(Trial.objects.get())
        assert found[Step.DATES] == Status.COMPLETED
        assert (found[Step.GROUPS], found["notice"]) == (Status.NOT_YET, Status.NOT_YET)

    def test_a_loaded_trial_has_its_design(self, client: Client) -> None:
        arms = [{"name": "a", "ai": True}, {"name": "b", "ai": False}]
        trial = make_trial(design={"kind": "parallel", "arms": arms})
        found = statuses(trial)
        assert found[Step.DESIGN] == found[Step.GROUPS] == found[Step.TASKS] == Status.COMPLETED
        assert (found[Step.POWER], found[CHECK]) == (Status.NOT_YET, Status.NOT_YET)

    def test_a_locked_trial_has_nothing_to_do(self, lead: Lead) -> None:
        lead.choose("observational")
        lock(lead)
        page = lead.page("")
        assert "The plan is locked. You can still change dates and analysis" in page
        assert "Not yet started" in page  # the lists, which a lock does not fix

    @pytest.mark.parametrize("kind", ["parallel", "crossover", "observational"])
    def test_every_page_costs_few_queries(
        self, lead: Lead, kind: str, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        lead.choose(kind)
        lead.save("dates/", DATES)
        lock_of = {"check/": 28}
        for route in set_up:
            name = str(route.pattern).removeprefix("trials/<slug:slug>/set-up/")
            with django_assert_max_num_queries(lock_of.get(name, 20)):
                response = lead.client.get(PAGES + name)
            assert response.status_code in (200, 302)
            assert "no-store" in response.headers["Cache-Control"]

    def test_getting_pages_changes_nothing(self, lead: Lead) -> None:
        before = Trial.objects.values().get()
        acts = AuditEvent.objects.count()
        for query in ("", "?decide=yes&asked=everybody", "?saving=10", "?periods=3&kind=cluster"):
            for route in set_up:
                name = str(route.pattern).removeprefix("trials/<slug:slug>/set-up/")
                lead.client.get(f"{PAGES}{name}{query}")
        assert Trial.objects.values().get() == before
        assert AuditEvent.objects.count() == acts
        assert not SetUpStep.objects.exists()


class TestSteps:
    """The steps that are one form each."""

    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            (
                "about/",
                {"title": " ", "sector": "kitchen"},
                ["Enter what the trial is called", "Select one of the list"],
            ),
            (
                "about/",
                {"title": "x" * 201, "sector": "justice"},
                ["The name must be 200 characters or fewer"],
            ),
            (
                "dates/",
                {},
                [
                    "Enter the first day of the trial",
                    "Enter the last day of the trial",
                    "Enter days for settling in",
                    "Enter the read-out day",
                ],
            ),
            (
                "dates/",
                DATES | {"run_in_days": "-1"},
                ["Days for settling in must be a whole number, like 12"],
            ),
            (
                "dates/",
                DATES | {"run_in_days": "9" * 400},
                ["Days for settling in must be a whole number, like 12"],
            ),
            (
                "dates/",
                DATES | {"run_in_days": "400"},
                ["Days for settling in must be a whole number from 0 to 366"],
            ),
            (
                "dates/",
                DATES | {"ends_on_year": "2033"},
                ["The last day must be the first day or later"],
            ),
            (
                "dates/",
                DATES | {"ends_on_day": "31"},
                ["The date must be a real date, like 27 3 2025"],
            ),
            (
                "dates/",
                DATES | {"read_out_on_month": "11"},
                ["The read-out day must be after the last day"],
            ),
            (
                "assumptions/",
                {
                    "working_days_per_year": "367",
                    "hours_per_day": "0",
                    "loaded_cost_per_hour": "nan",
                    "licence_cost_per_month": "",
                },
                [
                    "Cost of an hour of work must be a number, like 7.5",
                    "Enter cost of a licence a month",
                ],
            ),
            (
                "assumptions/",
                {
                    "working_days_per_year": "367",
                    "hours_per_day": "0",
                    "loaded_cost_per_hour": "0",
                    "licence_cost_per_month": "0",
                },
                [
                    "Working days a year must be a number above 0 and at most 366",
                    "Hours in a working day must be a number above 0 and at most 24",
                    "Cost of an hour of work must be a number above 0",
                ],
            ),
            (
                "smallest-group/",
                {"minimum_people": "9"},
                [SMALLEST],
            ),
            (
                "tasks/",
                {"usual": ["Rob a bank"], "own": "", "tools": ""},
                ["Select only what is in the list"],
            ),
            (
                "tasks/",
                {"own": "", "tools": ""},
                ["Choose or enter at least one type of task"],
            ),
            (
                "lists/",
                {"departments": "Tea\ntea", "grades": "", "professions": ""},
                ["“Tea” and “tea” differ in capital letters only: keep one"],
            ),
        ],
    )
    def test_what_is_refused_is_said(
        self, lead: Lead, name: str, given: dict[str, Any], said: list[str]
    ) -> None:
        before = Trial.objects.values().get()
        assert lead.refused(name, given) == said
        assert Trial.objects.values().get() == before
        assert not SetUpStep.objects.exists()

    def test_what_is_saved_is_shown_and_said(self, lead: Lead) -> None:
        trial = lead.save(
            "assumptions/",
            {
                "working_days_per_year": "220",
                "hours_per_day": "7.4",
                "loaded_cost_per_hour": "£1,031.50",
                "licence_cost_per_month": "0",
            },
        )
        assert trial.assumptions == {
            "working_days_per_year": 220.0,
            "hours_per_day": 7.4,
            "loaded_cost_per_hour": 1031.5,
            "licence_cost_per_month": 0.0,
        }
        assert "“Working year and costs” is saved." in lead.page("")
        assert 'value="1031.5"' in lead.page("assumptions/")

    def test_only_what_a_page_asks_is_stored(self, lead: Lead) -> None:
        more = {"plan.confidence": "0.5", "confidence": "50", "slug": "x", "kind": "parallel"}
        trial = lead.save("smallest-group/", {"minimum_people": "11", **more})
        assert (trial.slug, trial.plan["confidence"], trial.disclosure) == (
            "tea",
            0.95,
            {"minimum_people": 11},
        )

    def test_lists_are_offered_once(self, lead: Lead) -> None:
        assert re.search(r'value="Lesson planning"\s+checked', lead.page("tasks/"))
        lead.save("tasks/", {"usual": ["Report writing"], "own": "Brew\r\nWash", "tools": "Kettle"})
        page = lead.page("tasks/")
        assert not re.search(r'value="Lesson planning"\s+checked', page)
        assert re.search(r'value="Report writing"\s+checked', page)
        assert "Brew\nWash</textarea>" in page
        assert "AA/AO" in lead.page("lists/")
        lead.save("lists/", {"departments": "Ministry of Tea", "grades": "", "professions": ""})
        assert "AA/AO" not in lead.page("lists/")

    def test_what_is_typed_stays_text(self, lead: Lead) -> None:
        lead.save("tasks/", {"own": "<script>alert(1)</script>", "tools": "{{ 7 * 7 }}"})
        raw = lead.client.get(f"{PAGES}check/").content.decode()
        assert "&lt;script&gt;alert(1)" in raw
        assert "<script>alert" not in raw
        assert "{{ 7 * 7 }}" in raw

    def test_another_lead_was_faster(self, lead: Lead) -> None:
        seen = lead.seen(lead.page("smallest-group/"))
        lead.save("smallest-group/", {"minimum_people": "20"})
        response = lead.send("smallest-group/", {"minimum_people": "12"}, seen=seen)
        page = lead.text(response)
        assert response.status_code == 422
        assert "Somebody else changed these answers" in errors(page)[0]
        assert Trial.objects.get().disclosure == {"minimum_people": 20}
        again = {"minimum_people": "12", "seen": lead.seen(page)}
        assert lead.client.post(f"{PAGES}smallest-group/", again).status_code == 302

    @pytest.mark.parametrize("seen", ["", "x" * 101, "forged"])
    def test_a_page_that_shows_nothing_stores_nothing(self, lead: Lead, seen: str) -> None:
        said = lead.refused("smallest-group/", {"minimum_people": "12"}, seen=seen)
        assert said[0].startswith("Somebody else changed these answers")


class TestSurvey:
    """The bands of the survey."""

    def bands(self, *rows: tuple[str, str], top: str = "60") -> dict[str, str]:
        found = {"top_band_minutes": top}
        for number, (low, high) in enumerate(rows, 1):
            found |= {f"low_{number}": low, f"high_{number}": high}
        return found

    def test_bands_are_stored(self, lead: Lead) -> None:
        trial = lead.save("survey/", self.bands(("0", "0"), ("", ""), ("1", "30"), ("30.5", "")))
        assert trial.survey["bands"] == [[0, 0], [1, 30], [30.5, ""]]

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ((), "Enter at least one answer"),
            ((("", "3"),), "Enter from how many minutes answer 1 is"),
            (
                (("1", ""), ("2", "3")),
                "Enter up to how many minutes: only the last answer may be open",
            ),
            ((("5", "3"),), "Each answer must start where the one before it ended or later"),
            ((("x", "3"),), "Minutes must be a number, like 7.5"),
            ((("1", "1441"),), "Each answer must start where the one before it ended or later"),
            ((("90", ""),), "Minutes that the open answer counts must be no fewer than it starts"),
        ],
    )
    def test_bands_that_are_none(
        self, lead: Lead, rows: tuple[tuple[str, str], ...], said: str
    ) -> None:
        found = lead.refused("survey/", self.bands(*rows))
        assert len(found) == 1
        assert found[0].startswith(said)


class TestAnalysis:
    """The page with sound defaults."""

    GIVEN: dict[str, Any] = {  # noqa: RUF012
        "treatment": "used",
        "confidence": "90",
        "shortest": "1",
        "longest": "2.5",
        "exclude_flags": ["too_short", "duplicate"],
        "subgroups": ["grade"],
        "multiplicity": "benjamini_hochberg",
        "day_basis": "logged_days",
    }

    def test_everything_is_stored_and_shown_again(self, lead: Lead) -> None:
        plan = lead.save("analysis/", self.GIVEN).plan
        assert plan["winsorise"] == [0.01, 0.975]
        assert (plan["confidence"], plan["subgroups"]) == (0.9, ["grade"])
        assert plan["exclude_flags"] == ["too_short", "duplicate"]
        page = lead.page("analysis/")
        assert 'name="longest" type="text"' in page
        assert re.search(r'name="longest"[^>]*value="2.5"', page)
        assert re.search(r'value="too_short"\s+checked', page)

    def test_without_chance_there_is_no_comparison_by_chance(self, lead: Lead) -> None:
        said = lead.refused("analysis/", self.GIVEN | {"treatment": "assigned"})
        assert said == ["Select one of the list"]
        lead.choose("task_randomised")
        lead.save("analysis/", self.GIVEN | {"treatment": "assigned"})

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"confidence": "100"}, "Confidence must be more than 0% and less than 100%"),
            (
                {"shortest": "60", "longest": "60"},
                "The lower limit must be less than the upper one, both from 0% to 100%",
            ),
            ({"longest": "101"}, "The lower limit must be less than the upper one"),
            ({"treatment": "magic"}, "Select one of the list"),
            ({"exclude_flags": ["everything"]}, "Select only what is in the list"),
            ({"confidence": "1e5"}, "Confidence must be a number of per cent, like 95"),
        ],
    )
    def test_what_cannot_be(self, lead: Lead, changed: dict[str, Any], said: str) -> None:
        found = lead.refused("analysis/", self.GIVEN | changed)
        assert [one[: len(said)] for one in found] == [said]


class TestDesign:
    """Questions, recommendation, choice, and what the design needs."""

    def test_answers_lead_to_a_design(self, lead: Lead) -> None:
        page = lead.page("design/", "?decide=yes&everybody=yes&away=no&switch=no&close=yes")
        assert "The design that suits your trial" in page
        assert "Everybody gets AI in the end, team after team" in page
        assert "People work closely together" in page
        response = lead.client.post(
            f"{PAGES}design/choose/", {"kind": "stepped_wedge", "seen": lead.seen(page)}
        )
        assert response.status_code == 302
        assert Trial.objects.get().design["kind"] == "stepped_wedge"

    @pytest.mark.parametrize(
        ("query", "heading"),
        [
            ("", "Can you decide who gets access to AI"),
            ("?decide=perhaps", "Can you decide who gets access to AI"),
            ("?decide=yes", "Must everybody have AI in the end"),
            ("?close=yes", "Can you decide who gets access to AI"),
            ("?decide=no", "The design that suits your trial"),
            ("?decide=yes&everybody=no&away=no&switch=yes", "The design that suits your trial"),
        ],
    )
    def test_the_first_open_question_is_asked(self, lead: Lead, query: str, heading: str) -> None:
        found = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", lead.page("design/", query), re.DOTALL)
        assert found
        assert heading in found[1]

    def test_a_question_without_an_answer(self, lead: Lead) -> None:
        response = lead.client.get(f"{PAGES}design/?decide=yes&asked=everybody")
        assert response.status_code == 422
        assert errors(lead.text(response)) == ["Select yes if everybody must have AI in the end"]

    def test_no_design_is_chosen_beforehand(self, lead: Lead) -> None:
        assert "checked" not in lead.page("design/choose/")
        assert lead.refused("design/choose/", {}) == ["Select a design"]
        assert lead.refused("design/choose/", {"kind": "magic"}) == ["Select a design"]
        lead.choose("observational")
        assert re.search(r'value="observational"\s+checked', lead.page("design/choose/"))

    @pytest.mark.parametrize("kind", ["observational", "task_randomised"])
    def test_some_need_nothing_more(self, lead: Lead, kind: str) -> None:
        lead.choose(kind)
        response = lead.client.get(f"{PAGES}groups/")
        assert response.headers["Location"] == f"{PAGES}design/"

    def test_groups_are_stored_as_arms(self, lead: Lead) -> None:
        lead.choose("parallel")
        given = {
            "name_1": "Cup",
            "ai_1": "no",
            "ratio_1": "2",
            "name_2": "Pot",
            "ai_2": "yes",
            "ratio_2": "",
            "name_3": "",
            "ai_3": "yes",
            "ratio_3": "1",
            "stratify_by": ["department", "grade"],
        }
        trial = lead.save("groups/", given)
        arms = [*trial.arm_set.order_by("pk").values_list("name", "ai", "ratio")]
        assert arms == [("Cup", False, 2), ("Pot", True, 1)]
        assert trial.design["stratify_by"] == ["department", "grade"]
        page = lead.page("groups/")
        assert str(trial.design["seed"]) in page
        assert 'value="Pot"' in page

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"ai_1": ""}, "Select whether group 1 gets AI"),
            ({"ai_1": "perhaps"}, "Select one of the list"),
            ({"name_1": "x" * 201}, "The name must be 200 characters or fewer"),
            ({"ratio_1": "x"}, "Share must be a whole number, like 12"),
            ({"ratio_1": "1001"}, "Give each group a name of its own"),
            ({"name_1": "b"}, "Give each group a name of its own"),
            ({"name_2": ""}, "Give each group a name of its own"),
            ({"unit": "task"}, "Select one of the list"),
            ({"unit": "department", "stratify_by": ["department"]}, "Whole departments cannot be"),
            ({"stratify_by": ["grade"]}, "Select only what is in the list"),
        ],
    )
    def test_groups_that_cannot_be(self, lead: Lead, changed: dict[str, Any], said: str) -> None:
        lead.choose("cluster")
        given = {"unit": "team", "name_1": "a", "ai_1": "no", "name_2": "b", "ai_2": "yes"}
        found = lead.refused("groups/", given | changed)
        assert [one[: len(said)] for one in found] == [said]

    def test_periods_need_dates(self, lead: Lead) -> None:
        lead.choose("crossover")
        response = lead.client.get(f"{PAGES}groups/")
        assert response.headers["Location"] == f"{PAGES}dates/"
        assert "Enter the dates first" in lead.page("dates/")

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("1", "Number of periods must be from 2 to 12"),
            ("13", "Number of periods must be from 2 to 12"),
            ("12", "The trial has fewer weeks than that: enter a smaller number"),
            ("", "Enter number of periods"),
            ("two", "Number of periods must be a whole number, like 12"),
        ],
    )
    def test_numbers_of_periods_that_cannot_be(self, lead: Lead, asked: str, said: str) -> None:
        lead.choose("crossover")
        lead.save("dates/", DATES)
        response = lead.client.get(f"{PAGES}groups/?periods={asked}")
        assert response.status_code == 422
        assert errors(lead.text(response)) == [said]

    def test_periods_are_cut_from_the_days_of_the_trial(self, lead: Lead) -> None:
        lead.choose("crossover")
        assert not HowManyForm({"periods": "3"}, trial=Trial.objects.get()).is_valid()
        lead.save("dates/", DATES)
        page = lead.page("groups/", "?periods=3")
        boxes = re.findall(r'name="(starts_on|ends_on)_\d_day"[^>]*value="(\d+)"', page)
        assert [day for _, day in boxes] == ["11", "8", "9", "5", "6", "24"]
        assert "Period 4" not in page

    def test_a_trial_too_short_for_periods_shows_empty_ones(self, lead: Lead) -> None:
        lead.choose("crossover")
        short = {"ends_on_day": "8", "ends_on_month": "9", "run_in_days": "0"}
        lead.save("dates/", DATES | short)
        assert lead.page("groups/").count('name="starts_on_2_day" type="text"') == 1

    @pytest.mark.parametrize("sent", [{}, {"starts_on_3_day": "4"}, {"starts_on_1_day": "x"}])
    def test_periods_that_are_none(self, lead: Lead, sent: dict[str, str]) -> None:
        lead.choose("crossover")
        lead.save("dates/", DATES)
        assert lead.refused("groups/", {"unit": "participant", **sent})

    @pytest.mark.parametrize("fixed", ["lock", "person"])
    def test_a_fixed_design_is_shown_and_not_asked(self, lead: Lead, fixed: str) -> None:
        lead.choose("cluster")
        given = {"unit": "team", "name_1": "a", "ai_1": "no", "name_2": "b", "ai_2": "yes"}
        trial = lead.save("groups/", given)
        seen = {step: fingerprint(stored(trial, step)) for step in (Step.DESIGN, Step.GROUPS)}
        if fixed == "lock":
            lock(lead)
        else:
            make_participant(trial, make_user("pat.pot@example.com"))
        for name in ("design/", "design/choose/", "groups/"):
            page = lead.page(name)
            assert "cannot change any more" in page
            assert "a: without AI, share 1" in page
            assert "<form" not in page.split("<main")[1]
        for name, step, sent in (
            ("design/choose/", Step.DESIGN, {"kind": "parallel"}),
            ("groups/", Step.GROUPS, given | {"name_1": "c"}),
        ):
            answers = {"seen": seen[step], "reason": "Please", **sent}
            response = lead.client.post(f"{PAGES}{name}", answers)
            assert response.status_code == 422
            assert "cannot change any more" in errors(lead.text(response))[0]
        assert Trial.objects.get().design == trial.design


class TestPower:
    """How many people."""

    def test_it_waits_for_the_design(self, lead: Lead) -> None:
        response = lead.client.get(f"{PAGES}people/")
        assert response.headers["Location"] == PAGES
        assert "Say who gets AI, and when, first" in lead.page("")

    def numbers(self, lead: Lead, **changes: str) -> dict[str, str]:
        """Return what the page shows, with changes."""
        shown = dict(
            re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', lead.page("people/"))
        )
        return {name: text for name, text in shown.items() if name != "seen"} | changes

    def test_the_number_is_said_and_used(self, lead: Lead) -> None:
        lead.choose("observational")
        page = lead.page("people/", "?" + urlencode(self.numbers(lead, saving="5")))
        people = re.search(r"You need about ([\d,]+) people to have an 80% chance", page)
        assert people
        assert "cannot say that AI caused the saving" in page
        trial = lead.save("people/", self.numbers(lead, saving="5", tasks_per_participant="30"))
        assert trial.plan["planned_logs_per_participant"] == 30
        assert trial.plan["planned_participants"] >= int(people[1].replace(",", ""))
        answers = SetUpStep.objects.get(step="power").answers
        assert (answers["saving"], answers["numbers"]["uptake"]) == (0.05, 0.72)
        assert re.search(r'name="saving"[^>]*value="5"', lead.page("people/"))
        assert "Planned now:" in lead.page("people/")

    def test_people_who_are_there_are_enough_or_not(self, lead: Lead) -> None:
        lead.choose("observational")
        few = lead.page("people/", "?" + urlencode(self.numbers(lead, participants="12")))
        assert "With 12 people the trial has a" in few
        assert "The smallest saving that it notices" in few
        assert "You would need about" in few
        many = lead.page("people/", "?" + urlencode(self.numbers(lead, participants="9000")))
        assert "So many people are enough." in many
        trial = lead.save("people/", self.numbers(lead, participants="12"))
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
        given = self.numbers(lead, **changes)
        response = lead.client.get(f"{PAGES}people/?{urlencode(given)}")
        assert response.status_code == 422
        found = errors(lead.text(response))
        assert [one[: len(said)] for one in found] == [said]
        assert lead.client.post(f"{PAGES}people/", {**given, "seen": "x"}).status_code == 422
        assert Trial.objects.get().plan["planned_participants"] is None

    def test_the_page_survives_answers_that_no_longer_suit(self, lead: Lead) -> None:
        lead.choose("stepped_wedge")
        lead.save("groups/", {"unit": "team"})
        lead.save("people/", self.numbers(lead, steps="8"))
        short = {"ends_on_month": "10", "ends_on_day": "6", "run_in_days": "0"}
        lead.save("dates/", DATES | short)
        page = lead.page("people/")
        assert "Use these numbers" not in page
        assert "Work it out" in page
        assert "are needed to have" not in lead.page("check/")

    def test_another_lead_planned_meanwhile(self, lead: Lead) -> None:
        lead.choose("observational")
        numbers = self.numbers(lead)
        seen = lead.seen(lead.page("people/"))
        lead.save("people/", numbers)
        found = lead.refused("people/", numbers, seen=seen)
        assert found[0].startswith("Somebody else changed these answers")

    def test_a_locked_plan_asks_why(self, lead: Lead) -> None:
        lead.choose("observational")
        lock(lead)
        numbers = self.numbers(lead, saving="20")
        assert lead.refused("people/", numbers) == ["Enter why you change the plan: it is locked"]
        lead.save("people/", numbers, reason="More hope")
        assert PlanChange.objects.get().reason == "More hope"


class TestNotice:
    """The privacy notice."""

    FACTS: dict[str, str] = {  # noqa: RUF012
        "controller": "Department of Teapots",
        "contact": "privacy@teapots.example.com",
        "keep_until_day": "31",
        "keep_until_month": "12",
        "keep_until_year": "2040",
    }

    def test_versions_are_published_and_listed(self, lead: Lead) -> None:
        lead.save("notice/", self.FACTS)
        page = lead.page("notice/")
        assert "Version 1 holds now" in page
        assert 'value="Department of Teapots"' in page
        lead.save("notice/", self.FACTS | {"controller": "Office of Cups"})
        page = lead.page("notice/")
        assert "Office of Cups runs it" in page
        assert "Department of Teapots, " in page
        assert PrivacyNotice.objects.count() == 2

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"controller": ""}, "Enter who answers for the data"),
            ({"contact": "tea"}, "Enter an email address, like name@example.com"),
            ({"contact": f"{'x' * 300}@example.com"}, "Enter an email address"),
            ({"keep_until_year": "2020"}, "The last day on which data are kept must be today"),
            ({"keep_until_year": ""}, "The date must include a year"),
        ],
    )
    def test_facts_that_are_refused(self, lead: Lead, changed: dict[str, str], said: str) -> None:
        found = lead.refused("notice/", self.FACTS | changed)
        assert [one[: len(said)] for one in found] == [said]
        assert not PrivacyNotice.objects.exists()

    def test_two_leads_publish_one_version_after_the_other(self, lead: Lead) -> None:
        publish_notice(Trial.objects.get())
        found = lead.refused("notice/", self.FACTS, seen="0")
        assert found[0].startswith("Somebody else changed these answers")


class TestCheck:
    """All answers, the warnings, the lock, and what is changed after it."""

    def test_what_is_missing_is_said(self, lead: Lead) -> None:
        page = lead.page("check/")
        for words in (
            "There is no comparison group",
            "There is no first and last day",
            "There is no read-out day",
            "The number of people was not worked out",
            "There are no types of task yet",
            "There are no tools",
            "There are no departments yet",
            "No privacy notice is published",
            "You can lock the plan once you have said who gets AI, and when, and how chance",
        ):
            assert words in page
        assert "Lock the plan</button>" not in re.sub(r"\s+<", "<", page)

    def test_what_is_unsound_is_said(self, lead: Lead, time_machine: TimeMachineFixture) -> None:
        time_machine.move_to("2034-09-10 12:00 +0000", tick=False)
        lead.client.force_login(lead.user)
        lead.choose("task_randomised")
        lead.save("dates/", DATES)
        lead.save("analysis/", TestAnalysis.GIVEN)
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

    def test_too_few_people_are_said(self, lead: Lead) -> None:
        lead.choose("observational")
        power = TestPower()
        lead.save("people/", power.numbers(lead, participants="8", saving="4"))
        found = re.search(
            r"8 people are planned. (\d+) are needed to have a chance of 80% of "
            r"noticing a saving of 4%",
            lead.page("check/"),
        )
        assert found
        lead.save("people/", power.numbers(lead, participants="", saving="4"))
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
            "planned_participants": 5,
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
        lead.save("analysis/", TestAnalysis.GIVEN, reason="Other habits")
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


def test_every_task_has_a_page_of_its_name() -> None:
    names = {str(route.name) for route in set_up}
    assert {f"set_up_{task}" for task in TITLES} <= names
    assert set(TITLES) == {*Step.values, "notice", CHECK}


def test_an_unknown_complaint_of_the_notice_is_not_swallowed() -> None:
    with pytest.raises(AssertionError, match="tea"):
        setting_up._notice_fault("tea")
