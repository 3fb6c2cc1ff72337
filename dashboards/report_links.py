"""Links to the files of a report: what each is, of which kind, and how big. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from dashboards.downloads import size_words
from dashboards.pages import ALL_RESULTS
from dashboards.section import Section

WHOLE: Final = "report"
"""The name of the files that hold all of a report, and their place among the links."""
KINDS: Final = {
    "pdf": "PDF",
    "ods": "ODS",
    "csv": "CSV",
    "svg": "SVG picture",
    "png": "PNG picture",
}
"""The kinds of files in the order of their links."""


@dataclass(frozen=True)
class StoredFile:
    """A file by its name, such as departments.csv, and its size in bytes."""

    name: str
    size: int

    @property
    def subject(self) -> str:
        """The section that it shows, "report" for all of it."""
        return self.name.rpartition(".")[0]

    @property
    def kind(self) -> str:
        """How its name ends."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class FileLink:
    """A link and its words."""

    href: str
    text: str


def file_links(
    files: Iterable[StoredFile], sections: Iterable[Section], address: Callable[[str], str]
) -> dict[str, list[FileLink]]:
    """Return the links by the slug of their section; those to all of the report at "report".

    `address` says where a file is, by its name.
    """
    titles = {section.slug: section.title for section in sections}
    titles |= {WHOLE: "The whole report", ALL_RESULTS: "All results"}
    kinds = [*KINDS]
    links = defaultdict(list)
    for file in sorted(files, key=lambda file: (file.subject != WHOLE, kinds.index(file.kind))):
        place = WHOLE if file.subject == ALL_RESULTS else file.subject
        what = titles[file.subject]
        words = (
            f"Download {what[:1].lower()}{what[1:]} ({KINDS[file.kind]}, {size_words(file.size)})"
        )
        links[place].append(FileLink(address(file.name), words))
    return dict(links)
