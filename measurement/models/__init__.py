"""What is stored. One model a file; what must hold is a constraint in the database."""

from measurement.models.always_valid_tuning import AlwaysValidTuning
from measurement.models.analysis_run import AnalysisRun, TrialMark
from measurement.models.api_token import ApiToken
from measurement.models.arm import Arm
from measurement.models.assignment import Assignment
from measurement.models.audit_event import AuditEvent
from measurement.models.cell import Cell
from measurement.models.dirty_mark import DirtyMark
from measurement.models.erasure import Erasure
from measurement.models.membership import Membership, Role
from measurement.models.participant import Participant
from measurement.models.participant_total import ParticipantTotal
from measurement.models.plan_change import PlanChange
from measurement.models.plan_lock import PlanLock
from measurement.models.record_read import RecordRead
from measurement.models.refusal import Refusal
from measurement.models.stored_estimate import StoredEstimate
from measurement.models.survey_response import SurveyResponse
from measurement.models.task_log import TaskLog
from measurement.models.timer import Timer
from measurement.models.timer_segment import TimerSegment
from measurement.models.trial import Trial
from measurement.models.trial_lists import Department, Grade, Profession, TaskType, Tool
from measurement.models.user import User
from measurement.models.winsorising_limit import WinsorisingLimit

__all__ = [
    "AlwaysValidTuning",
    "AnalysisRun",
    "ApiToken",
    "Arm",
    "Assignment",
    "AuditEvent",
    "Cell",
    "Department",
    "DirtyMark",
    "Erasure",
    "Grade",
    "Membership",
    "Participant",
    "ParticipantTotal",
    "PlanChange",
    "PlanLock",
    "Profession",
    "RecordRead",
    "Refusal",
    "Role",
    "StoredEstimate",
    "SurveyResponse",
    "TaskLog",
    "TaskType",
    "Timer",
    "TimerSegment",
    "Tool",
    "Trial",
    "TrialMark",
    "User",
    "WinsorisingLimit",
]
