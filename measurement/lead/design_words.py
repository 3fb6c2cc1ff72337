"""The questions about the design and what each design needs and can show, in plain words."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Question:
    """One question that is answered with yes or no, and what helps to answer it."""

    words: str
    hint: str
    missing: str


@dataclass(frozen=True)
class DesignWords:
    """What one design means: what happens, what it needs, what its result can say."""

    happens: str
    needs: str
    shows: str


QUESTIONS: Final = {
    "decide": Question(
        "Can you decide who gets access to AI, and when?",
        "For example, because you hand out the licences, or can ask those who do to follow a list.",
        "Select yes if you can decide who gets access to AI, and when",
    ),
    "everybody": Question(
        "Must everybody have AI in the end?",
        "For example, because all licences are paid for already, or it was promised.",
        "Select yes if everybody must have AI in the end",
    ),
    "away": Question(
        "Can AI be taken away again from people who had it?",
        "For example, a licence that can be turned off for some weeks without harm.",
        "Select yes if AI can be taken away again",
    ),
    "switch": Question(
        "Can AI be switched on and off for each single task?",
        "People would say before each task what they are about to do. Chance then tells them "
        "whether they may use AI for it, and they keep to it.",
        "Select yes if AI can be switched on and off for each task",
    ),
    "close": Question(
        "Do people work so closely together that those with AI would help those without?",
        "For example, because they share documents, or hand tasks to whoever has AI.",
        "Select yes if people with AI would help those without",
    ),
}
ANSWERED: Final = {True: "yes", False: "no"}
"""How answers stand in addresses."""

DESIGNS: Final = {
    "task_randomised": DesignWords(
        "Before each task, people say what it is and how long they expect it to take. Chance then "
        "decides whether they may use AI for that task.",
        "Everybody has AI at hand, and announces each task before starting it.",
        "It can say how much time AI saves on the tasks that people announce. It needs few people.",
    ),
    "parallel": DesignWords(
        "Chance decides which people get AI. The others work without it until the trial ends.",
        "Two groups that work apart, and licences for one of them.",
        "It can say that AI caused the difference between the groups.",
    ),
    "cluster": DesignWords(
        "Chance decides which teams get AI. The others work without it until the trial ends.",
        "Many teams: 40 are a good number, and fewer than 6 give no result. It needs more people "
        "than a trial of single people.",
        "It can say that AI caused the difference between the teams, also where colleagues help "
        "each other.",
    ),
    "crossover": DesignWords(
        "Everybody works some weeks with AI and some without. Chance decides the order.",
        "AI can be taken away again, and what people learned with it does not help them without.",
        "It can say that AI caused the difference, and it needs the fewest people, since everybody "
        "is compared with themselves.",
    ),
    "stepped_wedge": DesignWords(
        "Everybody begins without AI. Teams get it one after the other, and chance decides when.",
        "Several weeks before the first team gets AI, at least 6 teams, and about a dozen weeks "
        "in all.",
        "It can say that AI caused the difference, by comparing teams that have AI with those that "
        "do not have it yet.",
    ),
    "observational": DesignWords(
        "Everybody uses AI as they like, and logs tasks with it and without.",
        "Nothing but the task logs.",
        "There is no comparison group: the result cannot say that AI caused the difference. People "
        "choose AI for some tasks and not for others, and that alone makes a difference. "
        "Every headline will say so.",
    ),
}
