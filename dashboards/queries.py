"""What the pages need from the database, in few queries."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from dashboards.freshness import Freshness
from dashboards.pages import Published
from dashboards.plan import day
from measurement.access import LEADS, trials_for
from measurement.analysis import latest_results
from measurement.estimation.disclosure import published
from measurement.models import AnalysisRun, DirtyMark, Trial, TrialMark, User
from measurement.models.dirty_mark import FAILURES_THAT_PARK


@dataclass(frozen=True)
class TrialLine:
    """A trial in the list: its results are of `as_of`, None if there are none yet."""

    trial: Trial
    state: str
    as_of: datetime.datetime | None
    changed_since: bool


def trial_lines(user: User, today: datetime.date) -> list[TrialLine]:
    """Return the trials that `user` leads or administers, by title. One query."""
    runs = AnalysisRun.objects.filter(trial=OuterRef("pk")).order_by("-pk").values("as_of")[:1]
    trials = trials_for(user, LEADS).annotate(
        as_of=Subquery(runs),
        changed_since=Exists(DirtyMark.objects.filter(participant__trial=OuterRef("pk")))
        | Exists(TrialMark.objects.filter(trial=OuterRef("pk"))),
    )
    return [
        TrialLine(trial, state(trial, today), trial.as_of, trial.changed_since) for trial in trials
    ]


def state(trial: Trial, today: datetime.date) -> str:
    """Return whether a trial has started and ended, in words."""
    if trial.starts_on and today < trial.starts_on:
        return f"Starts on {day(trial.starts_on)}"
    if trial.ends_on and today > trial.ends_on:
        return f"Ended on {day(trial.ends_on)}"
    return f"Runs until {day(trial.ends_on)}" if trial.ends_on else "Running, no end given"


def published_results(trial: Trial) -> Published | None:
    """Return the newest results as leads may see them; None before the first analysis."""
    found = latest_results(trial)
    if found is None:
        return None
    definition = trial.definition()
    results = published(found.results, minimum_people=definition.disclosure.minimum_people)
    return Published(results, definition, found.as_of)


def freshness(trial: Trial, as_of: datetime.datetime | None, now: datetime.datetime) -> Freshness:
    """Return what has come in since the results of `as_of`. Two queries."""
    logs = _marks(DirtyMark.objects.filter(participant__trial=trial))
    analyses = _marks(TrialMark.objects.filter(trial=trial))
    oldest = [marks["oldest"] for marks in (logs, analyses) if marks["oldest"]]
    return Freshness(
        now=now,
        as_of=as_of,
        waiting=logs["waiting"],
        being_analysed=analyses["waiting"] > 0,
        oldest=min(oldest, default=None),
        parked=logs["parked"],
        analysis_parked=analyses["parked"] > 0,
    )


def _marks(marks: QuerySet[Any]) -> dict[str, Any]:
    live = Q(failures__lt=FAILURES_THAT_PARK)
    return marks.aggregate(
        waiting=Count("pk", filter=live),
        parked=Count("pk", filter=~live),
        oldest=Min("marked_at", filter=live),
    )
