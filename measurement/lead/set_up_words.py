"""What the tasks of the set-up are called, in the order in which they are listed."""

from typing import Final

from measurement.set_up_answers import Step

NOTICE: Final = "notice"
CHECK: Final = "check"
TITLES: Final[dict[str, str]] = {
    Step.ABOUT: "Name and sector",
    Step.DATES: "Dates",
    Step.DESIGN: "Who gets AI, and when",
    Step.GROUPS: "How chance decides",
    Step.TASKS: "Types of task and tools",
    Step.LISTS: "Departments, grades and professions",
    Step.SURVEY: "Survey about time saved",
    Step.POWER: "How many people",
    Step.ASSUMPTIONS: "Working year and costs",
    Step.DISCLOSURE: "Smallest group shown",
    Step.ANALYSIS: "Analysis",
    NOTICE: "Privacy notice",
    CHECK: "Check and lock the plan",
}
HINTS: Final[dict[str, str]] = {
    Step.GROUPS: "Groups, teams or periods, as the design needs them",
    Step.POWER: "So that the trial can notice what you hope for",
    Step.SURVEY: "The published answers are filled in",
    Step.ASSUMPTIONS: "What turns minutes a day into days a year and pounds",
    Step.ANALYSIS: "Optional: what is filled in is sound",
    NOTICE: "Needed before people are invited",
}
SECTIONS: Final = (
    ("The trial", (Step.ABOUT, Step.DATES)),
    ("The comparison", (Step.DESIGN, Step.GROUPS, Step.POWER)),
    ("What people are asked", (Step.TASKS, Step.LISTS, Step.SURVEY)),
    ("How results are worked out and shown", (Step.ASSUMPTIONS, Step.DISCLOSURE, Step.ANALYSIS)),
    ("Before people join", (NOTICE, CHECK)),
)


def page_of(task: str) -> str:
    """Return the name of the address of a task's page."""
    return f"set_up_{task}"
