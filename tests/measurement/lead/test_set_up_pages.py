"""The pages of the set-up: its list of tasks, and what every step stores and refuses."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement.lead.set_up_words import CHECK, TITLES
from measurement.lead.urls import set_up
from measurement.models import (
    AuditEvent,
    SetUpStep,
    Trial,
)
from measurement.set_up_answers import (
    Status,
    Step,
    statuses,
)
from tests.measurement.lead.setting_up import DATES, PAGES, SMALLEST, Lead, errors, lock
from tests.people import make_participant, make_trial

pytestmark = pytest.mark.django_db


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
        assert "Nobody is asked to take part before you say so" in page
        assert re.search(r'aria-current="page">Set-up<', page)

    def test_where_people_take_part_nobody_waits_to_be_asked(self, lead: Lead) -> None:
        make_participant(Trial.objects.get(), lead.user)
        page = lead.page("")
        assert "You have completed 1 of 11 tasks." in page
        assert "Nobody is asked" not in page

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
                ["Days for settling in must be 0 or more"],
            ),
            (
                "dates/",
                DATES | {"run_in_days": "9" * 400},
                ["Days for settling in must have 20 digits or fewer"],
            ),
            (
                "dates/",
                DATES | {"run_in_days": "400"},
                ["Days for settling in must be a whole number from 0 to 366"],
            ),
            (
                "dates/",
                DATES | {"run_in_days": "82"},
                ["Days for settling in must be fewer than the 82 days of the trial"],
            ),
            (
                "dates/",
                DATES | {"ends_on_year": "2033"},
                ["The last day must be the first day or later"],
            ),
            (
                "dates/",
                DATES | {"ends_on_day": "31", "starts_on_day": "ten", "read_out_on_year": ""},
                [
                    "First day of the trial must be a real date, like 27 3 2025",
                    "Last day of the trial must be a real date, like 27 3 2025",
                    "Read-out day must include a year",
                ],
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


def test_every_task_has_a_page_of_its_name() -> None:
    names = {str(route.name) for route in set_up}
    assert {f"set_up_{task}" for task in TITLES} <= names
    assert set(TITLES) == {*Step.values, "notice", CHECK}
