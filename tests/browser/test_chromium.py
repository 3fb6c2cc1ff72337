"""Pictures and PDF: made whole, without a network, for people with and without a screen."""

import base64
import io
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from dashboards import chromium, figures
from dashboards.measures import PER_WORKING_DAY
from tests.dashboards.invented import department_rows, row

SVG = "{http://www.w3.org/2000/svg}"
PAGE = """<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Kettles, 2026</title>
</head><body><h1>Kettles</h1><p>Minutes.</p><h2>Departments</h2>
<img alt="Three departments saved time." src="data:image/svg+xml;base64,{picture}">
<table><tr><th scope="col">Unit</th></tr><tr><td>Board of Kites</td></tr></table>
<img alt="Far away." src="https://example.com/x.png">
<script>document.title = "Changed"</script></body></html>"""


def make() -> tuple[chromium.Picture, bytes]:
    figure = figures.forest(department_rows(), row(), PER_WORKING_DAY)
    assert figure is not None
    try:
        with chromium.printer() as printer:
            picture = printer.picture(figure)
            again = printer.picture(figure)
            pdf = printer.pdf(PAGE.format(picture=base64.b64encode(picture.svg).decode()))
    except chromium.NoChromium:
        pytest.skip("NO CHROMIUM WAS FOUND: nothing was tested in a browser")
    assert len(again.svg) == len(picture.svg)
    return picture, pdf


@pytest.fixture(scope="module")
def made() -> tuple[chromium.Picture, bytes]:
    """Have them made in a thread: that of other browser tests runs a browser already."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(make).result()


def test_the_svg_has_the_names_as_text(made: tuple[chromium.Picture, bytes]) -> None:
    picture = ElementTree.fromstring(made[0].svg)
    assert picture.tag == f"{SVG}svg"
    assert picture.attrib["width"] == str(chromium.WIDTH)
    words = " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    assert "Board of Kites" in words
    assert "<b>Left-handed</b>" in words
    assert not [*picture.iter(f"{SVG}script")]


def test_the_png_has_twice_as_many_pixels(made: tuple[chromium.Picture, bytes]) -> None:
    picture = made[0]
    assert picture.png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture.png[16:24])
    svg = ElementTree.fromstring(picture.svg)
    assert (width, height) == (2 * chromium.WIDTH, 2 * int(svg.attrib["height"]))


def test_the_pdf_is_tagged_and_has_title_language_and_outline(
    made: tuple[chromium.Picture, bytes],
) -> None:
    reader = PdfReader(io.BytesIO(made[1]))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title == "Kettles, 2026"
    titles = [item if isinstance(item, list) else item.title for item in reader.outline]
    assert titles[0] == "Kettles"
    tags = _tags(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure"} <= tags
    text = reader.pages[0].extract_text()
    assert "Board of Kites" in text
    assert "Page 1 of 1" in text


def _tags(node: object) -> set[str]:
    """Return the kinds of elements below the node."""
    node = getattr(node, "get_object", lambda: node)()
    if isinstance(node, list):
        return {tag for child in node for tag in _tags(child)}
    if not isinstance(node, dict):
        return set()
    own = {str(node["/S"])} if "/S" in node else set()
    return own | _tags(node.get("/K"))


# Another user than root who may make no further namespaces, as in a container.
CONFINED = (
    *("unshare", "--user", "--map-root-user", "sh", "-c"),
    "echo 1 > /proc/sys/user/max_user_namespaces && exec unshare --user --map-user=10001"
    ' --map-group=10001 setpriv --no-new-privs env HOME=/nowhere "$@"',
    "sh",
)
PRINTS = """
import os
from dashboards.chromium import printer
with printer() as one:
    print(os.geteuid(), one.pdf("<!doctype html><title>T</title><h1>Kettles</h1>")[:5].decode())
"""


def test_it_prints_where_chromium_has_no_sandbox(made: tuple[chromium.Picture, bytes]) -> None:
    if shutil.which("unshare") is None or not _starts([*CONFINED, "true"]):
        pytest.skip("this machine confines nothing in the way of a container")
    assert not _starts([*CONFINED, "unshare", "--user", "true"]), "there would be a sandbox"
    run = [*CONFINED, sys.executable, "-c", PRINTS]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["10001", "%PDF-"]


def _starts(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_without_a_chromium_it_says_so(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    class Nothing:
        class chromium:  # noqa: N801 - Playwright's name
            executable_path = "/nowhere/chromium"

    assert chromium.find_chromium(Nothing()) is None  # type: ignore[arg-type]
