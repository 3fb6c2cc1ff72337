"""docs/statistics.md names all that a result can hold, as the code has it."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from measurement.estimation.cells import EXCLUSION_RULES
from measurement.estimation.checks import CHECKS
from measurement.estimation.definition import KINDS, MULTIPLICITIES, SUBGROUPS
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.flags import FLAG_RULES
from measurement.estimation.history import TUNING_FIELDS
from measurement.estimation.results import Check, EstimateRow, LogCounts, Results
from measurement.estimation.rows import SCALES
from measurement.estimation.sensitivity import SensitivityRow
from measurement.estimation.simulate import simulate
from measurement.estimation.specifications import SPECIFICATIONS
from measurement.estimation.suppression import OVERLAPPING
from tests.estimation.frames import AS_OF

DOCUMENT = Path(__file__).parents[1] / "docs" / "statistics.md"
NAMED = set(re.findall(r"`([A-Za-z0-9_]+)`", DOCUMENT.read_text(encoding="utf-8")))


def keys_of(*parts: type) -> set[str]:
    """Return the keys that these parts of results have."""
    return {field.name for part in parts for field in fields(part)}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({*SCALES}, id="estimands"),
        pytest.param({*SPECIFICATIONS}, id="samples of task logs"),
        pytest.param({*SUBGROUPS, *OVERLAPPING}, id="dimensions"),
        pytest.param({name for names in CHECKS.values() for name in names}, id="checks"),
        pytest.param({rule.name for rule in FLAG_RULES}, id="flags"),
        pytest.param({*EXCLUSION_RULES}, id="exclusions"),
        pytest.param({*KINDS}, id="designs"),
        pytest.param({*MULTIPLICITIES}, id="adjustments"),
        pytest.param(keys_of(Results, LogCounts, Check), id="keys of results"),
        pytest.param(keys_of(EstimateRow), id="keys of rows"),
        pytest.param(keys_of(SensitivityRow) | {*TUNING_FIELDS}, id="keys of tables"),
    ],
)
def test_the_document_has_the_names_of_the_code(names: set[str]) -> None:
    assert names - NAMED == set()


# Between them they have every sample; the other designs' names are among theirs.
@pytest.mark.parametrize("design", ["parallel", "task_randomised", "stepped_wedge"])
def test_the_document_has_every_name_of_a_trials_results(design: str) -> None:
    """A small trial has all rows: those that it is too small for say so, under their names."""
    data = simulate(participants=12, logs_per_participant=3, design=design, seed=1).bundle
    data.task_logs.loc[0, "censored"] = True

    results = evaluate(evidence_of(data, AS_OF))

    rows = results.estimates
    names = {name for row in rows for name in (row.estimand, row.sample, row.dimension, row.scale)}
    names |= {row.standard_errors for row in rows if row.standard_errors}
    # The document has interactions once, for all dimensions.
    names |= {check.check.removeprefix("interaction_") for check in results.checks}
    assert names - NAMED == set()
    assert "tobit" in names
