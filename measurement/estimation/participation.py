"""Who takes part, and who of them logs tasks and answers the survey.

Over all, by department, by week of the trial and by wave of the survey.

A participant takes part on the working days from enrolment (else the trial's first day) to
withdrawal (else its last). A group counts those who took part on at least one working day of its
time. Nobody counts as silent for a time that is not over: weeks and waves come once they are.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurement.estimation.calendar import count_working_days
from measurement.estimation.definition import Trial
from measurement.estimation.evidence import Evidence
from measurement.estimation.planned_model import NOT_GIVEN, named
from measurement.estimation.results import ALL
from measurement.estimation.waves import waves

DEPARTMENT: Final = "department"
WEEK: Final = "week"
WAVE: Final = "wave"
OTHER_WAVE: Final = (
    "everybody counts, as the days on which this wave could be answered are not known"
)
_WEEK_LONG: Final = datetime.timedelta(days=7)
_A_DAY: Final = datetime.timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Turnout:
    """Who took part in a group's time, `people`, and whether they `did` what is asked about.

    Both are in the order of the participants. `notes`: what a reader must know of the time.
    """

    people: pd.Series
    did: NDArray[np.bool_]
    dimension: str = ALL
    group: str = ALL
    notes: tuple[str, ...] = ()


def of_logging(evidence: Evidence) -> Iterator[Turnout]:
    """Yield who logged a task that is analysed: over all, by department, by week of the trial.

    Over all always comes first, with nobody where nobody took part yet; groups that nobody took
    part in do not come.
    """
    trial, cells = evidence.trial, evidence.cells
    first = trial.starts_on and trial.starts_on + trial.run_in_days * _A_DAY
    people = _taking_part(evidence, first)
    yield from _over_all_and_by_department(people, cells["participant"])
    for number, (since, until) in enumerate(_weeks(evidence)):
        in_week = cells.loc[(cells["week"] == number).fillna(value=False), "participant"]
        here = _between(people, max(since, first or since), until)
        if len(here):
            yield _turnout(here, in_week, WEEK, str(number + 1))


def of_survey(evidence: Evidence) -> Iterator[Turnout]:
    """Yield who answered the survey: over all, by department, by wave.

    Nobody, over all, where no survey was answered: whether there was one is not known then.
    """
    answers = evidence.survey_responses
    people = _taking_part(evidence, evidence.trial.starts_on)
    if answers.empty:
        yield _turnout(people.iloc[:0], answers["participant"])
        return
    yield from _over_all_and_by_department(people, answers["participant"])
    dated = _waves(evidence)
    named_so = answers["wave"].isin(list(dated))
    for name, (since, until) in dated.items() if named_so.any() else ():
        here = _between(people, since, until)
        if until <= evidence.as_of and len(here):
            yield _turnout(here, answers.loc[answers["wave"] == name, "participant"], WAVE, name)
    for name in sorted(answers.loc[~named_so, "wave"].dropna().unique()):
        said = answers.loc[answers["wave"] == name, "participant"]
        yield _turnout(people, said, WAVE, str(name), notes=(OTHER_WAVE,))


def _over_all_and_by_department(people: pd.DataFrame, doers: pd.Series) -> Iterator[Turnout]:
    yield _turnout(people, doers)
    departments = named(people[DEPARTMENT])
    names = sorted(departments.unique())
    for name in names if names != [NOT_GIVEN] else ():
        yield _turnout(people[departments == name], doers, DEPARTMENT, str(name))


def _turnout(
    people: pd.DataFrame,
    doers: pd.Series,
    dimension: str = ALL,
    group: str = ALL,
    *,
    notes: tuple[str, ...] = (),
) -> Turnout:
    names = people["participant"]
    did = names.isin(doers.unique()).to_numpy(dtype=bool)
    return Turnout(names, did, dimension, group, notes)


# Time -----------------------------------------------------------------------------------------


def _taking_part(evidence: Evidence, first: datetime.date | None) -> pd.DataFrame:
    """Return the participants who took part from a day on; everybody without dates."""
    trial, people = evidence.trial, evidence.participants
    if first is None:
        return people
    return _between(people, first, min(trial.ends_on or evidence.as_of, evidence.as_of))


def _between(people: pd.DataFrame, since: datetime.date, until: datetime.date) -> pd.DataFrame:
    """Return the people who took part on a working day between two days, both included."""
    # fmax, fmin: a missing day does not count.
    starts = np.fmax(people["enrolled_on"].to_numpy(), np.datetime64(since, "s"))
    ends = np.fmin(people["withdrawn_on"].to_numpy(), np.datetime64(until, "s"))
    return people[count_working_days(starts, ends) > 0]


def _weeks(evidence: Evidence) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Yield the first and the last day of each week of the trial that is over.

    Without a last day of the trial its weeks are those up to the last task log.
    """
    trial = evidence.trial
    since, last = trial.starts_on, _last_day(trial, evidence.cells["week"])
    while since is not None and last is not None and since <= last:
        until = min(since + _WEEK_LONG - _A_DAY, last)
        if until > evidence.as_of:
            return
        yield since, until
        since += _WEEK_LONG


def _last_day(trial: Trial, weeks: pd.Series) -> datetime.date | None:
    if trial.ends_on is not None or trial.starts_on is None or weeks.isna().all():
        return trial.ends_on
    return trial.starts_on + (int(weeks.max()) + 1) * _WEEK_LONG - _A_DAY


def _waves(evidence: Evidence) -> dict[str, tuple[datetime.date, datetime.date]]:
    """Return the days on which each wave of the trial's weeks can be answered, by its name."""
    trial = evidence.trial
    if trial.starts_on is None:
        return {}
    last = trial.ends_on or evidence.as_of
    return {wave.name: (wave.opens_on, wave.last_day) for wave in waves(trial.starts_on, last)}
