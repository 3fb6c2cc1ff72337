"""Draws the answers to a simulated trial's weekly survey."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from measurement.estimation.definition import Survey
from measurement.estimation.simulate_people import Access, Codes, Dates, Floats, People, asked_on
from measurement.estimation.simulate_recipe import Recipe

BAND_PROBABILITIES: Final = (0.17, 0.13, 0.17, 0.18, 0.22, 0.13)
"""Of the default bands, before they are tilted to a profession's mean: about 17 % see no saving
and a third more than half an hour, as was reported of the largest trial so far."""
SAME_AS_USUAL: Final = 0.7
"""Probability of giving one's usual answer; else the answer is drawn anew."""
SCORES: Final = {"satisfaction": 7.7, "recommend": 7.4}


def draw_survey_responses(
    recipe: Recipe, survey: Survey, people: People, access: Access, days: Dates, rng: Generator
) -> pd.DataFrame:
    """Ask each week; some people never answer, and those who do not always."""
    week = (days - np.datetime64(recipe.starts_on)).astype(np.int64) // 7
    places, asked = asked_on(recipe, people, access, days)
    responds = rng.random(len(people.name)) < recipe.respondents
    answers = rng.random(asked.shape) < recipe.answers_per_week
    person, place = np.nonzero(asked & answers & responds[:, None])
    band = _bands(recipe, survey, people, person, rng)
    low = np.array([low for low, _ in survey.bands])
    high = np.array([np.nan if high is None else high for _, high in survey.bands])
    return pd.DataFrame(
        {
            "participant": people.name[person],
            "date": days[places][place].astype("datetime64[s]"),
            "wave": np.array([f"week {number + 1:02d}" for number in week[places]], object)[place],
            "minutes_saved_low": low[band],
            "minutes_saved_high": high[band],
            **{
                name: np.clip(np.round(rng.normal(mean, 1.5, len(person))), 0, 10)
                for name, mean in SCORES.items()
            },
        }
    )


def _bands(recipe: Recipe, survey: Survey, people: People, person: Codes, rng: Generator) -> Codes:
    """Return the band of each answer; its distribution is that of the person's profession."""
    means = [profession.reported_minutes for profession in recipe.professions]
    tables = np.array([band_probabilities(survey, mean) for mean in means])
    cumulative = np.cumsum(tables, axis=1)[people.profession]
    usual = _pick(cumulative, rng)
    anew = _pick(cumulative[person], rng)
    return np.where(rng.random(len(person)) < SAME_AS_USUAL, usual[person], anew)


def _pick(cumulative: Floats, rng: Generator) -> Codes:
    above = rng.random(len(cumulative))[:, None] > cumulative[:, :-1]
    return np.asarray(above.sum(axis=1), dtype=np.int64)


def band_probabilities(survey: Survey, mean: float) -> Floats:
    """Return the bands' probabilities, tilted exponentially so that midpoints have this mean.

    The open band counts the survey's `top_band_minutes`. Raises ValueError where no probabilities
    have the mean.
    """
    midpoints = np.array(
        [
            survey.top_band_minutes if high is None else (low + high) / 2
            for low, high in survey.bands
        ]
    )
    if not midpoints.min() < mean < midpoints.max():
        allowed = f"between {midpoints.min():g} and {midpoints.max():g}"
        raise ValueError(f"a mean of {mean:g} minutes a day: {allowed} is allowed")
    low, high = -10.0, 10.0
    # Bisection: the mean rises with the tilt.
    for _ in range(100):
        tilt = (low + high) / 2
        weights = np.array(BAND_PROBABILITIES) * np.exp(tilt * (midpoints - mean))
        probabilities = weights / weights.sum()
        low, high = (tilt, high) if probabilities @ midpoints < mean else (low, tilt)
    return np.asarray(probabilities)
