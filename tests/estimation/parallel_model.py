"""The planned regression of a parallel trial, as simple as can be."""

from measurement.estimation.planned_model import Model

PARALLEL = Model(
    effects=("task_type",),
    covariates=(),
    absorbed=None,
    dropped=(),
    cluster="participant",
    standard_errors="cluster",
)
