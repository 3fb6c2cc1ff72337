"""Who is to be reminded now, and of what."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from measurement import access, to_do
from measurement.estimation.calendar import working_days
from measurement.estimation.waves import OPEN_FOR
from measurement.models import Reminder, ReminderItem, User
from measurement.models.reminder_choice import EARLIEST_HOUR, LATEST_HOUR
from measurement.reminder_emails import MOST_UNANSWERED, language_of
from measurement.to_do import ToDo

MOST_TRIES: Final = 3
"""How often a day one is sent that the mail server refuses."""
TRY_AGAIN_AFTER: Final = datetime.timedelta(hours=1)
PEOPLE_AT_ONCE: Final = 500


def due(now: datetime.datetime) -> Iterator[tuple[User, list[ToDo]]]:
    """Yield users with what they are to be reminded of; people are read in small portions.

    Nobody on days that are no working days, and nobody outside of their hours, in London.
    """
    if not working_days(today := timezone.localdate(now), today):
        return
    last = 0
    while users := list(_candidates(now).filter(pk__gt=last).order_by("pk")[:PEOPLE_AT_ONCE]):
        last = users[-1].pk
        items = _items(users)
        for user in users:
            if items[user.pk]:
                yield user, items[user.pk]


def may_be_tried(now: datetime.datetime) -> Q:
    """Return the condition that a reminder may be tried once more on its day."""
    return Q(
        state=Reminder.State.REFUSED, tries__lt=MOST_TRIES, tried_at__lte=now - TRY_AGAIN_AFTER
    )


def _candidates(now: datetime.datetime) -> QuerySet[User]:
    """Return the users who may get a reminder now, if there is something to remind of."""
    today, hour = timezone.localdate(now), timezone.localtime(now).hour
    goes_on = Q(trial__ends_on__isnull=True) | Q(trial__ends_on__gt=today - OPEN_FOR)
    in_a_trial = access.taking_part().filter(
        goes_on, user=OuterRef("pk"), trial__starts_on__lte=today
    )
    taken = Reminder.objects.filter(user=OuterRef("pk"), day=today).exclude(may_be_tried(now))
    return User.objects.annotate(
        earliest=Coalesce("reminderchoice__earliest_hour", EARLIEST_HOUR),
        latest=Coalesce("reminderchoice__latest_hour", LATEST_HOUR),
    ).filter(
        Exists(in_a_trial),
        ~Exists(taken),
        Q(reminderchoice__isnull=True) | Q(reminderchoice__wanted=True),
        is_active=True,
        earliest__lte=hour,
        latest__gt=hour,
    )


def _items(users: Sequence[User]) -> Mapping[int | None, list[ToDo]]:
    """Return by user what is worth a reminder, in the user's language."""
    people = defaultdict(list)
    # Not joined: a trial's plan is read once, not once for everybody who takes part.
    taking_part = access.taking_part().select_related(None).prefetch_related("trial")
    for one in taking_part.filter(user__in=users):
        people[one.user_id].append(one)
    items = defaultdict(list)
    for language in sorted({language_of(user) for user in users}):
        readers = [user for user in users if language_of(user) == language]
        with translation.override(language):
            found = to_do.left([one for user in readers for one in people[user.pk]])
        for item in _welcome(found):
            items[item.participant.user_id].append(item)
    return items


def _welcome(items: Sequence[ToDo]) -> list[ToDo]:
    """Return what is worth an email, less what was reminded of often enough without response."""
    worth = [item for item in items if item.reminded]
    reminded = _reminded(worth)
    return [
        item
        for item in worth
        if sum(_is_unanswered(day, item) for day in reminded[item.participant.pk, item.kind])
        < MOST_UNANSWERED
    ]


def _is_unanswered(day: datetime.date, item: ToDo) -> bool:
    return item.done_on is None or day > item.done_on


def _reminded(items: Sequence[ToDo]) -> Mapping[tuple[int, str], list[datetime.date]]:
    """Return by participant and kind on which days they were reminded.

    Whoever chose anew when reminders come has come back: what was before no longer counts.
    """
    chosen_at = F("reminder__user__reminderchoice__changed_at")
    sent = ReminderItem.objects.filter(
        Q(reminder__user__reminderchoice__isnull=True) | Q(reminder__tried_at__gt=chosen_at),
        participant__in={item.participant.pk for item in items},
    ).exclude(reminder__state=Reminder.State.REFUSED)
    days = defaultdict(list)
    for pk, kind, day in sent.values_list("participant", "kind", "reminder__day"):
        days[pk, kind].append(day)
    return days
