"""Wiring: settings, addresses, workers, servers."""

from trialsite.celery import app as celery_app

__all__ = ["celery_app"]
