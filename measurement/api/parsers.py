"""Reads JSON strictly: what two readers could understand differently is refused."""

import json
from typing import IO, Any

from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from measurement.api.problems import INVALID_BODY, TOO_LARGE, Fault, Problem, named

MAX_BODY_BYTES = 65_536
# A larger body is read to its end, up to here, because a server that closes the connection on
# unread data takes the answer away from a client that is still sending.
MAX_DRAINED_BYTES = 16 * 1024 * 1024
EXACT_DIGITS = 15  # whole numbers of so many digits are exact as floats


class StrictJSONParser(BaseParser):
    """Parser of UTF-8 `application/json`.

    `NaN` and `Infinity`, which are not JSON, come through as floats, so that the field that holds
    one can be named when it is refused.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        """Return the value. Raises Problem (400)."""
        return loads(stream.read())


def refuse_large_body(request: HttpRequest) -> None:
    """Raise Problem (413) for a body above the limit, whatever else is wrong with the request."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return  # Django reads no body then
    if length <= MAX_BODY_BYTES:
        return
    drained = 0
    while drained < MAX_DRAINED_BYTES and (chunk := request.read(MAX_BODY_BYTES)):
        drained += len(chunk)
    raise Problem(
        TOO_LARGE, f"The body is too large; at most {MAX_BODY_BYTES:,} bytes are allowed."
    )


def loads(body: bytes) -> Any:
    """Return the JSON value of `body`. Raises Problem (400)."""
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_object_of_unique_names, parse_int=_whole_number
        )
    except UnicodeDecodeError as error:
        raise Problem(
            INVALID_BODY, f"The body is not UTF-8: byte {error.start} cannot be read."
        ) from None
    except json.JSONDecodeError as error:
        raise Problem(
            INVALID_BODY,
            f"The body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.",
        ) from None
    except RecursionError:
        raise Problem(INVALID_BODY, "The body is nested too deeply.") from None


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Problem(
                INVALID_BODY,
                "A name in the body is not unique.",
                faults=[Fault(field=named(name), given="more than once", allowed="once")],
            )
        found[name] = value
    return found


def _whole_number(text: str) -> int | float:
    # int() raises for thousands of digits; a float becomes infinite and its field is named.
    return int(text) if len(text) <= EXACT_DIGITS else float(text)
