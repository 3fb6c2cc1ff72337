"""Ask the web server whether it is well: `python -m trialsite.probe [/healthz | /readyz]`.

Exit 0 when it is, else 1. The question goes to this machine, under the name in SITE_URL, as
the site refuses other names.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit


def ask(path: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Return status and body; status 0 and the reason where nobody answers."""
    port = int(environment.get("PORT", "8000"))
    host = urlsplit(environment.get("SITE_URL", f"http://127.0.0.1:{port}")).netloc
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Print the answer and return the exit code."""
    status, body = ask(arguments[0] if arguments else "/healthz", os.environ)
    print(status, body.strip())
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
