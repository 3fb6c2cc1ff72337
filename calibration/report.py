"""Writes the table: what was simulated, what came out, what was allowed."""

from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from typing import Final

from calibration.figures import COVERAGE, COVERED, MOST_ALARMS, POWER_WITHIN, Band, Figure
from calibration.scenarios import (
    FEW,
    HEAVY_TAILS,
    LOGNORMAL,
    LOGS_PER_PARTICIPANT,
    LOOKS,
    MANY,
    RAMP_WEEKS,
    RECIPE,
    SEEDS_A_SCENARIO,
    STUDENT_T,
    TASK_TYPES,
    TEAM_SIZE,
    TIME_RATIOS,
)
from calibration.trials import POWER

ALLOWED: Final = "Allowed"

ABOUT: Final = """# Calibration

Are the intervals as wide as they should be? Trials with a known truth were simulated, analysed as
real ones are, and the answers counted. `make calibrate` wrote this file and writes it again, byte
for byte; it ends with an error where a figure is outside of what is allowed.

Code version {version}. {trials:,} trials for each line. Seeds: trial k (from 0) of the scenario
of number s has the seed s x {seeds:,} + k; scenarios are numbered in the tables.

## What was simulated

- {many} clusters or {few}. Where teams are randomised or rolled out to, a cluster is a team of
  {team}, else a participant. Half of them are in each of two departments; chance assigns within
  departments.
- {weeks} weeks, {days} working days. People log {logs} tasks each on average, unequally: the
  number is Poisson with a gamma-distributed mean of shape {shape:g}. {leave:g} % leave on some day.
- log(minutes) = task type + participant (standard deviation {participant}) + team ({team_sd}) +
  task ({error}). A participant's tasks and a team's are so correlated.
- {adopters:g} % use AI when they have it, for {use:g} % of their tasks; for each such task
  {novel} are done only because AI exists.
- Where AI is used, log(minutes) changes by the logarithm of the design's time ratio x {types} for
  the task types, plus a deviation of the participant's own (standard deviation {effect_sd}). Time
  ratios: {ratios}.
- In the stepped wedge the effect grows in equal steps over the first {ramp} weeks of access.
- Errors of tasks are normal, so that minutes are lognormal and have a mean. For heavy tails they
  follow Student's t with {t:g} degrees of freedom, of the same standard deviation, on the scale
  of log(minutes). Minutes then have no mean, so that only the time ratio has a truth.

Truths are expectations under this recipe, computed without any estimator; `truth.json` of every
simulated trial states them, weights included. Effects per task weigh task types by their numbers
of logs. With randomised tasks, time_ratio and minutes_saved_per_task are those of the trial's own
participants; elsewhere they are those of people like them. In the stepped wedge they are the mean
over the groups and weeks that have others to be compared with, and there is no complier_time_ratio
here: its two-way regression averages a growing effect in a way of its own.

"±" is the Monte Carlo standard error of a share. "Bias" is the mean of (estimate - truth) /
standard error. "No answer" counts trials that were too small for an answer; the share is that of
the others.
"""


def calibration_table(figures: Sequence[Figure]) -> str:
    """Return the document, in Markdown."""
    return "\n".join([_about(figures), *_sections(figures), *_verdict(figures)])


def failures(figures: Sequence[Figure]) -> list[str]:
    """Return a line for each figure that is outside of what is allowed."""
    return [
        f"{figure.scenario.design}, {figure.scenario.clusters} clusters, {figure.scenario.kind}, "
        f"{figure.name}: {_percent(figure.share)}, allowed: {_band(figure.band)}"
        for figure in figures
        if not figure.inside
    ]


def _about(figures: Sequence[Figure]) -> str:
    first, last = RECIPE.starts_on, RECIPE.ends_on
    weeks = ((last - first).days + 7) // 7
    return ABOUT.format(
        version=metadata.version("trialsite"),
        trials=figures[0].trials,
        seeds=SEEDS_A_SCENARIO,
        many=MANY,
        few=FEW,
        team=TEAM_SIZE,
        weeks=weeks,
        days=5 * weeks,
        logs=LOGS_PER_PARTICIPANT,
        shape=RECIPE.logging_shape,
        leave=100 * RECIPE.withdrawals,
        participant=RECIPE.participant_sd,
        team_sd=RECIPE.team_sd,
        error=RECIPE.error_sd,
        adopters=100 * RECIPE.adopters,
        use=100 * RECIPE.use_by_adopters,
        novel=RECIPE.novel_per_ai_task,
        types=", ".join(f"{relative:g}" for *_, relative in TASK_TYPES),
        effect_sd=RECIPE.effect_sd,
        ratios=", ".join(f"{design} {ratio:g}" for design, ratio in TIME_RATIOS.items()),
        ramp=RAMP_WEEKS,
        t=STUDENT_T,
    )


def _sections(figures: Sequence[Figure]) -> Iterator[str]:
    for title, words, picked, columns in SECTIONS:
        inside = [figure for figure in figures if picked(figure)]
        if inside:
            yield f"## {title}\n\n{words}\n"
            yield _table(columns, inside)


def _table(columns: "Columns", figures: Sequence[Figure]) -> str:
    rows = [[cell(figure) for cell in columns.values()] for figure in figures]
    lines = [list(columns), ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _verdict(figures: Sequence[Figure]) -> Iterator[str]:
    yield "## Verdict\n"
    outside = failures(figures)
    if not outside:
        yield "Every figure is inside of what is allowed.\n"
        return
    yield f"{len(outside)} of {len(figures)} figures are outside of what is allowed:\n"
    yield "\n".join(f"- {line}" for line in outside) + "\n"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _band(band: Band | None) -> str:
    if band is None:
        return "-"
    return f"{100 * band.low:.1f} to {100 * band.high:.1f} %"


def _inside(figure: Figure) -> str:
    if figure.band is None:
        return "for comparison"
    return "yes" if figure.inside else "**no**"


Columns = dict[str, Callable[[Figure], str]]
_SCENARIO: Final[Columns] = {
    "Scenario": lambda figure: str(figure.scenario.number),
    "Design": lambda figure: figure.scenario.design,
    "Clusters": lambda figure: str(figure.scenario.clusters),
}
_SHARE: Final[Columns] = {
    "±": lambda figure: _percent(figure.monte_carlo_error),
    ALLOWED: lambda figure: _band(figure.band),
    "Inside": _inside,
}
_ANSWERED: Final[Columns] = {
    "Bias": lambda figure: f"{figure.distance:+.2f}",
    "No answer": lambda figure: str(figure.trials - figure.answered),
}
_COVERED: Final[Columns] = {
    **_SCENARIO,
    "Figure": lambda figure: figure.name,
    "Covered": lambda figure: _percent(figure.share),
    **_SHARE,
    **_ANSWERED,
}
_FOUND: Final[Columns] = {
    **_SCENARIO,
    "Found": lambda figure: _percent(figure.share),
    "Foreseen": lambda figure: _percent(figure.foreseen or 0.0),
    **_SHARE,
}
_ALARMS: Final[Columns] = {
    **_SCENARIO,
    "Counted": lambda figure: figure.name,
    "Share": lambda figure: _percent(figure.share),
    **_SHARE,
}
_LIMITS: Final = (
    f"Allowed: {_band(Band(*COVERAGE[True]))} with {MANY} clusters, "
    f"{_band(Band(*COVERAGE[False]))} with {FEW}."
)
SECTIONS: Final[Sequence[tuple[str, str, Callable[[Figure], bool], Columns]]] = (
    (
        "Coverage of 95 % intervals",
        f"Share of the trials whose interval holds the truth. {_LIMITS}",
        lambda figure: figure.scenario.kind == LOGNORMAL and figure.name in COVERED,
        _COVERED,
    ),
    (
        "Coverage with heavy tails",
        f"The same where tasks have errors of Student's t. {_LIMITS}",
        lambda figure: figure.scenario.kind == HEAVY_TAILS,
        _COVERED,
    ),
    (
        "False alarms of daily looks",
        "AI changes nothing, errors have heavy tails, and the time ratio is looked at after every "
        "day with task logs. Share of the trials in which any look leaves out a time ratio of 1. "
        f"At most {100 * MOST_ALARMS:g} % is allowed for the always-valid interval; the fixed one, "
        "which is good for one look, is beside it.",
        lambda figure: figure.scenario.kind == LOOKS,
        _ALARMS,
    ),
    (
        "Power",
        "Share of the trials that find the effect on the time ratio (p < 0.05), and what the power "
        f"calculator foresees. They may differ by {100 * POWER_WITHIN:g} points.",
        lambda figure: figure.name == POWER,
        _FOUND,
    ),
)
