"""Rows of every kind that the database takes, each field of which a test can change."""

import datetime
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from measurement.estimation.cells import TOTAL_COLUMNS
from measurement.models import (
    AlwaysValidTuning,
    AnalysisRun,
    ApiToken,
    BaselineAnswer,
    Cell,
    Draft,
    Draw,
    Erasure,
    FrozenCell,
    Invitation,
    Job,
    Participant,
    ParticipantTotal,
    PlanChange,
    PlanLock,
    PrivacyNotice,
    Publication,
    RecordRead,
    Reminder,
    ReminderChoice,
    ReminderItem,
    ReportFile,
    SetUpStep,
    Snapshot,
    StoredEstimate,
    SurveyResponse,
    TaskLog,
    Timer,
    TimerSegment,
    Trial,
    Upload,
    UploadPart,
    WinsorisingLimit,
)

NOW = timezone.now()
MONDAY = datetime.date(2026, 11, 23)


class Rows:
    """Makes the rows that hold, with what a test changes about them."""

    def __init__(self, participant: Participant) -> None:
        self.participant = participant
        self.trial = participant.trial
        assert participant.user is not None
        self.user = participant.user

    def trial_row(self, **fields: Any) -> None:
        sections: dict[str, Any] = {
            name: {} for name in ("design", "plan", "assumptions", "survey", "disclosure")
        }
        row = {"slug": "new", "title": "T", "sector": "education", **sections}
        Trial.objects.create(**row | fields)

    def person(self, **fields: Any) -> None:
        Participant.objects.create(**{"trial": self.trial, "pseudonym": "p2"} | fields)

    def log(self, **fields: Any) -> None:
        row = {"participant": self.participant, "key": "k", "minutes": 5, "ai_used": True}
        TaskLog.objects.create(**row | fields)

    def upload(self, **fields: Any) -> Upload:
        row = {"kind": "people", "trial": self.trial, "uploaded_by": self.user, "size": 1}
        moment = {"uploaded_at": NOW, "sha256": "f" * 64}
        return Upload.objects.create(**row | moment | fields)

    def parts(self, *changes: dict[str, Any]) -> None:
        upload = self.upload()
        for change in changes:
            row = {"upload": upload, "position": 0, "content": b"x"}
            UploadPart.objects.create(**row | change)

    def cell(self, **fields: Any) -> None:
        moments = dict.fromkeys(
            ("minutes_mean", "minutes_squares", "log_minutes_mean", "log_minutes_squares"), 1.0
        )
        counts = dict.fromkeys(("quality_logs", "heaped_5", "heaped_15", "heaped_30"), 0)
        keys = {"used": True, "novel": False, "timed": False, "flags": 0, "tail": 0}
        row = {"participant": self.participant, "logs": 1, "quality_squares": 0.0}
        Cell.objects.create(**row | keys | moments | counts | fields)

    def total(self) -> None:
        counts = dict.fromkeys(TOTAL_COLUMNS[3:], 1)
        ParticipantTotal.objects.create(participant=self.participant, stored=1, **counts)

    def limit(self, **fields: Any) -> None:
        row = {"trial": self.trial, "low": 1.0, "high": 1.0, "computed_at": NOW}
        WinsorisingLimit.objects.create(**row | fields)

    def response(self, **fields: Any) -> None:
        SurveyResponse.objects.create(participant=self.participant, **fields)

    def token(self, **fields: Any) -> None:
        later = NOW + datetime.timedelta(days=9)
        row = {"digest": "d", "scopes": ["results"], "expires_at": later}
        ApiToken.objects.create(**{"user": self.user, "trial": self.trial} | row | fields)

    def run(self) -> AnalysisRun:
        return AnalysisRun.objects.create(
            trial=self.trial,
            as_of=NOW,
            counted_until=NOW.date(),
            finished_at=NOW,
            last_log=0,
            logs={},
        )

    def estimate(self, run: AnalysisRun, **fields: Any) -> None:
        row = {"position": 0, "estimand": "e", "scale": "log", "confidence": 0.9, "value": 1.0}
        StoredEstimate.objects.create(run=run, **row | fields)

    def lock(self, **fields: Any) -> PlanLock:
        row = {"locked_at": NOW, "locked_by": "analyst", "plan_sha256": "5a" * 32, "sections": {}}
        return PlanLock.objects.create(**{"trial": self.trial} | row | fields)

    def plan_change(self, **fields: Any) -> PlanChange:
        row = {"changed_at": NOW, "changed_by": "analyst", "reason": "r", "changes": []}
        return PlanChange.objects.create(**{"lock": self.lock()} | row | fields)

    def tuning(self, **fields: Any) -> AlwaysValidTuning:
        lock = PlanLock.objects.first() or self.lock()
        row = dict.fromkeys(("estimand", "dimension", "group", "sample"), "x")
        return AlwaysValidTuning.objects.create(**{"lock": lock, "tau": 0.5} | row | fields)

    def segments(self, *several: dict[str, Any]) -> None:
        timer = Timer.objects.create(participant=self.participant)
        for fields in several:
            TimerSegment.objects.create(timer=timer, started_at=NOW, **fields)

    def notice(self, **fields: Any) -> PrivacyNotice:
        facts = {"controller": "C", "contact": "c@example.com", "keep_until": NOW.date()}
        row = {"trial": self.trial, "version": 1, "edition": 1}
        return PrivacyNotice.objects.create(**row | facts | fields)

    def invitation(self, **fields: Any) -> None:
        row = {"trial": self.trial, "user": self.user, "invited_at": NOW}
        Invitation.objects.create(**row | fields)

    def job(self, **fields: Any) -> None:
        Job.objects.create(**{"kind": "tea", "asked_at": NOW} | fields)

    def set_up_step(self, **fields: Any) -> None:
        SetUpStep.objects.create(**{"trial": self.trial, "step": "about", "saved_at": NOW} | fields)

    def baseline(self, **fields: Any) -> None:
        row = {"participant": self.participant, "ai_use_before": "never", "answered_at": NOW}
        BaselineAnswer.objects.create(**row | fields)

    def reminder(self, **fields: Any) -> Reminder:
        row = {"user": self.user, "day": NOW.date(), "tried_at": NOW}
        return Reminder.objects.create(**row | fields)

    def reminder_items(self, *kinds: str) -> None:
        reminder = self.reminder()
        for kind in kinds:
            ReminderItem.objects.create(reminder=reminder, participant=self.participant, kind=kind)

    def reminder_choice(self, **fields: Any) -> None:
        ReminderChoice.objects.create(user=self.user, **fields)

    def draft(self, **fields: Any) -> None:
        row = {"form": "log", "key": "k", "answers": {}, "updated_at": NOW}
        Draft.objects.create(**{"participant": self.participant} | row | fields)

    def snapshot(self, **fields: Any) -> None:
        told = {"frozen_at": NOW, "as_of": NOW, "plan_sha256": "0" * 64, "code_version": "1"}
        row = {"trial": self.trial, "week": MONDAY, "definition": {}, "document": {}}
        Snapshot.objects.create(**row | told | fields)

    def frozen_cell(self, **fields: Any) -> None:
        cell = {"subject": "tasks", "dimension": "all", "group": "all", "side": 0}
        FrozenCell.objects.create(**{"trial": self.trial, "hashes": b""} | cell | fields)

    def publication(self, **fields: Any) -> Publication:
        told = {"definition": {}, "document": {}, "as_of": NOW, "asked_at": NOW}
        row = {"trial": self.trial, "number": 1, "asked_by": self.user}
        return Publication.objects.create(**row | told | fields)

    def report_file(self, **fields: Any) -> None:
        publication = Publication.objects.first() or self.publication()
        row = {"name": "report.pdf", "content_type": "application/pdf", "content": b""}
        ReportFile.objects.create(**{"publication": publication} | row | fields)

    def draw(self, **fields: Any) -> None:
        drawn: dict[str, Any] = {
            name: [] for name in ("design", "options", "lots", "people", "balance")
        }
        hashes = dict.fromkeys(("input_sha256", "outcome_sha256"), "5a" * 32)
        row = {"trial": self.trial, "number": 1, "algorithm": 1, "name": "n", "column": "arm"}
        said = {"proposed_at": NOW, "proposed_by": "lead"}
        Draw.objects.create(**row | drawn | hashes | said | fields)

    def draws(self, *several: dict[str, Any]) -> None:
        for fields in several:
            self.draw(**fields)

    def erasure(self, **fields: Any) -> None:
        Erasure.objects.create(
            **{"trial_slug": "teapot", "pseudonym": "p9", "erased_at": NOW} | fields
        )

    def read(self, **fields: Any) -> None:
        row = {"trial": self.trial, "reader": self.user, "role": "analyst", "kind": "bundle"}
        moments = {"day": NOW.date(), "first_at": NOW, "last_at": NOW}
        RecordRead.objects.create(**row | moments | fields)

    def twice(self, make: Callable[..., Any], **fields: Any) -> None:
        make(**fields)
        make(**fields)

    def estimates(self, *several: dict[str, Any]) -> None:
        run = self.run()
        for fields in several:
            self.estimate(run, **fields)
