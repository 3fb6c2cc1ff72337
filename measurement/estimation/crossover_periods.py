"""Cuts the days of a crossover into periods of whole weeks."""

import datetime

from measurement.estimation.definition import Period

WEEK = datetime.timedelta(weeks=1)
DAY = datetime.timedelta(days=1)


def cut(starts_on: datetime.date, ends_on: datetime.date, count: int) -> tuple[Period, ...]:
    """Return `count` periods, both days included, that follow each other from first to last day.

    Each begins on the weekday of the first, so that every period has the same weekdays; earlier
    ones have a week more where the weeks cannot be shared evenly, and the last week may be cut
    short, as where a trial ends on a Friday. Raises ValueError where there are fewer weeks than
    periods.
    """
    weeks = -((starts_on - DAY - ends_on) // WEEK)
    if not 1 <= count <= weeks:
        raise ValueError(f"{count} periods do not fit into {max(weeks, 0)} weeks")
    each, more = divmod(weeks, count)
    periods = []
    first = starts_on
    for number in range(count):
        following = first + (each + (number < more)) * WEEK
        periods.append(Period(str(number + 1), first, min(following - DAY, ends_on)))
        first = following
    return tuple(periods)
