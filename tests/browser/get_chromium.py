"""Get a Chromium for the browser tests where there is none: `python -m tests.browser.get_chromium`.

Ways, in this order: Debian's package (as root), Playwright's own download, an npm package that
has one in it. Where none works, the browser tests are skipped, and this says so loudly.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import brotli
from playwright.sync_api import sync_playwright

from dashboards.chromium import find_chromium

NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
BIN = Path(sys.executable).parent


def main() -> int:
    """Find or get a Chromium; return 0 in any case, as all other tests can still run."""
    if found := _find():
        print(f"Chromium for browser tests: {found}")
        return 0
    for name, way in WAYS.items():
        print(f"No Chromium was found; getting {name}")
        if _works(way) and (found := _find()):
            print(f"Chromium for browser tests: {found}")
            return 0
    print(
        f"{'!' * 70}\nNO CHROMIUM WAS FOUND OR FETCHED: browser tests will be skipped\n{'!' * 70}"
    )
    return 0


def by_apt() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise OSError("needs root and apt-get")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends"]):
        package = ["chromium-headless-shell"] if "install" in words else []
        _run(["apt-get", "--quiet", "--quiet", *words, *package], environment)


def by_playwright() -> None:
    _run([sys.executable, "-m", "playwright", "install", "chromium-headless-shell"])


def by_npm() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        # npm installs where a package.json is: not into this project.
        (Path(scratch) / "package.json").write_text("{}")
        _run(["npm", "install", "--loglevel=error", "--no-save", NPM_PACKAGE], folder=scratch)
        packed = Path(scratch) / "node_modules" / "@sparticuz" / "chromium" / "bin"
        unpack(packed, BIN.parent / "chromium")


def unpack(packed: Path, folder: Path) -> None:
    """Unpack the npm package's browser and libraries, and put a starter for it on the PATH."""
    folder.mkdir(exist_ok=True)
    browser = folder / "chromium"
    browser.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    browser.chmod(0o755)
    for archive in packed.glob("*.tar.br"):
        tar = folder / archive.stem
        tar.write_bytes(brotli.decompress(archive.read_bytes()))
        shutil.unpack_archive(tar, folder)
    starter = BIN / "chromium-headless-shell"
    starter.write_text(
        f'#!/bin/sh\nLD_LIBRARY_PATH="{folder}/lib" exec "{browser}" --headless=shell "$@"\n'
    )
    starter.chmod(0o755)


WAYS = {
    "Debian's package": by_apt,
    "Playwright's own download": by_playwright,
    f"the npm package {NPM_PACKAGE}": by_npm,
}


def _find() -> str | None:
    with sync_playwright() as playwright:
        return find_chromium(playwright)


def _works(way: Callable[[], None]) -> bool:
    try:
        way()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"That did not work: {error}")
        return False
    return True


def _run(
    command: list[str], environment: dict[str, str] | None = None, folder: str | None = None
) -> None:
    subprocess.run(
        command, check=True, env=environment, cwd=folder, stdout=subprocess.DEVNULL, timeout=300
    )


if __name__ == "__main__":
    sys.exit(main())
