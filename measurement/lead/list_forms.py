"""The forms of the steps that ask for lists: task types and tools, departments and grades."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from fixtures.reference import GRADES, PROFESSIONS, TASK_TYPES, TOOLS
from measurement.lead.choice_fields import Ticks
from measurement.lead.step_form import Part, StepForm
from measurement.pages.fields import LinesField


def lines_field(label: str, help_text: str) -> LinesField:
    """Return a field with one entry a line, none being allowed."""
    return LinesField(label=label, help_text=help_text, required=False)


class TasksForm(StepForm):
    """What people log: the usual types of task of the sector, others, and tools."""

    saying: ClassVar = {"task_types": "own"}
    own = lines_field("Other types of task", "One a line. Leave it empty if there are none.")
    tools = lines_field(
        "Which AI tools are on trial?", f"One a line, for example {', '.join(TOOLS)}."
    )

    def extend(self, stored: Mapping[str, Any]) -> None:
        """Offer the usual types of task of the sector."""
        usual = {name: name for name in TASK_TYPES[self.trial.sector]}
        label = "Which types of task do people log?"
        self.fields["usual"] = Ticks(usual, label=label, help_text="Select all that apply.")

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the usual types as ticks, the others as lines."""
        usual = TASK_TYPES[self.trial.sector]
        types = stored["task_types"]
        return {
            "usual": usual if self.is_new and not types else [one for one in types if one in usual],
            "own": _as_lines(one for one in types if one not in usual),
            "tools": _as_lines(stored["tools"]),
        }

    def given(self) -> dict[str, Any]:
        """Return both lists."""
        said = self.cleaned_data
        return {
            "task_types": [*said["usual"], *said["own"].split("\n")],
            "tools": said["tools"].split("\n"),
        }

    def parts(self) -> Iterator[Part]:
        """Yield the usual types first."""
        yield self.part(["usual", "own", "tools"])


class ListsForm(StepForm):
    """Where people work, and as what."""

    departments = lines_field(
        "Departments",
        "One a line: every employer of people who take part. Each is one you can compare later.",
    )
    grades = lines_field(
        "Grades", "One a line. The usual ones are filled in: change them to yours."
    )
    professions = lines_field(
        "Professions", "One a line. The usual ones are filled in: change them to yours."
    )

    def shown(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is stored, the first time with the usual grades and professions."""
        usual = {"grades": GRADES, "professions": PROFESSIONS} if self.is_new else {}
        return {name: _as_lines(stored[name] or usual.get(name, ())) for name in stored}

    def given(self) -> dict[str, Any]:
        """Return the three lists."""
        names = ("departments", "grades", "professions")
        return {name: self.cleaned_data[name].split("\n") for name in names}


def _as_lines(entries: Iterable[str]) -> str:
    return "\n".join(entries)
