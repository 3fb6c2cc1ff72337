"""A draw in plain words: what chance decides, and how alike it made the sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.dateparse import parse_date

from measurement import wording
from measurement.estimation.checks_of_assignment import IMBALANCED
from measurement.estimation.definition import Arm, Design
from measurement.estimation.draw_balance import ALIKE, BEYOND_CHANCE, UNLIKE, WITHHELD
from measurement.models import Draw

MARK: Final = "[c]"
"""What government statistics show for a confidential number."""
ONE: Final = {"participant": "person", "team": "team", "department": "department"}
SEVERAL: Final = {"participant": "people", "team": "teams", "department": "departments"}
HEADINGS: Final = {"department": "Department", "grade": "Grade", "profession": "Profession"}
LIKENESS: Final = {
    ALIKE: "Alike",
    UNLIKE: "Unlike ({}), as chance often leaves",
    BEYOND_CHANCE: "Unlike ({}), larger than chance usually leaves",
    WITHHELD: MARK,
}


@dataclass(frozen=True)
class Table:
    """A table of texts; the first of each row names it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def what_is_drawn(design: Design) -> list[str]:
    """Return in a few sentences what chance decides in a design that is drawn."""
    one, several = ONE[design.unit], SEVERAL[design.unit]
    sentences = [_decided(design, one, several)]
    if design.unit != "participant":
        sentences.append(f"Everybody in a {one} gets the same.")
    if design.stratify_by:
        within = " and ".join(design.stratify_by)
        sentences.append(
            f"The draw is made within each {within}, so that these are spread evenly. What does "
            "not divide evenly is evened out over all of them together."
        )
    return sentences


def _decided(design: Design, one: str, several: str) -> str:
    if design.kind == "crossover":
        return (
            f"Chance decides for each {one} in which order the periods with and without AI come: "
            "about half begin without AI, half with AI."
        )
    if design.kind == "stepped_wedge":
        return (
            f"Chance decides for each {one} on which of your dates it is given AI: "
            f"about as many {several} on each date."
        )
    arms = [_arm_words(arm) for arm in design.arms]
    ratio = " to ".join(str(arm.ratio) for arm in design.arms)
    listed = f"{', '.join(arms[:-1])} or {arms[-1]}"
    return f"Chance decides for each {one}: {listed}, in the ratio {ratio}."


def _arm_words(arm: Arm) -> str:
    """Return an arm's name, and whether it has AI unless its name says just that."""
    given = "with AI" if arm.ai else "without AI"
    return f"“{arm.name}”" if arm.name.casefold() == given.casefold() else f"“{arm.name}” ({given})"


def option_words(draw: Draw) -> list[str]:
    """Return the options of a draw as a page names them."""
    values = [value for value, _ in draw.options]
    if draw.column == "ai_from":
        return [wording.long_date(day) for day in map(parse_date, values) if day]
    if draw.column == "sequence":
        return [", then ".join({"A": "without", "B": "with"}[one] for one in v) for v in values]
    return values


def balance_tables(draw: Draw) -> list[Table]:
    """Return the tables of what the draw made: all of it first, then by group."""
    found: Mapping[str, Any] = draw.balance
    options = option_words(draw)
    tables = [_all_together(draw, options)]
    for name, groups in found["groups"].items():
        rows = tuple(
            (one["name"], likeness_words(one["likeness"]), *map(people_words, one["people"]))
            for one in groups
        )
        caption = f"People by {HEADINGS[name].lower()}"
        tables.append(Table(caption, (HEADINGS[name], "Compared", *options), rows))
    return tables


def _all_together(draw: Draw, options: Sequence[str]) -> Table:
    found = draw.balance
    columns = {"People": [people_words(count) for count in found["people"]]}
    if found["units"]:
        name = SEVERAL[draw.design["unit"]].capitalize()
        columns[name] = [f"{count:,}" for count in found["units"]]
    columns["Minutes before"] = [MARK if mean is None else f"{mean:g}" for mean in found["minutes"]]
    rows = tuple(zip(options, *columns.values(), strict=True))
    return Table("All together", ("", *columns), rows)


def likeness_words(likeness: Mapping[str, Any]) -> str:
    """Return how alike the sides are in one respect."""
    return LIKENESS[likeness["verdict"]].format(_size(likeness["difference"]))


def _size(difference: float | None) -> str:
    if difference is None:
        return "nothing in common"
    return "just over 0.1" if difference <= IMBALANCED else f"{difference:.1f}"


def people_words(count: int | None) -> str:
    """Return a number of people as leads may see it."""
    return MARK if count is None else f"{count:,}"


def is_of_strata(draw: Draw) -> bool:
    """Return whether the draw was made within groups."""
    return bool(draw.design["stratify_by"])


def has_newcomers(draw: Draw) -> bool:
    """Return whether some get without chance what their team has."""
    return any(lot is None for _, lot, _ in draw.people)


def summary_rows(draw: Draw) -> list[dict[str, Any]]:
    """Return what is told of a draw that is over, as rows of govukSummaryList."""
    counts = [
        f"{name}: {people_words(count)}"
        for name, count in zip(option_words(draw), draw.balance["people"], strict=True)
    ]
    words = {
        "People": "; ".join(counts),
        "Proposed": f"{wording.moment(draw.proposed_at)} by {draw.proposed_by}",
    }
    if draw.confirmed_at:
        words["Confirmed"] = f"{wording.moment(draw.confirmed_at)} by {draw.confirmed_by}"
    if draw.dropped_at:
        words["Replaced"] = f"{wording.moment(draw.dropped_at)} by {draw.dropped_by}"
        words["Reason"] = draw.dropped_because
    words["Seed"] = str(draw.design["seed"])
    hashes = {"Hash of the input": draw.input_sha256, "Hash of the outcome": draw.outcome_sha256}
    return [
        {"key": {"text": name}, "value": {"text": text, "classes": "site-breakable"}}
        for name, text in (words | hashes).items()
    ]


def has_unlike(draw: Draw) -> bool:
    """Return whether the sides are unlike in anything that is shown."""
    found = [draw.balance["minutes_likeness"]]
    found += [one["likeness"] for groups in draw.balance["groups"].values() for one in groups]
    return any(likeness["verdict"] in (UNLIKE, BEYOND_CHANCE) for likeness in found)
