"""What the pages need from the database, in few queries."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from dashboards.freshness import Freshness
from dashboards.pages import Published
from dashboards.plan import day
from dashboards.report import Report
from dashboards.report import report as report_of
from measurement.access import LEADS, trials_for
from measurement.estimation.results import results_from_json
from measurement.estimation.trial_toml import parse_trial, plan_sha256
from measurement.freezing import frozen_results
from measurement.models import (
    DirtyMark,
    Participant,
    PlanLock,
    Publication,
    Snapshot,
    Trial,
    TrialMark,
    User,
)
from measurement.models.dirty_mark import FAILURES_THAT_PARK

BEING_SET_UP: Final = "Being set up"
"""The state of a trial whose plan is not locked and in which nobody takes part."""


@dataclass(frozen=True)
class TrialLine:
    """A trial in the list: its results are of `as_of`, None if there are none yet."""

    trial: Trial
    state: str
    as_of: datetime.datetime | None


def trial_lines(user: User, today: datetime.date) -> list[TrialLine]:
    """Return the trials that `user` leads or administers, by title. One query."""
    newest = Snapshot.objects.filter(trial=OuterRef("pk")).order_by("-week").values("as_of")[:1]
    trials = trials_for(user, LEADS).annotate(
        as_of=Subquery(newest),
        is_set_up=Exists(PlanLock.objects.filter(trial=OuterRef("pk")))
        | Exists(Participant.objects.filter(trial=OuterRef("pk"))),
    )
    return [
        TrialLine(trial, state(trial, today) if trial.is_set_up else BEING_SET_UP, trial.as_of)
        for trial in trials
    ]


def state(trial: Trial, today: datetime.date) -> str:
    """Return whether a trial that is set up has started and ended, in words."""
    if trial.starts_on and today < trial.starts_on:
        return f"Starts on {day(trial.starts_on)}"
    if trial.ends_on and today > trial.ends_on:
        return f"Ended on {day(trial.ends_on)}"
    return f"Runs until {day(trial.ends_on)}" if trial.ends_on else "Running, no end given"


def published_results(trial: Trial) -> Published | None:
    """Return the results as they are published; None before the first analysis. Two queries."""
    found = frozen_results(trial)
    if found is None:
        return None
    planned = plan_sha256(trial.definition())
    return Published(
        results=found.results,
        trial=found.trial,
        as_of=found.as_of,
        next_on=found.next_on,
        replanned=planned != found.results.plan_sha256,
    )


def frozen_as_of(trial: Trial) -> datetime.datetime | None:
    """Return the moment of the data of the newest frozen results; None before the first."""
    newest = Snapshot.objects.filter(trial=trial).order_by("-week")
    return newest.values_list("as_of", flat=True).first()


def report(publication: Publication) -> Report:
    """Return what a report says. No query where its document is loaded."""
    on = timezone.localdate(publication.as_of)
    found = Published(
        results=results_from_json(publication.document),
        trial=parse_trial(publication.definition),
        as_of=publication.as_of,
        next_on=on,
        replanned=publication.replanned,
    )
    return report_of(found, number=publication.number, on=on)


def freshness(trial: Trial, now: datetime.datetime) -> Freshness:
    """Return what keeps task logs from being counted. Two queries."""
    logs = _marks(DirtyMark.objects.filter(participant__trial=trial))
    analyses = _marks(TrialMark.objects.filter(trial=trial))
    oldest = [marks["oldest"] for marks in (logs, analyses) if marks["oldest"]]
    return Freshness(
        now=now,
        waiting=bool(oldest),
        oldest=min(oldest, default=None),
        parked=logs["parked"] > 0,
        analysis_parked=analyses["parked"] > 0,
    )


def _marks(marks: QuerySet[Any]) -> dict[str, Any]:
    live = Q(failures__lt=FAILURES_THAT_PARK)
    return marks.aggregate(parked=Count("pk", filter=~live), oldest=Min("marked_at", filter=live))
