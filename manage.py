#!/usr/bin/env python
"""Run a management command, with the embedded servers where no others are named."""

import os
import sys
from importlib import import_module

from django.core.management import execute_from_command_line

from trialsite import embedded

# These need no database: help and checks should not wait for a server.
WITHOUT_SERVERS = {"help", "check", "collectstatic", "spectacular"}


def main() -> None:
    """Start what the command needs, run it, stop what was started."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in WITHOUT_SERVERS:
        execute_from_command_line(sys.argv)
        return
    # Importing the settings reads .env, which decides whether embedded servers are needed.
    import_module("trialsite.settings")
    with embedded.running():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
