"""Every setting of the product, read from the environment. `docs/operations/settings.md` explains the operator's."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from huleedu.database import add_options
from huleedu.observability.logs import logging_config
from huleedu.valkey import broker_url

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# --- what kind of installation this is -------------------------------------------------------------------------------
DEBUG: bool = env.bool("DEBUG", default=False)
"""Django's debug pages. Never on where students' data is."""

DEMO: bool = env.bool("DEMO", default=False)
"""Whether the demo school may be made (`manage.py demo`). Set by the one-machine stack."""

SECRET_KEY: str = env.str("SECRET_KEY", default="")
SECURE_COOKIES: bool = env.bool("SECURE_COOKIES", default=False)
"""Whether the site is reached over TLS only: secure cookies, HSTS, redirect to https."""
if SECRET_KEY in ("", "change-me") or (SECURE_COOKIES and len(SECRET_KEY) < 32):
    raise ImproperlyConfigured("Set SECRET_KEY (50 random characters). `make up` makes and keeps one by itself.")

ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://localhost:8000")
"""Where people reach the site; links made outside a request (`manage.py create_teacher`) begin with it."""

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
"""Where uploaded files are kept. Must be the same place for every web process and worker."""

# --- applications ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "batches",
    "classes",
    "files",
    "huleedu.accounts",
    "huleedu.outbox",
    "huleedu.realtime",
    "huleedu.observability",
    "huleedu.common",
    "huleedu.devstack",
    "huleedu.accounts.support.SupportConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "auditlog",
    "channels",
    "csp",
    "django_htmx",
    "django_structlog",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "huleedu.common.middleware.CompressMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "huleedu.accounts.middleware.LanguageMiddleware",
    "huleedu.observability.middleware.RequestMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "huleedu.common.middleware.NearestPageMiddleware",
    "huleedu.common.middleware.ActionErrorMiddleware",
    "huleedu.common.middleware.NoStoreMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "huleedu.urls"
WSGI_APPLICATION = "huleedu.wsgi.application"
ASGI_APPLICATION = "huleedu.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "batches.context_processors.navigation",
            ],
        },
    },
]

# --- PostgreSQL ------------------------------------------------------------------------------------------------------
DB_POOL_MIN: int = env.int("DB_POOL_MIN", default=2)
DB_POOL_MAX: int = env.int("DB_POOL_MAX", default=20)
"""Connections per process. A pool is needed under ASGI (threads would open one each); 0 turns it off."""
DB_POOL_TIMEOUT: int = env.int("DB_POOL_TIMEOUT", default=10)
"""Seconds a request waits for a free connection."""

DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///huleedu")}
DB_STATEMENT_SECONDS: int = env.int("DB_STATEMENT_SECONDS", default=60)
DB_LOCK_SECONDS: int = env.int("DB_LOCK_SECONDS", default=15)
DB_IDLE_SECONDS: int = env.int("DB_IDLE_SECONDS", default=120)
"""How long a statement may run, wait for a lock, and a transaction be idle; 0: no limit, as migrations want it."""
add_options(
    DATABASES["default"],
    pool={"min_size": DB_POOL_MIN, "max_size": DB_POOL_MAX, "timeout": DB_POOL_TIMEOUT} if DB_POOL_MAX else None,
    limits={"statement": DB_STATEMENT_SECONDS, "lock": DB_LOCK_SECONDS, "idle_in_transaction_session": DB_IDLE_SECONDS},
)

# --- Valkey: cache, channel layer, Celery's broker. All of it may be lost at any time. -------------------------------
REDIS_URL: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "huleedu",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    },
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    },
}
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
"""Off on purpose: the work is a row with a lease; a redelivery beside it would only double it."""
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 2, "visibility_timeout": 600}
"""A Valkey that takes connections and is silent holds up no request. A worker reads only what has come already."""
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
"""Letters that the console e-mail backend prints stay letters and do not become log lines with addresses."""
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue("default"), Queue("events")]
CELERY_TASK_ROUTES = {"huleedu.outbox.tasks.relay": {"queue": "events"}}
"""Live updates have a queue of their own, served in turn with the other: thirty files do not hold them up."""
CELERY_IMPORTS = ["batches.orchestrator.tasks"]

# --- people ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
"""It asks for `unique` on the address; ours is unique by its lower case, which is stricter (accounts.User.Meta)."""
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "batches:overview"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
PASSWORD_RESET_TIMEOUT = 24 * 3600
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
"""Messages hold names. In Django's own cookie they would outlive the session, for whoever signs in next."""

EMAIL = env.email_url("EMAIL_URL", default="consolemail://")
"""How mail is sent: `smtp+tls://user:password@host:587`, `filemail:////folder`; by default it is printed."""
EMAIL_BACKEND: str = EMAIL["EMAIL_BACKEND"]
EMAIL_FILE_PATH: str = EMAIL["EMAIL_FILE_PATH"]
EMAIL_HOST: str = EMAIL["EMAIL_HOST"] or "localhost"
EMAIL_PORT: int = EMAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER: str = EMAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD: str = EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS: bool = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = EMAIL.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="HuleEdu <no-reply@huleedu.example>")
EMAIL_TIMEOUT = 10

# --- language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "huleedu" / "locale"]
FORMAT_MODULE_PATH = ["huleedu.formats"]
TIME_ZONE: str = env.str("TIME_ZONE", default="Europe/Stockholm")

# --- files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "huleedu" / "static"]
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = 3600
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "files.storage.BlobStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

MAX_FILE_BYTES: int = env.int("MAX_FILE_BYTES", default=25_000_000)
"""Largest essay file, in bytes, also inside a zip."""
MAX_ZIP_BYTES: int = env.int("MAX_ZIP_BYTES", default=250_000_000)
"""Largest zip of essays, in bytes. It is read into a child's memory: well below READ_MEMORY_MB."""
MAX_FILES_PER_BATCH: int = env.int("MAX_FILES_PER_BATCH", default=200)
TEACHER_QUOTA_BYTES: int = env.int("TEACHER_QUOTA_BYTES", default=5_000_000_000)
"""All stored files of one teacher together, in bytes."""
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_FILES_PER_BATCH + 1
"""Django's own limit is 100 files a request; one more than ours, so that ours gives the answer."""
DATA_UPLOAD_MAX_NUMBER_FIELDS = 11_000  # two for each of the 5,000 rows of a class list, and more
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
"""Bytes of a request body that is not a file (a pasted class list, JSON)."""
FILE_UPLOAD_HANDLERS = ["huleedu.common.uploads.LimitedUploadHandler"]
"""Everything is streamed to disk, nothing is held in memory, and only what signed-in people send."""

# Limits of the child process that reads one file (see files/extraction/limits.py for what each protects).
READ_MEMORY_MB: int = env.int("READ_MEMORY_MB", default=768)
READ_SECONDS: int = env.int("READ_SECONDS", default=20)
READ_MAX_CHARACTERS: int = env.int("READ_MAX_CHARACTERS", default=2_000_000)
READ_MAX_PAGES: int = env.int("READ_MAX_PAGES", default=300)
READ_MAX_ENTRIES: int = env.int("READ_MAX_ENTRIES", default=2_000)
READ_MAX_UNPACKED_BYTES: int = env.int("READ_MAX_UNPACKED_BYTES", default=500_000_000)
READ_MAX_RATIO: int = env.int("READ_MAX_RATIO", default=100)
READ_LEASE_SECONDS: int = env.int("READ_LEASE_SECONDS", default=120)
"""How long a worker may hold a file before the sweeper gives it to another one.

The longest that reading can take is twice READ_SECONDS and ten more, where a reader process hangs and is replaced."""
READ_MAX_ATTEMPTS: int = env.int("READ_MAX_ATTEMPTS", default=3)

# --- the way of a batch: feature flags and dates ----------------------------------------------------------------------
PIPELINE_EXTERNAL_PHASES: list[str] = env.list("PIPELINE_EXTERNAL_PHASES", default=[])
"""Phases that a downstream service runs and reports on through the internal API; the others are skipped."""
if unknown_phases := set(PIPELINE_EXTERNAL_PHASES) - {"spellcheck", "cj_assessment", "ai_feedback"}:
    raise ImproperlyConfigured(f"PIPELINE_EXTERNAL_PHASES: unknown {', '.join(sorted(unknown_phases))}")
PHASE_DEADLINE_SECONDS: int = env.int("PHASE_DEADLINE_SECONDS", default=3600)
"""A phase of which nothing is heard for so long has failed: a batch is never in assessment for ever."""
STUCK_SECONDS: int = env.int("STUCK_SECONDS", default=900)
"""Work that has not moved for so long, with every repair in vain, is shown to support as stuck."""
REVIEW_REMINDER_HOURS: int = env.int("REVIEW_REMINDER_HOURS", default=24)
"""How long before `review_by` a batch with undecided texts reminds its teacher; 0: never."""
ENABLE_AUTO_CONFIRM: bool = env.bool("ENABLE_AUTO_CONFIRM", default=True)
"""Whether a teacher may have the certain matches confirmed at `review_by`."""

# --- the orchestrator and sister services ----------------------------------------------------------------------------
BATCH_ORCHESTRATOR_URL: str = env.str("BATCH_ORCHESTRATOR_URL", default="")
"""The service that takes over started batches, e.g. `https://orchestrator.example`; empty: this installation."""
INTERNAL_API_KEYS: list[str] = [key for key in env.list("INTERNAL_API_KEYS", default=[]) if key]
"""Keys that open our internal API to sister services, two while they are being exchanged; without one it is closed."""
BATCH_ORCHESTRATOR_API_KEY: str = env.str("BATCH_ORCHESTRATOR_API_KEY", default="") or "".join(INTERNAL_API_KEYS[:1])
"""The key the orchestrator knows us by."""
ENABLE_BATCH_STATE_VALIDATION: bool = env.bool("ENABLE_BATCH_STATE_VALIDATION", default=False)
"""Whether the orchestrator is asked before a batch's files change. Off: it is asked at the start only."""
BOS_REQUEST_TIMEOUT: float = env.float("BOS_REQUEST_TIMEOUT", default=5.0)
"""Seconds a call of the orchestrator may take in all; connecting at most 1 of them."""
BOS_BREAKER_FAILURES: int = env.int("BOS_BREAKER_FAILURES", default=3)
"""So many failed calls in a row, and this process asks the orchestrator no more for a while."""
BOS_BREAKER_SECONDS: float = env.float("BOS_BREAKER_SECONDS", default=60.0)
"""How long that is. Then one call tries."""

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "huleedu.accounts.authentication.BearerAuthentication",
        "huleedu.accounts.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["huleedu.common.parsers.SafeJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "huleedu.common.pagination.Pagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["huleedu.common.throttling.UserRateThrottle"],
    "EXCEPTION_HANDLER": "huleedu.common.problems.problem_response",
    # X-Forwarded-For is anybody's to write: it counts only as far as our own proxies wrote it.
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", default=0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "ALLOWED_VERSIONS": ["1"],  # `?version=` of the schema ends up in a header
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is the export's own parameter
}
API_RATES: dict[str, str] = {
    "read": env.str("API_RATE_READ", default="600/m"),
    "write": env.str("API_RATE_WRITE", default="300/m"),
    "upload": env.str("API_RATE_UPLOAD", default="600/m"),
    "sign_in": env.str("API_RATE_SIGN_IN", default="10/m"),
    "internal": env.str("API_RATE_INTERNAL", default="3000/m"),
}
"""Requests per user (sign-in: per address and account, internal: per address) and period; an empty string: no limit."""

ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", default=10))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.int("REFRESH_TOKEN_DAYS", default=14))
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "USER_ID_FIELD": "public_id",
    "USER_ID_CLAIM": "sub",
    "AUDIENCE": "huleedu",
    "ISSUER": "huleedu",
    "ALGORITHM": "HS256",
    "CHECK_REVOKE_TOKEN": True,
    "UPDATE_LAST_LOGIN": False,
}
IDEMPOTENCY_KEY_LIFETIME = timedelta(hours=24)

SPECTACULAR_SETTINGS = {
    "TITLE": "HuleEdu API",
    "VERSION": "1",
    "DESCRIPTION": "Classes, batches of essay files, who wrote which, and the hand-over to assessment.",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CourseCodeEnum": "classes.models.CourseCode",
        "BatchStatusEnum": "batches.models.Batch.Status",
        "FileStatusEnum": "files.models.EssayFile.Status",
        "NoticeKindEnum": "huleedu.accounts.notices.NoticeKind",
    },
}

# --- browser security ------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
CSRF_FAILURE_VIEW = "huleedu.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^internal/"]
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- audit, logs, metrics --------------------------------------------------------------------------------------------
REMOVED_FILES_DAYS, AUDIT_LOG_MONTHS = env.int("REMOVED_FILES_DAYS", 30), env.int("AUDIT_LOG_MONTHS", 24)
AUDITLOG_DISABLE_REMOTE_ADDR = AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_CID_GETTER = "huleedu.observability.request_id.current_request_id"
AUDITLOG_MASK_CALLABLE = "huleedu.common.audit.mask"

METRICS_ALLOW: list[str] = env.list("METRICS_ALLOW", default=["127.0.0.1", "::1"])
"""Addresses that may read /metrics and the details of /readyz."""
WORKER_METRICS_PORT: int = env.int("WORKER_METRICS_PORT", default=0)
"""Where a worker serves its counters; 0: nowhere. Needs PROMETHEUS_MULTIPROC_DIR."""
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(level=LOG_LEVEL)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_USER_ID_FIELD = "public_id"
PROMETHEUS_EXPORT_MIGRATIONS = False

OUTBOX_RETENTION = timedelta(days=7)
"""How long a sent event's payload is kept."""
OUTBOX_MAX_ATTEMPTS: int = env.int("OUTBOX_MAX_ATTEMPTS", default=10)
"""Tries before an event becomes a dead letter."""
