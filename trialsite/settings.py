"""Django settings: one file; laptop, test and production differ by the environment alone.

docs/operating.md lists every variable. Unset DATABASE_URL or REDIS_URL means the embedded server.
"""

import os
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from trialsite import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

PORT = env.int("PORT", default=8000)
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("TRIALSITE_DEMO", default=False)

# The address decides about cookies and redirects: plain http is for loopback only.
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
SITE_IS_LOOPBACK = _site.hostname in {"127.0.0.1", "localhost", "::1"}
SITE_IS_SECURE = _site.scheme == "https"
if not SITE_IS_SECURE and not (_site.scheme == "http" and SITE_IS_LOOPBACK):
    raise ImproperlyConfigured(
        f"SITE_URL is {SITE_URL!r}; https is needed, or http on 127.0.0.1, localhost or ::1"
    )
if DEMO and not SITE_IS_LOOPBACK:
    raise ImproperlyConfigured(
        "TRIALSITE_DEMO shows sign-in codes to anybody, so SITE_URL must be on loopback; "
        f"it is {SITE_URL!r}"
    )

SAMPLE_SECRET_KEY = "change-me"  # noqa: S105 - refused below
SECRET_KEY = env.str("SECRET_KEY", default="") or embedded.secret_key()
if not DEBUG and SECRET_KEY == SAMPLE_SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is the sample's; set one of your own, 50 characters")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname])
if SITE_IS_LOOPBACK:
    ALLOWED_HOSTS = sorted({*ALLOWED_HOSTS, "127.0.0.1", "localhost", "[::1]"})
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "measurement",
    "dashboards",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "measurement.languages.language_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "measurement.pages.session_limits.SessionLimits",
    "measurement.pages.staff_door.StaffDoor",
    "measurement.pages.too_many_tries.TooManyTries",
]

ROOT_URLCONF = "trialsite.urls"
WSGI_APPLICATION = "trialsite.wsgi.application"

_CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        # Pages: GOV.UK components are Jinja macros.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "trialsite.jinja.environment",
            "context_processors": _CONTEXT_PROCESSORS,
        },
    },
    {
        # Templates that packages bring (allauth's emails, the API's documentation page).
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _CONTEXT_PROCESSORS},
    },
]

# PostgreSQL
DATABASES = {
    "default": env.db_url_config(
        env.str("DATABASE_URL", default="") or embedded.database_url(),
    )
    | {
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    "-c lock_timeout=10s -c statement_timeout=600s -c idle_in_transaction_session_timeout=600s"
)
# Sign-in counts tries here, for all web processes together; a request never asks the broker.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "measurement_cache",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Celery: only what was measured to be needed; reasons in docs/decisions.md.
REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url()
CELERY_BROKER_URL = embedded.celery_url(REDIS_URL)
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1200, "unacked_restore_throttle": 1}
CELERY_IMPORTS = ["trialsite.heartbeat"]
# The timetable wakes the workers, nothing else does; what nobody took in time is dropped.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "measurement.sweep", "schedule": 2.0, "options": {"expires": 2}},
    "work": {"task": "measurement.work", "schedule": 2.0, "options": {"expires": 2}},
    "reports": {
        "task": "dashboards.make_reports",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    # Every hour, so that a site that was off at midnight catches up.
    "new day": {"task": "measurement.new_day", "schedule": 3600.0, "options": {"expires": 3600}},
    "remind": {"task": "measurement.remind", "schedule": 300.0, "options": {"expires": 300}},
    "heartbeat": {"task": "trialsite.heartbeat", "schedule": 15.0, "options": {"expires": 15}},
}

# Sign-in: an emailed code, for people who were invited.
AUTH_USER_MODEL = "measurement.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "measurement.pages.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900  # seconds; some mail servers let a first email wait for minutes
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_FORMS = {
    "request_login_code": "measurement.pages.sign_in.RequestLoginCodeForm",
    "confirm_login_code": "measurement.pages.sign_in.ConfirmLoginCodeForm",
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a change of one's second factor
# How many proxies stand before the site: tries are counted for each address of a visitor.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

# Sign-in at an OpenID provider, where there is one. All or nothing of it is set.
SOCIALACCOUNT_ADAPTER = "measurement.pages.openid_connect.SocialAccountAdapter"
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="") or "single sign-on"
_oidc = (OIDC_SERVER_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)
if any(_oidc) and not all(_oidc):
    raise ImproperlyConfigured(
        "OIDC_SERVER_URL, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all or none"
    )
_provider = urlsplit(OIDC_SERVER_URL)
if OIDC_SERVER_URL and not (
    _provider.scheme == "https" or (_provider.scheme == "http" and SITE_IS_LOOPBACK)
):
    raise ImproperlyConfigured(f"OIDC_SERVER_URL is {OIDC_SERVER_URL!r}; https is needed")
OIDC_ORIGIN = f"{_provider.scheme}://{_provider.netloc}" if OIDC_SERVER_URL else ""

# The second factor. Staff need one where the site is secure: measurement.pages.staff_door.
MFA_ADAPTER = "measurement.pages.second_factor_adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Trialsite"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whoever is signed in has shown that the address is theirs
MFA_FORMS = {
    "activate_totp": "measurement.pages.second_factor_forms.SetUpForm",
    "reauthenticate": "measurement.pages.second_factor_forms.ConfirmForm",
}
if SITE_IS_SECURE and not env.str("EMAIL_URL", default=""):
    # Else codes and links that open accounts would stand in the log, and reach nobody.
    raise ImproperlyConfigured("EMAIL_URL is not set: a mail server is needed to sign people in")
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds; whoever waits for a mail server has other work
if DEMO:
    EMAIL_BACKEND = "trialsite.demo_mail.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="trialsite@localhost")
# Whom to tell about a weakness of the site, in security.txt.
SECURITY_CONTACT = (
    env.str("SECURITY_CONTACT", default="") or f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}"
)
if not SECURITY_CONTACT.startswith(("mailto:", "https://", "tel:")):
    raise ImproperlyConfigured(
        f"SECURITY_CONTACT is {SECURITY_CONTACT!r}; an address that starts with mailto:, https:// "
        "or tel: is needed"
    )

# Cookies and transport
# Idle limit; measurement.pages.session_limits has the absolute one, staff_door those of staff.
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if SITE_IS_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SITE_IS_SECURE else "csrf"
# In the session: two cookies, no third.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = SITE_IS_SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SITE_IS_SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SITE_IS_SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Plotly adds one empty style element; its hash is the only exception.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # Browsers look at where an answer to a form leads on to, too.
        "form-action": ["'self'", *filter(None, [OIDC_ORIGIN])],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Only pages that take files get any, of the size that they take.
FILE_UPLOAD_HANDLERS = [
    "measurement.lead.upload_limits.UploadLimits",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Language, time, static files
LANGUAGE_CODE = "en-gb"  # outside of requests; pages are in one of LANGUAGES
LANGUAGES = [("en", "English"), ("cy", "Cymraeg")]
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is missing
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "trialsite.static_storage.StaticStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["measurement.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["measurement.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "measurement.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Trialsite",
    "DESCRIPTION": "Time saved by generative AI: trials, results, pseudonymised records.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
