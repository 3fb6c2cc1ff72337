"""The engine's speed: our way and the plain way, on the same data, in one run."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm

from measurement.estimation.bundle import Bundle
from measurement.estimation.calendar import today
from measurement.estimation.cells import classify, compress
from measurement.estimation.evidence import evidence_of
from measurement.estimation.limits import winsorising_limits
from measurement.estimation.planned_model import sample
from measurement.estimation.prepared import prepare
from measurement.estimation.regression import fit
from measurement.estimation.simulate import simulate

REPEATS = 5


@dataclass(frozen=True)
class Race:
    """Two ways to do one thing; times are the fastest of a few runs, in seconds."""

    name: str
    ours: Callable[[], object]
    plain: Callable[[], object]


def report() -> None:
    """Run every race and print its row."""
    print(f"{'what':<58}{'ours, ms':>10}{'plain, ms':>11}{'plain / ours':>14}")
    for race in (crossover_fit(), compression()):
        ours, plain = fastest(race.ours), fastest(race.plain)
        print(f"{race.name:<58}{ours * 1e3:>10.1f}{plain * 1e3:>11.1f}{plain / ours:>14.1f}")


def fastest(run: Callable[[], object]) -> float:
    """Return the shortest time of a few runs, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def crossover_fit() -> Race:
    """Fit a crossover of 20,000 logs: cells with absorbed participants against dummies on rows."""
    bundle = simulate(participants=400, logs_per_participant=50, design="crossover", seed=1).bundle
    ready = prepare(evidence_of(bundle, today()))
    whole, model = ready.whole, ready.model

    def on_cells() -> object:
        return fit(sample(model, whole.regular, "log_minutes"), standard_errors="CR1", nested=True)

    logs = classify(bundle.trial, bundle.participants, bundle.task_logs)
    logs = logs[(logs["rule"] == "") & ~logs["novel"]]
    people = pd.get_dummies(logs["participant"], dtype=float)
    others = pd.get_dummies(logs[["task_type", "period"]], drop_first=True, dtype=float)
    dummies = pd.concat([people, others], axis=1).assign(d=logs["assigned"].astype(float))
    groups = pd.factorize(logs["participant"])[0]

    def on_rows() -> object:
        return sm.OLS(np.log(logs["minutes"]), dummies).fit(
            cov_type="cluster", cov_kwds={"groups": groups}
        )

    return Race("crossover, 20,000 logs: cells v statsmodels with dummies", on_cells, on_rows)


def compression() -> Race:
    """Compress 250,000 logs into cells against one pandas groupby of means."""
    bundle: Bundle = simulate(
        participants=5_000, logs_per_participant=50, design="parallel", seed=1
    ).bundle
    classified = classify(bundle.trial, bundle.participants, bundle.task_logs)
    limits = winsorising_limits(bundle.trial, classified)

    def ours() -> object:
        return compress(bundle.trial, bundle.participants, bundle.task_logs, limits)

    def plain() -> object:
        keys = ["participant", "task_type", "ai_used", "novel"]
        return bundle.task_logs.groupby(keys)["minutes"].agg(["size", "mean", "var"])

    return Race("cells of 250,000 logs v one pandas groupby", ours, plain)
