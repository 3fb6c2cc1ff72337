"""What people say that they save: banded answers to the survey.

Each respondent counts once: an answer weighs 1 / (answers of the person), so that a person's
waves are averaged first. Blank answers do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.definition import Survey
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.interval_regression import latent_mean
from measurement.estimation.savings import mean_of

Floats = NDArray[np.float64]

TOP_BAND_LEVELS: Final = (60.0, 90.0, 120.0)
"""Minutes that the open band may be thought to mean."""
HALF_A_MINUTE: Final = 0.5


@dataclass(frozen=True, eq=False)
class TopBand:
    """How much rests on the minutes that the open band is counted as.

    share: of the answers, each person counting once, in the open band; means: reported minutes a
    day by the minutes that the open band counts, ascending, `planned_minutes` among them; people:
    respondents, `people_in_band` those of them who ever chose the open band.
    """

    share: Estimate
    means: Mapping[float, Estimate]
    planned_minutes: float
    people: int
    people_in_band: int


def respondents(responses: pd.DataFrame) -> pd.Index:
    """Return the participants with at least one answer about minutes saved, sorted."""
    answered = responses["minutes_saved_low"].notna()
    people: list[str] = responses.loc[answered, "participant"].unique().tolist()
    return pd.Index(sorted(people))


def reported_minutes_per_day(
    survey: Survey, responses: pd.DataFrame, *, among: pd.Index | None = None
) -> Estimate:
    """Return the mean reported minutes saved a day over respondents, by midpoints of the bands.

    A band without upper edge counts the survey's `top_band_minutes`. `among`: the paths from
    cluster to participant of those who count, for an estimate clustered at its first level; left
    out: all respondents, each a cluster. Those of `among` who gave no answer do not count.

    Raises NotEstimable for fewer than two respondents, or clusters of them.
    """
    answers = _answers(responses, among)
    return _mean(answers, _midpoints(answers, survey.top_band_minutes))


def lower_bound(responses: pd.DataFrame) -> Estimate:
    """Return the mean of the lower edges of the bands: no respondent saves less than they say.

    Raises NotEstimable for fewer than two respondents.
    """
    answers = _answers(responses)
    return _mean(answers, answers.low)


def upper_bound(responses: pd.DataFrame, hours_per_day: float) -> Estimate:
    """Return the mean of the upper edges of the bands, the open band's being the whole day.

    Raises NotEstimable for fewer than two respondents.
    """
    answers = _answers(responses)
    day = np.maximum(answers.low, 60 * hours_per_day)
    return _mean(answers, np.where(answers.is_open, day, answers.high))


def interval_regression(survey: Survey, responses: pd.DataFrame) -> Estimate:
    """Return the mean of a normal variable of which the answers show the bands.

    Neighbouring bands of the survey meet halfway between their edges; an edge that has no
    neighbour there lies half a minute out, as answers are whole minutes. A band that starts at 0
    also holds those who lose time, the open band whoever saves more than its lower edge. See
    `interval_regression.latent_mean` for the method.

    Raises NotEstimable for fewer than two respondents and where answers do not tell the spread.
    """
    answers = _answers(responses)
    return latent_mean(answers.shares, answers.paths, *_limits(survey, answers))


def top_band(survey: Survey, responses: pd.DataFrame) -> TopBand:
    """Return the share of answers in the open band, and what the mean is as it counts more or less.

    The open band counts 60, 90 and 120 minutes, as far as it starts no higher, and what the survey
    says. The mean moves by the share times the minutes.

    Raises NotEstimable for fewer than two respondents and for a survey without an open band.
    """
    start, end = survey.bands[-1]
    if end is not None:
        raise NotEstimable("the survey has no open band")
    answers, planned = _answers(responses), survey.top_band_minutes
    levels = {level for level in TOP_BAND_LEVELS if level >= start} | {planned}
    return TopBand(
        share=_mean(answers, answers.is_open.astype(np.float64)),
        means={level: _mean(answers, _midpoints(answers, level)) for level in sorted(levels)},
        planned_minutes=planned,
        people=len(answers.paths),
        people_in_band=int(answers.shares[:, answers.is_open].any(axis=1).sum()),
    )


@dataclass(frozen=True, eq=False)
class _Answers:
    """The share of each respondent's answers in each band: paths x bands; `high` inf if open."""

    paths: pd.MultiIndex
    low: Floats
    high: Floats
    shares: Floats

    @property
    def is_open(self) -> NDArray[np.bool_]:
        return np.isinf(self.high)


def _answers(responses: pd.DataFrame, among: pd.Index | None = None) -> _Answers:
    answered = responses[responses["minutes_saved_low"].notna()]
    high = answered["minutes_saved_high"].fillna(np.inf)
    edges = pd.MultiIndex.from_arrays([answered["minutes_saved_low"], high])
    band, bands = pd.factorize(edges, sort=True)
    person, people = pd.factorize(answered["participant"], sort=True)
    counts = np.zeros((len(people), len(bands)))
    np.add.at(counts, (person, band), 1.0)
    if among is None:
        among = pd.Index(people, name="participant")
    places = pd.Index(people).get_indexer(among.get_level_values("participant"))
    counts = counts[places[places >= 0]]
    if not len(counts):
        raise NotEstimable("no survey responses with minutes saved")
    return _Answers(
        paths=pd.MultiIndex.from_frame(among[places >= 0].to_frame(index=False)),
        low=bands.get_level_values(0).to_numpy(dtype=np.float64),
        high=bands.get_level_values(1).to_numpy(dtype=np.float64),
        shares=counts / counts.sum(axis=1, keepdims=True),
    )


def _mean(answers: _Answers, minutes: Floats) -> Estimate:
    """Return the mean over respondents of the bands' `minutes`."""
    means = np.einsum("ib,b->i", answers.shares, minutes)
    return mean_of(pd.Series(means, index=answers.paths))


def _midpoints(answers: _Answers, top_band_minutes: float) -> Floats:
    return np.where(answers.is_open, top_band_minutes, (answers.low + answers.high) / 2)


def _limits(survey: Survey, answers: _Answers) -> tuple[Floats, Floats]:
    """Return where each band of the answers begins and ends on the latent scale."""
    begins, ends = {0.0: -np.inf}, {np.inf: np.inf}
    for (_, end), (begin, _) in pairwise(survey.bands):
        # Only the last band may be open.
        begins[begin] = ends[cast(float, end)] = (cast(float, end) + begin) / 2
    lower = np.array([begins.get(low, low - HALF_A_MINUTE) for low in answers.low.tolist()])
    upper = np.array([ends.get(high, high + HALF_A_MINUTE) for high in answers.high.tolist()])
    if not (lower < upper).all():
        raise NotEstimable("a band of the survey has no width between its neighbours")
    return lower, upper
