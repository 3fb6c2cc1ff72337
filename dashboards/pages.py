"""What a dashboard page says, put together from published results. Pure."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dashboards import headlines, plan, quality
from dashboards.advice import name_of
from dashboards.downloads import Download, conventions_file, csv_file
from dashboards.moved_assumptions import Assumed, planned
from dashboards.number_text import number_text
from dashboards.plan import Locking
from dashboards.section import Section
from dashboards.sections import sections
from dashboards.shown_intervals import is_early, with_shown_intervals
from dashboards.tables import Table
from dashboards.taking_part import taking_part
from measurement.estimation.cells import FLAG_EXCLUSIONS
from measurement.estimation.definition import Trial
from measurement.estimation.flags import FLAG_RULES
from measurement.estimation.results import Check, LogCounts, Results
from measurement.estimation.verdicts import FAIL, NOT_ESTIMABLE

ALARM: Final = "Do not rely on this result yet, because a check of the trial failed."
NOVEL: Final = (
    "Tasks that people did only because AI exists are among those analysed. They can be compared "
    "with none, so tables of times count fewer task logs."
)
ALL_RESULTS: Final = "all-results"
RULES: Final = {
    "void": "taken out by the person who logged them",
    "withheld": "announced and never logged",
    "before_start": "before the trial started",
    "after_end": "after the trial ended",
    "run_in": "during the first days, when people still learn",
    "before_enrolment": "before the person joined",
    "after_withdrawal": "after the person left",
    "not_assigned": "without a known assignment to work with or without AI",
    **{FLAG_EXCLUSIONS[rule.name]: rule.description for rule in FLAG_RULES},
}
"""Why task logs are excluded, in words; a test holds it complete."""
VERDICTS: Final = {
    "fail": "Failed",
    "warn": "Look into this",
    "not_estimable": "Not known",
    "pass": "Passed",
}
"""Verdicts of checks in words, in the order in which a page lists them."""


@dataclass(frozen=True)
class Published:
    """Published results with the trial as they have it, and the moment of the data.

    `next_on`: the day on which the next are frozen; `replanned`: whether the plan was changed
    meanwhile.
    """

    results: Results
    trial: Trial
    as_of: datetime.datetime
    next_on: datetime.date
    replanned: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything that the page of a trial with results shows, apart from how fresh it is.

    `trial` is the one that the results are of, as it was planned then. `results` are the published
    ones with the intervals shown; `planned` the assumptions that may be moved, None where there are
    no minutes to convert. `alarms` are the checks that failed, `quality` is what stands beside any
    claim of speed, `caution` beside any figure a year; `disclosed` says what is withheld and how
    the rest is rounded. `files` are the CSV downloads by the name in their address: one a section,
    and one of everything. `running` and `running_files` are the sections of the page about how the
    trial runs, with their downloads, which are in no report.
    """

    trial: Trial
    results: Results
    planned: Assumed | None
    headline: str
    alarms: tuple[str, ...]
    quality: str
    caution: str
    disclosed: str
    as_of: datetime.datetime
    next_freeze: str
    replanned: bool
    not_final: str
    sections: tuple[Section, ...]
    files: Mapping[str, Download]
    running: tuple[Section, ...]
    running_files: Mapping[str, Download]
    logs: Table
    checks: tuple[Check, ...]
    plan: list[tuple[str, str]]
    plan_sha256: str
    code_version: str
    locking: Locking | None


def page(found: Published, *, today: datetime.date) -> Page:
    """Return the page of published results."""
    trial = found.trial
    results = with_shown_intervals(found.results, trial, today)
    parts, running = sections(results, trial), taking_part(results, trial)
    files = {part.slug: _file_of(part, found) for part in parts}
    everything = csv_file(ALL_RESULTS, results.estimates, results, found.as_of)
    return Page(
        trial=trial,
        results=results,
        planned=planned(results, trial),
        headline=headlines.headline(
            results, assumptions=trial.assumptions, final=not is_early(trial, today)
        ),
        alarms=_alarms(results),
        quality=quality.sentence(results),
        caution=headlines.caution(results),
        disclosed=plan.disclosed(trial),
        as_of=found.as_of,
        next_freeze=_next_freeze(found.next_on, today),
        replanned=found.replanned,
        not_final=plan.not_final(trial, today),
        sections=parts,
        files=files | {ALL_RESULTS: everything},
        running=running,
        running_files={part.slug: _file_of(part, found) for part in running},
        logs=log_counts(results.logs),
        checks=_told(results.checks),
        plan=plan.plan_words(trial, results),
        plan_sha256=results.plan_sha256,
        code_version=results.code_version,
        locking=plan.locking(results),
    )


def _told(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks, the worst first. One without an answer is named: its message says why."""
    told = (
        replace(check, message=f"{name_of(check)}. {check.message}")
        if check.verdict == NOT_ESTIMABLE
        else check
        for check in checks
    )
    return tuple(sorted(told, key=lambda check: [*VERDICTS].index(check.verdict)))


def _alarms(results: Results) -> tuple[str, ...]:
    failed = [check.message.removesuffix(".") for check in results.checks if check.verdict == FAIL]
    return tuple(f"{ALARM} {message}." for message in failed)


def _next_freeze(on: datetime.date, today: datetime.date) -> str:
    """Return when figures may change next: on Monday 30 November 2026."""
    if today >= on:
        return "The next are being worked out."
    return f"The next are frozen on {on:%A} {plan.day(on)}."


def _file_of(part: Section, found: Published) -> Download:
    if part.conventions:
        return conventions_file(part.slug, part.conventions, found.results, found.as_of)
    return csv_file(part.slug, part.rows, found.results, found.as_of)


def log_counts(logs: LogCounts) -> Table:
    """Return what became of the task logs, to the nearest 5."""
    excluded = [
        (f"Excluded: {RULES.get(rule, rule)}", count) for rule, count in logs.excluded.items()
    ]
    counts = [
        ("Received", logs.received),
        ("Refused, because they cannot be true", logs.refused),
        ("Stored", logs.stored),
        *excluded,
        ("Analysed", logs.analysed),
    ]
    return Table(
        caption="What became of the task logs",
        columns=("What became of them", "Task logs"),
        rows=tuple((name, number_text(count, 0)) for name, count in counts),
        notes=("Counts are rounded to the nearest 5, so they may not add up.", NOVEL),
    )
