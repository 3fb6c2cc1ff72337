"""Somebody invented who sets up a trial by clicking."""

import datetime
import re
from collections.abc import Mapping
from typing import Final

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

DAYS: Final = {
    "First day of the trial": datetime.date(2034, 9, 4),
    "Last day of the trial": datetime.date(2034, 11, 24),
    "Read-out day": datetime.date(2034, 12, 8),
}


class Lead:
    """Answers the pages of the set-up, wrongly first where that is to be seen."""

    def __init__(self, visitor: Visitor, days: Mapping[str, datetime.date] = DAYS) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.days = days

    def follow(self, name: str) -> None:
        self.visitor.follow(name, exact=True)

    def open(self, task: str) -> None:
        self.follow(task)
        self.visitor.look(task)

    def save(self, button: str = "Save and go on") -> None:
        self.visitor.press(button)
        self.visitor.look("^Set up Tea and biscuits$")

    def say(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def say_day(self, group: str, day: str, month: str, year: str) -> None:
        boxes = self.page.get_by_role("group", name=group)
        for label, text in (("Day", day), ("Month", month), ("Year", year)):
            boxes.get_by_label(label).fill(text)

    def answer(self, question: str, said: str, *, error: bool = False) -> None:
        self.visitor.look(re.escape(question), error=error)
        self.page.get_by_label(said, exact=True).check()
        self.visitor.press("Continue")

    def start(self) -> None:
        self.visitor.go("/trials/")
        self.visitor.press("Start a trial")
        self.visitor.look("Start a trial")
        self.say("What is the trial called?", "Tea and biscuits")
        self.page.get_by_label("Education").check()
        self.visitor.press("Continue")
        self.visitor.look("^Set up Tea and biscuits$")
        expect(self.page.get_by_text("You have completed 1 of")).to_be_visible()

    def set_dates(self) -> None:
        self.open("Dates")
        self.visitor.press("Save and go on")
        self.visitor.look("Dates", error=True)
        self.page.get_by_role("alert").get_by_role("link").first.click()
        expect(self.page.get_by_label("Day").first).to_be_focused()
        for group, day in self.days.items():
            self.say_day(group, str(day.day), str(day.month), str(day.year))
        self.say("How many days at the start are for settling in?", "7")
        self.save()

    def choose_design(self, *said: str) -> None:
        self.follow("Who gets AI, and when")
        questions = (
            "Can you decide who gets access to AI, and when?",
            "Must everybody have AI in the end?",
            "Can AI be taken away again from people who had it?",
            "Can AI be switched on and off for each single task?",
            "Do people work so closely together that those with AI would help those without?",
        )
        self.visitor.look(re.escape(questions[0]))
        self.visitor.press("Continue")
        for question, answer in zip(questions, said, strict=True):
            self.answer(question, answer, error=question == questions[0])
        self.visitor.look("The design that suits your trial")

    def work_out_people(self, unit: str, people: str) -> None:
        self.open("How many people")
        self.say("How much time do you hope AI saves", "12")
        self.say(f"How many people work in a {unit}, on average?", people)
        self.visitor.press("Work it out")
        self.visitor.look("How many people")
        expect(self.page.get_by_text("of noticing a saving of 12%")).to_be_visible()
        self.save("Use these numbers")

    def say_what_people_log(self) -> None:
        self.open("Types of task and tools")
        expect(self.page.get_by_label("Lesson planning")).to_be_checked()
        self.page.get_by_label("Curriculum development").uncheck()
        self.say("Other types of task", "Brewing tea\nWashing up")
        self.say("Which AI tools are on trial?", "Quillbot Nine")
        self.save()
        self.open("Departments, grades and professions")
        self.visitor.press("Save and go on")
        self.visitor.look("Departments, grades and professions", error=True)
        self.say("Departments", "Ministry of Tea\nOffice of Biscuits")
        self.save()
        self.open("Survey about time saved")
        self.save()

    def say_how_results_come(self) -> None:
        self.open("Working year and costs")
        self.say("Cost of an hour of work", "31.50")
        self.save()
        self.open("Smallest group shown")
        self.say("How many people must a group have", "5")
        self.visitor.press("Save and go on")
        self.visitor.look("Smallest group shown", error=True)
        self.say("How many people must a group have", "12")
        self.save()
        self.open("Analysis")
        self.save()

    def publish_notice(self) -> None:
        self.open("Privacy notice")
        self.say("Who answers for the data?", "Department of Teapots")
        self.say("Where can people ask or complain?", "privacy@teapots.example.com")
        self.say_day("Until when is anything about people kept?", "31", "12", "2036")
        self.save("Publish")

    def lock(self) -> None:
        self.open("Check and lock the plan")
        self.visitor.press("Lock the plan")
        self.visitor.look("Check and lock the plan", error=True)
        self.page.get_by_label("This plan is what we promise to do").check()
        self.visitor.press("Lock the plan")
        self.visitor.look("Check and lock the plan")
        expect(self.page.get_by_text(re.compile("The plan was locked on"))).to_be_visible()
