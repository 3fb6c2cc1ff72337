"""What a page consists of, and what people type into the form of a task."""

import html
import re
from html.parser import HTMLParser
from typing import Protocol
from uuid import uuid4

from django.utils import timezone

from tests.people import TASK_TYPES


class Answer(Protocol):
    """What the test client returns."""

    @property
    def content(self) -> bytes: ...


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.text = answer.content.decode()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(self.text)

    @property
    def words(self) -> str:
        """What a reader sees, in one line."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", "", self.text)).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, attribute: str) -> list[str]:
        return [
            attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes
        ]

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*)</title>", self.text)
        return found.group(1) if found else ""

    @property
    def key(self) -> str:
        found = re.search(r'name="key" value="([^"]*)"', self.text)
        return found.group(1) if found else ""


def answers(**changes: str) -> dict[str, str]:
    today = timezone.localdate()
    return {
        "key": str(uuid4()),
        "task_type": TASK_TYPES[0],
        "ai": "tool:Wordmill",
        "minutes": "25",
        "date_day": str(today.day),
        "date_month": str(today.month),
        "date_year": str(today.year),
        "quality": "4",
        **changes,
    }
