"""What a lead can do about a check of the trial that has not passed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from measurement.estimation.results import Check
from measurement.estimation.verdicts import FAIL, NOT_ESTIMABLE, PASS, WARN

NOTHING: Final = "Nothing needs doing."
TOO_EARLY: Final = (
    "Wait until there are more task logs. If the check stays unanswered to the end, say in the "
    "report that it could not be made."
)
_NAMES: Final = {
    "sample_ratio": "Numbers assigned",
    "sample_ratio_analysed": "Numbers analysed",
    "balance": "Alike at the start",
    "attrition": "Who left",
    "contamination": "AI where there should be none",
    "order": "Order of periods",
    "carry_over": "After-effects of AI",
    "pre_trends": "Trends before access",
    "novelty": "Change over time",
    "heaping": "Rounded times",
    "late_entry": "Late entry",
    "overlapping": "Overlapping tasks",
    "straight_lining": "Repeated answers",
    "flagged_by_arm": "Questionable logs on each side",
    "exclusions_by_arm": "Logs left out on each side",
}
"""What a page calls each check; a test holds it complete, as it does the two below."""
_DO: Final = {
    "sample_ratio": "Stop new people from joining. Compare the list of who was assigned with the "
    "draw, and look for anybody whose assignment was changed by hand. Publish nothing until you "
    "know the cause.",
    "sample_ratio_analysed": "Find out whether one side could log less: people without a working "
    "link, a team on leave, a tool that was switched off. Write the cause into the report.",
    "balance": "Do not draw again: chance makes such differences. Look at the results by "
    "department, grade and profession, and mention the difference in the report.",
    "attrition": "Ask people who stopped why they did, on both sides, and remind those who log "
    "nothing. Quote the lower and the upper bound beside the result.",
    "contamination": "Ask the teams without access which tools they use, and remind them what "
    "was agreed. Do not take anybody out of the trial for it.",
    "order": "Nothing needs doing as long as chance decided who began with AI.",
    "carry_over": "Quote the result of the first period beside that of all periods. In the next "
    "trial, leave a week between periods.",
    "pre_trends": "Find out what else changed for the teams that were given access first, and "
    "write it into the report. Do not say that AI caused the difference.",
    "novelty": "Go on logging until the weekly figures settle, and do not turn early weeks into a "
    "figure for a year.",
    "heaping": "Ask people to use the timer, which counts the minutes for them, and look at the "
    "result of timed tasks alone.",
    "late_entry": "Ask people to log a task when it ends, and switch on reminders at the end of "
    "the day.",
    "overlapping": "Remind people to stop the timer when they turn to something else.",
    "straight_lining": "Tell people that an honest guess is enough, and that nobody sees their "
    "own answers.",
    "flagged_by_arm": "Find out whether both sides were told the same about how to log, and look "
    "at the result without flagged tasks.",
    "exclusions_by_arm": "Find out which rule leaves out more on one side: the table of task logs "
    "lists them. Change no rule now without writing the change down as a deviation.",
}


_OF_GROUPS: Final = "interaction_"
"""How the names of checks begin that ask whether groups differ; their dimension follows."""
_GROUPS: Final = {
    "department": "departments",
    "grade": "grades",
    "profession": "professions",
    "task_type": "types of task",
}
_READ_GROUPS: Final = (
    "Read the results group by group, and say in the report that the average of all hides a "
    "difference."
)


@dataclass(frozen=True)
class Advice:
    """One check as a page shows it: its name, verdict, finding and what to do."""

    name: str
    verdict: str
    finding: str
    to_do: str


def advice(checks: Iterable[Check]) -> list[Advice]:
    """Return the checks with what to do about each, the worst first."""
    order = (FAIL, WARN, NOT_ESTIMABLE, PASS)
    listed = sorted(checks, key=lambda check: order.index(check.verdict))
    return [
        Advice(name_of(check), check.verdict, _sentence(check.message), _to_do(check))
        for check in listed
    ]


def name_of(check: Check) -> str:
    """Return what a page calls the check."""
    if check.check.startswith(_OF_GROUPS):
        return f"Differences between {_GROUPS[check.check.removeprefix(_OF_GROUPS)]}"
    return _NAMES[check.check]


def _sentence(message: str) -> str:
    return f"{message.removesuffix('.')}."


def _to_do(check: Check) -> str:
    if check.verdict == PASS:
        return NOTHING
    if check.verdict == NOT_ESTIMABLE:
        return TOO_EARLY
    return _READ_GROUPS if check.check.startswith(_OF_GROUPS) else _DO[check.check]
