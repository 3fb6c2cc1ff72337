"""Wiring: settings, addresses, workers, servers."""

from trialsite import one_thread  # noqa: F401 - first: numpy looks once, when it is imported
from trialsite.celery import app as celery_app

__all__ = ["celery_app"]
