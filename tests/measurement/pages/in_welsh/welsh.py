"""Whether a page or an email is all in Welsh."""

import functools
import html
import re
from html.parser import HTMLParser

from measurement.models import Language, User
from tests import words
from tests.measurement.pages.page import Answer, Page
from tests.people import TASK_TYPES, TOOLS

ENGLISH = re.compile(r"\b(the|you|your|and|was|were|with|that|this|for|not|have|how|what)\b", re.I)
"""Words of nearly every English sentence that are no Welsh words."""
SHORT = len(" at ")
"""So short a text between two words of the program may be in a Welsh sentence: hyd at."""
SAID_IN_ATTRIBUTES = (
    "aria-label",
    "alt",
    "placeholder",
    "title",
    "data-words",
    "data-saved",
    "data-i18n",
)
NAMES = (
    *TASK_TYPES,
    *TOOLS,
    *(f"The {slug} trial" for slug in ("teapot", "kettle", "coin")),
    "English",
    "Trialsite",
)


class Texts(HTMLParser):
    """What people read or hear of a page, piece by piece."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(re.sub(r"</?(strong|a|span|code)\b[^>]*>", "", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value for name, value in attrs if value and name.startswith(SAID_IN_ATTRIBUTES)
        ]

    def handle_data(self, data: str) -> None:
        self.found.append(" ".join(data.split()))


@functools.cache
def translated() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return English texts that are not the same in Welsh, and the look of those with gaps."""
    texts = {
        text
        for message in words.catalogue()
        for text in (words.english(message) if message.id else ())
        if text not in words.welsh(message)
    }
    whole, with_gaps = set(), []
    for text in sorted(texts):
        plain = re.sub(r"</?\w[^>]*>", "", text).replace("%%", "%")
        parts = re.split(r"%\(\w+\)s|\{\w+\}", plain)
        if len(parts) == 1:
            whole.add(plain)
        elif len("".join(parts)) > SHORT:
            with_gaps.append(".+".join(map(re.escape, parts)))
    return frozenset(whole), re.compile("|".join(with_gaps))


@functools.cache
def is_english(piece: str) -> bool:
    whole, with_gaps = translated()
    said = piece.strip()
    return bool(ENGLISH.search(piece) or said in whole or with_gaps.fullmatch(said))


def english_in(text: str) -> list[str]:
    """Return the pieces of a page that are in English; names of a trial's lists are data."""
    found = []
    for piece in Texts(text).found:
        for name in NAMES:
            piece = piece.replace(name, "")
        if is_english(piece):
            found.append(piece)
    return found


def english_in_email(text: str) -> list[str]:
    """Return the lines of an email that are in English; addresses of pages are no words."""
    lines = re.sub(r"https?://\S+", "", text).splitlines()
    return [line for line in lines if english_in(html.escape(line))]


def assert_welsh(answer: Answer) -> Page:
    """Return the page, of which every word must be in Welsh."""
    page = Page(answer)
    assert '<html lang="cy"' in page.text
    assert english_in(page.text) == []
    return page


def read_welsh(user: User) -> None:
    """Have a user read Welsh."""
    user.language = Language.WELSH.value
    user.save()
