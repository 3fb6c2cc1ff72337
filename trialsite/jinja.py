"""The template engine of the pages: Jinja, because GOV.UK components come as Jinja macros."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext
from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, PrefixLoader, Undefined

from measurement import wording
from measurement.languages import other_language, shown_language
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
        minute_words=wording.minute_words,
        navigation=navigation,
        oidc_name=lambda: settings.OIDC_NAME if settings.OIDC_SERVER_URL else None,
        other_language=other_language,
        shown_language=shown_language,
        static=static,
        url=reverse_url,
    )
    env.globals.update({name: getattr(bound_fields, name) for name in bound_fields.__all__})
    env.filters.update(
        date=wording.long_date,
        hours=wording.hours,
        minutes=wording.minutes,
        moment=wording.moment,
        number=wording.number,
        tasks=wording.tasks,
    )
    return env


def reverse_url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of the page `name`: `url("log")`."""
    return reverse(name, args=args, kwargs=kwargs)
