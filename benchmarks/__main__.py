"""`make bench`: print how fast things are, each beside the plain way, in one run."""

import sys

from benchmarks import dashboard, engine, load
from benchmarks.database import own_database


def main() -> int:
    """Run every benchmark and print its table; return the exit code."""
    engine.report()
    print(flush=True)
    with own_database():
        code = load.report()
        print(flush=True)
        dashboard.report()
    return code


if __name__ == "__main__":
    sys.exit(main())
