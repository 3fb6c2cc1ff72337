"""Linear algebra on one thread in each process.

Web, workers and tests have a process for each core already. Threads of one would only wait for
those of the others, and waiting costs as much processor time as work. No bit of a result depends on
it.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
