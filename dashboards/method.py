"""How a trial found its figures, and what they cannot say, written out for a report. Pure."""

import datetime
from collections.abc import Iterable
from typing import Final

from dashboards.measures import number
from dashboards.plan import TREATMENTS, day, disclosed, working_year
from measurement.estimation.calendar import LOCAL_TIME
from measurement.estimation.definition import Plan, Trial
from measurement.estimation.results import Check, Results
from measurement.estimation.verdicts import FAIL, WARN
from measurement.plan_words import moves_many, percent, percent_above

HOW_COMPARED: Final = {
    "task_randomised": "When somebody announced a task, chance decided whether they might use AI "
    "for it. The same people's tasks with and without AI are compared.",
    "parallel": "Chance decided which people worked with AI and which without. The two sides "
    "are compared.",
    "cluster": "Chance decided which groups of people, such as teams, worked with AI and which "
    "without, so that people with AI do not help those without. The groups are compared.",
    "crossover": "Everybody worked some periods with AI and some without, in an order that chance "
    "decided. Each person is compared with themself.",
    "stepped_wedge": "All groups of people were given AI in the end, at times that chance decided. "
    "Those who had it already are compared with those who did not have it yet.",
    "observational": "Nobody was chosen by chance. Tasks for which people used AI are compared "
    "with the same people's tasks of the same type without.",
}
MEASURED: Final = (
    "People logged how many minutes their tasks took, with a timer or soon after the task. Times "
    "with AI are set beside times without for the same types of task. The saving per task, times "
    "the number of tasks, gives the minutes saved per working day."
)
NOVEL: Final = (
    "Tasks that people did only because AI exists count as time spent, not as time saved."
)
EVERYBODY: Final = (
    "The minutes per working day count everybody who was given AI and all their working days, also "
    "days without a logged task."
)
INTERVALS: Final = (
    "Each figure stands with its {level} confidence interval: a range that holds the true value in "
    "{level} of such trials, no more."
)
FROZEN: Final = "Figures are frozen once a week."

NO_COMPARISON: Final = (
    "There is no comparison group. People chose when to use AI, and they may have chosen the tasks "
    "that go quickly anyway. The figures do not say that AI caused the difference."
)
REPORTED_IS_OPINION: Final = (
    "Minutes reported in surveys are what people believe. In other studies such reports were above "
    "what was measured, and in one even on the wrong side of zero."
)
OTHERS: Final = (
    "The figures hold for the people, tasks and tools of this trial. Elsewhere they may differ."
)
A_YEAR: Final = (
    "Days saved a year assume that every working day of a year of {year} is like those of the "
    "trial. Minutes that are saved are not money that is saved."
)
PLAN_CHANGED: Final = (
    "The plan was changed after it was locked, so not all of the analysis was promised beforehand. "
    "Every change is listed below."
)
NOT_LOCKED: Final = (
    "The plan was not locked before the trial, so the analysis may have been chosen after the data."
)
LOCKED_LATE: Final = (
    "The plan was locked on {day}, after the trial had begun, so the analysis may have been chosen "
    "after some of the data."
)
LOCKED_AFTER: Final = (
    "The plan was locked on {day}, after the trial had ended, so the analysis may have been chosen "
    "after all of the data."
)
LOW_CONFIDENCE: Final = (
    "The plan's intervals hold the true value in only {level} of such trials; 95% is usual. With "
    "those intervals would be wider, and what is called clear here might not be."
)
MANY_MOVED: Final = (
    "The plan counts the shortest {low}% and the longest {high}% of times as limits, not as they "
    "were logged. So the figures say little of short and long tasks."
)
SIMULATED: Final = "The people and figures of this trial are invented. They say nothing about AI."


def method(trial: Trial) -> tuple[str, ...]:
    """Return how the figures were found, as paragraphs."""
    plan = trial.plan
    level = f"{number(100 * plan.confidence)}%"
    compared = TREATMENTS[plan.treatment]
    said = [
        HOW_COMPARED[trial.design.kind],
        f"What is compared: {compared[:1].lower()}{compared[1:]}",
        MEASURED,
        EVERYBODY if plan.day_basis == "working_days" else "",
        NOVEL,
        INTERVALS.format(level=level),
        f"{disclosed(trial)} {FROZEN}",
    ]
    if plan.read_out_on:
        said.append(f"The plan set {day(plan.read_out_on)} as the day of the read-out.")
    return tuple(filter(None, said))


def cautions(trial: Trial, results: Results) -> tuple[str, ...]:
    """Return what the figures cannot say, the gravest first; failed checks are among it."""
    said = [
        SIMULATED if results.simulated else "",
        NO_COMPARISON if trial.design.kind == "observational" else "",
        *_of_checks(results.checks, FAIL),
        *_of_plan(trial.plan),
        _locked_late(trial, results.plan_locked_at),
        PLAN_CHANGED if results.deviations else "",
        *_of_checks(results.checks, WARN),
        REPORTED_IS_OPINION if results.find("reported_minutes_saved_per_day") else "",
        A_YEAR.format(year=working_year(trial.assumptions)),
        OTHERS,
    ]
    return tuple(filter(None, said))


def _of_plan(plan: Plan) -> Iterable[str]:
    """Yield what of the plan makes results look clearer than they would with the usual one."""
    if plan.confidence < Plan.confidence:
        yield LOW_CONFIDENCE.format(level=f"{number(100 * plan.confidence)}%")
    if moves_many(plan.winsorise):
        low, high = plan.winsorise
        yield MANY_MOVED.format(low=percent(low), high=percent_above(high))


def _locked_late(trial: Trial, locked_at: str | None) -> str:
    """Return what to say of a plan that was not locked before the first day; nothing else."""
    if locked_at is None:
        return NOT_LOCKED
    locked_on = datetime.datetime.fromisoformat(locked_at).astimezone(LOCAL_TIME).date()
    if trial.starts_on is None or locked_on <= trial.starts_on:
        return ""
    is_over = trial.ends_on is not None and locked_on > trial.ends_on
    return (LOCKED_AFTER if is_over else LOCKED_LATE).format(day=day(locked_on))


def _of_checks(checks: Iterable[Check], verdict: str) -> list[str]:
    """Return the findings of the checks with that verdict as sentences."""
    found = [check.message for check in checks if check.verdict == verdict]
    return [message if message.endswith(".") else f"{message}." for message in found]
