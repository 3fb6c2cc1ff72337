"""Cells -> estimates -> stored rows, and when: the one caller of the engine on stored data."""

import datetime
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from django.db import OperationalError, connection
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Least
from django.utils import timezone

from measurement import cells, frames, freezing, limits, plan_history
from measurement.estimation.bundle import Bundle
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import Evidence, evidence_of
from measurement.estimation.planned_model import needs_task_logs
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Erasure,
    TaskLog,
    Trial,
    TrialMark,
    WinsorisingLimit,
)
from measurement.models.dirty_mark import FAILURES_THAT_PARK
from measurement.stored_results import store

REST: Final = 5
"""A trial rests after an analysis for this many times as long as the analysis took."""
LOCK_CLASS: Final = 0x7472
"""Sets the advisory locks of trials apart from any others in the database."""

logger = logging.getLogger(__name__)
Found = TypeVar("Found")


def analyse(
    trial: Trial,
    *,
    progress: Callable[[int, int], None] = lambda done, people: None,
    at_each: Callable[[], None] = lambda: None,
) -> AnalysisRun:
    """Recompute limits and dirty participants of the trial and analyse it here and now.

    Parked marks get another try. Waits for workers that are at the trial. `progress` is told how
    many people are recomputed, and of how many; `at_each` is called after each estimate. What
    either raises ends the analysis, and no results are stored.
    """
    while (run := _analyse_anew(trial, progress, at_each)) is None:
        pass
    return run


def _analyse_anew(
    trial: Trial, progress: Callable[[int, int], None], at_each: Callable[[], None]
) -> AnalysisRun | None:
    """Compute limits, cells and results; None where somebody changed the plan meanwhile."""
    _when_alone(trial, limits.refresh)
    DirtyMark.objects.filter(participant__trial=trial).update(failures=0)
    marked = _waiting(trial).filter(marked_at__lte=timezone.now())
    people = marked.values("participant").distinct().count()
    while left := marked.values("participant").distinct().count():
        progress(max(0, people - left), people)
        if not cells.recompute(trial=trial):
            time.sleep(0.1)
    progress(people, people)
    return _when_alone(trial, partial(_analyse, at_each=at_each))


def due() -> list[Trial]:
    """Return the trials that workers should analyse now.

    Something changed; everybody who was marked before it has been recomputed, so that a trial
    that was just loaded is not analysed in parts; limits are those of its plan; and it has rested.
    """
    every = TrialMark.objects.filter(trial=OuterRef("pk"))
    marks, replanned = every.filter(failures__lt=FAILURES_THAT_PARK), every.filter(replanned=True)
    changed = Trial.objects.filter(Exists(marks), ~Exists(replanned))
    changed = changed.annotate(since=Min("trialmark__marked_at"))
    return [
        trial
        for trial in changed.order_by("pk")
        if not _waiting(trial).filter(marked_at__lte=trial.since).exists() and _has_rested(trial)
    ]


def mark_outdated() -> None:
    """Mark the trials with days that their last analysis could not count, as they had not come."""
    today = timezone.localdate()
    last = AnalysisRun.objects.filter(trial=OuterRef("pk")).order_by("-pk")
    outdated = (
        Trial.objects.filter(starts_on__lte=today)
        .annotate(counted_until=Subquery(last.values("counted_until")[:1]))
        .filter(counted_until__lt=Least("ends_on", Value(today)), trialmark__isnull=True)
    )
    TrialMark.objects.bulk_create([TrialMark(trial=trial) for trial in outdated])


def refresh_limits() -> None:
    """Refresh, once a day, the winsorising limits of the trials whose data may have changed.

    Leaves a trial that another worker analyses to the next time. A failure is logged and costs
    the other trials nothing.
    """
    for trial in _with_old_limits():
        _refresh_alone(trial)


def _refresh_alone(trial: Trial) -> None:
    with _only_one(trial) as alone:
        if not alone:
            return
        try:
            limits.refresh(trial)
        except OperationalError:
            raise  # the database's trouble, not the trial's
        except Exception:
            logger.exception("The limits of the trial %s cannot be computed", trial.slug)
            replanned = TrialMark.objects.filter(trial=trial, replanned=True)
            replanned.update(failures=F("failures") + 1)


def refresh_limits_of_replanned() -> None:
    """Refresh the limits of the trials whose plan was changed, before cells and results are.

    A failure is counted on the marks, and five of them park these.
    """
    marks = TrialMark.objects.filter(
        trial=OuterRef("pk"), replanned=True, failures__lt=FAILURES_THAT_PARK
    )
    for trial in Trial.objects.filter(Exists(marks)).order_by("pk"):
        _refresh_alone(trial)


def refresh_limits_of_erased() -> None:
    """Refresh the limits that are older than an erasure: they may be the times of who is gone.

    Together with the analysis, once the trial has rested.
    """
    for trial in _with_limits_of_erased():
        if _has_rested(trial):
            _refresh_alone(trial)


def _with_limits_of_erased() -> QuerySet[Trial]:
    computed = WinsorisingLimit.objects.filter(trial=OuterRef("pk")).values("computed_at")[:1]
    later = Erasure.objects.filter(
        trial_slug=OuterRef("slug"), erased_at__gte=OuterRef("computed_at")
    )
    trials = Trial.objects.annotate(computed_at=Subquery(computed)).order_by("pk")
    return trials.filter(Exists(later))


def _with_old_limits() -> QuerySet[Trial]:
    """Return trials with logs and no limits, or analysed since limits of an earlier day.

    Whatever changes a trial's data has it analysed.
    """
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    computed = WinsorisingLimit.objects.filter(trial=OuterRef("pk")).values("computed_at")[:1]
    logs = TaskLog.objects.filter(participant__trial=OuterRef("pk"))
    later = AnalysisRun.objects.filter(trial=OuterRef("pk"), as_of__gt=OuterRef("computed_at"))
    trials = Trial.objects.annotate(computed_at=Subquery(computed)).order_by("pk")
    return trials.filter(
        Q(Exists(logs), computed_at=None) | Q(Exists(later), computed_at__lt=midnight)
    )


def analyse_marked(trial: Trial) -> AnalysisRun | None:
    """Analyse the trial unless another worker does, nothing changed, or its plan did meanwhile.

    A failure is counted on the marks, five of them park these, and none is raised.
    """
    with _only_one(trial) as alone:
        marks = TrialMark.objects.filter(trial=trial, failures__lt=FAILURES_THAT_PARK)
        if not alone or not marks.exists():
            return None
        try:
            return _analyse(trial)
        except OperationalError:
            raise  # the database's trouble, not the trial's
        except Exception:
            logger.exception("The trial %s cannot be analysed", trial.slug)
            marks.update(failures=F("failures") + 1)
            return None


def dirty_participants(trial: Trial) -> int:
    """Return how many participants wait for being recomputed."""
    return _waiting(trial).values("participant").distinct().count()


def parked_participants(trial: Trial) -> int:
    """Return how many participants could not be recomputed, five times over."""
    parked = DirtyMark.objects.filter(participant__trial=trial, failures__gte=FAILURES_THAT_PARK)
    return parked.values("participant").distinct().count()


def is_outdated(trial: Trial) -> bool:
    """Say whether the newest results, if any, lack something that is stored."""
    return (
        TrialMark.objects.filter(trial=trial).exists()
        or _waiting(trial).exists()
        or not AnalysisRun.objects.filter(trial=trial).exists()
    )


def _waiting(trial: Trial) -> QuerySet[DirtyMark]:
    return DirtyMark.objects.filter(participant__trial=trial, failures__lt=FAILURES_THAT_PARK)


def _has_rested(trial: Trial) -> bool:
    run = AnalysisRun.objects.filter(trial=trial).order_by("-pk").first()
    if run is None:
        return True
    return timezone.now() >= run.finished_at + REST * (run.finished_at - run.as_of)


def _when_alone(trial: Trial, act: Callable[[Trial], Found]) -> Found:
    """Act once nobody else is at the trial."""
    while True:
        with _only_one(trial) as alone:
            if alone:
                return act(trial)
        time.sleep(0.1)


@contextmanager
def _only_one(trial: Trial) -> Iterator[bool]:
    """Say whether nobody else analyses the trial or computes its limits; if so, keep others off.

    The lock belongs to the connection and not to a transaction: it has to be had before the
    snapshot is taken, or the snapshot would miss what the last holder stored.
    """
    key = [LOCK_CLASS, trial.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", key)
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", key)


def _analyse(trial: Trial, *, at_each: Callable[[], None] = lambda: None) -> AnalysisRun | None:
    """Evaluate one moment's data, store the results and delete exactly the marks it had.

    The first analysis of a week also freezes what is published until the next. None where limits
    and cells are still those of an earlier plan.
    """
    as_of = timezone.now()
    with frames.snapshot():
        trial = Trial.objects.get(pk=trial.pk)
        if TrialMark.objects.filter(trial=trial, replanned=True).exists():
            return None
        marks = list(TrialMark.objects.filter(trial=trial).values_list("pk", flat=True))
        counted_until = timezone.localdate(as_of)
        evidence = _evidence(trial, counted_until)
        results = evaluate(evidence, at_each=at_each)
        # Fails if the trial was replaced since: results of data that are gone must not be stored.
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        run = store(trial, results, as_of, counted_until)
        plan_history.fix_tuning(trial, results.tuning)
        freezing.freeze_if_due(trial, evidence, results, as_of)
        TrialMark.objects.filter(pk__in=marks).delete()
    return run


def _evidence(trial: Trial, as_of: datetime.date) -> Evidence:
    everybody = frames.of_trial(trial)
    definition, people = trial.definition(), frames.participants(everybody)
    stored_limits = frames.limits(trial)
    responses, refused = frames.survey_responses(everybody), frames.refused(trial)
    history = plan_history.of_trial(trial)
    if needs_task_logs(definition):
        # Stored totals may be older than the logs: cells and totals of the logs themselves.
        logs = frames.task_logs(everybody)
        bundle = Bundle(definition, people, logs, responses, refused, history)
        return evidence_of(bundle, as_of, limits=stored_limits)
    return Evidence(
        trial=definition,
        participants=people,
        cells=frames.cells(everybody),
        totals=frames.totals(everybody),
        survey_responses=responses,
        refused=refused,
        as_of=as_of,
        limits=stored_limits,
        history=history,
    )
