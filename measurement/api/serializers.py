"""Rows as the API shows them: the columns of the trial bundle. Nobody's name, email or user."""

from datetime import UTC
from functools import partial
from typing import Any

from rest_framework import serializers

from measurement.models import TaskLog


class Text(serializers.CharField):
    """A text; null where the bundle's cell is blank."""

    def __init__(self, help_text: str, **options: Any) -> None:
        super().__init__(help_text=help_text, allow_null=True, **options)

    def to_representation(self, value: str) -> Any:
        """Return the text, or None if it is empty."""
        return value or None


_Date = partial(serializers.DateField, allow_null=True)
_Moment = partial(serializers.DateTimeField, allow_null=True, default_timezone=UTC)
_Number = partial(serializers.FloatField, allow_null=True)
_Whole = partial(serializers.IntegerField, allow_null=True)
_Flag = partial(serializers.BooleanField, allow_null=True)


class TrialRow(serializers.Serializer[Any]):
    """A trial."""

    slug = serializers.CharField(help_text="Name of the trial in addresses.")
    title = serializers.CharField(help_text="Title of the trial.")
    sector = serializers.CharField(help_text="civil_service, education, justice or security.")
    design = serializers.CharField(
        source="design.kind",
        help_text="task_randomised, parallel, cluster, crossover, stepped_wedge or observational.",
    )
    unit = serializers.CharField(
        source="design.unit", help_text="What was assigned: task, participant, team or department."
    )
    starts_on = _Date(help_text="First day of the trial.")
    ends_on = _Date(help_text="Last day of the trial.")
    run_in_days = serializers.IntegerField(help_text="Days at the start that do not count.")
    simulated = serializers.BooleanField(help_text="Whether the data are simulated, not real.")


class ArmRow(serializers.Serializer[Any]):
    """An arm of a trial."""

    name = serializers.CharField(help_text="Name of the arm.")
    ai = _Flag(help_text="Whether this arm is given AI; null where the design does not say.")
    ratio = serializers.IntegerField(help_text="Its share among the arms' ratios.")


class PeriodRow(serializers.Serializer[Any]):
    """A period of a crossover trial."""

    name = serializers.CharField(help_text="Name of the period.")
    starts_on = _Date(help_text="First day of the period.")
    ends_on = _Date(help_text="Last day of the period.")


class TrialDetail(TrialRow):
    """A trial with the names that task logs may use."""

    arms = ArmRow(source="design.arms", many=True, help_text="The arms of the design.")
    periods = PeriodRow(source="design.periods", many=True, help_text="The design's periods.")
    task_types = serializers.SerializerMethodField(help_text="Task types that logs may name.")
    tools = serializers.SerializerMethodField(help_text="AI tools that logs may name.")

    def get_task_types(self, trial: Any) -> list[str]:
        """Return the names of the trial's task types."""
        return _names(trial.tasktype_set)

    def get_tools(self, trial: Any) -> list[str]:
        """Return the names of the trial's tools."""
        return _names(trial.tool_set)


class TaskLogRow(serializers.Serializer[TaskLog]):
    """A task log: the columns of task_logs.csv, and its number."""

    id = serializers.IntegerField(help_text="Number of the row: later rows have higher ones.")
    participant = serializers.CharField(
        source="participant.pseudonym", help_text="Pseudonym of the participant."
    )
    key = serializers.CharField(help_text="The sender's name for the log, once a participant.")
    minutes = _Number(help_text="Minutes that the task took; null unless status is logged.")
    ai_used = serializers.BooleanField(help_text="Whether AI was used.")
    date = _Date(help_text="Day of the task.")
    task_type = Text("Kind of task.", source="task_type.name")
    ai_assigned = _Flag(help_text="Whether the task was assigned to AI, where tasks are.")
    period = Text("Period of a crossover.")
    tool = Text("AI tool that was used.", source="tool.name")
    forecast_minutes = _Number(help_text="Minutes without AI, forecast before the start.")
    forecast_minutes_with_ai = _Number(help_text="Minutes with AI, forecast before the start.")
    quality = _Whole(help_text="Quality of the outcome, 1 (worst) to 5 (best).")
    novel = serializers.BooleanField(help_text="Whether the task could not be done without AI.")
    censored = serializers.BooleanField(
        help_text="Whether the task was stopped at a time limit, so took longer."
    )
    source = Text(  # type: ignore[assignment]  # a field, not the attribute of serializers
        "How the minutes became known: timer, recall or import."
    )
    status = serializers.CharField(help_text="logged, withheld (announced, never logged) or void.")
    announced_at = _Moment(help_text="When the task was announced.")
    started_at = _Moment(help_text="When the task was started.")
    ended_at = _Moment(help_text="When the task was ended.")
    recorded_at = _Moment(help_text="When the log was stored.")


class ParticipantRow(serializers.Serializer[Any]):
    """A participant: the columns of participants.csv, and an answer that has no column there."""

    participant = serializers.CharField(source="pseudonym", help_text="Pseudonym.")
    department = Text("Employer.", source="department.name")
    team = Text("Team.")
    grade = Text("Level of seniority.", source="grade.name")
    profession = Text("Profession.", source="profession.name")
    arm = Text("Arm that the participant was assigned to.", source="assignment.arm.name")
    sequence = Text(
        "Order of a crossover's periods: A without AI, B with AI.", source="assignment.sequence"
    )
    ai_from = _Date(source="assignment.ai_from", help_text="First day with access to AI.")
    enrolled_on = _Date(help_text="Day of joining.")
    withdrawn_on = _Date(help_text="Day of leaving, if any.")
    baseline_minutes = _Number(help_text="Minutes of the usual task before the trial.")
    ai_use_before = Text(
        "How often AI was used at work before the trial: never, rarely, weekly or daily.",
        source="baseline.ai_use_before",
    )


class SurveyRow(serializers.Serializer[Any]):
    """An answer to the survey: the columns of survey_responses.csv, its number, and its comment.

    The comment is free text that may name people, so it is in no bundle.
    """

    id = serializers.IntegerField(help_text="Number of the row: later rows have higher ones.")
    participant = serializers.CharField(
        source="participant.pseudonym", help_text="Pseudonym of the participant."
    )
    date = _Date(help_text="Day of the answer.")
    wave = Text("Round of the survey.")
    minutes_saved_low = _Number(help_text="Least minutes saved a day in the reported band.")
    minutes_saved_high = _Number(help_text="Most minutes saved a day; null where the band is open.")
    satisfaction = _Whole(help_text="Satisfaction, 0 to 10.")
    recommend = _Whole(help_text="Likelihood to recommend, 0 to 10.")
    comment = Text("What the participant wrote in their own words; it may name people.")


def _names(entries: Any) -> list[str]:
    return list(entries.order_by("name").values_list("name", flat=True))
