"""An authenticator app, from RFC 6238: its codes are a witness of the site's."""

import base64
import hmac
import struct
import time


def code_for(secret: str) -> str:
    """Return the 6 digits that the app shows now for a key."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
