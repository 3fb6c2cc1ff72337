"""A second implementation of the main figures: plain, slow, from the files of a bundle.

Lists, loops, dummies and normal equations; nothing of the engine is imported. It knows three
randomised designs (parallel, cluster, crossover) as `simulate` writes them in spring 2025.
"""

import csv
import datetime
import math
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path

from scipy import stats

# Good Friday, Easter Monday, early May and spring bank holiday of 2025.
BANK_HOLIDAYS = {
    datetime.date(2025, 4, 18),
    datetime.date(2025, 4, 21),
    datetime.date(2025, 5, 5),
    datetime.date(2025, 5, 26),
}
FEW_CLUSTERS = 40

Row = Mapping[str, float]
"""A row of a design matrix: its columns that are not 0."""


@dataclass(frozen=True)
class Log:
    """A task log with what its person, date and design say about it."""

    person: str
    cluster: str
    task_type: str
    minutes: float
    used: bool
    novel: bool
    d: int
    terms: Row
    """The model's terms but for the treatment."""


@dataclass(frozen=True)
class Figure:
    """A value with its standard error, the degrees of freedom and the regressed logs."""

    value: float
    std_error: float
    degrees_of_freedom: int
    logs: int


class SlowTrial:
    """A bundle's rows, and what the trial's plan makes of them."""

    def __init__(self, folder: Path) -> None:
        self.definition = tomllib.loads((folder / "trial.toml").read_text(encoding="utf-8"))
        self.people = {row["participant"]: row for row in _rows(folder / "participants.csv")}
        self.kind = str(self.definition["design"]["kind"])
        self.logs = self._analysed(_rows(folder / "task_logs.csv"))

    def _analysed(self, rows: Sequence[Mapping[str, str]]) -> list[Log]:
        first_type = min(row["task_type"] for row in rows)
        logs = []
        for row in rows:
            person = self.people[row["participant"]]
            day = datetime.date.fromisoformat(row["date"])
            first, last = self._stay(person)
            if not first <= day <= last:
                continue
            terms = self._terms_of_person(person, day)
            if row["task_type"] != first_type:
                terms[f"type {row['task_type']}"] = 1.0
            logs.append(
                Log(
                    person=row["participant"],
                    cluster=self._cluster(person),
                    task_type=row["task_type"],
                    minutes=float(row["minutes"]),
                    used=row["ai_used"] == "1",
                    novel=row["novel"] == "1",
                    d=self._assigned(person, day),
                    terms=terms,
                )
            )
        return logs

    def _terms_of_person(self, person: Mapping[str, str], day: datetime.date) -> dict[str, float]:
        """Return a dummy for the person and later periods, or a level and departments."""
        if self.kind == "crossover":
            terms = {f"participant {person['participant']}": 1.0}
            if self._period(day) > 0:
                terms[f"period {self._period(day)}"] = 1.0
            return terms
        terms = {"intercept": 1.0}
        if person["department"] != min(other["department"] for other in self.people.values()):
            terms[f"department {person['department']}"] = 1.0
        return terms

    def _stay(self, person: Mapping[str, str]) -> tuple[datetime.date, datetime.date]:
        """Return the first and the last day of a person in the trial."""
        first, last = self.definition["trial"]["starts_on"], self.definition["trial"]["ends_on"]
        if person["enrolled_on"]:
            first = max(first, datetime.date.fromisoformat(person["enrolled_on"]))
        if person["withdrawn_on"]:
            last = min(last, datetime.date.fromisoformat(person["withdrawn_on"]))
        return first, last

    def _period(self, day: datetime.date) -> int:
        for place, period in enumerate(self.definition["design"]["periods"]):
            if period["starts_on"] <= day <= period["ends_on"]:
                return place
        raise ValueError(f"{day} lies in no period")

    def _assigned(self, person: Mapping[str, str], day: datetime.date) -> int:
        if self.kind == "crossover":
            return int(person["sequence"][self._period(day)] == "B")
        return int(person["arm"] == "ai")

    def _cluster(self, person: Mapping[str, str]) -> str:
        return person["team"] if self.kind == "cluster" else person["participant"]

    def working_days(self, name: str) -> int:
        """Count, day by day, the working days on which a person had AI."""
        day, last = self._stay(self.people[name])
        days = 0
        while day <= last:
            if day.weekday() < 5 and day not in BANK_HOLIDAYS:
                days += self._assigned(self.people[name], day)
            day += datetime.timedelta(days=1)
        return days

    # Figures ------------------------------------------------------------------------------------

    def effect(self, outcome: Callable[[Log], float]) -> tuple[float, dict[str, float]]:
        """Return the coefficient of d, and the clusters' influence on it."""
        logs = [log for log in self.logs if not log.novel]
        rows = [{**log.terms, "d": float(log.d)} for log in logs]
        coefficients, influence = regressed(rows, [outcome(log) for log in logs], logs)
        return coefficients["d"], {name: moves["d"] for name, moves in influence.items()}

    def log_time_ratio(self) -> Figure:
        """Return the effect of the assignment on log(minutes)."""
        value, influence = self.effect(lambda log: math.log(log.minutes))
        return self._figure(value, influence)

    def complier_effect(self) -> Figure:
        """Return the effects of the assignment, on log(minutes) over on use."""
        on_time, time_moves = self.effect(lambda log: math.log(log.minutes))
        on_use, use_moves = self.effect(lambda log: float(log.used))
        ratio = on_time / on_use
        influence = {
            cluster: (time_moves[cluster] - ratio * use_moves[cluster]) / on_use
            for cluster in time_moves
        }
        return self._figure(ratio, influence)

    def headline(self) -> Figure:
        """Return the minutes saved per working day."""
        regular = [log for log in self.logs if not log.novel]
        types = sorted({log.task_type for log in regular})
        for name in types:
            assert {log.d for log in regular if log.task_type == name} == {0, 1}, name
        rows = [{**log.terms, **({f"d {log.task_type}": 1.0} if log.d else {})} for log in regular]
        coefficients, influence = regressed(rows, [log.minutes for log in regular], regular)

        given_ai = [name for name, person in self.people.items() if person.get("arm", "ai") == "ai"]
        days = {name: self.working_days(name) for name in given_ai}
        total_days = sum(days.values())
        saved = dict.fromkeys(given_ai, 0.0)
        rates = dict.fromkeys(types, 0.0)
        for log in self.logs:
            if log.d and log.novel:
                saved[log.person] -= log.minutes
            elif log.d:
                saved[log.person] -= coefficients[f"d {log.task_type}"]
                rates[log.task_type] += 1 / total_days
        value = sum(saved.values()) / total_days

        moves = dict.fromkeys((self._cluster(person) for person in self.people.values()), 0.0)
        for cluster, own in influence.items():
            moves[cluster] -= sum(rates[name] * own[f"d {name}"] for name in types)
        clusters_given_ai = {self._cluster(self.people[name]) for name in given_ai}
        spread = math.sqrt(len(clusters_given_ai) / (len(clusters_given_ai) - 1))
        for name in given_ai:
            own_part = (saved[name] - value * days[name]) / total_days
            moves[self._cluster(self.people[name])] += spread * own_part
        degrees_of_freedom = clusters_counted(regular) - 1
        return Figure(value, _length(moves.values()), degrees_of_freedom, len(regular))

    def _figure(self, value: float, influence: Mapping[str, float]) -> Figure:
        logs = [log for log in self.logs if not log.novel]
        return Figure(value, _length(influence.values()), clusters_counted(logs) - 1, len(logs))


def fixed_interval(figure: Figure, confidence: float) -> tuple[float, float]:
    """Return the Student-t interval."""
    quantile = float(stats.t.ppf((1 + confidence) / 2, figure.degrees_of_freedom))
    return figure.value - quantile * figure.std_error, figure.value + quantile * figure.std_error


def always_valid_interval(figure: Figure, trial: SlowTrial) -> tuple[float, float]:
    """Return the interval that may be looked at every day, tuned at this very look."""
    plan = trial.definition["plan"]
    alpha = 1 - plan["confidence"]
    planned_logs = plan["planned_participants"] * plan["planned_logs_per_participant"]
    planned_std_error = figure.std_error * math.sqrt(len(trial.logs) / planned_logs)
    tau = narrowest_tau(planned_std_error, alpha)
    squared = (figure.std_error / tau) ** 2
    half = figure.std_error * math.sqrt((1 + squared) * math.log((1 + 1 / squared) / alpha**2))
    quantile = stats.t.ppf(1 - alpha / 2, figure.degrees_of_freedom) / stats.norm.ppf(1 - alpha / 2)
    return figure.value - half * float(quantile), figure.value + half * float(quantile)


def narrowest_tau(std_error: float, alpha: float) -> float:
    """Return the tau with the narrowest interval at a standard error, by golden section.

    In 60 digits, because near its minimum a function says half of its digits about where it is.
    """
    with localcontext() as context:
        context.prec = 60
        level = Decimal(alpha) ** 2

        def squared_width(ratio: Decimal) -> Decimal:
            return (1 + 1 / ratio) * ((1 + ratio) / level).ln()

        low, high = Decimal("0.01"), Decimal(10_000)
        share = (Decimal(5).sqrt() - 1) / 2
        while high - low > Decimal("1e-20"):
            left, right = high - share * (high - low), low + share * (high - low)
            if squared_width(left) < squared_width(right):
                high = right
            else:
                low = left
        return std_error * math.sqrt(float(low))


def regressed(
    rows: Sequence[Row], outcome: Sequence[float], logs: Sequence[Log]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return the coefficients, and the influence of each cluster on each of them.

    Where clusters count for 40 or more: the sandwich with its small-sample factor, in which all
    dummies of participants count as one term. Else the jackknife, by regressing anew without a
    cluster.
    """
    clusters: dict[str, list[int]] = {}
    for place, log in enumerate(logs):
        clusters.setdefault(log.cluster, []).append(place)
    coefficients = least_squares(rows, outcome)
    jackknife = are_few(logs)
    influence = {}
    for cluster, places in clusters.items():
        if jackknife:
            own = set(places)
            others = [place for place in range(len(rows)) if place not in own]
            without = least_squares(
                [rows[place] for place in others], [outcome[place] for place in others]
            )
            factor = math.sqrt((len(clusters) - 1) / len(clusters))
            influence[cluster] = {
                # A participant's own dummy is unknown without the participant.
                name: factor * (value - without.get(name, 0.0))
                for name, value in coefficients.items()
            }
        else:
            scores = dict.fromkeys(coefficients, 0.0)
            for place in places:
                fitted = sum(coefficients[name] * x for name, x in rows[place].items())
                for name, x in rows[place].items():
                    scores[name] += x * (outcome[place] - fitted)
            factor = _small_sample_factor(len(clusters), len(rows), coefficients)
            moves = solved(_normal_equations(rows), scores)
            influence[cluster] = {name: factor * move for name, move in moves.items()}
    return coefficients, influence


def are_few(logs: Sequence[Log]) -> bool:
    """Return whether the clusters of the logs count for few, each for as much as it tells.

    A log tells how far its d is from the mean d: of its person where people are compared with
    themselves, else of all.
    """
    within_people = f"participant {logs[0].person}" in logs[0].terms
    sides: dict[str, list[int]] = {}
    for log in logs:
        sides.setdefault(log.person if within_people else "all", []).append(log.d)
    told: dict[str, float] = {}
    for log in logs:
        same = sides[log.person if within_people else "all"]
        apart = log.d - sum(same) / len(same)
        told[log.cluster] = told.get(log.cluster, 0.0) + apart**2
    counted = sum(part**2 for part in told.values()) ** 2 / sum(part**4 for part in told.values())
    return counted < FEW_CLUSTERS


def clusters_counted(logs: Sequence[Log]) -> int:
    """Return how many clusters the degrees of freedom count.

    Few clusters compared within people are those of people who worked both with and without AI.
    """
    sides: dict[str, set[int]] = {}
    for log in logs:
        sides.setdefault(log.person, set()).add(log.d)
    within_people = f"participant {logs[0].person}" in logs[0].terms
    asked = 2 if within_people and are_few(logs) else 1
    return len({log.cluster for log in logs if len(sides[log.person]) >= asked})


def _small_sample_factor(clusters: int, logs: int, names: Collection[str]) -> float:
    people = [name for name in names if name.startswith("participant ")]
    terms = len(names) - len(people) + (1 if people else 0)
    return math.sqrt(clusters / (clusters - 1) * (logs - 1) / (logs - terms))


def least_squares(rows: Sequence[Row], outcome: Sequence[float]) -> dict[str, float]:
    """Return the coefficients that solve the normal equations."""
    right: dict[str, list[float]] = {}
    for row, y in zip(rows, outcome, strict=True):
        for name, x in row.items():
            right.setdefault(name, []).append(x * y)
    return solved(
        _normal_equations(rows), {name: math.fsum(parts) for name, parts in right.items()}
    )


def _normal_equations(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    sums: dict[tuple[str, str], float] = {}
    for row in rows:
        for first, x in row.items():
            for second, z in row.items():
                sums[first, second] = sums.get((first, second), 0.0) + x * z
    return sums


def solved(matrix: Mapping[tuple[str, str], float], right: Mapping[str, float]) -> dict[str, float]:
    """Solve matrix times unknowns = right, by Gauss's elimination; ValueError if it is singular."""
    names = list(right)
    lines = [[matrix.get((first, second), 0.0) for second in names] for first in names]
    values = [right[name] for name in names]
    for place in range(len(names)):
        best = max(range(place, len(names)), key=lambda line: abs(lines[line][place]))
        lines[place], lines[best] = lines[best], lines[place]
        values[place], values[best] = values[best], values[place]
        pivot = lines[place][place]
        if abs(pivot) < 1e-9:
            raise ValueError(f"the column {names[place]!r} is explained by others")
        for line in range(place + 1, len(names)):
            share = lines[line][place] / pivot
            if share:
                values[line] -= share * values[place]
                for column in range(place, len(names)):
                    lines[line][column] -= share * lines[place][column]
    unknowns: dict[str, float] = {}
    for place in reversed(range(len(names))):
        known = sum(
            lines[place][column] * unknowns[names[column]]
            for column in range(place + 1, len(names))
        )
        unknowns[names[place]] = (values[place] - known) / lines[place][place]
    return unknowns


def _length(moves: Collection[float]) -> float:
    return math.sqrt(math.fsum(move**2 for move in moves))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
