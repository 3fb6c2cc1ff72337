"""The results as `Results.as_json` gives them, field by field, for the schema."""

from functools import partial
from typing import Any

from rest_framework import serializers

_Text = serializers.CharField
_TextOrNull = partial(serializers.CharField, allow_null=True)
_NumberOrNull = partial(serializers.FloatField, allow_null=True)
_WholeOrNull = partial(serializers.IntegerField, allow_null=True)
_Whole = serializers.IntegerField


def _texts(help_text: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text)


class EstimateDocument(serializers.Serializer[Any]):
    """An estimate, or the reason why there is none; then its numbers are null."""

    estimand = _Text(help_text="What is estimated, such as minutes_saved_per_working_day.")
    dimension = _Text(help_text="What the group is a group of, such as department; else all.")
    group = _Text(help_text="The group; else all.")
    sample = _Text(
        help_text="Which task logs and which method: primary, raw, winsorised and so on."
    )
    arm = _TextOrNull(help_text="The arm that is compared.")
    reference = _TextOrNull(help_text="The arm that it is compared with.")
    terms = _texts("What the regression holds constant.")
    value = _NumberOrNull(help_text="The estimate. Of time_ratio the ratio itself, not its log.")
    std_error = _NumberOrNull(help_text="Standard error, on the scale that `scale` names.")
    scale = _Text(help_text="log, or the unit of the estimate.")
    ci_low = _NumberOrNull(help_text="Lower end of the confidence interval, in units of `value`.")
    ci_high = _NumberOrNull(help_text="Upper end of the confidence interval, in units of `value`.")
    confidence = serializers.FloatField(help_text="Level of the confidence interval, such as 0.95.")
    always_valid_low = _NumberOrNull(
        help_text="Lower end of the interval that holds however often results are looked at."
    )
    always_valid_high = _NumberOrNull(
        help_text="Upper end of the interval that holds however often results are looked at."
    )
    p_value = _NumberOrNull(help_text="p-value against no effect.")
    p_value_adjusted = _NumberOrNull(help_text="p-value adjusted for the number of groups.")
    ci_adjusted_low = _NumberOrNull(
        help_text="Lower end of the interval that agrees with `p_value_adjusted`."
    )
    ci_adjusted_high = _NumberOrNull(
        help_text="Upper end of the interval that agrees with `p_value_adjusted`."
    )
    shrunken_value = _NumberOrNull(
        help_text="`value` drawn towards those of the other groups, for league tables."
    )
    bootstrap_p_value = _NumberOrNull(help_text="p-value of the wild cluster bootstrap.")
    standard_errors = _TextOrNull(help_text="Kind of standard error: CR1, CR3, HC3 or sandwich.")
    degrees_of_freedom = _NumberOrNull(help_text="Degrees of freedom of the interval.")
    clusters = _WholeOrNull(help_text="Clusters behind the standard error.")
    participants = _WholeOrNull(help_text="Participants behind the estimate.")
    participants_with_ai = _WholeOrNull(
        help_text="Participants with task logs with AI; of adoption, who used it."
    )
    participants_without_ai = _WholeOrNull(
        help_text="Participants with task logs without AI; of adoption, who did not use it."
    )
    logs = _WholeOrNull(help_text="Task logs behind the estimate.")
    reference_mean = _NumberOrNull(help_text="Mean minutes of the task logs without AI.")
    comparison = _Text(help_text="What the comparison rests on, such as randomised.")
    not_estimable = _TextOrNull(help_text="Why there is no estimate; null where there is one.")
    notes = _texts("What a reader of this estimate should know.")
    suppressed = serializers.BooleanField(
        help_text="Whether the numbers are withheld because too few people stand behind them."
    )
    as_of = serializers.DateField(
        allow_null=True,
        help_text="Last day that counts in a published estimate that is not of the results' day.",
    )


class LogCountsDocument(serializers.Serializer[Any]):
    """received = refused + stored; stored = analysed + all that is excluded."""

    received = _Whole(help_text="Task logs that were sent.")
    refused = _Whole(help_text="Task logs that were refused as impossible or unknown.")
    stored = _Whole(help_text="Task logs that are stored.")
    excluded = serializers.DictField(
        child=serializers.IntegerField(), help_text="Stored and not analysed, by the first rule."
    )
    analysed = _Whole(help_text="Task logs that the estimates use.")


class CheckDocument(serializers.Serializer[Any]):
    """A check of whether the experiment is sound."""

    check = _Text(help_text="Name of the check, such as sample_ratio.")
    statistic = _NumberOrNull(help_text="The statistic of the check's test.")
    p_value = _NumberOrNull(help_text="The p-value of the check's test.")
    verdict = _Text(help_text="pass, warn, fail, or not_estimable.")
    message = _Text(help_text="What the check found, in one sentence.")


class DeviationDocument(serializers.Serializer[Any]):
    """A change of the plan since it was locked."""

    what = _Text(help_text="The setting that was changed, such as plan.confidence.")
    to = serializers.JSONField(allow_null=True, help_text="Its value after the change.")
    who = _TextOrNull(help_text="Who changed it, by role; null if nobody recorded the change.")
    when = serializers.DateTimeField(
        allow_null=True, help_text="When it was changed; null if nobody recorded the change."
    )
    why = _Text(help_text="The reason that was given, or: not recorded.")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; `from` is a word of Python, so it cannot be declared above."""
        before = serializers.JSONField(allow_null=True, help_text="Its value before the change.")
        return {**super().get_fields(), "from": before}


class WinsorisingLimitDocument(serializers.Serializer[Any]):
    """The minutes beyond which a task log of a task type counts as extreme."""

    task_type = _TextOrNull(help_text="The task type; null for task logs without one.")
    low = serializers.FloatField(help_text="The lower limit in minutes.")
    high = serializers.FloatField(help_text="The higher limit in minutes.")


class SensitivityDocument(serializers.Serializer[Any]):
    """Working days saved a year under one convention, or the reason why there is no figure."""

    convention = _Text(help_text="The convention, such as 220 days a year.")
    estimand = _Text(help_text="The estimate whose minutes or people these are.")
    primary = serializers.BooleanField(help_text="Whether the minutes are those of the estimate.")
    day_basis = _Text(help_text="What a day is: working_days, logged_days, days_used, reported.")
    working_days_per_year = serializers.FloatField(help_text="Working days of a year.")
    hours_per_day = serializers.FloatField(help_text="Hours of a working day.")
    top_band_minutes = _NumberOrNull(help_text="Minutes that the survey's open band counts.")
    top_band_share = _NumberOrNull(help_text="Share of the answers in the open band.")
    minutes_per_day = _NumberOrNull(help_text="Minutes saved a day.")
    minutes_above_planned = _NumberOrNull(
        help_text="By how much the minutes differ from those with the plan's open band."
    )
    days_per_year = _NumberOrNull(help_text="Working days saved a year.")
    ci_low = _NumberOrNull(help_text="Lower end of the interval of `days_per_year`.")
    ci_high = _NumberOrNull(help_text="Upper end of the interval of `days_per_year`.")
    confidence = serializers.FloatField(help_text="Level of the interval.")
    participants = _WholeOrNull(help_text="Respondents behind a figure from surveys.")
    participants_in_top_band = _WholeOrNull(help_text="Respondents who chose the open band.")
    not_estimable = _TextOrNull(help_text="Why there is no figure; null where there is one.")
    suppressed = serializers.BooleanField(
        help_text="Whether the numbers are withheld because too few people stand behind them."
    )
    as_of = serializers.DateField(
        allow_null=True,
        help_text="Last day that counts in a published figure that is not of the results' day.",
    )


class TuningDocument(serializers.Serializer[Any]):
    """The width at which an always-valid interval was tuned."""

    estimand = _Text(help_text="Estimand of the interval.")
    dimension = _Text(help_text="Dimension of the interval.")
    group = _Text(help_text="Group of the interval.")
    sample = _Text(help_text="Sample of the interval.")
    arm = _TextOrNull(help_text="Arm of the interval.")
    tau = serializers.FloatField(help_text="Standard deviation of the mixing normal distribution.")


class ResultsDocument(serializers.Serializer[Any]):
    """The results of the latest analysis of a trial."""

    trial = _Text(help_text="Name of the trial in addresses.")
    design = _Text(help_text="Design of the trial, such as crossover.")
    simulated = serializers.BooleanField(help_text="Whether the data are simulated, not real.")
    plan_sha256 = _Text(help_text="SHA-256 of the analysis plan.")
    plan_locked_at = serializers.DateTimeField(
        allow_null=True, help_text="When the plan was locked; null while it is not."
    )
    plan_locked_by = _TextOrNull(help_text="Who locked the plan, by role.")
    deviations = DeviationDocument(
        many=True, help_text="Every change of the plan since it was locked."
    )
    code_version = _Text(help_text="Version of the code that computed the results.")
    flag_rules_version = _Text(help_text="The rules that flag questionable task logs, by version.")
    last_log = _Whole(help_text="Number of the last task log that the results include.")
    logs = LogCountsDocument(help_text="What became of every task log that was sent.")
    as_of = serializers.DateField(help_text="Last day that counts as a working day.")
    snapshot_at = serializers.DateTimeField(help_text="The moment of the data.")
    frozen_at = serializers.DateTimeField(
        required=False, help_text="In the published form, when it was frozen."
    )
    next_freeze_on = serializers.DateField(
        required=False, help_text="In the published form, the day on which it may change next."
    )
    estimates = EstimateDocument(many=True, help_text="Every estimate.")
    checks = CheckDocument(many=True, help_text="Every check of the experiment.")
    winsorising_limits = WinsorisingLimitDocument(
        many=True,
        help_text="The limits in use, by task type; empty in the published form.",
    )
    sensitivity = SensitivityDocument(
        many=True, help_text="The annual figure under the conventions in use."
    )
    tuning = TuningDocument(
        many=True, help_text="How always-valid intervals were tuned; empty in the published form."
    )
