"""What people say that they save: banded answers to the weekly survey."""

import pandas as pd

from measurement.estimation.definition import Survey
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.savings import mean_of


def reported_minutes_per_day(survey: Survey, responses: pd.DataFrame) -> Estimate:
    """Return the mean reported minutes saved a day over respondents, by midpoints of the bands.

    Each respondent's waves are averaged first. A band without upper edge counts the survey's
    `top_band_minutes`. Raises NotEstimable for fewer than two respondents.
    """
    answered = responses[responses["minutes_saved_low"].notna()]
    if answered.empty:
        raise NotEstimable("no survey responses with minutes saved")
    low, high = answered["minutes_saved_low"], answered["minutes_saved_high"]
    midpoint = ((low + high) / 2).where(high.notna(), survey.top_band_minutes)
    means = midpoint.groupby(answered["participant"]).mean()
    means.index = pd.MultiIndex.from_arrays([means.index], names=["participant"])
    return mean_of(means)
