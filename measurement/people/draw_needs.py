"""What a draw needs to know of everybody before they are invited: later nobody can add it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from measurement.estimation.allocation import COLUMNS
from measurement.models import Invitation, Trial
from measurement.people.faults import shown

WHOLE_UNITS: Final = ("team", "department")


@dataclass(frozen=True)
class DrawNeeds:
    """The unit that chance assigns as a whole, "" where it assigns each person or nobody.

    `alike`: the columns in which those of one unit must agree, as the draw is made within them.
    `known`: what each unit of those who were invited before has in these columns.
    """

    unit: str = ""
    alike: tuple[str, ...] = ()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def missing(self) -> str:
        """Return what to say where the unit is not given."""
        return f"the {self.unit} is missing: chance decides for each {self.unit} as a whole"

    def values(self, said: Mapping[str, str]) -> tuple[str, ...]:
        """Return what a row says in the columns in which its unit must agree."""
        return tuple(said.get(column, "") for column in self.alike)

    def unlike(self, unit: str, others: tuple[str, ...], where: str) -> str:
        """Return what to say of a row whose unit differs from what it is elsewhere."""
        names = " and ".join(self.alike)
        values = " and ".join(shown(one) if one else "none" for one in others)
        return (
            f"{shown(unit)} has another {names} {where}, {values}: chance decides for each "
            f"{self.unit} as a whole, within each {names}"
        )


def of_trial(trial: Trial) -> DrawNeeds:
    """Return what the trial's draw will need. One query at most."""
    design = trial.definition().design
    if design.kind not in COLUMNS or design.unit not in WHOLE_UNITS:
        return DrawNeeds()
    alike = tuple(column for column in design.stratify_by if column != design.unit)
    return DrawNeeds(design.unit, alike, _known(trial, design.unit, alike) if alike else {})


def _known(trial: Trial, unit: str, alike: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    paths = [f"{one}__name" if one != "team" else one for one in (unit, *alike)]
    rows = Invitation.objects.filter(trial=trial).order_by("pk").values_list(*paths)
    return {name: tuple(value or "" for value in values) for name, *values in rows if name}
