"""A trial's plan in plain words."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.measures import number
from dashboards.shown_intervals import EARLY, read_out_on
from measurement.estimation.definition import Assumptions, Trial
from measurement.estimation.designs import rules
from measurement.estimation.results import EstimateRow, Results
from measurement.plan_words import name_of, value_words

DESIGNS: Final = {
    "task_randomised": (
        "Randomised tasks: when a task was announced, chance decided whether AI might be used."
    ),
    "parallel": "Randomised participants: chance decided who worked with AI and who without.",
    "cluster": "Randomised groups: chance decided which groups of people worked with AI.",
    "crossover": (
        "Crossover: everybody worked some periods with AI and some without; chance decided the "
        "order."
    ),
    "stepped_wedge": "Stepped wedge: everybody was given AI in the end; chance decided when.",
    "observational": (
        "Observational: nobody was randomised. People chose when to use AI, so a difference may "
        "have other causes. The figures are not causal effects."
    ),
}
TREATMENTS: Final = {
    "assigned": "Tasks as assigned to AI or not, whether AI was used or not (intention to treat).",
    "used": "Tasks where AI was used with tasks where it was not.",
}
STANDARD_ERRORS: Final = {
    "CR1": "Clustered standard errors (CR1): logs of one {cluster} may be alike.",
    "CR3": "Jackknife standard errors (CR3), for few or unequal clusters: "
    "logs of one {cluster} may be alike.",
    "HC3": "Standard errors HC3: each task log counts by itself.",
}
NO_DATES: Final = "Dates were not given"
NOT_KNOWN: Final = "not known"


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A change of the plan since it was locked; `when` is None where nobody recorded it."""

    what: str
    before: str
    after: str
    who: str
    when: datetime.datetime | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Locking:
    """When and by whom the plan was locked, and every change since."""

    at: datetime.datetime
    by: str
    deviations: tuple[Deviation, ...]

    @property
    def warning(self) -> str:
        """What must be said beside the headline: nothing where nothing was changed."""
        count = len(self.deviations)
        if not count:
            return ""
        times = "once" if count == 1 else f"{count} times"
        return f"The plan was changed {times} after it was locked."


def plan_words(trial: Trial, results: Results) -> list[tuple[str, str]]:
    """Return what was planned and how it was done, as pairs of a name and its words."""
    modelled = next((row for row in results.estimates if row.terms), None)
    plan = trial.plan
    words = [
        ("Design", DESIGNS[trial.design.kind]),
        ("What is compared", TREATMENTS[plan.treatment]),
        ("Differences allowed for", _terms(modelled)),
        (
            "Uncertainty",
            f"{100 * plan.confidence:g}% intervals. {_errors(trial, modelled)}".strip(),
        ),
        ("Dates", period(trial)),
        ("A working year", working_year(trial.assumptions)),
        ("Smallest group shown", f"{trial.disclosure.minimum_people} people"),
    ]
    if plan.read_out_on:
        words.append(("Read-out", day(plan.read_out_on)))
    return words


def locking(results: Results) -> Locking | None:
    """Return when and by whom the plan was locked, and what was changed since; None before."""
    if results.plan_locked_at is None:
        return None
    return Locking(
        at=datetime.datetime.fromisoformat(results.plan_locked_at),
        by=results.plan_locked_by or NOT_KNOWN,
        deviations=tuple(map(_deviation, results.deviations)),
    )


def not_final(trial: Trial, today: datetime.date) -> str:
    """Return a warning while the trial still runs or waits for its read-out, else nothing."""
    final_on = read_out_on(trial)
    if final_on is None or today >= final_on:
        return ""
    final = f"Not final: the results are to be read on {day(final_on)} and may change until then."
    return f"{final} {EARLY}"


def working_year(assumptions: Assumptions) -> str:
    """Return the assumed year: 225 days of 7.5 hours."""
    return (
        f"{number(assumptions.working_days_per_year)} days of "
        f"{number(assumptions.hours_per_day)} hours"
    )


def disclosed(trial: Trial) -> str:
    """Return what of the results is withheld and how the rest is rounded."""
    return (
        "So that nobody can be identified, figures about fewer than "
        f"{trial.disclosure.minimum_people} people are withheld, means are rounded to whole "
        "minutes (one decimal from 400 people), and counts to the nearest 5."
    )


def period(trial: Trial) -> str:
    """Return the dates of a trial: 30 September 2024 to 13 December 2024."""
    if trial.starts_on and trial.ends_on:
        return f"{day(trial.starts_on)} to {day(trial.ends_on)}"
    if trial.starts_on:
        return f"From {day(trial.starts_on)}"
    return f"Until {day(trial.ends_on)}" if trial.ends_on else NO_DATES


def day(date: datetime.date) -> str:
    """Return a date as people say it: 3 October 2024."""
    return f"{date.day} {date:%B %Y}"


def _terms(row: EstimateRow | None) -> str:
    if row is None:
        return "None"
    words = ", ".join(term.replace("_", " ") for term in row.terms)
    return words[:1].upper() + words[1:]


def _errors(trial: Trial, row: EstimateRow | None) -> str:
    if row is None or row.standard_errors is None:
        return ""
    cluster = rules(trial).cluster(trial)
    return STANDARD_ERRORS[row.standard_errors].format(cluster=cluster)


def _deviation(item: Mapping[str, Any]) -> Deviation:
    path = item["what"]
    before, after = (value_words(path, item[side]).replace("\n", "; ") for side in ("from", "to"))
    return Deviation(
        what=name_of(path),
        before=before,
        after=after,
        who=item["who"] or NOT_KNOWN,
        when=item["when"] and datetime.datetime.fromisoformat(item["when"]),
        why=item["why"],
    )
