"""The lists of a trial that is set up: cleaned, changed, and kept where used."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from measurement.estimation.definition import (
    MAX_TEXT_LENGTH,
    is_storable_text,
)
from measurement.models import (
    AuditEvent,
    Trial,
    User,
)
from measurement.set_up_answers import LISTS
from measurement.set_up_refusals import Fault, Given, Refused

MAX_ENTRIES: Final = 500
"""The most entries of a list: pages show all of them."""
NEEDED: Final = {
    "task_types": "Choose or enter at least one type of task",
    "departments": "Enter at least one department",
}


def change_lists(trial: Trial, given: Given, by: User, reason: str) -> None:
    """Store the lists that the trial chooses from. Raises Refused."""
    wanted = {name: _cleaned(name, entries) for name, entries in given.items()}
    models = {name: model for lists in LISTS.values() for name, model in lists.items()}
    changes = {name: _change_list(trial, name, models[name], wanted[name]) for name in wanted}
    if any(added or removed for added, removed in changes.values()):
        lists = {
            name: {"added": added, "removed": removed} for name, (added, removed) in changes.items()
        }
        AuditEvent.objects.create(actor=by, trial_slug=trial.slug, act="change_lists", detail=lists)


def _cleaned(name: str, entries: Sequence[str]) -> list[str]:
    """Return the entries without spaces around them, each once. Raises Refused."""
    cleaned = list(dict.fromkeys(entry.strip() for entry in entries if entry.strip()))
    faults = [*_entry_faults(name, cleaned)]
    if name in NEEDED and not cleaned:
        faults.append(Fault(name, NEEDED[name]))
    if len(cleaned) > MAX_ENTRIES:
        faults.append(Fault(name, f"Enter {MAX_ENTRIES} lines or fewer"))
    if faults:
        raise Refused(*faults)
    return cleaned


def _entry_faults(name: str, entries: Iterable[str]) -> Iterable[Fault]:
    known: dict[str, str] = {}
    for entry in entries:
        if not is_storable_text(entry):
            yield Fault(name, f"Each line must be {MAX_TEXT_LENGTH} characters or fewer")
        same = known.setdefault(entry.casefold(), entry)
        if same != entry:
            yield Fault(name, f"“{same}” and “{entry}” differ in capital letters only: keep one")


def _change_list(
    trial: Trial, name: str, model: type[Any], wanted: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Make the list what is wanted; return what is new and what went. Raises Refused."""
    entries = model._default_manager.filter(trial=trial)
    # Taken before they are looked at: nobody begins to use one that is about to go.
    going = list(entries.exclude(name__in=wanted).select_for_update().order_by("pk"))
    used = [entry.name for entry in going if _is_used(entry)]
    if used:
        raise Refused(Fault(name, f"“{used[0]}” is in use already: it has to stay in the list"))
    model._default_manager.filter(pk__in=[entry.pk for entry in going]).delete()
    known = set(entries.values_list("name", flat=True))
    added = [entry for entry in wanted if entry not in known]
    model._default_manager.bulk_create(model(trial=trial, name=entry) for entry in added)
    return added, [entry.name for entry in going]


def _is_used(entry: Any) -> bool:
    relations = entry._meta.related_objects
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: entry}).exists()
        for relation in relations
    )
