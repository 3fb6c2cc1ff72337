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
# No fix-ups: the engine needs no Django.
app = Celery("calibration", fixups=[])
app.conf.update(
    task_default_queue=QUEUE,
    # What a killed process had in hand is done again by another.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    broker_connection_retry_on_startup=True,
    result_expires=3600,
)


@app.task(name="calibration.judge")
def judge(number: int, first: int, trials: int) -> Rows:
    """Judge `trials` trials of the scenario of this number, from trial `first` on."""
    scenario = SCENARIOS[number]
    found = (judged(scenario, trial) for trial in range(first, first + trials))
    return [row for rows in found for row in rows]
