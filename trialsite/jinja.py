"""The template engine of the pages: Jinja, because GOV.UK components come as Jinja macros."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext, pgettext
from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, PrefixLoader, Undefined

from measurement.pages import bound_fields
from trialsite.navigation import navigation

COMPONENTS = "govuk_frontend_jinja"


def environment(*, loader: BaseLoader, **options: Any) -> Environment:
    """Return the environment of every page; Django passes the applications' `loader`."""
    components = PrefixLoader({COMPONENTS: PackageLoader(COMPONENTS)})
    env = Environment(  # noqa: S701 - Django passes autoescape=True in `options`
        loader=ChoiceLoader([loader, components]),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        # Django would print what is missing into the page under DEBUG; the macros count on nothing.
        **options | {"undefined": Undefined},
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    env.globals.update(
        demo=lambda: settings.DEMO,
        navigation=navigation,
        oidc_name=lambda: settings.OIDC_NAME if settings.OIDC_SERVER_URL else None,
        static=static,
        url=reverse_url,
    )
    env.globals.update({name: getattr(bound_fields, name) for name in bound_fields.__all__})
    env.filters.update(date=long_date, moment=moment, number=number, minutes=minutes)
    return env


def reverse_url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of the page `name`: `url("log")`."""
    return reverse(name, args=args, kwargs=kwargs)


def long_date(day: date) -> str:
    """Return a day as people say it: 3 October 2024. A moment counts as its day in London."""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return f"{day.day} {day:%B %Y}"


def moment(at: datetime) -> str:
    """Return a moment in London as people say it: 3 October 2024 at 2:05pm."""
    local = timezone.localtime(at)
    clock = f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
    return f"{long_date(local)} at {clock}"


def number(value: float, decimals: int = 0) -> str:
    """Return a number with commas between thousands: 1,234 or, with 1 decimal, 1,234.5."""
    return f"{value:,.{decimals}f}"


def minutes(value: float) -> str:
    """Return a length of time: 1 minute, 25 minutes, 2.5 minutes."""
    shown = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{shown} minute" if shown == "1" else f"{shown} minutes"
