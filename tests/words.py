"""The Welsh catalogue, and the words that the code asks to have in it."""

from babel.messages import Catalog
from babel.messages.pofile import read_po

from trialsite.embedded import ROOT

WRITTEN = ROOT / "measurement" / "locale" / "cy" / "LC_MESSAGES" / "django.po"
COMPILED = WRITTEN.with_suffix(".mo")


def catalogue() -> Catalog:
    """Return the catalogue as it is written."""
    with WRITTEN.open("rb") as file:
        return read_po(file, locale="cy")
