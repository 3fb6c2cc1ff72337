"""How the trial runs: the shares of its people who log tasks and who answer the survey.

They describe the trial's own people, all of whom are counted, so nothing is sampled and nothing
compared. The interval says how far such a share moves by chance among people alike, so that nobody
reads much into a department of few. It is Wilson's: that of a mean would leave 0 to 1 where nearly
everybody takes part, and have no width where all do. A week that is over is looked at once, so
there is no always-valid interval.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from measurement.estimation.definition import Trial
from measurement.estimation.estimate import NotEstimable
from measurement.estimation.evidence import Evidence
from measurement.estimation.participation import Turnout, of_logging, of_survey
from measurement.estimation.results import EstimateRow
from measurement.estimation.rows import DESCRIPTIVE, Answer, descriptive_row, filled
from measurement.estimation.shares import wilson_interval

LOGGING_RATE: Final = "logging_rate"
RESPONSE_RATE: Final = "response_rate"
NOBODY_YET: Final = "nobody has taken part on a working day yet"
NO_SURVEY: Final = "nobody answered a survey"


def logging_rates(evidence: Evidence) -> Iterator[Answer]:
    """Yield the share of those taking part who logged: over all, by department, by week."""
    for turnout in of_logging(evidence):
        yield _answer(evidence.trial, LOGGING_RATE, turnout, NOBODY_YET)


def response_rates(evidence: Evidence) -> Iterator[Answer]:
    """Yield the share of those taking part who answered: over all, by department, by wave."""
    for turnout in of_survey(evidence):
        yield _answer(evidence.trial, RESPONSE_RATE, turnout, NO_SURVEY)


def _answer(trial: Trial, estimand: str, turnout: Turnout, reason: str) -> Answer:
    blank = replace(
        descriptive_row(trial, estimand, DESCRIPTIVE),
        arm=None,
        dimension=turnout.dimension,
        group=turnout.group,
        notes=turnout.notes,
    )
    return filled(blank, lambda row: Answer(_counted(row, turnout, reason)))


def _counted(row: EstimateRow, turnout: Turnout, reason: str) -> EstimateRow:
    """Fill share and interval; the sides are those who did and those who did not."""
    people, did = len(turnout.did), int(turnout.did.sum())
    if not people:
        raise NotEstimable(reason)
    interval = wilson_interval(did, people, row.confidence)
    return replace(
        row,
        value=did / people,
        ci_low=interval.low,
        ci_high=interval.high,
        participants=people,
        participants_with_ai=did,
        participants_without_ai=people - did,
    )
