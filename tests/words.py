"""The Welsh catalogue: as written, as `make words` would write it, and what is wrong in it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from measurement.languages import WORDS

WRITTEN = WORDS.with_suffix(".po")
MARKS = re.compile(r"%\(\w+\)\w|%%|\{\w*\}|<[^>]*>")
"""What a translation must take over as it is: places for words of the program, and tags."""


def catalogue() -> Catalog:
    """Return the catalogue as it is written."""
    with WRITTEN.open("rb") as file:
        return read_po(file, locale="cy")


def updated(folder: Path) -> str:
    """Return the catalogue's text as `make words` would write it."""
    template, written = folder / "words.pot", folder / "django.po"
    written.write_bytes(WRITTEN.read_bytes())
    babel: Any = CommandLineInterface()
    babel.run(["pybabel", "-q", "extract", "--output-file", str(template)])
    files = ["--input-file", str(template), "--output-file", str(written)]
    babel.run(["pybabel", "-q", "update", "--locale", "cy", *files])
    return written.read_text()


def faults(messages: Iterable[Message]) -> list[str]:
    """Return what is wrong with translations: fuzzy, missing, or with other marks."""
    return [
        f"{message.id}: {fault}" for message in messages if message.id for fault in _faults(message)
    ]


def english(message: Message) -> list[str]:
    """Return what a message says in English: one text, or singular and plural."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def welsh(message: Message) -> list[str]:
    """Return what a message says in Welsh: one text, or the forms for 0, 1, 2, 3, 6 and others."""
    said = message.string
    return [said or ""] if isinstance(said, str | None) else [form or "" for form in said]


def _faults(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield "fuzzy"
    original = english(message)[-1]
    forms = welsh(message)
    if len(forms) != (1 if isinstance(message.id, str) else 6):
        yield f"has {len(forms)} forms"
    for form in forms:
        if not form.strip():
            yield "not translated"
        elif sorted(MARKS.findall(form)) != sorted(MARKS.findall(original)):
            yield f"other places for words or other tags: {form}"
        elif _end(form) != _end(original):
            yield f"ends differently: {form}"


def _end(text: str) -> str:
    """Return the full stop, colon or question mark at the end of a text."""
    return text[-1] if text[-1] in ".:?" else ""
