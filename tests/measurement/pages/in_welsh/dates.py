"""The moment at which the pages are read."""

import datetime

THURSDAY = datetime.datetime(2025, 3, 6, 14, 5, tzinfo=datetime.UTC)
