"""The files under the figures: named, marked, of the same numbers, and never of a small group."""

import csv
import io
import re

import pytest

from measurement import planning
from tests.dashboards.conftest import SMALL_GROUP, Led
from tests.dashboards.lead_pages import cells_of, client_of, content_of, text_of
from tests.freezes import next_freeze

pytestmark = pytest.mark.django_db


def test_nothing_moved_is_in_a_download(led: Led) -> None:
    moved = "?working_days_per_year=112.5&people=7"
    for name in ("all-results.csv", "main-figures.csv", "conventions.csv"):
        assert text_of(led, name) == text_of(led, name + moved)
    assert content_of(led, "all-tables.ods") == content_of(led, f"all-tables.ods{moved}")


def test_a_small_group_has_no_numbers_in_any_download(led: Led) -> None:
    # Three figures; in all results also who logs and who answers.
    for path, number in (("departments.csv", 3), ("all-results.csv", 5)):
        rows = list(csv.DictReader(io.StringIO(text_of(led, path))))
        small = [row for row in rows if row["group"] == SMALL_GROUP]
        assert len(small) == number
        for row in small:
            assert {row[name] for name in ("value", "ci_low", "ci_high", "logs")} == {"[c]"}
        others = [row for row in rows if row["dimension"] == "department" and row not in small]
        assert any(row["value"] == "[c]" for row in others), "subtraction would tell"
        assert any(row["value"] not in ("[c]", "[x]") for row in others)


def test_a_small_group_has_no_numbers_in_any_spreadsheet(led: Led) -> None:
    for path in ("departments.ods", "all-tables.ods"):
        (small,) = [row for row in cells_of(led, path) if row[0] == SMALL_GROUP]
        assert len(small) > 5
        assert {*small[1:]} == {"[c]"}


def test_spreadsheets_are_named_and_marked(led: Led) -> None:
    response = client_of(led.lead).get(f"/trials/{led.trial.slug}/departments.ods")
    assert response.headers["Content-Type"] == "application/vnd.oasis.opendocument.spreadsheet"
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="{led.trial.slug}-departments.ods"'
    )
    assert ["Simulated data"] in cells_of(led, "departments.ods")


def test_spreadsheets_are_made_anew_with_new_figures(led: Led) -> None:
    before = content_of(led, "all-tables.ods")
    assert content_of(led, "all-tables.ods") == before
    planning.lock(trial=led.trial, by=led.lead)
    with next_freeze(led.trial):
        later = cells_of(led, "all-tables.ods")
    assert any("The plan was locked on" in str(row[0]) for row in later)


def test_downloads_are_named_and_marked(led: Led) -> None:
    response = client_of(led.lead).get(f"/trials/{led.trial.slug}/departments.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="{led.trial.slug}-departments.csv"'
    )
    text = response.content.decode("utf-8-sig")
    assert "Simulated data" in text
    assert text.splitlines()[-1].startswith("End of file: ")


def test_every_link_to_a_download_works_and_tells_its_size(led: Led) -> None:
    page = text_of(led)
    links = set(re.findall(r'href="(/trials/[^"]+\.(csv|ods))" download>([^<]+)<', page))
    assert len(links) >= 14
    client = client_of(led.lead)
    for href, kind, text in links:
        size = len(client.get(href).content)
        assert text.endswith(f"({kind.upper()}, {max(1, round(size / 1024))} KB)")


def test_both_downloads_stand_under_each_figure(led: Led) -> None:
    sections = re.findall(r'<section [^>]*labelledby="([^"]+)">(.*?)</section>', text_of(led), re.S)
    drawn = {slug: html for slug, html in sections if "<figure" in html}
    assert len(drawn) >= 7
    for slug, html in drawn.items():
        place = f"/trials/{led.trial.slug}/{slug}"
        links = re.findall(r'href="([^"]+)" download>', html[html.index("</table>") :])
        assert links == [f"{place}.csv", f"{place}.ods"]
