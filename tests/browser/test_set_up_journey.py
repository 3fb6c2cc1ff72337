"""A lead sets up a trial by clicking only, from nothing to a locked plan, in a real browser."""

import pytest
from playwright.sync_api import expect

from measurement import starting
from measurement.lead.urls import set_up
from measurement.models import Arm, PlanLock, PrivacyNotice, Trial
from tests.browser.setting_up import Lead
from tests.browser.test_participant_journey import Visit

pytestmark = pytest.mark.django_db(transaction=True)
MARK_IS_ABOVE_THE_NEXT_LINE = """() => {
  const links = [...document.querySelectorAll(".trial-navigation__list a")];
  const { top, bottom } = links.find((one) => one.ariaCurrent).getBoundingClientRect();
  const below = links.map((one) => one.getBoundingClientRect().top).filter((one) => one > top);
  return below.length > 0 && below.every((one) => one >= bottom);
}"""


@pytest.fixture
def lead(visit: Visit, width: int, javascript: bool) -> Lead:
    kim = starting.allow(email="kim.kettle@example.com", actor=None)
    return Lead(visit(width=width, javascript=javascript, user=kim))


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (375, True)])
def test_a_trial_of_teams_from_nothing_to_a_change_of_the_locked_plan(lead: Lead) -> None:
    lead.start()
    lead.set_dates()
    lead.choose_design("Yes", "No", "No", "No", "Yes")
    expect(lead.page.get_by_text("Some teams get AI, others do not")).to_be_visible()
    lead.save("Use this design")
    lead.open("How chance decides")
    group = lead.page.get_by_role("group", name="Group 2", exact=True)
    group.get_by_label("Name").fill("With tea")
    group.get_by_label("Share").fill("2")
    lead.page.get_by_label("Department", exact=True).check()
    lead.save()
    lead.work_out_people("team", "8")
    lead.say_what_people_log()
    lead.say_how_results_come()
    lead.publish_notice()
    expect(lead.page.get_by_text("You have completed 12 of 12 tasks")).to_be_visible()
    lead.lock()

    lead.follow("Change dates")
    lead.visitor.look("Dates")
    lead.say_day("Read-out day", "15", "12", "2034")
    lead.visitor.press("Save and go on")
    lead.visitor.look("Dates", error=True)
    lead.say("Why do you change the plan?", "The kettle was broken for a week")
    lead.save()
    lead.follow("Check and lock the plan")
    lead.visitor.look("Check and lock the plan")
    expect(lead.page.get_by_role("cell", name="The kettle was broken for a week")).to_be_visible()
    lead.follow("Change how chance decides")
    lead.visitor.look("Who gets AI, and when")
    expect(lead.page.get_by_text("cannot change any more")).to_be_visible()

    trial = Trial.objects.get()
    assert PlanLock.objects.get().locked_by.startswith("lead (user")
    assert trial.design["kind"] == "cluster"
    assert [*Arm.objects.order_by("pk").values_list("name", "ai", "ratio")] == [
        ("Without AI", False, 1),
        ("With tea", True, 2),
    ]
    assert trial.plan["planned_participants"] > 100
    assert trial.disclosure["minimum_people"] == 12
    assert PrivacyNotice.objects.get().contact == "privacy@teapots.example.com"


@pytest.mark.parametrize(("width", "javascript"), [(375, False), (1280, False)])
def test_a_roll_out_in_steps_from_nothing_to_a_locked_plan(lead: Lead) -> None:
    lead.start()
    lead.choose_design("Yes", "Yes", "No", "No", "Yes")
    expect(lead.page.get_by_text("Everybody gets AI in the end, team after team")).to_be_visible()
    lead.save("Use this design")
    lead.set_dates()
    lead.open("How chance decides")
    lead.page.get_by_label("Whole departments").check()
    lead.save()
    lead.work_out_people("department", "20")
    lead.open("Check and lock the plan")
    expect(lead.page.get_by_text("No privacy notice is published")).to_be_visible()
    lead.follow("All tasks of the set-up")
    lead.say_what_people_log()
    lead.lock()
    trial = Trial.objects.get()
    assert (trial.design["kind"], trial.design["unit"]) == ("stepped_wedge", "department")
    assert PlanLock.objects.get().trial == trial


@pytest.mark.parametrize(("width", "javascript"), [(1280, False), (375, True)])
def test_the_periods_of_a_crossover_are_shown_before_they_are_saved(lead: Lead) -> None:
    lead.start()
    lead.choose_design("Yes", "Yes", "Yes", "No", "No")
    lead.save("Use this design")
    expect(lead.page.get_by_text("Cannot start yet").first).to_be_visible()
    lead.set_dates()
    lead.open("How chance decides")
    lead.say("How many periods are there to be?", "99")
    lead.visitor.press("Cut the dates evenly")
    lead.visitor.look("How chance decides", error=True)
    lead.say("How many periods are there to be?", "4")
    lead.visitor.press("Cut the dates evenly")
    lead.visitor.look("How chance decides")
    last = lead.page.get_by_role("group", name="Period 4", exact=True)
    last.get_by_role("group", name="Last day").get_by_label("Day").fill("23")
    lead.save()
    periods = Trial.objects.get().design["periods"]
    assert len(periods) == 4
    assert (periods[0]["starts_on"], periods[3]["ends_on"]) == ("2034-09-11", "2034-11-23")
    lead.follow("Who gets AI, and when")
    lead.visitor.look("Can you decide who gets access to AI, and when?")
    lead.follow("I know which design I want: show me all")
    lead.visitor.look("Who gets AI, and when")
    lead.page.get_by_label("No comparison group").check()
    lead.save()
    assert Trial.objects.get().design["kind"] == "observational"


@pytest.mark.parametrize("kind", ["parallel", "crossover"])
def test_every_page_fits_a_narrow_screen(visit: Visit, kind: str) -> None:
    kim = starting.allow(email="kim.kettle@example.com", actor=None)
    starting.start(title=f"{'y' * 30} {'tea ' * 30}", sector="security", by=kim)
    visitor = visit(width=320, user=kim)
    path = f"/trials/{Trial.objects.get().slug}/set-up/"
    visitor.go(f"{path}dates/")
    assert visitor.page.evaluate(MARK_IS_ABOVE_THE_NEXT_LINE)
    lead = Lead(visitor)
    for group, day in (("First", "4 9 2034"), ("Last", "24 11 2034"), ("Read-out", "8 12 2034")):
        name = f"{group} day" if group == "Read-out" else f"{group} day of the trial"
        lead.say_day(name, *day.split())
    visitor.press("Save and go on")
    visitor.go(f"{path}design/choose/")
    visitor.page.locator(f"input[value={kind}]").check()
    visitor.press("Save and go on")
    for route in set_up:
        visitor.go(path + str(route.pattern).removeprefix("trials/<slug:slug>/set-up/"))
        visitor.look(r"\w")
