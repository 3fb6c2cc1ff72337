"""The words of the pages: all of them are in the catalogue, and in Welsh."""

import gettext
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from babel import Locale
from babel.messages import Message
from django import forms
from django.utils.functional import Promise

from measurement import pages
from tests import words
from tests.template_words import untranslated
from trialsite.embedded import ROOT

TEMPLATES = ROOT / "measurement" / "jinja2"
FOR_STAFF = ("api_docs.html", "lead/", "measurement/api_guide.html", "measurement/demo_codes.html")


def test_the_catalogue_is_what_make_words_writes(tmp_path: Path) -> None:
    assert words.updated(tmp_path) == words.WRITTEN.read_text(), "run `make words`, then translate"


def test_every_word_is_translated() -> None:
    messages = list(words.catalogue())
    assert len(messages) > 200
    assert words.faults(messages) == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (Message("Save", "Cadw", flags=["fuzzy"]), "fuzzy"),
        (Message("Save", ""), "not translated"),
        (Message("%(day)s at %(clock)s", "%(day)s am %(cloc)s"), "other places"),
        (Message("no more than {most}", "dim mwy na"), "other places"),
        (Message('<a href="%(x)s">Go</a>', '<a href="%(x)s">Ewch<a>'), "other tags"),
        (Message("zoom to 400%%", "chwyddo i 400%"), "other places"),
        (Message("What is it?", "Beth yw hi."), "ends differently"),
        (Message(("%(n)s task", "%(n)s tasks"), ("%(n)s tasg",) * 2), "has 2 forms"),
        (Message(("%(n)s task", "%(n)s tasks"), (*["%(n)s tasg"] * 5, "")), "not translated"),
    ],
)
def test_planted_faults_are_found(message: Message, fault: str) -> None:
    (found,) = words.faults([message])
    assert fault in found


def test_the_forms_are_those_of_welsh() -> None:
    rule = words.catalogue().plural_expr
    form = gettext.c2py(rule)
    names = ["zero", "one", "two", "few", "many", "other"]
    tags = [Locale("cy").plural_form(count) for count in range(50)]
    assert [names[form(count)] for count in range(50)] == tags


@pytest.mark.parametrize(
    "path",
    sorted(
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.*")
        if not path.relative_to(TEMPLATES).as_posix().startswith(FOR_STAFF)
    ),
)
def test_templates_hold_no_word_outside_of_the_catalogue(path: str) -> None:
    assert untranslated((TEMPLATES / path).read_text()) in ([], ["- Trialsite"])


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", "Hello"),
        ('<nav aria-label="Back">{{ _("Back") }}</nav>', "Back"),
        ('{{ govukButton({"text": "Start", "name": "act"}) }}', "Start"),
        ('{{ "Yes" if used else _("No") }}', "Yes"),
        ('{{ govukTag({"text": _("Out") if out else "In"}) }}', "In"),
        ('{{ exception or "No role" }}', "No role"),
        ('{% trans %}Hello{% endtrans %} and {{ _("goodbye") }}', "and"),
    ],
)
def test_planted_words_are_found(source: str, found: str) -> None:
    assert untranslated(source) == [found]


def all_forms() -> list[type[forms.BaseForm]]:
    """Return the forms of the pages."""
    modules = [
        __import__(f"{pages.__name__}.{module.name}", fromlist=["_"])
        for module in iter_modules(pages.__path__)
    ]
    members = [member for module in modules for _, member in getmembers(module, isclass)]
    ours = {one for one in members if issubclass(one, forms.BaseForm)}
    return sorted(
        (one for one in ours if one.__module__.startswith(pages.__name__)),
        key=lambda form: form.__name__,
    )


@pytest.mark.parametrize("form", all_forms(), ids=lambda form: form.__name__)
def test_labels_hints_and_errors_wait_for_the_language(form: Any) -> None:
    for name, field in form.base_fields.items():
        hidden = isinstance(field.widget, forms.HiddenInput)
        said = [] if hidden else [field.label, *filter(None, [field.help_text])]
        said += field.error_messages.values()
        said += [text for _, text in getattr(field, "choices", []) if not text.isdigit()]
        assert all(isinstance(text, Promise) for text in said), (name, said)
