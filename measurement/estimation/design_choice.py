"""Which design suits a trial, from what can be done and what must be: METHODS.md, section 3."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

QUESTIONS: Final = ("decide", "everybody", "away", "switch", "close")
"""The questions, in the order in which they are asked; each is answered True (yes) or False.

decide: can whoever runs the trial decide who gets AI, and when? everybody: must everybody have AI
in the end? away: can AI be taken away again? switch: can it be switched on and off for each task?
close: do people work so closely that those with AI would help those without?
"""

Answers = Mapping[str, bool]


@dataclass(frozen=True)
class Recommendation:
    """A design, by its name, and why: sentences about what was answered."""

    kind: str
    reasons: tuple[str, ...]


def next_question(answers: Answers) -> str | None:
    """Return the first question that is still to be asked; None where the answers are enough."""
    if answers.get("decide") is False:
        return None
    for question in QUESTIONS:
        if question not in answers:
            # One person's tasks are compared with each other: others cannot blur that.
            return None if question == "close" and answers.get("switch") else question
    return None


def recommend(answers: Answers) -> Recommendation:
    """Return the design that answers the question best under what was answered.

    Raises ValueError while a question is open.
    """
    if (question := next_question(answers)) is not None:
        raise ValueError(f"{question} is not answered")
    if not answers["decide"]:
        return Recommendation("observational", (_NOT_DECIDED,))
    if answers["switch"]:
        return Recommendation("task_randomised", (_SWITCH,))
    if answers["close"]:
        if answers["everybody"]:
            return Recommendation("stepped_wedge", (_CLOSE, _EVERYBODY))
        return Recommendation("cluster", (_CLOSE, _NOT_EVERYBODY))
    if answers["away"]:
        return Recommendation("crossover", (_AWAY, _APART))
    if answers["everybody"]:
        return Recommendation("stepped_wedge", (_NOT_AWAY, _EVERYBODY))
    return Recommendation("parallel", (_APART, _NOT_AWAY, _NOT_EVERYBODY))


_NOT_DECIDED: Final = (
    "You cannot decide who gets AI, so chance cannot decide either, and there is nobody to compare "
    "with fairly."
)
_SWITCH: Final = (
    "AI can be switched on and off for each task, so the tasks that a person does with AI can be "
    "compared with those that the same person does without."
)
_CLOSE: Final = (
    "People work closely together, so whole teams should have AI or not: otherwise those with AI "
    "would help those without, and the difference would look too small."
)
_APART: Final = "People work apart enough for each person to be compared with others."
_AWAY: Final = (
    "AI can be taken away again, so everybody can work some weeks with AI and some without, and "
    "is compared with themselves. That needs the fewest people."
)
_NOT_AWAY: Final = "AI cannot be taken away again, so who has it keeps it."
_EVERYBODY: Final = (
    "Everybody must have AI in the end, so chance decides when each team gets it, and not whether."
)
_NOT_EVERYBODY: Final = (
    "Not everybody must have AI in the end, so some can work without it for the whole trial."
)
