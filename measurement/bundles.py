"""Trial bundles into and out of the database, all or nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace as replace_fields
from typing import Any, Final, TypeVar

import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

from measurement import frames, limits, plan_history, planning, survey_comments
from measurement.estimation.bundle import Bundle, BundleErrors, Fault
from measurement.estimation.definition import Trial as Definition
from measurement.estimation.history import Change
from measurement.estimation.trial_toml import sections
from measurement.models import (
    AnalysisRun,
    Arm,
    Assignment,
    AuditEvent,
    Cell,
    Department,
    DirtyMark,
    Erasure,
    Grade,
    Participant,
    ParticipantTotal,
    PlanLock,
    Profession,
    Refusal,
    SurveyResponse,
    TaskLog,
    TaskType,
    Tool,
    Trial,
    TrialMark,
    User,
)

PARTICIPANT_COLUMNS: Final = (
    "department_id",
    "team",
    "grade_id",
    "profession_id",
    "enrolled_on",
    "withdrawn_on",
    "baseline_minutes",
)

ListEntry = TypeVar("ListEntry", Department, Grade, Profession, TaskType, Tool)
Progress = Callable[[int, int], None]
"""Is told how many rows are stored, and of how many."""


def load(
    bundle: Bundle,
    *,
    replace: bool = False,
    actor: User | None = None,
    reason: str = "",
    progress: Progress = lambda done, total: None,
    then: Callable[[Trial], None] = lambda trial: None,
) -> Trial:
    """Store a bundle in one transaction and mark its participants dirty; `then` ends it.

    With `replace`, a stored trial of the same slug gives way: its data and results go; its
    memberships and tokens, and the users of participants of the same pseudonym, stay. So does the
    history of a locked plan, and the bundle's is not read then. So do comments of the survey whose
    answers the bundle has again; the audit event counts the others. Who was erased is left out.
    Raises BundleErrors if the slug is taken, and if a locked plan differs without an `actor` and a
    `reason` for it.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # Deferred, a million references would be checked after the last progress report.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        trial = _trial(bundle.trial, replace, actor, reason)
        comments = _empty(trial)
        if not PlanLock.objects.filter(trial=trial).exists():
            plan_history.store(trial, bundle.history)
        present = without_erased(bundle)
        _Loader(trial, present, progress).run()
        kept = survey_comments.give_back(trial, comments)
        AuditEvent.objects.create(
            actor=actor,
            trial_slug=trial.slug,
            act="replace_trial" if replace else "load_trial",
            detail={
                "participants": len(present.participants),
                "task_logs": len(present.task_logs),
                "comments_lost": len(comments) - kept,
                "erased_left_out": len(bundle.participants) - len(present.participants),
            },
        )
        then(trial)
    return trial


def without_erased(bundle: Bundle) -> Bundle:
    """Return the bundle without those who were erased from the trial of its slug."""
    erasures = Erasure.objects.filter(trial_slug=bundle.trial.slug)
    erased = list(erasures.values_list("pseudonym", flat=True))

    def kept(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~frame["participant"].isin(erased)].reset_index(drop=True)

    return replace_fields(
        bundle,
        participants=kept(bundle.participants),
        task_logs=kept(bundle.task_logs),
        survey_responses=kept(bundle.survey_responses),
    )


def export(trial: Trial) -> Bundle:
    """Return the trial as a bundle, all of it from one moment.

    Tools are listed in alphabetical order, those that only task logs name among them.
    """
    people = frames.of_trial(trial)
    with frames.snapshot():
        trial = Trial.objects.get(pk=trial.pk)
        return Bundle(
            trial=trial.definition(),
            participants=frames.participants(people),
            task_logs=frames.task_logs(people),
            survey_responses=frames.survey_responses(people),
            counts=frames.refused(trial),
            history=plan_history.of_trial(trial),
        )


def _trial(definition: Definition, replace: bool, actor: User | None, reason: str) -> Trial:
    """Store the definition, over an old trial's of that slug. Raises BundleErrors if taken."""
    row: dict[str, Any] = {
        "title": definition.title,
        "sector": definition.sector,
        "starts_on": definition.starts_on,
        "ends_on": definition.ends_on,
        "run_in_days": definition.run_in_days,
        "simulated": definition.simulated,
        **sections(definition),
    }
    trial, created = Trial.objects.get_or_create(slug=definition.slug, defaults=row)
    if created:
        return trial
    if not replace:
        allowed = "a slug that no stored trial has (--replace replaces it)"
        fault = Fault("trial.toml", None, "trial.slug", definition.slug, allowed)
        raise BundleErrors([fault], {})
    trial = Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    try:
        planning.record_change(trial=trial, definition=definition, by=actor, reason=reason)
    except planning.LockedPlan as locked:
        raise BundleErrors(list(map(_deviation_fault, locked.changes)), {}) from None
    for name, value in row.items():
        setattr(trial, name, value)
    trial.save()
    return trial


def _deviation_fault(change: Change) -> Fault:
    locked = planning.shown(change.before)
    allowed = f"{locked}, or a change of the locked plan with --by and --reason,"
    return Fault("trial.toml", None, change.path, planning.shown(change.after), allowed)


def _empty(trial: Trial) -> survey_comments.Comments:
    """Delete what the trial measured; participants stay, without their particulars.

    Returns the comments of the survey, which no bundle brings back.
    """
    people = Participant.objects.filter(trial=trial)
    # Workers and task logs that are just being stored finish first; later ones wait.
    len(people.select_for_update().order_by("pk"))
    comments = survey_comments.held(trial)
    for of_people in (TaskLog, SurveyResponse, Cell, ParticipantTotal, DirtyMark, Assignment):
        of_people._default_manager.filter(participant__in=people).delete()
    for of_trial in (TrialMark, AnalysisRun, Refusal, Arm):
        of_trial._default_manager.filter(trial=trial).delete()
    people.update(department=None, grade=None, profession=None)
    return comments


class _Loader:
    """Stores the rows of one bundle in the order in which they refer to each other."""

    def __init__(self, trial: Trial, bundle: Bundle, progress: Progress) -> None:
        self._trial = trial
        self._bundle = bundle
        self._progress = progress
        self._done = 0
        self._total = sum(
            map(len, (bundle.participants, bundle.task_logs, bundle.survey_responses))
        )

    def run(self) -> None:
        self._store_participants()
        people = Participant.objects.filter(trial=self._trial)
        ids = dict(people.values_list("pseudonym", "pk"))
        self._store_assignments(ids)
        self._store_task_logs(ids)
        self._store_survey_responses(ids)
        self._store_refusals()
        limits.store(self._trial, self._bundle)
        marks = pd.DataFrame({"participant_id": list(ids.values())})
        frames.write(DirtyMark, marks.assign(marked_at=timezone.now(), failures=0))
        TrialMark.objects.create(trial=self._trial)

    def _report(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)

    def _store_participants(self) -> None:
        """Insert participants; those of a replaced trial keep primary key and user."""
        people = self._bundle.participants
        stored = Participant.objects.filter(trial=self._trial)
        named = set(people["participant"])
        gone = [pk for pk, name in stored.values_list("pk", "pseudonym") if name not in named]
        Participant.objects.filter(pk__in=gone).delete()
        columns = ["trial_id", "pseudonym", *PARTICIPANT_COLUMNS]
        rows = people.assign(
            trial_id=self._trial.pk,
            pseudonym=people["participant"],
            department_id=self._numbered(Department, people["department"]),
            team=people["team"].fillna(""),
            grade_id=self._numbered(Grade, people["grade"]),
            profession_id=self._numbered(Profession, people["profession"]),
        )[columns].astype(object)
        values = rows.where(rows.notna(), None).itertuples(index=False)
        Participant.objects.bulk_create(
            [Participant(**dict(zip(columns, row, strict=True))) for row in values],
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["trial", "pseudonym"],
            update_fields=[name.removesuffix("_id") for name in PARTICIPANT_COLUMNS],
        )
        self._report(len(people))

    def _store_assignments(self, ids: Mapping[str, int]) -> None:
        people = self._bundle.participants
        assigned = people[people[["arm", "sequence", "ai_from"]].notna().any(axis="columns")]
        rows = pd.DataFrame(
            {
                "participant_id": assigned["participant"].map(ids),
                "arm_id": assigned["arm"].map(self._arms(assigned["arm"])).astype("Int64"),
                "sequence": assigned["sequence"],
                "ai_from": assigned["ai_from"],
            }
        )
        frames.write(Assignment, rows)

    def _arms(self, names: "pd.Series[str]") -> dict[str, int]:
        """Store the design's arms, and without a design's the arms that participants name."""
        arms = [
            Arm(trial=self._trial, name=arm.name, ai=arm.ai, ratio=arm.ratio)
            for arm in self._bundle.trial.design.arms
        ] or [Arm(trial=self._trial, name=name, ai=None) for name in _distinct(names)]
        return {arm.name: arm.pk for arm in Arm.objects.bulk_create(arms)}

    def _store_task_logs(self, ids: Mapping[str, int]) -> None:
        logs = self._bundle.task_logs
        rows = logs.drop(columns=["participant", "task_type", "tool"]).assign(
            participant_id=logs["participant"].map(ids),
            task_type_id=self._numbered(TaskType, logs["task_type"]),
            tool_id=self._numbered(Tool, logs["tool"], self._bundle.trial.tools),
            quality=logs["quality"].astype("Int64"),
        )
        frames.write(TaskLog, rows, progress=self._report)

    def _store_survey_responses(self, ids: Mapping[str, int]) -> None:
        responses = self._bundle.survey_responses
        rows = responses.drop(columns="participant").assign(
            participant_id=responses["participant"].map(ids),
            satisfaction=responses["satisfaction"].astype("Int64"),
            recommend=responses["recommend"].astype("Int64"),
        )
        frames.write(SurveyResponse, rows, progress=self._report)

    def _store_refusals(self) -> None:
        Refusal.objects.bulk_create(
            Refusal(trial=self._trial, rule=rule, count=count)
            for rule, count in self._bundle.counts.items()
            if count
        )

    def _numbered(
        self, model: type[ListEntry], names: "pd.Series[str]", also: Iterable[str] = ()
    ) -> "pd.Series[int]":
        """Make the list what `names` (and `also`) use; return the entry of each name."""
        used = sorted({*_distinct(names), *also})
        entries = model._default_manager.filter(trial=self._trial)
        entries.exclude(name__in=used).delete()
        model._default_manager.bulk_create(
            [model(trial=self._trial, name=name) for name in used], ignore_conflicts=True
        )
        return names.map(dict(entries.values_list("name", "pk"))).astype("Int64")


def _distinct(names: "pd.Series[str]") -> list[str]:
    return sorted(names.dropna().unique())
