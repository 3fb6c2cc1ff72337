"""What workers do that needs figures. The timetable in trialsite.settings sends it."""

from typing import Final

from celery import shared_task

from dashboards import report_files
from measurement import jobs, publishing

WORK: Final = {publishing.MAKE_FILES: report_files.make}


@shared_task(name="dashboards.make_reports")
def make_reports() -> None:
    """Make the files of the reports that were asked for, one report after the other."""
    while jobs.run_next(WORK):
        pass
