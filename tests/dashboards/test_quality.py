"""Quality stands beside time, and never sounds clearer than it is."""

import pytest

from dashboards import quality
from measurement.estimation.results import EstimateRow
from tests.dashboards.invented import missing, quality_row, results, row, trial

FASTER = row("time_ratio", 0.8, 0.75, 0.85)
SLOWER = row("time_ratio", 1.2, 1.1, 1.3)
UNCLEAR = row("time_ratio", 1.0, 0.9, 1.1)
NOT_SCORED = missing("quality_difference", "no task log has a quality score", scale="points")
NO_TIME = missing("time_ratio", "no task logs with AI")


@pytest.mark.parametrize(
    ("time", "of_quality", "said"),
    [
        (
            FASTER,
            quality_row(),
            "Tasks took 20% less time with AI; no clear difference in quality.",
        ),
        (
            FASTER,
            quality_row(-1.0, -1.4, -0.6),
            "Tasks took 20% less time with AI; quality was 1.0 point lower with AI on the scale "
            "from 1 to 5.",
        ),
        (
            SLOWER,
            quality_row(0.3, 0.1, 0.5),
            "Tasks took 20% more time with AI; quality was 0.3 points higher with AI on the scale "
            "from 1 to 5.",
        ),
        (
            UNCLEAR,
            quality_row(),
            "No clear difference in time per task; no clear difference in quality.",
        ),
        (NO_TIME, quality_row(), "No clear difference in quality. Time per task is not known."),
        (FASTER, NOT_SCORED, quality.NOT_KNOWN),
        (
            FASTER,
            quality_row(0.0, 0.0, 0.1),
            "Tasks took 20% less time with AI; no clear difference in quality.",
        ),
    ],
)
def test_the_finding_says_both(time: EstimateRow, of_quality: EstimateRow, said: str) -> None:
    found = quality.section(results(time, of_quality), trial())
    assert found is not None
    assert found.finding == said
    assert (found.figure is None) == (NOT_SCORED is of_quality or NO_TIME is time)
    assert bool(found.remarks) == (of_quality is not NOT_SCORED)


def test_results_without_a_row_of_either_have_no_section() -> None:
    assert quality.section(results(FASTER), trial()) is None
    assert quality.section(results(quality_row()), trial()) is None


def test_both_panels_have_their_own_axis_with_zero() -> None:
    found = quality.section(results(FASTER, quality_row(0.1, 0.0, 0.2)), trial())
    assert found is not None
    assert found.figure is not None
    layout = found.figure["layout"]
    assert layout["xaxis"]["ticksuffix"] == "%"
    low, high = layout["xaxis2"]["range"]
    assert low <= -0.5
    assert high >= 0.5, "a small difference must look small"
    upper, lower = layout["yaxis"]["domain"], layout["yaxis2"]["domain"]
    assert lower[1] < upper[0]
    assert found.table.rows[1][1] == "0.1 (0.0 to 0.2)"
    assert found.figure["data"][1]["customdata"][0].endswith("0.1 (0.0 to 0.2)")


def test_one_sentence_stands_below_the_headline() -> None:
    assert quality.sentence(results(quality_row())) == (
        "No clear difference in quality (95% confidence interval \N{MINUS SIGN}0.3 to 0.1 points "
        "on the scale from 1 to 5)."
    )
    assert quality.sentence(results(NOT_SCORED)) == quality.NOT_KNOWN
    assert quality.sentence(results()) == quality.NOT_KNOWN


def test_an_interval_shorter_than_its_rounding_has_a_width_all_the_same() -> None:
    """The unrounded interval may lie on one side of zero, so nothing is said to be unclear."""
    found = results(FASTER, quality_row(0.0, 0.0, 0.0))
    assert quality.sentence(found) == (
        "Little or no difference in quality (95% confidence interval within 0.05 points of 0.0 on "
        "the scale from 1 to 5)."
    )
    section = quality.section(found, trial())
    assert section is not None
    assert (
        section.finding == "Tasks took 20% less time with AI; little or no difference in quality."
    )
    assert section.remarks == (quality.OWN, quality.ROUNDED)
