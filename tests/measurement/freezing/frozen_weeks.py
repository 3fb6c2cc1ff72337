"""A trial with departments that is frozen week by week, and all that is published of it."""

import datetime
import re
from collections.abc import Callable
from dataclasses import replace

import time_machine
from django.db import transaction
from django.test import Client

from measurement import analysis, bundles, tokens
from measurement.estimation.bundle import Bundle
from measurement.models import ApiToken, Participant, Role, Snapshot, Trial, User
from tests.people import make_user
from tests.small_trials import short_trial

LEAD = "pat.ladle@example.com"
MONDAY = datetime.datetime(2026, 11, 23, 9, tzinfo=datetime.UTC)
LARGE, SMALLER, OTHER = "Bureau of Kites", "Office of Teapots", "Ministry of Ladles"
RATES = ("logging_rate", "response_rate")
SIZES = {LARGE: 30, SMALLER: 16, OTHER: 14}


def simulated(sizes: dict[str, int] = SIZES) -> Bundle:
    """Return a crossover with departments of these sizes; everybody has logs on both sides."""
    bundle = short_trial("crossover", participants=2 * sum(sizes.values()))
    used = bundle.task_logs.groupby("participant")["ai_used"].nunique()
    chosen = list(used.index[used == 2])[: sum(sizes.values())]
    names = [name for name, size in sizes.items() for _ in range(size)]
    people = bundle.participants.set_index("participant").loc[chosen].reset_index()
    assert len(people) == len(names)
    plan = replace(bundle.trial.plan, subgroups=("department",))
    return replace(
        bundle,
        trial=replace(bundle.trial, plan=plan),
        participants=people.assign(department=names),
        task_logs=bundle.task_logs[bundle.task_logs["participant"].isin(chosen)],
        survey_responses=bundle.survey_responses[
            bundle.survey_responses["participant"].isin(chosen)
        ],
    )


def frozen_trial() -> Trial:
    with time_machine.travel(MONDAY):
        trial = bundles.load(simulated())
        analysis.analyse(trial)
    return trial


def of(trial: Trial, department: str) -> list[Participant]:
    people = Participant.objects.filter(trial=trial, department__name=department)
    return list(people.order_by("pseudonym"))


def shown(trial: Trial) -> dict[str, bytes]:
    """Return every answer that is published, as bytes: pages, files, JSON."""
    lead = User.objects.filter(email=LEAD).first() or make_user(LEAD, (Role.LEAD, trial))
    client = Client()
    client.force_login(lead)
    page, run = (client.get(f"/trials/{trial.slug}/{name}").content for name in ("", "run/"))
    found = {"page": page, "run": run, "list": client.get("/trials/").content}
    for link in sorted(set(re.findall(rb'href="(/trials/[^"]+\.(?:csv|ods))"', page + run))):
        found[link.decode()] = client.get(link.decode()).content
    assert len(found) >= 15
    token = tokens.issue(user=lead, trial=trial, scopes=[ApiToken.Scope.RESULTS], days=1)
    api = Client(headers={"Authorization": f"Bearer {token}"})
    found["json"] = api.get(f"/api/v1/trials/{trial.slug}/results/").content
    return found


def world(trial: Trial, *acts: Callable[[], object]) -> dict[str, bytes]:
    """Return what is shown a week later if these things happen, and let none of it have been."""
    with transaction.atomic():
        with time_machine.travel(MONDAY + datetime.timedelta(days=2), tick=False):
            for act in acts:
                act()
        with time_machine.travel(MONDAY + datetime.timedelta(weeks=1), tick=False):
            analysis.analyse(trial)
            found = shown(trial)
        transaction.set_rollback(True)
    return found


def rows_of(trial: Trial, group: str) -> list[dict[str, object]]:
    """Return what is published of a group's task logs."""
    document = Snapshot.objects.filter(trial=trial).latest("week").document
    return [
        row
        for row in document["estimates"]
        if row["group"] == group and row["estimand"] not in RATES
    ]
