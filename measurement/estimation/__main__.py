"""`python -m measurement.estimation PATH --json`: the engine on a bundle, without a database."""

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from measurement.estimation.bundle import BundleErrors, read_bundle
from measurement.estimation.calendar import today
from measurement.estimation.evaluation import evaluate
from measurement.estimation.evidence import evidence_of
from measurement.estimation.report import as_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the results of the bundle at PATH; return 1, and say why, where it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m measurement.estimation", description=__doc__)
    parser.add_argument("path", type=Path, metavar="PATH", help="a trial bundle: folder or .zip")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument(
        "--as-of",
        type=datetime.date.fromisoformat,
        default=today(),
        help="last day that counts as a working day of a running trial (default: today)",
    )
    options = parser.parse_args(arguments)
    try:
        bundle = read_bundle(options.path)
    except BundleErrors as errors:
        for fault in errors.errors:
            print(fault, file=sys.stderr)
        return 1
    results = evaluate(evidence_of(bundle, options.as_of))
    print(json.dumps(results.as_json(), ensure_ascii=False) if options.json else as_text(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
