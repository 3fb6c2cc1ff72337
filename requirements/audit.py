"""Audit a lock file: no known vulnerability, no withdrawn release. `python audit.py LOCK`.

The vulnerabilities come from the package index itself, by pip-audit. An index that is a mirror
may know none; then this says so, and only withdrawn ("yanked") releases are looked for.
"""

import json
import os
import subprocess
import sys
from typing import Any

AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian and its like
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora and its like
    "/etc/ssl/cert.pem",  # macOS
)


def main(lock: str) -> int:
    """Print what was found; return 1 for a vulnerability or a withdrawn release."""
    packages = audited(lock)
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {fault['fix_versions']}"
        for package in packages
        for fault in package.get("vulns", [])
    ]
    faults += withdrawn(lock)
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        print(
            f"WARNING: the package index told nothing about vulnerabilities of {len(unknown)} "
            f"of {len(packages)} packages: {', '.join(unknown[:3])} ..."
        )
    print("\n".join(faults) or f"{len(packages)} packages: no vulnerable or withdrawn one is known")
    return 1 if faults or not packages else 0


def audited(lock: str) -> list[dict[str, Any]]:
    """Return pip-audit's findings for every package of the lock file."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    done = subprocess.run(  # noqa: S603
        [*command, "--format", "json", "--progress-spinner", "off", "--requirement", lock],
        capture_output=True,
        text=True,
        check=False,
        env={"REQUESTS_CA_BUNDLE": trusted(), **os.environ},
    )
    if not done.stdout:
        raise SystemExit(f"pip-audit could not ask the package index:\n{done.stderr[-500:]}")
    findings: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return findings


def trusted() -> str:
    """Return the machine's file of trusted authorities, which a proxy's may be among, or ""."""
    return next((path for path in AUTHORITIES if os.path.exists(path)), "")


def withdrawn(lock: str) -> list[str]:
    """Return uv's warnings about releases that their authors withdrew."""
    command = [sys.executable, "-m", "uv", "pip", "sync", "--dry-run", "--reinstall", "--refresh"]
    done = subprocess.run(  # noqa: S603
        [*command, "--require-hashes", "--python", sys.executable, lock],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stderr.splitlines() if "is yanked" in line]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
