"""Comments of the weekly survey: no bundle carries them, so a replaced trial has to keep them."""

from collections.abc import Mapping

from measurement.models import SurveyResponse, Trial

Comments = Mapping[tuple[str, str], str]
"""What was written, by the pseudonym of the participant and the wave."""


def held(trial: Trial) -> Comments:
    """Return the comments of a trial whose answers are about to be replaced."""
    rows = SurveyResponse.objects.filter(participant__trial=trial).exclude(comment="")
    return {
        (pseudonym, wave): comment
        for pseudonym, wave, comment in rows.values_list(
            "participant__pseudonym", "wave", "comment"
        )
    }


def give_back(trial: Trial, comments: Comments) -> int:
    """Put comments to the new answers of the same participants and waves; return how many fit.

    A comment without such an answer is gone. Of several such answers the first gets it.
    """
    rows = SurveyResponse.objects.filter(
        participant__trial=trial,
        participant__pseudonym__in={pseudonym for pseudonym, _ in comments},
    )
    answers = {
        (row.participant.pseudonym, row.wave): row
        for row in rows.select_related("participant").order_by("-pk")
    }
    fitting = [key for key in comments if key in answers]
    for key in fitting:
        answers[key].comment = comments[key]
    SurveyResponse.objects.bulk_update([answers[key] for key in fitting], ["comment"], 1000)
    return len(fitting)
