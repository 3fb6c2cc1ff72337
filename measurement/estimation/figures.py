"""The figures of the whole trial: what was measured, what people say, what follows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TypeVar

import pandas as pd

from measurement.estimation.complier import complier_effect
from measurement.estimation.definition import Survey, Trial
from measurement.estimation.effects import (
    TWO_WAY,
    days_on,
    days_with_access,
    of_savings,
    per_task,
    require_population,
    saved_per_day,
    savings_in,
    with_bootstrap,
)
from measurement.estimation.estimate import Estimate, NotEstimable
from measurement.estimation.prepared import Prepared
from measurement.estimation.results import EstimateRow
from measurement.estimation.rows import (
    ARITHMETIC,
    DESCRIPTIVE,
    SELF_REPORTED,
    Answer,
    adopted,
    described,
    descriptive_row,
    effect_row,
    filled,
    tested,
    with_counts,
)
from measurement.estimation.savings import (
    Savings,
    break_even_minutes_per_week,
    days_per_year,
    full_time_equivalents,
)
from measurement.estimation.scopes import Scope
from measurement.estimation.sensitivity import SensitivityRow, sensitivity
from measurement.estimation.surveys import (
    interval_regression,
    lower_bound,
    reported_minutes_per_day,
    respondents,
    top_band,
    upper_bound,
)

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of the whole trial, from one set of savings per task."""

    prepared: Prepared

    def measured(self) -> Iterator[Answer]:
        """Yield what the task logs say."""
        yield self._effect("time_ratio", self._per_task)
        yield self._effect("minutes_saved_per_task", self._per_task)
        yield self._effect("minutes_saved_per_working_day", self._per_working_day)
        yield self._effect("minutes_saved_per_day_used", self._per_day_used)
        yield self._effect("working_days_saved_per_year", self._per_year)
        yield self._effect("full_time_equivalents", self._full_time_equivalents)
        yield self._effect("complier_time_ratio", self._complier)
        yield self._effect("quality_difference", self._per_task)
        adoption = descriptive_row(self._trial, "adoption_rate", DESCRIPTIVE)
        yield filled(adoption, self._adoption_rate)

    def reported(self) -> Iterator[Answer]:
        """Yield what people say in surveys, and how far that is from what was measured."""
        survey, responses = self._survey, self._responses
        hours = self._trial.assumptions.hours_per_day
        samples: dict[str, Callable[[], Estimate]] = {
            "primary": lambda: reported_minutes_per_day(survey, responses),
            "interval_regression": lambda: interval_regression(survey, responses),
            "lower_bound": lambda: lower_bound(responses),
            "upper_bound": lambda: upper_bound(responses, hours),
        }
        for sample, mean in samples.items():
            yield self._described(
                "reported_minutes_saved_per_day", SELF_REPORTED, mean, sample=sample
            )
        yield self._effect("perception_gap_minutes", self._perception_gap)

    def assumed(self) -> Iterator[Answer]:
        """Yield what follows from the plan's assumptions alone."""
        blank = descriptive_row(self._trial, "break_even_minutes_per_week", ARITHMETIC)
        assumptions = self._trial.assumptions
        yield filled(
            blank,
            lambda row: Answer(replace(row, value=break_even_minutes_per_week(assumptions))),
        )

    def sensitivity(self) -> tuple[SensitivityRow, ...]:
        """Return the annual figure under the conventions in use."""
        survey, responses = self._survey, self._responses
        plan = self._trial.plan
        return sensitivity(
            self._trial.assumptions,
            confidence=plan.confidence,
            day_basis=plan.day_basis,
            measured={
                basis: _attempted(partial(self._saved_on, basis))
                for basis in ("working_days", "logged_days", "days_used")
            },
            reported=_attempted(lambda: reported_minutes_per_day(survey, responses)),
            top_band=_attempted(lambda: top_band(survey, responses)),
        )

    @property
    def _trial(self) -> Trial:
        return self.prepared.trial

    @property
    def _whole(self) -> Scope:
        return self.prepared.whole

    @property
    def _survey(self) -> Survey:
        return self.prepared.trial.survey

    @property
    def _responses(self) -> pd.DataFrame:
        return self.prepared.evidence.survey_responses

    @cached_property
    def _savings(self) -> Savings:
        return savings_in(self.prepared, self._whole.regular)

    def _saved_on(self, basis: str) -> Estimate:
        days = days_on(self.prepared, self._whole, basis)
        return saved_per_day(self._whole, self._savings, days)

    def _effect(self, estimand: str, fill: Callable[[EstimateRow], Answer]) -> Answer:
        return filled(effect_row(self._trial, self.prepared.model, estimand, self._whole), fill)

    def _described(
        self, estimand: str, label: str, mean: Callable[[], Estimate], sample: str = "primary"
    ) -> Answer:
        blank = replace(descriptive_row(self._trial, estimand, label), sample=sample)
        return filled(blank, lambda row: described(row, mean()))

    def _of_savings(self, row: EstimateRow, estimate: Estimate) -> Answer:
        return tested(of_savings(row, self._whole, self._savings), estimate)

    # Fillers: one an estimand ----------------------------------------------------------------

    def _per_task(self, row: EstimateRow) -> Answer:
        cells = self._whole.regular
        return with_bootstrap(self.prepared, cells, per_task(self.prepared, cells, row))

    def _per_working_day(self, row: EstimateRow) -> Answer:
        return self._of_savings(row, self._saved_on(self._trial.plan.day_basis))

    def _per_day_used(self, row: EstimateRow) -> Answer:
        return self._of_savings(row, self._saved_on("days_used"))

    def _days_per_year(self) -> Estimate:
        daily = self._saved_on(self._trial.plan.day_basis)
        return days_per_year(daily, self._trial.assumptions)

    def _per_year(self, row: EstimateRow) -> Answer:
        return self._of_savings(row, self._days_per_year())

    def _full_time_equivalents(self, row: EstimateRow) -> Answer:
        people = len(self._whole.population)
        found = full_time_equivalents(self._days_per_year(), people, self._trial.assumptions)
        return self._of_savings(row, found)

    def _complier(self, row: EstimateRow) -> Answer:
        cells = self._whole.regular
        found = complier_effect(self._trial, self.prepared.model, cells)
        row = replace(
            with_counts(row, cells),
            standard_errors=found.standard_errors,
            clusters=found.clusters,
            notes=(*row.notes, *([TWO_WAY] if self.prepared.group_time else [])),
        )
        return tested(row, found.estimate)

    def _adoption_rate(self, row: EstimateRow) -> Answer:
        """Fill the share of participants given AI with at least one AI task."""
        require_population(self._whole)
        cells, population = self._whole.cells, self._whole.population
        return adopted(row, population["participant"], cells.loc[cells["used"], "participant"])

    def _perception_gap(self, row: EstimateRow) -> Answer:
        """Fill reported less measured minutes of those who have access, task logs and answers."""
        require_population(self._whole)
        logged = self._whole.cells["participant"].unique()
        answered = respondents(self._responses)
        among = self._whole.among(answered[answered.isin(logged)])
        if among.population.empty:
            raise NotEstimable("nobody with access to AI and task logs answered the survey")
        days = days_with_access(self.prepared, among)
        measured = saved_per_day(among, self._savings, days)
        paths = pd.MultiIndex.from_frame(days.index.to_frame())
        reported = reported_minutes_per_day(self._survey, self._responses, among=paths)
        row = of_savings(row, self._whole, self._savings)
        row = replace(row, participants=len(among.population))
        return tested(row, reported - measured)


def _attempted(estimate: Callable[[], T]) -> T | NotEstimable:
    """Return the estimate, or the reason why there is none."""
    try:
        return estimate()
    except NotEstimable as cannot:
        return cannot
