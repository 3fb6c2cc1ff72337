"""When a published answer moves: only once the data of enough people behind it changed.

The rule of METHODS.md section 9 over time. A figure that is frozen anew, less the same figure of
before, must not tell of fewer people than a figure itself may. A cell is what moves as one: the
rows about one group from one kind of data. Whether it does is asked in these steps:

1. On each side of its comparison the data of nobody or of enough people changed since its own
   answer was frozen, and somewhere of enough (`changed_people.py`).
2. What is left of a total once its parts are taken off tells nothing either. Groups that keep
   their old answers are left together with those whose answers are withheld, and what changed in
   them together must be the data of enough people too, or of nobody; and so must what changed in
   the task logs that a sample leaves out (`left_over.py`). So parts move with their total alone.
3. Nor do groups of one dimension less those of another, as of today or over time (`changes.py`).

`moving.py` asks this; `frozen_rows.py` makes the rows, `sightings.py` keeps what later freezes
have to be compared with besides. An answer that stays does not tell whether nobody's data changed
or too few people's.

A total that moves and its parts are looked at together, kind of data by kind (what is a part of
what: `parts_of_totals.py`). Weeks and waves of taking part are parts of no total: who logged in
one week is not what is left of those who ever did. So each moves by itself, as it must: a week
that is over changes for few.

What has no cell of its own (counts of task logs, checks, the plan that figures follow) is of
the same moment as the figures over everybody.
"""

from collections.abc import Mapping
from dataclasses import replace

from measurement.estimation.changes import PROFILES_SEEN, profiles_apart
from measurement.estimation.frozen_answer import Frozen
from measurement.estimation.frozen_rows import FollowingRows
from measurement.estimation.moving import Freeze
from measurement.estimation.overlaps import EVERYBODY, Overlaps
from measurement.estimation.parts_of_totals import cells_told
from measurement.estimation.results import Results
from measurement.estimation.sightings import sightings_after, with_profiles
from measurement.estimation.standing import Cell, Sides


def frozen_first(new: Results, standing: Mapping[Cell, Sides], *, arms: tuple[str, ...]) -> Frozen:
    """Return published results as the first answer; `arms`: those with AI."""
    profiles, standing = profiles_apart(standing)
    moving = {*standing}
    sightings = sightings_after({}, new, standing, moving, moving, arms)
    told = cells_told(new.estimates, moving, arms)
    return Frozen(new, standing, sightings | with_profiles((), profiles, told))


def frozen_anew(
    old: Frozen,
    new: Results,
    standing: Mapping[Cell, Sides],
    *,
    arms: tuple[str, ...],
    minimum_people: int,
    overlaps: Overlaps | None = None,
) -> Frozen:
    """Return the answer that follows `old`, from published results and who stands behind them.

    `overlaps`: who stands behind the groups of all breakdowns today; left out, nothing is known of
    what kept answers tell beside new ones of other breakdowns.

    An answer that is not frozen anew keeps its old rows, byte for byte, whether nobody's data
    changed or too few people's: nothing tells which. Where fewer than `minimum_people` stand
    behind it, as they may once more are asked for, its numbers are withheld. Groups' values that
    are drawn towards those of others are left out beside a group that keeps an old answer.
    """
    profiles, standing = profiles_apart(standing)
    freeze = Freeze(old, new, standing, profiles, overlaps, arms, minimum_people)
    moving = freeze.cells_to_move()
    rows = FollowingRows(old, new, frozenset(moving), arms, minimum_people)
    of_today = {cell: standing[cell] for cell in sorted(moving & standing.keys())}
    kept = {cell: sides for cell, sides in old.cells.items() if cell not in moving}
    cells = kept | of_today
    seen = sightings_after(old.sightings, new, standing, {*cells, *standing}, moving, arms)
    if EVERYBODY in moving:
        before = old.sightings.get(PROFILES_SEEN, ())
        seen |= with_profiles(before, profiles, cells_told(new.estimates, moving, arms))
    followed = replace(rows.header(), estimates=rows.estimates(), sensitivity=rows.sensitivity())
    return Frozen(followed, cells, seen, moved=EVERYBODY in moving)


def held(old: Frozen, standing: Mapping[Cell, Sides]) -> Frozen:
    """Return the old answer, to be compared from now on with who stands behind it today.

    For when who stood behind it before cannot be told any more.
    """
    profiles, standing = profiles_apart(standing)
    told = frozenset(standing)
    return Frozen(old.results, standing, with_profiles((), profiles, told), moved=False)
