"""The Celery application of a worker that lives on another day: `celery -A tests.another_day`.

LIVES_FROM says from which moment on its clock runs, in ISO 8601.
"""

import datetime
import os

import time_machine

from trialsite.celery import app

time_machine.travel(datetime.datetime.fromisoformat(os.environ["LIVES_FROM"])).start()

__all__ = ["app"]
