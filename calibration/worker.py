"""The Celery application of the calibration: `celery --app calibration.worker worker`.

Its broker and result store are named by Celery's own variables, CELERY_BROKER_URL and
CELERY_RESULT_BACKEND.
"""

from typing import Final

from celery import Celery

from calibration.scenarios import SCENARIOS
from calibration.trials import Judged, judged

QUEUE: Final = "calibration"

Rows = list[Judged]
JUDGE: Final = "calibration.judge"


def application(address: str | None = None) -> Celery:
    """Return an application with broker and results at the address, else as Celery is told."""
    # No fix-ups: the engine needs no Django. Not the current one: that is the site's.
    made = Celery("calibration", broker=address, backend=address, fixups=[], set_as_current=False)
    made.conf.update(
        task_default_queue=QUEUE,
        # What a killed process had in hand is done again by another.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=500,
        broker_connection_retry_on_startup=True,
        result_expires=3600,
    )
    return made


app = application()


@app.task(name=JUDGE)
def judge(number: int, first: int, trials: int) -> Rows:
    """Judge `trials` trials of the scenario of this number, from trial `first` on."""
    scenario = SCENARIOS[number]
    found = (judged(scenario, trial) for trial in range(first, first + trials))
    return [row for rows in found for row in rows]
