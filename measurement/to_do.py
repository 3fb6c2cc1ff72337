"""What a participant has left to do now: one list, for pages and for reminders.

Another kind of thing is another `Source`: what to read about a participant, and the item that
follows from it. All sources together cost one query.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Exists, Max, OuterRef, Subquery, TextField
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Cast, Greatest, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measurement import baseline, surveying, timing
from measurement.estimation.calendar import working_days
from measurement.models import Participant, TaskLog, Timer
from measurement.wording import long_date

QUIET_WORKING_DAYS: Final = 3
"""Whole working days without a log after which there is something to say about it."""
ANNOUNCED_WAITS_FOR: Final = datetime.timedelta(days=3)
"""Later nobody knows well how long a task took; it can still be logged from My logs."""
DAY: Final = datetime.timedelta(days=1)


class Kind(StrEnum):
    """What sort of thing it is."""

    BASELINE = "baseline"
    SURVEY = "survey"
    TIMER = "timer"
    ANNOUNCED = "announced"
    LOGGING = "logging"


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """One thing left to do: a sentence, the words of the link after it, the page it leads to.

    `reminded`: it is worth an email. `done_on`: when the participant last did something of the
    kind; reminders after that day went unanswered.
    """

    kind: Kind
    participant: Participant
    text: str
    act: str
    path: str
    reminded: bool = False
    done_on: datetime.date | None = None

    @property
    def address(self) -> str:
        """Path and query of the page."""
        return f"{self.path}?{urlencode({'trial': self.participant.trial.slug})}"


@dataclass(frozen=True)
class Source:
    """Where things to do come from: expressions of a participant, and what follows from them.

    `item` gets the participant, the values of `columns`, and the day.
    """

    columns: Mapping[str, BaseExpression]
    item: Callable[[Participant, Mapping[str, Any], datetime.date], ToDo | None]


def left(participants: Sequence[Participant]) -> list[ToDo]:
    """Return what these have left to do, in their order, with one query; `trial` must be loaded."""
    today = timezone.localdate()
    found = _values(participants)
    return [
        item
        for participant in participants
        if participant.pk in found  # else it was deleted a moment ago
        for source in SOURCES
        if (item := source.item(participant, found[participant.pk], today))
    ]


def _values(participants: Sequence[Participant]) -> dict[int, dict[str, Any]]:
    columns = {name: column for source in SOURCES for name, column in source.columns.items()}
    people = Participant.objects.filter(pk__in=[participant.pk for participant in participants])
    return {row["pk"]: row for row in people.annotate(**columns).values("pk", *columns)}


def _baseline(
    participant: Participant, values: Mapping[str, Any], today: datetime.date
) -> ToDo | None:
    if not values["baseline_waits"]:
        return None
    return ToDo(
        kind=Kind.BASELINE,
        participant=participant,
        text=_("You have not answered the questions that are asked once."),
        act=_("Answer them now"),
        path=reverse("baseline"),
    )


def _survey(
    participant: Participant, values: Mapping[str, Any], today: datetime.date
) -> ToDo | None:
    wave = surveying.open_wave(participant.trial, today)
    if wave is None or wave.name in values["answered_waves"]:
        return None
    return ToDo(
        kind=Kind.SURVEY,
        participant=participant,
        text=_("This week's survey is open until %(day)s.") % {"day": long_date(wave.last_day)},
        act=_("Answer the survey"),
        path=reverse("survey"),
        reminded=today > wave.opens_on,
        done_on=values["answered_on"],
    )


def _timer(
    participant: Participant, values: Mapping[str, Any], today: datetime.date
) -> ToDo | None:
    if values["timer_runs"] is None:
        return None
    return ToDo(
        kind=Kind.TIMER,
        participant=participant,
        text=_("The timer is running.") if values["timer_runs"] else _("The timer is paused."),
        act=_("Go to the timer"),
        path=reverse("timer"),
    )


def _announced(
    participant: Participant, values: Mapping[str, Any], today: datetime.date
) -> ToDo | None:
    announced_on = values["announced_on"]
    if announced_on is None or today - announced_on > ANNOUNCED_WAITS_FOR:
        return None
    return ToDo(
        kind=Kind.ANNOUNCED,
        participant=participant,
        text=_("You announced a task and have not logged it."),
        act=_("Log it"),
        path=reverse("log_announced", args=[values["announced_log"]]),
    )


def _logging(
    participant: Participant, values: Mapping[str, Any], today: datetime.date
) -> ToDo | None:
    trial, logged_on = participant.trial, values["logged_on"]
    if trial.starts_on is None or (trial.ends_on and today > trial.ends_on):
        return None
    since = [trial.starts_on, participant.enrolled_on, logged_on and logged_on + DAY]
    quiet = working_days(max(filter(None, since)), today - DAY)
    if quiet < QUIET_WORKING_DAYS:
        return None
    text = ngettext(
        "You have logged no task for %(days)s working day.",
        "You have logged no task for %(days)s working days.",
        quiet,
    )
    return ToDo(
        kind=Kind.LOGGING,
        participant=participant,
        text=text % {"days": quiet},
        act=_("Announce a task") if trial.announces_tasks else _("Log a task"),
        path=reverse("announce" if trial.announces_tasks else "log"),
        reminded=True,
        done_on=logged_on,
    )


def _logged_on() -> Subquery:
    """Return an expression of participants: the day of their last log; NULL without one.

    Logs that were loaded from a file may know one of their days only.
    """
    own = TaskLog.objects.filter(participant=OuterRef("pk"))
    logs = own.exclude(status=TaskLog.Status.WITHHELD).values("participant")
    last = Greatest(Max(TruncDate("recorded_at")), Max("date"))
    return Subquery(logs.annotate(last=last).values("last"))


def _announced_log(column: str) -> Subquery:
    """Return an expression of participants: of the last task that waits for its log, untimed."""
    timers = Timer.objects.annotate(name=Cast("key", TextField())).filter(name=OuterRef("key"))
    waiting = TaskLog.objects.filter(
        ~Exists(timers),
        participant=OuterRef("pk"),
        status=TaskLog.Status.WITHHELD,
        announced_at__isnull=False,
    )
    last = waiting.order_by("-announced_at", "-pk").annotate(announced_on=TruncDate("announced_at"))
    return Subquery(last.values(column)[:1])


SOURCES: Final[Sequence[Source]] = (
    Source({"baseline_waits": baseline.waits()}, _baseline),
    Source(
        {"answered_waves": surveying.answered_waves(), "answered_on": surveying.answered_on()},
        _survey,
    ),
    Source({"timer_runs": timing.runs()}, _timer),
    Source(
        {
            "announced_log": _announced_log("pk"),
            "announced_on": _announced_log("announced_on"),
        },
        _announced,
    ),
    Source({"logged_on": _logged_on()}, _logging),
)
