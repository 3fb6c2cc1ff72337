"""The steps of the set-up about the survey and the analysis."""

import re
from typing import Any

import pytest

from tests.measurement.lead.setting_up import ANALYSIS, Lead

pytestmark = pytest.mark.django_db


class TestSurvey:
    """The bands of the survey."""

    def bands(self, *rows: tuple[str, str], top: str = "60") -> dict[str, str]:
        found = {"top_band_minutes": top}
        for number, (low, high) in enumerate(rows, 1):
            found |= {f"low_{number}": low, f"high_{number}": high}
        return found

    def test_bands_are_stored(self, lead: Lead) -> None:
        trial = lead.save("survey/", self.bands(("0", "0"), ("", ""), ("1", "30"), ("30.5", "")))
        assert trial.survey["bands"] == [[0, 0], [1, 30], [30.5, ""]]

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ((), "Enter at least one answer"),
            ((("", "3"),), "Enter from how many minutes answer 1 is"),
            (
                (("1", ""), ("2", "3")),
                "Enter up to how many minutes: only the last answer may be open",
            ),
            ((("5", "3"),), "Each answer must start where the one before it ended or later"),
            ((("x", "3"),), "From in answer 1 must be a number, like 7.5"),
            ((("1", "1441"),), "Each answer must start where the one before it ended or later"),
            ((("90", ""),), "Minutes that the open answer counts must be no fewer than it starts"),
        ],
    )
    def test_bands_that_are_none(
        self, lead: Lead, rows: tuple[tuple[str, str], ...], said: str
    ) -> None:
        found = lead.refused("survey/", self.bands(*rows))
        assert len(found) == 1
        assert found[0].startswith(said)


class TestAnalysis:
    """The page with sound defaults."""

    def test_everything_is_stored_and_shown_again(self, lead: Lead) -> None:
        plan = lead.save("analysis/", ANALYSIS).plan
        assert plan["winsorise"] == [0.01, 0.975]
        assert (plan["confidence"], plan["subgroups"]) == (0.9, ["grade"])
        assert plan["exclude_flags"] == ["too_short", "duplicate"]
        page = lead.page("analysis/")
        assert 'name="longest" type="text"' in page
        assert re.search(r'name="longest"[^>]*value="2.5"', page)
        assert re.search(r'value="too_short"\s+checked', page)

    def test_without_chance_there_is_no_comparison_by_chance(self, lead: Lead) -> None:
        said = lead.refused("analysis/", ANALYSIS | {"treatment": "assigned"})
        assert said == ["Select one of the list"]
        assert "once you have said who gets AI, and when" in lead.page("analysis/")
        lead.choose("observational")
        assert "Without a comparison group there is only this" in lead.page("analysis/")
        lead.choose("task_randomised")
        lead.save("analysis/", ANALYSIS | {"treatment": "assigned"})

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"confidence": "100"}, "Confidence must be more than 0% and less than 100%"),
            (
                {"shortest": "60", "longest": "60"},
                "The shortest and the longest times that count as limits must be less than "
                "100% together",
            ),
            ({"longest": "101"}, "The shortest and the longest times that count as limits"),
            ({"treatment": "magic"}, "Select one of the list"),
            ({"exclude_flags": ["everything"]}, "Select only what is in the list"),
            ({"confidence": "1e5"}, "Confidence must be a number of per cent, like 95"),
        ],
    )
    def test_what_cannot_be(self, lead: Lead, changed: dict[str, Any], said: str) -> None:
        found = lead.refused("analysis/", ANALYSIS | changed)
        assert [one[: len(said)] for one in found] == [said]
