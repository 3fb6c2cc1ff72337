"""A department that lies in one grade but for four people of the grade: what leaves the site."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine
from pytest_django import DjangoDbBlocker

from measurement import analysis, bundles, freezing, stored_results
from measurement.estimation.bundle import Bundle
from measurement.estimation.disclosure import published
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.overlaps import overlaps_of
from measurement.estimation.results import ALL, Results
from measurement.models import Trial
from tests.estimation.attacked_trials import Attack, attack_with, table_of
from tests.measurement.freezing.frozen_weeks import MONDAY, shown, simulated
from tests.stored_once import stored_once

KITES, TEAPOTS, LADLES = "Bureau of Kites", "Office of Teapots", "Ministry of Ladles"
DIMENSIONS = ("department", "grade")
SIX, SEVEN = "Grade 6", "Grade 7"


def nested() -> Bundle:
    bundle = simulated({KITES: 20, TEAPOTS: 24, LADLES: 30})
    people = bundle.participants
    grades = people["department"].map({KITES: SEVEN, TEAPOTS: SIX, LADLES: SIX})
    few = people.index[people["department"] == TEAPOTS][:4]
    grades.loc[few] = SEVEN
    plan = replace(bundle.trial.plan, subgroups=DIMENSIONS)
    return replace(
        bundle,
        trial=replace(bundle.trial, plan=plan),
        participants=people.assign(grade=grades),
    )


def frozen_trial() -> Trial:
    with time_machine.travel(MONDAY):
        trial = bundles.load(nested())
        analysis.analyse(trial)
    return trial


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Trial]:
    with stored_once(django_db_blocker, frozen_trial) as trial:
        yield trial


@pytest.fixture
def trial(db: None, stored: Trial) -> Trial:
    return Trial.objects.get(pk=stored.pk)


def attack(results: Results) -> Attack:
    """Return the attack with every group of which some row is shown."""
    rows = [row for row in results.estimates if row.participants is not None]
    groups = {
        (row.dimension, row.group) for row in rows if row.dimension in ("department", "grade")
    }
    return attack_with([(ALL, ALL), *sorted(groups)], table_of(nested()))


def told(results: Results) -> bool:
    found = attack(results)
    others = found.inside(("grade", SEVEN)) & ~found.inside(("department", KITES))
    assert found.number_of(others) == 4
    return found.tells(others)


def departments(results: Results) -> set[str]:
    rows = [row for row in results.estimates if row.dimension == "department"]
    return {row.group for row in rows if not row.suppressed}


def test_the_freeze_tells_nothing_of_the_four(trial: Trial) -> None:
    frozen = freezing.frozen_results(trial)
    assert frozen is not None
    assert not told(frozen.results)
    assert departments(frozen.results) == {LADLES}
    found = stored_results.latest_results(trial)
    assert found is not None
    assert told(published(found.results, minimum_people=10)), "each breakdown alone"


def test_the_engine_without_the_site_publishes_the_same(trial: Trial) -> None:
    with time_machine.travel(MONDAY):
        evidence = evidence_of(nested(), MONDAY.date())
    results = published(evaluate(evidence), minimum_people=10, overlaps=overlaps_of(evidence))
    frozen = freezing.frozen_results(trial)
    assert frozen is not None
    assert departments(results) == departments(frozen.results)


def test_page_files_and_json_have_no_number_of_what_the_freeze_withholds(trial: Trial) -> None:
    found = shown(trial)
    rows = json.loads(found["json"])["estimates"]
    for row in (row for row in rows if row["dimension"] in DIMENSIONS):
        hidden = row["group"] in (KITES, TEAPOTS)
        assert row["suppressed"] == hidden, row
        assert not hidden or row["value"] is row["participants"] is row["logs"] is None
    files = {name: text.decode("utf-8-sig") for name, text in found.items() if name.endswith("csv")}
    lines = [line for text in files.values() for line in csv.reader(text.splitlines())]
    hidden_lines = [line for line in lines if {KITES, TEAPOTS} & {*line}]
    assert hidden_lines
    for line in hidden_lines:
        assert "[c]" in line, line
    assert not [line for line in lines if LADLES in line and "[c]" in line]
