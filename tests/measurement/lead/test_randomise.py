"""The page on which chance decides: proposed, looked at, confirmed, drawn again with a reason."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from measurement import drawing, enrolment
from measurement.estimation.definition import Design
from measurement.estimation.trial_toml import parse_trial
from measurement.lead.draw_words import what_is_drawn
from measurement.models import Assignment, AuditEvent, Draw, Participant, Role, Trial, User
from tests.measurement.drawn import STEPS, TODAY, fill, make_drawable
from tests.measurement.pages.page import Page
from tests.people import make_trial, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
PAGE = "/trials/teapot/randomise/"
WHY = "Two teams were in the <wrong> department"


@pytest.fixture
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


def visit(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def dates(*days: datetime.date | str) -> dict[str, str]:
    """Return what is sent for four dates, blank where there is none."""
    sent = {}
    for number in range(1, 5):
        day = days[number - 1] if number <= len(days) else ""
        parts = (day.day, day.month, day.year) if isinstance(day, datetime.date) else (day, "", "")
        for name, value in zip(("day", "month", "year"), parts, strict=True):
            sent[f"date_{number}_{name}"] = str(value)
    return sent


def parse_design(arms: list[dict[str, Any]]) -> Design:
    table = {"trial": {"slug": "tea", "title": "Tea"}, "design": {"kind": "parallel", "arms": arms}}
    return parse_trial(table).design


def cells(page: Page) -> str:
    """Return what a reader sees, with a space between the cells of tables."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


@pytest.fixture
def led() -> tuple[Trial, Client]:
    """Have a parallel trial of 60 people, and the browser of its lead."""
    trial, lead = make_drawable(stratify_by=["department"])
    fill(trial, 60)
    return trial, visit(lead)


class TestBefore:
    def test_it_says_what_is_drawn(self, led: tuple[Trial, Client]) -> None:
        page = Page(led[1].get(PAGE))
        assert (
            "Chance decides for each person: “control” (without AI) or “ai” (with AI), in the "
            "ratio 1 to 1." in page.words
        )
        assert "The draw is made within each department" in page.words
        assert "About 60 people who have joined are not assigned yet" in page.words
        assert "Propose a draw" in page.words
        assert "How anybody can verify" not in page.words

    def test_a_few_are_not_counted(self) -> None:
        trial, lead = make_drawable()
        fill(trial, 9)
        page = Page(visit(lead).get(PAGE))
        assert "Fewer than 10 people who have joined are not assigned yet" in page.words

    def test_nobody_to_draw_for(self) -> None:
        _, lead = make_drawable()
        page = Page(visit(lead).get(PAGE))
        assert (
            "There is nobody to draw: nobody who has joined is without an assignment" in page.words
        )
        assert "Propose" not in page.words

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("observational", "people choose themselves when to use AI"),
            ("task_randomised", "Chance decides for each task when it is announced"),
        ],
    )
    def test_designs_without_a_draw(self, kind: str, said: str) -> None:
        _, lead = make_drawable(kind)
        client = visit(lead)
        assert said in Page(client.get(PAGE)).words
        answer = client.post(PAGE, {"propose": "0"})
        assert answer.status_code == 422
        assert Page(answer).title.startswith("Error: ")

    def test_a_design_that_nobody_chose(self) -> None:
        trial = make_trial()
        page = Page(visit(make_user("kim@example.com", (Role.LEAD, trial))).get(PAGE))
        assert "It is not said yet who gets AI, and when" in page.words
        assert "people choose themselves" not in page.words

    def test_arms_whose_names_say_it_are_not_explained(self) -> None:
        arms = [{"name": "Without AI", "ai": False}, {"name": "With AI", "ai": True, "ratio": 2}]
        (decided,) = what_is_drawn(parse_design(arms))
        assert decided == (
            "Chance decides for each person: “Without AI” or “With AI”, in the ratio 1 to 2."
        )

    def test_a_plan_that_is_not_locked(self) -> None:
        arms = [{"name": "control", "ai": False}, {"name": "ai", "ai": True}]
        trial = make_trial(design={"kind": "parallel", "arms": arms})
        page = Page(visit(make_user("kim@example.com", (Role.LEAD, trial))).get(PAGE))
        assert "The plan is not locked yet" in page.words
        assert "Go to the set-up" in page.words

    def test_teams_that_are_spread_are_named(self) -> None:
        trial, lead = make_drawable("cluster")
        fill(trial, 40, department=lambda n: f"department {n % 2}" if n < 5 else "x")
        page = Page(visit(lead).get(PAGE))
        assert "each is drawn as one team: team 0. If they" in page.words
        assert "Everybody in a team gets the same." in page.words

    @pytest.mark.parametrize(
        ("design", "said"),
        [
            ({"kind": "crossover"}, "about half begin without AI, half with AI"),
            ({"kind": "stepped_wedge"}, "about as many teams on each date"),
        ],
    )
    def test_other_designs_in_words(self, design: dict[str, Any], said: str) -> None:
        _, lead = make_drawable(**design)
        assert said in Page(visit(lead).get(PAGE)).words


class TestProposal:
    def test_it_shows_the_balance_and_assigns_nobody(self, led: tuple[Trial, Client]) -> None:
        answer = led[1].post(PAGE, {"propose": "0"})
        assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
        page = Page(led[1].get(PAGE))
        assert "A draw is proposed. Nobody is assigned yet" in page.words
        assert "Draw 1: proposed, nobody is assigned yet" in page.words
        assert "made within 3 groups (department)" in page.words
        assert "People Minutes before control 30 [c] ai 30 [c]" in cells(page)
        assert "department 0 Alike 10 10" in cells(page)
        assert "Compared: [c]." in page.words
        assert "Some of it is unlike" not in page.words
        assert not Assignment.objects.exists()

    @pytest.mark.parametrize(
        ("minutes", "said"),
        [
            (lambda n: 20 + n // 5 * 5 % 13, r"Unlike \(0\.7\), as chance often leaves"),
            # Departments of six teams each, five of which drew the same.
            (lambda n: 20 + 20 * (n // 30), r"Unlike \(1\.8\), larger than chance usually leaves"),
        ],
    )
    def test_unlike_sides_are_no_reason_to_draw_again(
        self, minutes: Callable[[int], int], said: str
    ) -> None:
        trial, lead = make_drawable("cluster")
        fill(trial, 60)
        for n, person in enumerate(Participant.objects.order_by("pseudonym")):
            person.baseline_minutes = minutes(n)
            person.save()
        drawing.propose(trial=trial, by=lead)
        page = Page(visit(lead).get(PAGE))
        assert re.search(said, page.words)
        assert "That is no reason to draw again" in page.words
        assert re.search(r"control 30 6 \d+ ai 30 6 \d+", cells(page))

    def test_newcomers_of_a_team_are_told_of(self) -> None:
        trial, lead = make_drawable("cluster")
        fill(trial, 40)
        drawing.propose(trial=trial, by=lead)
        drawing.confirm(trial=trial, number=1, by=lead)
        fill(trial, 15, first=40, team=lambda n: "team 0" if n < 45 else f"team {n // 5}")
        drawing.propose(trial=trial, by=lead)
        page = Page(visit(lead).get(PAGE))
        assert "Those who joined a team that is assigned already get the same" in page.words
        assert "Draw 1: confirmed" in page.words
        assert "control [c] 1 [c] ai [c] 1 [c]" in cells(page)

    def test_no_name_and_no_pseudonym_is_on_the_page(self, led: tuple[Trial, Client]) -> None:
        client = led[1]
        client.post(PAGE, {"propose": "0"})
        person = Participant.objects.get(pseudonym="p00003")
        person.user = make_user("dot.teaspoon@example.com")
        person.save()
        text = client.get(PAGE).content.decode()
        client.post(PAGE, {"confirm": "1", "sure": "true"})
        text += client.get(PAGE).content.decode()
        assert "p000" not in text
        assert "teaspoon" not in text
        assert "lead.of" not in text

    def test_it_takes_few_queries(
        self, led: tuple[Trial, Client], django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(10):
            led[1].get(PAGE)
        led[1].post(PAGE, {"propose": "0"})
        led[1].get(PAGE)  # reads the message
        with django_assert_max_num_queries(10):
            led[1].get(PAGE)

    def test_what_cannot_be_drawn_is_said(self) -> None:
        trial, lead = make_drawable("cluster")
        fill(trial, 23, team=lambda n: "")
        answer = visit(lead).post(PAGE, {"propose": "0"})
        page = Page(answer)
        assert answer.status_code == 422
        assert page.title == "Error: Randomise - Trialsite"
        assert "There are about 25 people without a team" in page.words


class TestConfirming:
    def test_it_assigns_everybody_and_stays_on_the_page(self, led: tuple[Trial, Client]) -> None:
        trial, client = led
        client.post(PAGE, {"propose": "0"})
        client.post(PAGE, {"confirm": "1", "sure": "true"})
        draw = Draw.objects.get()
        page = Page(client.get(PAGE))
        assert "Everybody in the draw is assigned" in page.words
        assert "Draw 1: confirmed" in page.words
        assert "control: 30; ai: 30" in page.words
        assert f"by {draw.confirmed_by}" in page.words
        assert draw.input_sha256 in page.words
        assert draw.outcome_sha256 in page.words
        assert "python manage.py verify_draw teapot" in page.words
        assert Assignment.objects.count() == 60
        assert not drawing.open_draw(trial)

    def test_the_box_must_be_ticked(self, led: tuple[Trial, Client]) -> None:
        led[1].post(PAGE, {"propose": "0"})
        answer = led[1].post(PAGE, {"confirm": "1"})
        page = Page(answer)
        assert answer.status_code == 422
        assert page.title.startswith("Error: ")
        assert "#id_sure" in page.all("href")
        assert not Assignment.objects.exists()

    def test_other_participants_need_another_draw(self, led: tuple[Trial, Client]) -> None:
        trial, client = led
        client.post(PAGE, {"propose": "0"})
        fill(trial, 1, first=60)
        page = Page(client.get(PAGE))
        assert "The participants changed after this draw was proposed" in page.words
        assert "Confirm" not in page.words
        client.post(PAGE, {"confirm": "1", "sure": "true"})
        assert (
            "The participants changed after the draw was proposed" in Page(client.get(PAGE)).words
        )
        assert not Assignment.objects.exists()
        client.post(PAGE, {"propose": "0"})
        page = Page(client.get(PAGE))
        assert "Draw 2: proposed" in page.words
        assert "Draw 1: replaced" in page.words
        assert f"Reason {drawing.CHANGED}" in page.words

    @pytest.mark.parametrize("number", ["2", "", "x", "9" * 5000, "-1", "١"])
    def test_only_the_proposal_that_was_seen(self, led: tuple[Trial, Client], number: str) -> None:
        led[1].post(PAGE, {"propose": "0"})
        answer = led[1].post(PAGE, {"confirm": number, "sure": "true"})
        assert answer.status_code == 422
        assert drawing.NO_LONGER_OPEN in Page(answer).words
        assert not Assignment.objects.exists()


class TestDrawingAgain:
    def test_the_reason_stays_on_the_page(self, led: tuple[Trial, Client]) -> None:
        client = led[1]
        client.post(PAGE, {"propose": "0"})
        client.post(PAGE, {"redraw": "1", "reason": WHY})
        page = Page(client.get(PAGE))
        assert "Draw 2: proposed" in page.words
        assert f"Reason {WHY}" in page.words
        assert "<wrong>" not in page.text
        assert AuditEvent.objects.filter(act="drop_draw", detail__reason=WHY).exists()
        with time_machine.travel(datetime.date(2026, 1, 1)):
            page = Page(visit(User.objects.get()).get(PAGE))
            assert "The trial has ended." in page.words
            assert "Go to the set-up" not in page.words
            assert f"Reason {WHY}" in page.words

    @pytest.mark.parametrize("reason", ["", " ", "x" * 1001])
    def test_without_a_reason_the_draw_stays(self, led: tuple[Trial, Client], reason: str) -> None:
        led[1].post(PAGE, {"propose": "0"})
        answer = led[1].post(PAGE, {"redraw": "1", "reason": reason})
        page = Page(answer)
        assert answer.status_code == 422
        assert "#id_reason" in page.all("href")
        assert Draw.objects.get().is_open

    def test_two_windows(self, led: tuple[Trial, Client]) -> None:
        led[1].post(PAGE, {"propose": "0"})
        led[1].post(PAGE, {"redraw": "1", "reason": WHY})
        answer = led[1].post(PAGE, {"redraw": "1", "reason": WHY})
        assert drawing.NO_LONGER_OPEN in Page(answer).words
        answer = led[1].post(PAGE, {"propose": "0"})
        assert "A draw is proposed already" in Page(answer).words
        assert Draw.objects.count() == 2


class TestDatesOfAccess:
    @pytest.fixture
    def wedge(self) -> Client:
        trial, lead = make_drawable("stepped_wedge")
        fill(trial, 40)
        return visit(lead)

    def test_they_are_asked_for_and_shown(self, wedge: Client) -> None:
        page = Page(wedge.get(PAGE))
        assert [name for name in page.all("name") if name.startswith("date_4")] == [
            "date_4_day",
            "date_4_month",
            "date_4_year",
        ]
        # In any order; the empty ones do not count.
        wedge.post(PAGE, {"propose": "0", **dates(STEPS[1], STEPS[0])})
        assert drawing.steps_of(Draw.objects.get()) == STEPS
        page = Page(wedge.get(PAGE))
        assert "7 April 2025" in page.words
        assert "7 April 2025 20 4 [c] 5 May 2025 20 4 [c]" in cells(page)
        wedge.post(PAGE, {"confirm": "1", "sure": "true"})
        assert set(Assignment.objects.values_list("ai_from", flat=True)) == set(STEPS)

    def test_drawing_again_with_other_dates(self, wedge: Client) -> None:
        wedge.post(PAGE, {"propose": "0", **dates(*STEPS)})
        page = Page(wedge.get(PAGE))
        assert re.search(r'name="date_2_month"[^>]*value="5"', page.text)
        june = datetime.date(2025, 6, 2)
        wedge.post(PAGE, {"redraw": "1", "reason": WHY, **dates(STEPS[0], june)})
        assert drawing.steps_of(Draw.objects.get(number=2)) == (STEPS[0], june)

    def test_one_more_date(self, wedge: Client) -> None:
        typed = {"more": "true", **dates(STEPS[0], "3")}
        page = Page(wedge.post(PAGE, typed))
        assert page.title == "Randomise - Trialsite"
        assert "date_5_day" in page.all("name")
        assert re.search(r'name="date_2_day"[^>]*value="3"', page.text)
        assert not Draw.objects.exists()
        wedge.post(PAGE, {"propose": "0", **dates(*STEPS)})
        page = Page(wedge.post(PAGE, {"more": "true", "reason": WHY, **dates(*STEPS)}))
        assert page.title == "Randomise - Trialsite"
        assert "date_5_day" in page.all("name")
        assert "Two teams were in the &lt;wrong&gt; department" in page.text

    @pytest.mark.parametrize(
        ("typed", "said", "link"),
        [
            (dates("7", STEPS[1]), "Date 1 must include a month", "#id_date_1_month"),
            (dates(STEPS[1]), "A stepped wedge needs two dates of access or more", None),
            (dates(STEPS[0], STEPS[0]), "in order, each once", None),
            ({}, "needs two dates", None),
        ],
    )
    def test_what_is_wrong_is_said(
        self, wedge: Client, typed: dict[str, str], said: str, link: str | None
    ) -> None:
        answer = wedge.post(PAGE, {"propose": "0", **typed})
        page = Page(answer)
        assert answer.status_code == 422
        assert page.title.startswith("Error: ")
        assert said in page.words
        assert link is None or link in page.all("href")
        assert not Draw.objects.exists()


def test_orders_are_told_in_words() -> None:
    periods = [
        {"name": str(m), "starts_on": f"2025-0{m}-01", "ends_on": f"2025-0{m}-28"} for m in (3, 4)
    ]
    trial, lead = make_drawable("crossover", periods=periods)
    fill(trial, 40)
    drawing.propose(trial=trial, by=lead)
    page = Page(visit(lead).get(PAGE))
    assert "without, then with 20 [c] with, then without 20 [c]" in cells(page)


def test_who_left_is_not_counted() -> None:
    trial, lead = make_drawable()
    fill(trial, 22)
    for person in Participant.objects.filter(pseudonym__lt="p00005"):
        enrolment.withdraw(participant=person, on=datetime.date(2025, 3, 3), actor=None)
    assert "About 15 people" in Page(visit(lead).get(PAGE)).words
