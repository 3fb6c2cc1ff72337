"""From fields of Django forms to the parameters of GOV.UK's component macros."""

from collections.abc import Iterable
from typing import Any, Final

from django.forms import BaseForm, BoundField, MultiWidget
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

__all__ = [
    "choice_params",
    "count_params",
    "date_params",
    "error_links",
    "select_params",
    "text_params",
    "tick_params",
]

Params = dict[str, Any]

_PARTS: Final = {"_day": _("Day"), "_month": _("Month"), "_year": _("Year")}
# One number of each of the plural categories by which the browser chooses its words.
PLURALS: Final = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 6, "other": 4}
COUNT: Final = "%{count}"
"""Where the browser puts the number."""


def error_links(form: BaseForm) -> list[Params]:
    """Return the error summary's list: each error links to the control that mends it."""
    links = [{"text": str(error)} for error in form.non_field_errors()]
    for field in form:
        href = {} if field.is_hidden else {"href": f"#{_first_control(field)}"}
        links += [{"text": str(error), **href} for error in field.errors]
    return links


def text_params(field: BoundField, **params: Any) -> Params:
    """Return the parameters of govukInput, govukTextarea or govukSelect but for the items."""
    return _params(field) | {"id": field.auto_id, "label": _label(field), **params}


def select_params(field: BoundField, **params: Any) -> Params:
    """Return the parameters of govukSelect for a choice field; nothing is chosen beforehand."""
    return text_params(
        field, items=[{"value": "", "text": gettext("Choose one")}, *_items(field)], **params
    )


def choice_params(field: BoundField, **params: Any) -> Params:
    """Return the parameters of govukRadios for a choice field."""
    legend = {"legend": _label(field)}
    return _params(field) | {
        "idPrefix": field.auto_id,
        "fieldset": legend,
        "items": _items(field),
        **params,
    }


def tick_params(field: BoundField, **params: Any) -> Params:
    """Return the parameters of govukCheckboxes for a yes-or-no field: one box with its label."""
    box: Params = {"value": "true", "text": str(field.label), "checked": bool(field.value())}
    if field.help_text:
        box["hint"] = {"text": str(field.help_text)}
    rest = {key: value for key, value in _params(field).items() if key not in ("hint", "value")}
    return rest | {"idPrefix": field.auto_id, "items": [box], **params}


def count_params(field: BoundField, **params: Any) -> Params:
    """Return the parameters of govukCharacterCount for a text that has a longest length."""
    limit = getattr(field.field, "max_length", None)
    up_to = gettext("You can enter up to %(count)s characters") % {"count": f"{limit:,}"}
    return text_params(
        field,
        maxlength=limit,
        textareaDescriptionText=up_to,
        charactersAtLimitText=_characters_left(0),
        charactersUnderLimitText={name: _characters_left(n) for name, n in PLURALS.items()},
        charactersOverLimitText={name: _characters_too_many(n) for name, n in PLURALS.items()},
        **params,
    )


def _characters_left(n: int) -> str:
    words = ngettext(
        "You have %(count)s character remaining", "You have %(count)s characters remaining", n
    )
    return words % {"count": COUNT if n else 0}


def _characters_too_many(n: int) -> str:
    words = ngettext(
        "You have %(count)s character too many", "You have %(count)s characters too many", n
    )
    return words % {"count": COUNT}


def date_params(field: BoundField, **params: Any) -> Params:
    """Return the parameters of govukDateInput for a field of day, month and year."""
    shown = {key: value for key, value in _params(field).items() if key not in ("name", "value")}
    return shown | {
        "id": field.auto_id,
        "fieldset": {"legend": _label(field)},
        "items": _date_parts(field),
        **params,
    }


def _params(field: BoundField) -> Params:
    """Return what all components share."""
    value = field.value()
    params: Params = {"name": field.html_name, "value": "" if value is None else str(value)}
    if field.help_text:
        params["hint"] = {"text": str(field.help_text)}
    if field.errors:
        params["errorMessage"] = {
            "text": str(field.errors[0]),
            "visuallyHiddenText": pgettext("before the words of an error", "Error"),
        }
    return params


def _label(field: BoundField) -> Params:
    return {"text": str(field.label), "classes": "govuk-!-font-weight-bold"}


def _items(field: BoundField) -> list[Params]:
    choices: Iterable[tuple[object, object]] = getattr(field.field, "choices", ())
    return [{"value": str(value), "text": str(text)} for value, text in choices]


def _date_parts(field: BoundField) -> list[Params]:
    widget = field.field.widget
    values = field.value()
    if not isinstance(values, list):
        values = widget.decompress(values)
    faulty = _faulty_parts(field)
    return [
        {
            "id": f"{field.auto_id}{suffix}",
            "name": f"{field.html_name}{suffix}",
            "label": str(_PARTS[suffix]),
            "value": "" if value is None else str(value),
            "classes": _width(suffix) + (" govuk-input--error" if suffix in faulty else ""),
        }
        for suffix, value in zip(widget.widgets_names, values, strict=True)
    ]


def _width(suffix: str) -> str:
    return f"govuk-input--width-{4 if suffix == '_year' else 2}"


def _faulty_parts(field: BoundField) -> list[str]:
    """Return the parts that an error is about: the missing ones, else all."""
    suffixes: list[str] = field.field.widget.widgets_names
    codes = {f"_{error.code}" for error in field.errors.as_data()}
    return [suffix for suffix in suffixes if suffix in codes] or (suffixes if codes else [])


def _first_control(field: BoundField) -> str:
    if isinstance(field.field.widget, MultiWidget):
        return field.auto_id + next(iter(_faulty_parts(field)), "")
    return field.auto_id
