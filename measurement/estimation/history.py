"""What was promised, when, and what was changed since: the lock of a plan and its deviations."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

from measurement.estimation.definition import Trial
from measurement.estimation.trial_toml import parse_trial, sections

DATES: Final = ("starts_on", "ends_on", "run_in_days")
"""What of [trial] decides which task logs count. It is promised, yet not part of plan_sha256."""
NOT_RECORDED: Final = "not recorded"
MAX_REASON_LENGTH: Final = 1000

TuningKey = tuple[str, str, str, str, str | None]
"""Estimand, dimension, group, sample and arm of an interval."""


@dataclass(frozen=True)
class PlanLock:
    """The promise of a trial as `promise` gives it, and when and by whom it was fixed.

    `plan_sha256` is that of the five sections, as the definition's `plan_sha256`.
    """

    locked_at: datetime.datetime
    locked_by: str
    plan_sha256: str
    sections: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """One value of the promise before and after; `path` is like "plan.confidence"."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class PlanChange:
    """Changes of a locked plan that were made at once, and why."""

    changed_at: datetime.datetime
    changed_by: str
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Tuning:
    """The tau of the always-valid interval of one estimate, on the scale of its std_error."""

    estimand: str
    dimension: str
    group: str
    sample: str
    arm: str | None
    tau: float

    @property
    def key(self) -> TuningKey:
        """What the tau belongs to."""
        return self.estimand, self.dimension, self.group, self.sample, self.arm


TUNING_FIELDS: Final = tuple(item.name for item in fields(Tuning))


@dataclass(frozen=True)
class History:
    """A plan's lock, its changes since in the order of time, and the taus fixed since.

    Without a lock there are neither changes nor taus.
    """

    lock: PlanLock | None = None
    changes: tuple[PlanChange, ...] = ()
    tuning: tuple[Tuning, ...] = ()

    def tau_of(self, key: TuningKey) -> float | None:
        """Return the tau that was fixed for an interval; None if none was yet."""
        return self._taus.get(key)

    @cached_property
    def _taus(self) -> dict[TuningKey, float]:
        return {row.key: row.tau for row in self.tuning}


def is_reason(text: str) -> bool:
    """Say whether the text can stand as the reason of a change: not blank, storable, not long."""
    return bool(text.strip()) and len(text) <= MAX_REASON_LENGTH and "\x00" not in text


def promise(trial: Trial) -> dict[str, dict[str, Any]]:
    """Return what a lock fixes: the five sections of the definition, and the trial's dates."""
    about = {
        "starts_on": trial.starts_on and trial.starts_on.isoformat(),
        "ends_on": trial.ends_on and trial.ends_on.isoformat(),
        "run_in_days": trial.run_in_days,
    }
    return {"trial": about, **sections(trial)}


def locked_trial(locked: Mapping[str, Mapping[str, Any]]) -> Trial:
    """Return the trial that a locked promise is of, without its names.

    Raises DefinitionErrors if the promise is none of a trial.
    """
    about = {"slug": "locked", "title": "locked", **locked.get("trial", {})}
    return parse_trial({**locked, "trial": about})


def differences(before: Trial, after: Trial) -> tuple[Change, ...]:
    """Return in what two trials' promises differ, value by value; lists are one value."""
    old, new = _flat(before), _flat(after)
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    )


def deviations(trial: Trial, history: History) -> tuple[Mapping[str, Any], ...]:
    """Return every change of the plan since its lock: what, from, to, who, when, why.

    A change that was taken back stays listed. A value that no recorded change explains, as where
    somebody edited the file of an export, is a deviation of unknown `who` and `when`.
    """
    return tuple(_deviations(trial, history))


def _deviations(trial: Trial, history: History) -> Iterator[Mapping[str, Any]]:
    if history.lock is None:
        return
    # Parsed anew, so that a setting of later versions counts as its default and not as a change.
    known = _flat(locked_trial(history.lock.sections))
    for made in history.changes:
        for change in made.changes:
            before = known.get(change.path)
            if before != change.before:
                yield _unrecorded(Change(change.path, before, change.before))
            yield _deviation(change, made.changed_by, made.changed_at.isoformat(), made.reason)
            known[change.path] = change.after
    for path, value in _flat(trial).items():
        if known.get(path) != value:
            yield _unrecorded(Change(path, known.get(path), value))


def _unrecorded(change: Change) -> Mapping[str, Any]:
    return _deviation(change, None, None, NOT_RECORDED)


def _deviation(change: Change, who: str | None, when: str | None, why: str) -> Mapping[str, Any]:
    return {
        "what": change.path,
        "from": change.before,
        "to": change.after,
        "who": who,
        "when": when,
        "why": why,
    }


def _flat(trial: Trial) -> dict[str, Any]:
    return {
        f"{section}.{name}": value
        for section, table in promise(trial).items()
        for name, value in table.items()
    }
