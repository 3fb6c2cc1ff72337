"""In which language somebody is spoken to.

Once signed in the account says it, on every device; before that the session does. The pages of
staff and the API are in English.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from measurement.models import Language, User

IN_ENGLISH: Final = (
    "/.well-known/",
    "/api-guide/",
    "/api/",
    "/compare-trials/",
    "/demo/",
    "/healthz",
    "/load-a-trial/",
    "/progress/",
    "/readyz",
    "/reports/",
    "/start-a-trial/",
    "/trials/",
)
"""What the addresses begin with that are for staff and programs."""
WORDS: Final = Path(__file__).parent / "locale" / "cy" / "LC_MESSAGES" / "django.mo"
_CHOSEN: Final = "language_chosen"
_SPOKEN: Final = "language_spoken"
"""In the session of nobody yet: the language somebody chose, and that of who just signed out."""


def language_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return what answers each request in its language.

    Raises ImproperlyConfigured without the compiled words: pages would fall back to English.
    """
    if not WORDS.exists():
        raise ImproperlyConfigured(f"{WORDS.name} is missing: run `make install`")

    def answer(request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return answer


def language_of(request: HttpRequest) -> str:
    """Return the code of the language to answer in."""
    if _is_in_english(request):
        return Language.ENGLISH.value
    if isinstance(request.user, User):
        return request.user.language
    session = request.session
    return str(session.get(_CHOSEN) or session.get(_SPOKEN) or Language.ENGLISH.value)


def language_for_email(request: HttpRequest, address: str) -> str:
    """Return the language of an email: chosen in this session, else the account's, else spoken.

    One query, whether or not there is an account.
    """
    stored = User.objects.filter(email=address.lower()).values_list("language", flat=True).first()
    return str(request.session.get(_CHOSEN) or stored or language_of(request))


def shown_language() -> str:
    """Return the code of the language that is spoken now: en or cy."""
    spoken = translation.get_language()
    return Language.WELSH.value if spoken == Language.WELSH else Language.ENGLISH.value


def other_language(request: HttpRequest | None) -> Language | None:
    """Return the language that the page can be had in besides its own; None for staff's pages."""
    if request is None or _is_in_english(request):
        return None
    return Language.ENGLISH if shown_language() == Language.WELSH else Language.WELSH


def choose(request: HttpRequest, language: Language) -> None:
    """Keep the language that somebody chose: at the account, before sign-in in the session."""
    if isinstance(request.user, User):
        _store(request.user, language)
    else:
        request.session[_CHOSEN] = language.value


def take_over(request: HttpRequest, user: User) -> None:
    """Give an account, at its sign-in, the language that was chosen before it, if any."""
    request.session.pop(_SPOKEN, None)
    chosen = request.session.pop(_CHOSEN, None)
    if chosen is not None:
        _store(user, Language(chosen))


@contextmanager
def kept_on_signing_out(request: HttpRequest) -> Iterator[None]:
    """Let the session after a sign-out speak as before. Who signs in next has chosen nothing."""
    chosen, spoken = request.session.get(_CHOSEN), language_of(request)
    yield
    if chosen is not None:
        request.session[_CHOSEN] = chosen
    elif spoken != Language.ENGLISH:
        request.session[_SPOKEN] = spoken


def _is_in_english(request: HttpRequest) -> bool:
    return request.path.startswith(IN_ENGLISH)


def _store(user: User, language: Language) -> None:
    if user.language != language:
        user.language = language.value
        user.save(update_fields=["language"])
