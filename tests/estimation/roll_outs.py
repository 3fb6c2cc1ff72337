"""Invented roll-outs, and a plain second implementation of their effects with dummies and loops."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

STARTS_ON = datetime.date(2025, 9, 29)
NEVER = None


def roll_out_cells(
    access: Sequence[int | None],
    *,
    weeks: int = 6,
    types: int = 3,
    people: int = 3,
    seed: int = 1,
    weekday: int = 0,
) -> pd.DataFrame:
    """Return cells of one team for each entry of `access`: its week of access, None for never.

    Teams differ in size, and log unequally; on `weekday` 3 access comes on a Thursday, and the
    days before it in that week have logs too.
    """
    rng = np.random.default_rng(seed)
    of_team, of_week = rng.normal(3, 0.3, len(access)), rng.normal(0, 0.1, weeks)
    of_type = rng.normal(0, 0.5, types)
    made: list[dict[str, Any]] = []
    for team, first in enumerate(access):
        mix = rng.dirichlet(np.full(types, 2.0))
        shocks = rng.normal(0, 0.2, weeks)
        for person in range(1 + rng.integers(people) if people > 1 else 1):
            for week in range(weeks):
                states = [False, True] if week == first and weekday else [_has(week, first)]
                for kind in rng.choice(types, 2, replace=types == 1, p=mix):
                    for treated in states:
                        expected = of_team[team] + of_week[week] + shocks[week] + of_type[kind]
                        log_minutes = expected - 0.2 * treated + rng.normal(0, 0.3)
                        made.append(
                            {
                                "participant": f"p{team:03d}-{person}",
                                "team": f"team {team:03d}",
                                "task_type": f"type {kind}",
                                "week": week,
                                "d": float(treated),
                                "logs": int(rng.integers(1, 5)),
                                "log_minutes_mean": log_minutes,
                                "minutes_mean": np.exp(log_minutes),
                                "ai_from": _day(first, weekday),
                            }
                        )
    return pd.DataFrame(made).astype({"week": "Int64", "ai_from": "datetime64[s]"})


def _has(week: int, first: int | None) -> bool:
    return first is not None and week >= first


def _day(week: int | None, weekday: int) -> datetime.date | None:
    return None if week is None else STARTS_ON + datetime.timedelta(days=7 * week + weekday)


Means = dict[tuple[str, int], float]


def plain_effects(
    cells: pd.DataFrame, weights: Mapping[str, float] | None = None
) -> dict[Any, float]:
    """Return effects on log minutes by (week of access, week), by weeks since access, "overall".

    `weights` multiply what a team weighs in both steps: 0 leaves it out. Every task type must
    have been done without AI and be comparable with every other.
    """
    weigh = {team: (weights or {}).get(team, 1.0) for team in sorted(set(cells["team"]))}
    weigh = {team: weight for team, weight in weigh.items() if weight}
    cells = cells[cells["team"].isin(weigh)]
    of_type = _type_effects(cells[cells["d"] == 0], weigh)
    first = {str(team): _week(rows["ai_from"].iloc[0]) for team, rows in cells.groupby("team")}
    staff = cells.groupby("team")["participant"].nunique()
    people = {team: weigh[team] * int(staff[team]) for team in weigh}
    weeks = sorted(int(week) for week in set(cells["week"]))
    means = _means(cells, of_type, first)
    effects: dict[Any, float] = {}
    for group in sorted(week for week in set(first.values()) if min(weeks) < week < np.inf):
        base = max(week for week in weeks if week < group)
        for week in weeks:
            own = [team for team in first if first[team] == group]
            later = [team for team in first if first[team] > max(week, base)]
            others = [team for team in later if team not in own]
            change = [_change(means, people, teams, base, week) for teams in (own, others)]
            if week != base and None not in change:
                effects[int(group), week] = change[0] - change[1]  # type: ignore[operator]
    return effects | _aggregates(effects, people, first)


def _change(
    means: Means, people: Mapping[str, float], teams: Sequence[str], base: int, week: int
) -> float | None:
    """Return the teams' mean change from week to week, over those with logs in both."""
    both = [team for team in teams if (team, base) in means and (team, week) in means]
    total = sum(people[team] for team in both)
    if not both:
        return None
    return sum(people[t] * (means[t, week] - means[t, base]) for t in both) / total


def _aggregates(
    effects: Mapping[tuple[int, int], float],
    people: Mapping[str, float],
    first: Mapping[str, float],
) -> dict[Any, float]:
    sets: dict[Any, list[tuple[int, int]]] = {}
    for group, week in effects:
        sets.setdefault(week - group, []).append((group, week))
        if week >= group:
            sets.setdefault("overall", []).append((group, week))
    made = {}
    for name, pairs in sets.items():
        size = [sum(people[team] for team in first if first[team] == group) for group, _ in pairs]
        made[name] = float(np.average([effects[pair] for pair in pairs], weights=size))
    return made


def _week(day: pd.Timestamp) -> float:
    return np.inf if pd.isna(day) else (day - pd.Timestamp(STARTS_ON)).days // 7


def _type_effects(untreated: pd.DataFrame, weigh: Mapping[str, float]) -> dict[str, float]:
    """Return coefficients of dummies of types beside those of teams and weeks."""
    names = ("task_type", "team", "week")
    dummies = [pd.get_dummies(untreated[name].astype(str)) for name in names]
    design = pd.concat(dummies, axis=1).to_numpy(dtype=float)
    root = np.sqrt(untreated["logs"] * untreated["team"].map(weigh)).to_numpy()
    outcome = untreated["log_minutes_mean"].to_numpy() * root
    solution = np.linalg.lstsq(design * root[:, None], outcome, rcond=None)[0]
    return dict(zip(dummies[0].columns, solution.tolist(), strict=False))


def _means(
    cells: pd.DataFrame, of_type: Mapping[str, float], first: Mapping[str, float]
) -> dict[tuple[str, int], float]:
    sums: dict[tuple[str, int], list[float]] = {}
    for row in cells.to_dict("records"):
        team, week, logs = row["team"], int(row["week"]), row["logs"]
        if (row["d"] == 1) == (week >= first[team]):
            both = sums.setdefault((team, week), [0.0, 0.0])
            both[0] += logs * (row["log_minutes_mean"] - of_type[row["task_type"]])
            both[1] += logs
    return {place: total / logs for place, (total, logs) in sums.items()}
