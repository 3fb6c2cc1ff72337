"""`make bench`: print how fast things are, each beside the plain way, in one run."""

import sys

from benchmarks import engine, load


def main() -> int:
    """Run every benchmark and print its table; return the exit code."""
    engine.report()
    print(flush=True)
    return load.report()


if __name__ == "__main__":
    sys.exit(main())
