"""Pytest plugin (`-p tests.one_thread`): linear algebra on one thread in each process.

A plugin and no conftest.py, because numpy reads it once, when it is imported. Every core has a
worker of `pytest -n` already: threads of one would only wait for those of the others, and waiting
costs them as much processor time as work. No bit of a result depends on it: `test_regression.py`.
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
