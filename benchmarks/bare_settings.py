"""The site's settings for a view with nothing around it: no application, no middleware."""

from trialsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare"
INSTALLED_APPS = []
MIDDLEWARE = []
