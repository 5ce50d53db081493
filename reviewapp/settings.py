"""One settings file, all of it from the environment. `docs/settings.md` lists every name."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from reviewapp import env, logs, media_url

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("RETAKE_DATA_DIR", str(BASE_DIR / "var"))).resolve()

# --- The site ---
DEBUG = env.flag("RETAKE_DEBUG")
# One-click sign-in as each role; the views refuse it to anyone who does not come from this machine.
DEMO = env.flag("RETAKE_DEMO")
SECRET_KEY = env.secret_or_made("RETAKE_SECRET_KEY", DATA_DIR / "secret_key", env.make_secret_key)
# Signs what is pushed to browsers; with another key every browser has to be switched on again.
VAPID_KEY = env.vapid_key(DATA_DIR / "vapid_key")
ENCRYPTION_KEYS = env.encryption_keys(DATA_DIR / "encryption_keys")
ALLOWED_HOSTS = env.words("RETAKE_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("RETAKE_TRUSTED_ORIGINS", [])
BIND = env.text("RETAKE_BIND", "127.0.0.1:8000")
HTTPS = env.flag("RETAKE_HTTPS")
# How many open pages one web process keeps a line to; above it, and at 0, pages poll.
LIVE_LISTENERS = env.integer("RETAKE_LIVE_LISTENERS", 32)
# Where the providers' webhooks reach this site. Without it they are never asked for, and jobs are polled.
PUBLIC_URL = env.public_url("RETAKE_PUBLIC_URL")
# Where people reach this site, for the links in what is sent to them.
SITE_URL = env.site_url("RETAKE_SITE_URL", PUBLIC_URL)
# Whom a browser's push service may write to when our messages make trouble.
PUSH_CONTACT = env.push_contact("RETAKE_PUSH_CONTACT", SITE_URL)

ROOT_URLCONF = "reviewapp.urls"
WSGI_APPLICATION = "reviewapp.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "reviewapp.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_q",
    "reviewapp",
]

MIDDLEWARE = [
    # First: whatever the others log belongs to the request as well.
    "reviewapp.views.requests.NamedRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Closed by default: a view is open to strangers only where it says so itself.
    "reviewapp.views.access.SignInRequired",
    # Last, as its own papers ask: it answers when too many sign-ins have failed.
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reviewapp.context.site",
            ],
            "builtins": ["reviewapp.templatetags.retake"],
        },
    }
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.text("RETAKE_TIME_ZONE", "UTC")
USE_TZ = True

# --- The database: SQLite for one machine, anything in DATABASE_URL for a team ---
DATABASE_URL = env.secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'retake.sqlite3'}"


def _database() -> dict[str, Any]:
    database: dict[str, Any] = dict(environ.Env.db_url_config(DATABASE_URL))
    engine = database.get("ENGINE", "")
    database["CONN_MAX_AGE"] = 600
    if engine == "django.db.backends.sqlite3":
        # WAL and IMMEDIATE are what let several processes write without "database is locked" (measured: 62 %
        # of short transactions fail under the default DEFERRED mode with four writers, none under this one).
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
        }
    elif engine == "django.db.backends.postgresql":
        database["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    return database


DATABASES = {"default": _database()}

# --- Files ---
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = Path(env.text("RETAKE_MEDIA_DIR", str(DATA_DIR / "media")))
MEDIA_ACCESS_KEY = env.secret("RETAKE_MEDIA_ACCESS_KEY")
MEDIA_SECRET_KEY = env.secret("RETAKE_MEDIA_SECRET_KEY")
MEDIA_STORAGE = media_url.storage(env.text("RETAKE_MEDIA_URL"), MEDIA_ACCESS_KEY, MEDIA_SECRET_KEY)
# Clips of a bucket come through this site, or browsers are sent to the bucket with an address for so long.
MEDIA_PROXY = env.flag("RETAKE_MEDIA_PROXY")
MEDIA_LINK_S = env.integer("RETAKE_MEDIA_LINK_S", 900, least=60)
MEDIA_ORIGINS = [] if MEDIA_PROXY else [origin for origin in [media_url.link_origin(MEDIA_STORAGE)] if origin]
STORAGES = {
    "default": MEDIA_STORAGE,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MAX_CLIP_BYTES = env.integer("RETAKE_MAX_CLIP_BYTES", 500_000_000, least=1)
# The CLIP model that holds clips against their prompts; used where the folder is there.
CLIP_MODEL = Path(env.text("RETAKE_CLIP_MODEL", str(DATA_DIR / "models" / "clip")))
# The certificates whose signers of content credentials are trusted, in PEM.
C2PA_ANCHORS = env.certificates("RETAKE_C2PA_ANCHORS")
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

# --- Security ---
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = env.integer("RETAKE_LOGIN_FAILURES", 8, least=1)
AXES_COOLOFF_TIME = 0.25  # hours
# By name and address together: a stranger cannot lock a colleague out, and guessing still gets eight tries.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_VERBOSE = False
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *MEDIA_ORIGINS],
        "media-src": [SELF, "blob:", *MEDIA_ORIGINS],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "worker-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("RETAKE_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- The queue: three clusters, so that no check stands in a paid call's way, and no mail in either's ---
Q_CLUSTER: dict[str, Any] = {
    "name": "submit",
    "orm": "default",
    # The ORM broker, which also leaves the signs that tell a working cluster from a wedged one.
    "broker_class": "reviewapp.cluster.broker.WatchedBroker",
    "poll": 0.05,
    # The app's own rows are the record of what was done.
    "save_limit": -1,
    "workers": 2,
    "bulk": 1,
    "timeout": 120,
    "retry": 150,
    "max_attempts": 5,
    "catch_up": False,
    "log_level": "WARNING",
    "ALT_CLUSTERS": {
        "media": {
            "workers": env.integer("RETAKE_MEDIA_WORKERS", 1, least=1),
            "timeout": 900,
            "retry": 960,
            "recycle": 50,
        },
        # A mail server or a stranger's webhook may take its time: neither a paid call nor a download waits.
        "notify": {"workers": 2, "timeout": 300, "retry": 330},
    },
}

# --- The line ---
SANDBOX_URL = env.text("RETAKE_SANDBOX_URL", "http://127.0.0.1:8100")
# How many jobs the sandbox runs at once for one key, and the seconds that each takes at least.
SANDBOX_CAPACITY = env.integer("RETAKE_SANDBOX_CAPACITY", 2, least=1)
SANDBOX_SECONDS = env.number("RETAKE_SANDBOX_SECONDS", 2)
# host:port pairs on private addresses that keys and downloads may lead to; everything else private is
# refused.
PRIVATE_HOSTS = env.words("RETAKE_PRIVATE_HOSTS", [urlsplit(SANDBOX_URL).netloc])
# A paid call may take this long; the lease outlives it, and only then is the row UNCERTAIN.
SUBMIT_TIMEOUT_S = env.number("RETAKE_SUBMIT_TIMEOUT_S", 60, least=1)
# A shorter one would have a call looked up, and sent again, that is still on its way.
SUBMIT_LEASE_S = env.number("RETAKE_SUBMIT_LEASE_S", SUBMIT_TIMEOUT_S + 30, least=SUBMIT_TIMEOUT_S + 1)
# How long work under way may take to end when a cluster is told to stop. A paid call is always answered and
# written down; a download or a check that takes longer is given back.
STOP_GRACE_S = {
    "submit": SUBMIT_TIMEOUT_S + 10,
    "media": env.number("RETAKE_MEDIA_STOP_S", 8),
    "notify": 8.0,
}
# A message that was lost is sent again after this long.
REQUEUE_S = env.number("RETAKE_REQUEUE_S", 20, least=0.1)
# A clip that its provider deletes within so many seconds is fetched before the next check.
FETCH_URGENT_S = env.number("RETAKE_FETCH_URGENT_S", 900)
INGEST_LEASE_S = env.number("RETAKE_INGEST_LEASE_S", 300, least=1)
CHECK_LEASE_S = env.number("RETAKE_CHECK_LEASE_S", 300, least=1)
# A watcher or a media worker that gave no sign of life for so long is taken for dead, and its rows are taken
# over. They give one every two seconds.
SILENT_S = env.number("RETAKE_SILENT_S", 10, least=5)
# 0 leaves it to what is known of the model.
POLL_SECONDS = env.number("RETAKE_POLL_SECONDS", 0)

# --- Mail: off without a server ---
MAIL_SERVER = env.mail_server("RETAKE_EMAIL_URL")
DEFAULT_FROM_EMAIL = env.mail_sender("RETAKE_EMAIL_FROM", needed=MAIL_SERVER is not None)
# Seconds that a mail server may be silent before it counts as gone.
EMAIL_TIMEOUT = env.number("RETAKE_EMAIL_TIMEOUT_S", 20, least=1)
# Nobody gets more digests in an hour; the rest joins the next one.
MAILS_PER_HOUR = env.integer("RETAKE_EMAILS_PER_HOUR", 6, least=1)

# --- Cleaning ---
# When the night's cleaning begins, in the site's time zone; None leaves it to `manage.py clean`.
CLEAN_AT = env.clock("RETAKE_CLEAN_AT", "03:30")
# What a new project begins with: for how long it keeps the files of clips that nobody chose; None for good.
RETENTION_DAYS = env.days("RETAKE_RETENTION_DAYS", None, least=1)
# How old a stored and checked clip is when its copy at the provider is deleted; None leaves it there.
VENDOR_COPIES_DAYS = env.days("RETAKE_VENDOR_COPIES_DAYS", 3)

# --- Logs and figures ---
# What Prometheus shows to read /metrics; without it only this machine may.
METRICS_TOKEN = env.secret("RETAKE_METRICS_TOKEN")
LOG_LEVEL = env.text("RETAKE_LOG_LEVEL", "INFO")
LOG_FORMAT = env.choice("RETAKE_LOG_FORMAT", logs.FORMATS)
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)
