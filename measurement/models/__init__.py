"""What is stored. One model a file; what must hold is a constraint in the database."""

from measurement.models.always_valid_tuning import AlwaysValidTuning
from measurement.models.analysis_run import AnalysisRun, TrialMark
from measurement.models.api_token import ApiToken
from measurement.models.arm import Arm
from measurement.models.assignment import Assignment
from measurement.models.audit_event import AuditEvent
from measurement.models.baseline_answer import BaselineAnswer
from measurement.models.cell import Cell
from measurement.models.dirty_mark import DirtyMark
from measurement.models.draft import Draft
from measurement.models.draw import Draw
from measurement.models.erasure import Erasure
from measurement.models.frozen_cell import FrozenCell
from measurement.models.invitation import Invitation
from measurement.models.job import Job
from measurement.models.membership import Membership, Role
from measurement.models.notice_acceptance import NoticeAcceptance
from measurement.models.participant import Participant
from measurement.models.participant_total import ParticipantTotal
from measurement.models.plan_change import PlanChange
from measurement.models.plan_lock import PlanLock
from measurement.models.privacy_notice import PrivacyNotice
from measurement.models.publication import Publication, ReportFile
from measurement.models.record_read import RecordRead
from measurement.models.refusal import Refusal
from measurement.models.reminder import Reminder
from measurement.models.reminder_choice import ReminderChoice
from measurement.models.reminder_item import ReminderItem
from measurement.models.set_up_step import SetUpStep
from measurement.models.snapshot import Snapshot
from measurement.models.stored_estimate import StoredEstimate
from measurement.models.survey_response import SurveyResponse
from measurement.models.task_log import TaskLog
from measurement.models.timer import Timer
from measurement.models.timer_segment import TimerSegment
from measurement.models.trial import Trial
from measurement.models.trial_lists import Department, Grade, Profession, TaskType, Tool
from measurement.models.upload import Upload, UploadPart
from measurement.models.user import Language, User
from measurement.models.winsorising_limit import WinsorisingLimit

__all__ = [
    "AlwaysValidTuning",
    "AnalysisRun",
    "ApiToken",
    "Arm",
    "Assignment",
    "AuditEvent",
    "BaselineAnswer",
    "Cell",
    "Department",
    "DirtyMark",
    "Draft",
    "Draw",
    "Erasure",
    "FrozenCell",
    "Grade",
    "Invitation",
    "Job",
    "Language",
    "Membership",
    "NoticeAcceptance",
    "Participant",
    "ParticipantTotal",
    "PlanChange",
    "PlanLock",
    "PrivacyNotice",
    "Profession",
    "Publication",
    "RecordRead",
    "Refusal",
    "Reminder",
    "ReminderChoice",
    "ReminderItem",
    "ReportFile",
    "Role",
    "SetUpStep",
    "Snapshot",
    "StoredEstimate",
    "SurveyResponse",
    "TaskLog",
    "TaskType",
    "Timer",
    "TimerSegment",
    "Tool",
    "Trial",
    "TrialMark",
    "Upload",
    "UploadPart",
    "User",
    "WinsorisingLimit",
]
