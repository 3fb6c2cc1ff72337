"""Winsorising limits in PostgreSQL: computed over all logs of a trial, used until the next time."""

import pandas as pd
from django.utils import timezone

from measurement import frames
from measurement.estimation.bundle import Bundle
from measurement.estimation.cells import classify
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.flags import FLAG_RULES_VERSION
from measurement.estimation.limits import winsorising_limits
from measurement.models import (
    AnalysisRun,
    DirtyMark,
    Participant,
    Trial,
    TrialMark,
    WinsorisingLimit,
)


def store(trial: Trial, bundle: Bundle) -> None:
    """Store the limits of the bundle that the trial was loaded from."""
    _replace(trial, _computed(bundle.trial, bundle.participants, bundle.task_logs))


def refresh(trial: Trial) -> None:
    """Compute the limits anew; mark everybody dirty where they, the plan or rules of flags changed.

    To be called by one worker at a time. Raises OperationalError if the trial is being replaced.
    """
    everybody = frames.of_trial(trial)
    with frames.snapshot():
        trial = Trial.objects.get(pk=trial.pk)
        replanned = TrialMark.objects.filter(trial=trial, replanned=True)
        marks = list(replanned.values_list("pk", flat=True))
        computed = _computed(
            trial.definition(), frames.participants(everybody), frames.task_logs(everybody)
        )
        # Fails if the trial was replaced since: limits of data that are gone must not be stored.
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        if marks or _has_old_flags(trial) or not computed.equals(frames.limits(trial)):
            _mark_everybody(trial)
        TrialMark.objects.filter(pk__in=marks).update(replanned=False)
        _replace(trial, computed)


def _computed(
    trial: Definition, participants: pd.DataFrame, task_logs: pd.DataFrame
) -> pd.DataFrame:
    return winsorising_limits(trial, classify(trial, participants, task_logs))


def _has_old_flags(trial: Trial) -> bool:
    """Say whether the newest analysis used flags by rules of another version."""
    run = AnalysisRun.objects.filter(trial=trial).order_by("-pk").first()
    return run is not None and run.flag_rules_version != FLAG_RULES_VERSION


def _mark_everybody(trial: Trial) -> None:
    people = Participant.objects.filter(trial=trial)
    DirtyMark.objects.bulk_create([DirtyMark(participant=person) for person in people])
    # An analysis that waits already waits for them too: no results of old tails and new limits.
    TrialMark.objects.filter(trial=trial).update(marked_at=timezone.now())


def _replace(trial: Trial, limits: pd.DataFrame) -> None:
    WinsorisingLimit.objects.filter(trial=trial).delete()
    frames.write(WinsorisingLimit, limits.assign(trial_id=trial.pk, computed_at=timezone.now()))
