import datetime
import hashlib
import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.definition import (
    Arm,
    Assumptions,
    DefinitionErrors,
    Plan,
    Survey,
    Trial,
)
from measurement.estimation.trial_toml import parse_trial, plan_sha256, sections, to_toml

INTERFACE_EXAMPLE = """
[trial]
slug = "lesson-planning-2024"
title = "Lesson planning with an assistant"
sector = "education"
starts_on = 2024-09-30
ends_on = 2024-12-13
run_in_days = 0
tools = ["assistant"]

[design]
kind = "cluster"
unit = "team"
arms = [{ name = "control", ai = false, ratio = 1 }, { name = "ai", ai = true, ratio = 1 }]
stratify_by = ["department"]
seed = 1

[plan]
treatment = "assigned"
fixed_effects = ["task_type"]
covariates = []
standard_errors = "cluster"
confidence = 0.95
day_basis = "working_days"
winsorise = [0.0, 1.0]
exclude_flags = []
subgroups = ["department", "grade", "profession", "task_type"]
multiplicity = "holm"
read_out_on = 2024-12-20
planned_participants = 260
planned_logs_per_participant = 40

[assumptions]
working_days_per_year = 225
hours_per_day = 7.5
loaded_cost_per_hour = 30.0
licence_cost_per_month = 20.0

[survey]
bands = [[0, 0], [1, 10], [11, 20], [21, 30], [31, 60], [60, ""]]
top_band_minutes = 60

[disclosure]
minimum_people = 10
"""

ARMS = [{"name": "control", "ai": False}, {"name": "ai", "ai": True}]


def definition(kind: str = "observational", **tables: dict[str, Any]) -> dict[str, Any]:
    trial = {"slug": "t", "title": "T", **tables.pop("trial", {})}
    return {"trial": trial, "design": {"kind": kind, **tables.pop("design", {})}, **tables}


def faults(table: dict[str, Any]) -> list[str]:
    with pytest.raises(DefinitionErrors) as caught:
        parse_trial(table)
    return [fault.where for fault in caught.value.errors]


def test_the_documented_example_is_read() -> None:
    trial = parse_trial(tomllib.loads(INTERFACE_EXAMPLE))

    assert trial.starts_on == datetime.date(2024, 9, 30)
    assert trial.design.arms == (Arm("control", ai=False), Arm("ai", ai=True))
    assert trial.plan.fixed_effects == ("task_type",)
    assert trial.plan.planned_logs_per_participant == 40
    assert trial.survey == Survey()
    assert trial.assumptions == Assumptions()


def test_slug_title_and_kind_are_enough() -> None:
    trial = parse_trial(definition("crossover"))

    assert trial == Trial(slug="t", title="T", design=trial.design)
    assert (trial.design.unit, trial.design.seed, trial.sector) == (
        "participant",
        1,
        "civil_service",
    )


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("task_randomised", "task"),
        ("parallel", "participant"),
        ("cluster", "team"),
        ("crossover", "participant"),
        ("stepped_wedge", "team"),
        ("observational", "participant"),
    ],
)
def test_each_kind_has_its_unit(kind: str, unit: str) -> None:
    assert parse_trial(definition(kind, design={"arms": ARMS})).design.unit == unit


def test_observational_trials_compare_use_by_default() -> None:
    assert parse_trial(definition("observational")).plan.treatment == "used"
    assert parse_trial(definition("crossover")).plan == Plan()


@pytest.mark.parametrize("kind", ["parallel", "cluster"])
def test_arms_are_needed_with_and_without_ai(kind: str) -> None:
    assert faults(definition(kind)) == ["design.arms"]
    assert faults(definition(kind, design={"arms": ARMS[:1]})) == ["design.arms"]


@pytest.mark.parametrize("given", ["paralel", 3, ["cluster"], None])
def test_a_kind_that_cannot_be_is_named_once(given: object) -> None:
    with pytest.raises(DefinitionErrors) as caught:
        parse_trial({"trial": {"slug": "t", "title": "T"}, "design": {"kind": given}})
    assert [(fault.where, fault.given) for fault in caught.value.errors] == [("design.kind", given)]


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"plan": {"confidence": 1}}, "plan.confidence"),
        ({"plan": {"confidence": True}}, "plan.confidence"),
        ({"plan": {"winsorise": [0.9, 0.1]}}, "plan.winsorise"),
        ({"plan": {"exclude_flags": ["heaped"]}}, "plan.exclude_flags"),
        ({"plan": {"fixed_effects": ["task_type", "task_type"]}}, "plan.fixed_effects"),
        ({"plan": {"planned_participants": 0}}, "plan.planned_participants"),
        ({"plan": {"read_out_on": "2024-02-30"}}, "plan.read_out_on"),
        ({"plan": 3}, "plan"),
        ({"assumptions": {"hours_per_day": 25}}, "assumptions.hours_per_day"),
        (
            {"assumptions": {"licence_cost_per_month": float("nan")}},
            "assumptions.licence_cost_per_month",
        ),
        (
            {"assumptions": {"licence_cost_per_month": 10**400}},
            "assumptions.licence_cost_per_month",
        ),
        ({"survey": {"bands": [[0, 10], [5, 20]]}}, "survey.bands"),
        ({"survey": {"bands": [[0, ""], [5, 20]]}}, "survey.bands"),
        ({"survey": {"top_band_minutes": 30}}, "survey.top_band_minutes"),
        ({"disclosure": {"minimum_people": 9}}, "disclosure.minimum_people"),
        ({"design": {"unit": "task"}}, "design.unit"),
        ({"design": {"periods": [{"name": "1"}]}}, "design.periods[1].starts_on, ends_on"),
        ({"trial": {"slug": "a b"}}, "trial.slug"),
        ({"trial": {"title": "  "}}, "trial.title"),
        ({"trial": {"title": "a\x00b"}}, "trial.title"),
        ({"trial": {"tools": "assistant"}}, "trial.tools"),
        ({"trial": {"starts_on": "2024-10-02", "ends_on": "2024-10-01"}}, "trial.ends_on"),
        ({"trial": {"run_in_days": -1}}, "trial.run_in_days"),
    ],
)
def test_the_impossible_is_refused_where_it_stands(table: dict[str, Any], where: str) -> None:
    assert faults(definition(**table)) == [where]


def test_every_fault_is_named_at_once_with_the_nearest_name() -> None:
    table = definition("crossover", trial={"titel": "x"}, plan={"confidense": 0.9}, suvey={})

    with pytest.raises(DefinitionErrors) as caught:
        parse_trial(table)

    messages = [str(fault) for fault in caught.value.errors]
    assert len(messages) == 3
    assert any("trial.titel" in text and "'title'" in text for text in messages)
    assert any("plan.confidense" in text and "'confidence'" in text for text in messages)
    assert any("suvey" in text and "'survey'" in text for text in messages)


def test_periods_must_not_overlap_or_leave_the_trial() -> None:
    first = {"name": "1", "starts_on": "2024-09-02", "ends_on": "2024-09-27"}
    second = {"name": "2", "starts_on": "2024-09-27", "ends_on": "2024-10-25"}
    table = definition("crossover", design={"periods": [first, second]})
    assert faults(table) == ["design.periods"]

    second["starts_on"] = "2024-09-30"
    table = definition(
        "crossover", design={"periods": [first, second]}, trial={"ends_on": "2024-10-24"}
    )
    assert faults(table) == ["design.periods '2'"]


def test_the_hash_is_of_the_sections_as_canonical_json() -> None:
    trial = parse_trial(tomllib.loads(INTERFACE_EXAMPLE))
    text = json.dumps(sections(trial), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    assert plan_sha256(trial) == hashlib.sha256(text.encode("utf-8")).hexdigest()
    # Defaults that are written out are the same plan as defaults that are left out.
    short = definition("cluster", design={"arms": ARMS, "stratify_by": ["department"]})
    short["plan"] = {
        "fixed_effects": ["task_type"],
        "standard_errors": "cluster",
        "read_out_on": "2024-12-20",
        "planned_participants": 260,
        "planned_logs_per_participant": 40,
    }
    assert plan_sha256(parse_trial(short)) == plan_sha256(trial)
    short["plan"]["confidence"] = 0.9
    assert plan_sha256(parse_trial(short)) != plan_sha256(trial)


@given(
    title=st.text(min_size=1, max_size=50).map(str.strip).filter(lambda t: t and "\x00" not in t),
    confidence=st.floats(0, 1, exclude_min=True, exclude_max=True),
    cost=st.floats(0, allow_infinity=False),
    simulated=st.booleans(),
    effects=st.none() | st.just([]) | st.just(["participant", "week"]),
    day=st.none() | st.dates(),
)
def test_a_trial_survives_toml_and_json(
    title: str,
    confidence: float,
    cost: float,
    simulated: bool,
    effects: list[str] | None,
    day: datetime.date | None,
) -> None:
    periods = [{"name": "1", "starts_on": "2024-09-02", "ends_on": "2024-09-27"}]
    table = definition(
        "crossover",
        trial={"title": title, "simulated": simulated, "tools": [title]},
        design={"arms": ARMS, "periods": periods},
        plan={"confidence": confidence, "fixed_effects": effects, "read_out_on": day},
        assumptions={"licence_cost_per_month": cost},
    )
    trial = parse_trial(table)

    assert parse_trial(tomllib.loads(to_toml(trial))) == trial
    stored = json.loads(json.dumps(sections(trial)))
    assert parse_trial({"trial": table["trial"], **stored}) == trial


@pytest.mark.parametrize(
    ("section", "given", "where"),
    [
        (
            "design",
            {"periods": [{"name": "1", "starts_on": "2025-01-06", "ends_on": "2025-01-05"}]},
            "ends_on",
        ),
        (
            "design",
            {
                "periods": [
                    {"name": "1", "starts_on": "2025-01-06", "ends_on": "2025-01-10"},
                    {"name": "1", "starts_on": "2025-01-13", "ends_on": "2025-01-17"},
                ]
            },
            "design.periods",
        ),
        (
            "design",
            {"arms": [{"name": "a", "ai": True}, {"name": "a", "ai": False}]},
            "design.arms",
        ),
        ("design", {"arms": [{"name": "a", "ai": 1}, {"name": "b", "ai": False}]}, "ai"),
        ("plan", {"subgroups": "department"}, "plan.subgroups"),
        ("plan", {"read_out_on": "2025-02-30"}, "plan.read_out_on"),
        ("plan", {"read_out_on": 20250203}, "plan.read_out_on"),
        ("survey", {"bands": []}, "survey.bands"),
        ("survey", {"bands": [[0, 1, 2]]}, "survey.bands"),
    ],
)
def test_what_cannot_be_is_named(section: str, given: dict[str, Any], where: str) -> None:
    table = {"trial": {"slug": "t", "title": "T"}, "design": {"kind": "crossover"}}
    table[section] = {**table.get(section, {}), **given}

    with pytest.raises(DefinitionErrors) as caught:
        parse_trial(table)

    assert any(fault.where.endswith(where) for fault in caught.value.errors)
