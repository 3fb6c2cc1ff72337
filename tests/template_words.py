"""The words of a template that do not go through the catalogue."""

from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes
from jinja2.visitor import NodeVisitor

TRANSLATING = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
SHOWN = {
    "ariaLabel",
    "html",
    "labelText",
    "landmarkLabel",
    "navigationLabel",
    "summaryText",
    "text",
    "titleText",
    "visuallyHiddenText",
}
"""Parameters of GOV.UK's components that people read or hear."""


def untranslated(source: str) -> list[str]:
    """Return the words of a template that do not go through the catalogue."""
    expressions = _Expressions()
    expressions.visit(Environment(extensions=["jinja2.ext.i18n"]).parse(source))
    markup = _Markup()
    markup.feed("".join(expressions.markup))
    return expressions.found + markup.found


class _Expressions(NodeVisitor):
    """Collects a template's markup, and the words that its expressions show."""

    def __init__(self) -> None:
        self.markup: list[str] = []
        self.found: list[str] = []

    def visit_TemplateData(self, node: nodes.TemplateData) -> None:  # noqa: N802 - Jinja's name
        self.markup.append(node.data)

    def visit_Call(self, node: nodes.Call) -> None:  # noqa: N802
        if not (isinstance(node.node, nodes.Name) and node.node.name in TRANSLATING):
            self.generic_visit(node)

    def visit_Pair(self, node: nodes.Pair) -> None:  # noqa: N802
        if isinstance(node.key, nodes.Const) and node.key.value in SHOWN:
            self.found += _texts(node.value)
        self.generic_visit(node)

    def visit_Output(self, node: nodes.Output) -> None:  # noqa: N802
        for part in node.nodes:
            self.found += _texts(part)
        self.generic_visit(node)


class _Markup(HTMLParser):
    """Collects the words between tags, and in the attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self._note(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("alt", "aria-label", "placeholder", "title"):
                self._note(value or "")

    def _note(self, text: str) -> None:
        if any(map(str.isalpha, text)):
            self.found.append(text.strip())


def _texts(node: nodes.Node | None) -> Iterator[str]:
    """Yield the texts with a letter in them that an expression may show."""
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and any(map(str.isalpha, node.value)):
            yield node.value
        return
    parts: list[nodes.Node | None] = []
    if isinstance(node, nodes.CondExpr):
        parts = [node.expr1, node.expr2]
    elif isinstance(node, nodes.Concat):
        parts = list(node.nodes)
    elif isinstance(node, nodes.BinExpr):
        parts = [node.left, node.right]
    for part in parts:
        yield from _texts(part)
