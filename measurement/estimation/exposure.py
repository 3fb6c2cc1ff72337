"""How many days each participant had AI: the denominator of minutes saved per working day."""

import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.calendar import count_working_days
from measurement.estimation.definition import Trial
from measurement.estimation.designs import rules
from measurement.estimation.estimate import NotEstimable

Floats = NDArray[np.float64]
Dates = NDArray[np.datetime64]


def working_days_with_access(
    trial: Trial,
    participants: pd.DataFrame,
    cells: pd.DataFrame,
    as_of: datetime.date,
    *,
    since: datetime.date | None = None,
) -> Floats:
    """Return each participant's working days with access to AI, in the order of `participants`.

    From the latest of enrolment (else the trial's start), the end of the run-in and the day of
    access, to the earliest of withdrawal (else the trial's end) and `as_of`; none before `since`.
    A crossover counts the periods with AI only (see `_days_in_ai_periods`), unless it is analysed
    by use: then AI counts in all of them.

    Raises NotEstimable where the trial has no dates.
    """
    if trial.starts_on is None or trial.ends_on is None:
        raise NotEstimable("the trial has no first and last day (starts_on, ends_on)")
    starts, ends = _starts(trial, participants), _ends(trial, participants, as_of)
    if since is not None:
        starts = np.maximum(starts, np.datetime64(since, "s"))
    if trial.design.kind == "crossover" and trial.plan.treatment != "used":
        return _days_in_ai_periods(trial, participants, cells, starts, ends)
    return np.asarray(count_working_days(starts, ends), dtype=np.float64)


def logged_days_with_access(trial: Trial, totals: pd.DataFrame) -> Floats:
    """Return each participant's distinct days with logs under the treatment.

    Where the treatment differs within a day, as use does, all days with logs count.
    """
    within_day = rules(trial).varies_within_day or trial.plan.treatment == "used"
    column = "days_logged" if within_day else "days_assigned"
    return totals[column].to_numpy(dtype=np.float64)


def _starts(trial: Trial, participants: pd.DataFrame) -> Dates:
    start = np.datetime64(trial.starts_on, "s")
    enrolled = participants["enrolled_on"].fillna(pd.Timestamp(start)).to_numpy()
    after_run_in = start + np.timedelta64(trial.run_in_days * 86_400, "s")
    # fmax: a missing day of access does not count.
    starts = np.fmax(np.maximum(enrolled, after_run_in), participants["ai_from"].to_numpy())
    return np.asarray(starts)


def _ends(trial: Trial, participants: pd.DataFrame, as_of: datetime.date) -> Dates:
    last = min(trial.ends_on or as_of, as_of)
    return np.asarray(np.fmin(participants["withdrawn_on"].to_numpy(), np.datetime64(last, "s")))


def _days_in_ai_periods(
    trial: Trial, participants: pd.DataFrame, cells: pd.DataFrame, starts: Dates, ends: Dates
) -> Floats:
    """Count days in the planned periods with letter B.

    Without planned periods, or for people without a sequence: days within the span of the
    person's own logs in each period with AI.
    """
    sequence = participants["sequence"]
    by_plan = np.zeros(len(participants))
    for place, period in enumerate(trial.design.periods):
        inside = count_working_days(
            np.maximum(starts, np.datetime64(period.starts_on, "s")),
            np.minimum(ends, np.datetime64(period.ends_on, "s")),
        )
        by_plan += np.where(sequence.str[place] == "B", inside, 0)
    has_plan = sequence.notna().to_numpy(dtype=bool) & bool(trial.design.periods)
    if has_plan.all():
        return by_plan
    return np.where(has_plan, by_plan, _days_in_spans(participants, cells, starts, ends))


def _days_in_spans(
    participants: pd.DataFrame, cells: pd.DataFrame, starts: Dates, ends: Dates
) -> Floats:
    person = pd.Index(participants["participant"]).get_indexer(pd.Index(cells["participant"]))
    dated = cells["first_date"].notna() & cells["assigned"].fillna(value=False)
    # A breakdown's population is a part of the people in the cells.
    inside = (person >= 0) & dated.to_numpy(dtype=bool)
    with_ai = cells.loc[inside, ["period", "first_date", "last_date"]].assign(person=person[inside])
    spans = with_ai.groupby(["person", "period"], dropna=False, observed=True).agg(
        first=("first_date", "min"), last=("last_date", "max")
    )
    places = spans.index.get_level_values("person")
    days = count_working_days(
        np.maximum(spans["first"].to_numpy(), starts[places]),
        np.minimum(spans["last"].to_numpy(), ends[places]),
    )
    counted = np.bincount(places, weights=days, minlength=len(participants))
    return np.asarray(counted, dtype=np.float64)
