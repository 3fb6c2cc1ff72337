"""What happens when the site starts."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class MeasurementConfig(AppConfig):
    """The application `measurement`."""

    name = "measurement"

    def ready(self) -> None:
        """Have each session know when it began."""
        from measurement.pages import session_limits  # it needs the models, which load first

        user_logged_in.connect(session_limits.begin, dispatch_uid="session_limits.begin")
