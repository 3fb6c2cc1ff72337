"""A reason to draw again, and what the command says that verifies draws."""

import io

from django.core.management import call_command

WHY = "Two teams were in the wrong department"


def verified(*command: str) -> str:
    out = io.StringIO()
    call_command("verify_draw", *command, stdout=out)
    return out.getvalue()
