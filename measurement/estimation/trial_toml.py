"""A trial's definition as text: read with all its faults named, written, and its fingerprint.

As trial.toml and as the JSON of its sections; what is written is read back to an equal Trial.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from measurement.estimation.definition import (
    COVARIATES,
    DAY_BASES,
    DEFAULT_BANDS,
    DEFAULT_UNITS,
    FIXED_EFFECTS,
    FLAGS,
    KINDS,
    KINDS_WITH_ARMS,
    MINIMUM_PEOPLE,
    MULTIPLICITIES,
    SECTORS,
    STANDARD_ERRORS,
    STRATA,
    SUBGROUPS,
    TREATMENTS,
    UNITS,
    Arm,
    Assumptions,
    Design,
    Disclosure,
    Period,
    Plan,
    Survey,
    Trial,
)
from measurement.estimation.definition_table import (
    MAX_MINUTES,
    DefinitionErrors,
    DefinitionFault,
    Table,
    one_of,
)


def parse_trial(table: Mapping[str, Any]) -> Trial:
    """Build a Trial from a parsed trial.toml, or from the sections of `sections`.

    Dates may be dates or ISO text; None counts as left out.

    Raises:
        DefinitionErrors: with every fault at once.

    """
    faults: list[DefinitionFault] = []
    root = Table("", table, faults)
    about = root.section("trial")
    design = _design(root.section("design"))
    trial = Trial(
        slug=about.slug("slug"),
        title=about.text("title"),
        sector=about.choice("sector", "civil_service", SECTORS) or "",
        starts_on=about.date("starts_on"),
        ends_on=about.date("ends_on"),
        run_in_days=about.whole("run_in_days", 0, at_least=0, at_most=366) or 0,
        tools=about.texts("tools"),
        simulated=about.boolean("simulated", default=False),
        design=design,
        plan=_plan(root.section("plan"), design),
        assumptions=_assumptions(root.section("assumptions")),
        survey=_survey(root.section("survey")),
        disclosure=_disclosure(root.section("disclosure")),
    )
    about.refuse_unknown()
    root.refuse_unknown()
    faults.extend(_date_faults(trial))
    if faults:
        raise DefinitionErrors(faults)
    return trial


def _design(table: Table) -> Design:
    kind = table.parsed("kind", _kind, one_of(KINDS), "observational")
    default_unit = DEFAULT_UNITS[kind]
    # A task is a unit of exactly one design; the others randomise people or groups of them.
    units = ("task",) if kind == "task_randomised" else UNITS[1:]
    design = Design(
        kind=kind,
        unit=table.choice("unit", default_unit, units) or default_unit,
        arms=tuple(map(_arm, table.tables("arms"))),
        stratify_by=table.choices("stratify_by", (), STRATA) or (),
        periods=tuple(filter(None, map(_period, table.tables("periods")))),
        seed=table.whole("seed", 1, at_least=0) or 0,
    )
    table.refuse_unknown()
    _check_arms(table, design)
    _check_periods(table, design)
    return design


def _kind(given: object) -> str:
    if given not in KINDS:
        raise ValueError(given)
    return str(given)


def _arm(table: Table) -> Arm:
    arm = Arm(
        name=table.text("name"),
        ai=table.boolean("ai", default=None),
        ratio=table.whole("ratio", 1, at_least=1, at_most=1000) or 1,
    )
    table.refuse_unknown()
    return arm


def _period(table: Table) -> Period | None:
    name, starts_on, ends_on = table.text("name"), table.date("starts_on"), table.date("ends_on")
    table.refuse_unknown()
    if starts_on is None or ends_on is None:
        table.fail("starts_on, ends_on", None, "a first and a last day")
        return None
    if ends_on < starts_on:
        table.fail("ends_on", ends_on.isoformat(), f"a day from {starts_on} on")
    return Period(name, starts_on, ends_on)


def _check_arms(table: Table, design: Design) -> None:
    names = [arm.name for arm in design.arms]
    if len(set(names)) < len(names):
        table.fail("arms", names, "each name once")
    needed = bool(names) or design.kind in KINDS_WITH_ARMS
    if needed and {arm.ai for arm in design.arms} != {True, False}:
        table.fail("arms", names, "at least one arm with ai = true and one with ai = false")


def _check_periods(table: Table, design: Design) -> None:
    names = [period.name for period in design.periods]
    if len(set(names)) < len(names):
        table.fail("periods", names, "each name once")
    for earlier, later in zip(design.periods, design.periods[1:], strict=False):
        if later.starts_on <= earlier.ends_on:
            table.fail("periods", later.name, f"a period that starts after {earlier.ends_on}")


def _plan(table: Table, design: Design) -> Plan:
    treatment = "used" if design.kind == "observational" else "assigned"
    plan = Plan(
        treatment=table.choice("treatment", treatment, TREATMENTS) or treatment,
        fixed_effects=table.choices("fixed_effects", None, FIXED_EFFECTS),
        covariates=table.choices("covariates", (), COVARIATES) or (),
        standard_errors=table.choice("standard_errors", None, STANDARD_ERRORS),
        confidence=table.share("confidence", 0.95),
        day_basis=table.choice("day_basis", "working_days", DAY_BASES) or "",
        winsorise=table.pair("winsorise", (0.0, 1.0)),
        exclude_flags=table.choices("exclude_flags", (), FLAGS) or (),
        subgroups=_chosen(table.choices("subgroups", SUBGROUPS, SUBGROUPS)),
        multiplicity=table.choice("multiplicity", "holm", MULTIPLICITIES) or "",
        read_out_on=table.date("read_out_on"),
        planned_participants=table.whole("planned_participants", None, at_least=1),
        planned_logs_per_participant=table.whole("planned_logs_per_participant", None, at_least=1),
    )
    if plan.standard_errors == "HC3" and design.unit not in ("task", "participant"):
        table.fail("standard_errors", "HC3", f"cluster, as {design.unit}s are the units")
    table.refuse_unknown()
    return plan


def _chosen(choices: tuple[str, ...] | None) -> tuple[str, ...]:
    return choices or ()


def _assumptions(table: Table) -> Assumptions:
    assumptions = Assumptions(
        working_days_per_year=table.number("working_days_per_year", 225.0, above=0, at_most=366),
        hours_per_day=table.number("hours_per_day", 7.5, above=0, at_most=24),
        loaded_cost_per_hour=table.number("loaded_cost_per_hour", 30.0, above=0),
        licence_cost_per_month=table.number("licence_cost_per_month", 20.0),
    )
    table.refuse_unknown()
    return assumptions


def _survey(table: Table) -> Survey:
    bands = table.bands("bands", DEFAULT_BANDS)
    top = table.number("top_band_minutes", 60.0, at_most=MAX_MINUTES)
    low, high = bands[-1]
    if high is None and top < low:
        table.fail("top_band_minutes", top, f"a number of at least {low:g}, where the band starts,")
    table.refuse_unknown()
    return Survey(bands, top)


def _disclosure(table: Table) -> Disclosure:
    people = table.whole("minimum_people", MINIMUM_PEOPLE, at_least=MINIMUM_PEOPLE)
    table.refuse_unknown()
    return Disclosure(people or MINIMUM_PEOPLE)


def _date_faults(trial: Trial) -> list[DefinitionFault]:
    starts_on, ends_on = trial.starts_on, trial.ends_on
    faults = []
    if starts_on and ends_on and ends_on < starts_on:
        allowed = f"a day from {starts_on} (starts_on) on"
        faults.append(DefinitionFault("trial.ends_on", ends_on.isoformat(), allowed))
    for period in trial.design.periods:
        if (starts_on and period.starts_on < starts_on) or (ends_on and period.ends_on > ends_on):
            given = f"{period.starts_on} to {period.ends_on}"
            allowed = "a period within starts_on and ends_on of the trial"
            faults.append(DefinitionFault(f"design.periods {period.name!r}", given, allowed))
    return faults


def sections(trial: Trial) -> dict[str, dict[str, Any]]:
    """Return the five sections that are the promise, as JSON-able tables with all defaults.

    `parse_trial({"trial": ..., **sections(trial)})` gives them back.
    """
    return {
        "design": _jsonable(asdict(trial.design)),
        "plan": _jsonable(asdict(trial.plan)),
        "assumptions": _jsonable(asdict(trial.assumptions)),
        "survey": {
            "bands": [[low, "" if high is None else high] for low, high in trial.survey.bands],
            "top_band_minutes": trial.survey.top_band_minutes,
        },
        "disclosure": _jsonable(asdict(trial.disclosure)),
    }


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def plan_sha256(trial: Trial) -> str:
    """Return the SHA-256 of the trial's five sections."""
    return sections_sha256(sections(trial))


def sections_sha256(tables: Mapping[str, Any]) -> str:
    """Return the SHA-256 of sections as sorted-key compact UTF-8 JSON, in hexadecimal."""
    text = json.dumps(tables, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def to_toml(trial: Trial) -> str:
    """Write the trial.toml that `parse_trial` reads back to an equal Trial."""
    about = {
        "slug": trial.slug,
        "title": trial.title,
        "sector": trial.sector,
        "starts_on": trial.starts_on,
        "ends_on": trial.ends_on,
        "run_in_days": trial.run_in_days,
        "tools": trial.tools,
        "simulated": trial.simulated,
    }
    tables = {"trial": about, **sections(trial)}
    # Dates stay dates: TOML has a type for them.
    tables["design"] = asdict(trial.design)
    tables["plan"] = asdict(trial.plan)
    return "\n".join(_toml_table(name, table) for name, table in tables.items())


def _toml_table(name: str, table: Mapping[str, Any]) -> str:
    lines = [f"{key} = {_toml(value)}\n" for key, value in table.items() if value is not None]
    return f"[{name}]\n{''.join(lines)}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, except that TOML also escapes the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return value.isoformat() if isinstance(value, datetime.date) else repr(value)
