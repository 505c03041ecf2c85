"""Django settings: one file, from the environment and the shop's home folder."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from stockwright.kit.embedded import connection_settings
from stockwright.kit.home import home
from stockwright.kit.secret import secret_key

PACKAGE = Path(__file__).resolve().parent.parent
HOME = home()

DEBUG = os.environ.get("STOCKWRIGHT_DEBUG") == "1"
SECRET_KEY = secret_key(HOME)
# Earlier secrets, still good for reading what they sealed.
SECRET_KEY_FALLBACKS = [k for k in os.environ.get("STOCKWRIGHT_OLD_SECRET_KEYS", "").split(",") if k]
# Where people reach the shop, for links in mails: never what a request says its host is.
PUBLIC_URL = os.environ.get("STOCKWRIGHT_URL", "").rstrip("/") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
# Where nothing is named: this machine, and the host of the links.
ALLOWED_HOSTS = [name for name in os.environ.get("STOCKWRIGHT_HOSTS", "").split(",") if name] or [
    ".localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "",
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("STOCKWRIGHT_ORIGINS", "").split(",") if o]
BEHIND_TLS = os.environ.get("STOCKWRIGHT_TLS") == "1"

INSTALLED_APPS = [
    "unfold",
    # Nobody uses its pages: what other libraries show there need not be looked for.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    # For its bundled documentation page: nothing is fetched from elsewhere.
    "ninja",
    "procrastinate.contrib.django",
    "stockwright.kit",
    "stockwright.catalog",
    "stockwright.stock",
    "stockwright.orders",
    "stockwright.insight",
    "stockwright.channels",
    "stockwright.today",
    "stockwright.demo",
    "stockwright.web",
    "stockwright.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "stockwright.kit.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "stockwright.api.middleware.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "stockwright.web.urls"
WSGI_APPLICATION = "stockwright.kit.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "stockwright.web.shell.shell",
            ],
        },
    },
]

CONNECTION = connection_settings()
DATABASES = {
    "default": {
        **CONNECTION,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A lock that cannot be had in 30 s is a defect to be seen, not waited for. What is prepared says so itself.
        "OPTIONS": {
            **CONNECTION["OPTIONS"],
            "prepare_threshold": 1_000_000,
            "options": (
                "-c lock_timeout=30s -c timezone=UTC"
                # A machine that lost its power says no goodbye: within a minute the server forgets it and frees its
                # locks. What is busy goes on however long it takes; what has stood still in a transaction does not.
                " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
                " -c tcp_user_timeout=60s -c idle_in_transaction_session_timeout=10min"
            ),
            # The same the other way round.
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 60_000,
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "kit.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
CSRF_FAILURE_VIEW = "stockwright.web.problems.csrf_failure"
AXES_LOCKOUT_CALLABLE = "stockwright.web.problems.locked_out"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "stockwright.web.sign_in.ByInvitation"
ACCOUNT_EMAIL_VERIFICATION = "none"
# The page answers alike whether or not it knows an address; a stranger gets no mail.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "stockwright.kit.people.attempts.attempted_email"
AXES_RESET_ON_SUCCESS = True
# The lock-out above counts wrong passwords of an address; the library's own count would come first and say less.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "stockwright.web.sign_in.SealedSecondStep"

FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "stockwright.channels.pages.uploads.CarefulUpload",
]
# Of one request, the API's too; files come in by streaming and are not held to it.
DATA_UPLOAD_MAX_MEMORY_SIZE = int(os.environ.get("STOCKWRIGHT_LARGEST_BODY_MB", "16")) * 1024 * 1024
# A caller's bucket: so many requests at once, and so many a second for ever.
API_RATE_BURST = int(os.environ.get("STOCKWRIGHT_API_BURST", "600"))
API_RATE_PER_SECOND = float(os.environ.get("STOCKWRIGHT_API_RATE", "50"))

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
# Files are served from the packages themselves: no collectstatic step before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = HOME / "files"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# Only where TLS is in front for good: browsers remember it.
SECURE_HSTS_SECONDS = int(os.environ.get("STOCKWRIGHT_HSTS_SECONDS", "0")) if BEHIND_TLS else 0
# Scripts come from our own files alone. Styles may stand inline, as charts, htmx and the API's page set them so;
# pictures of products lie on others' servers.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https: http:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

EMAIL_HOST = os.environ.get("STOCKWRIGHT_SMTP_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("STOCKWRIGHT_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("STOCKWRIGHT_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("STOCKWRIGHT_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("STOCKWRIGHT_SMTP_TLS") == "1"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("STOCKWRIGHT_MAIL_FROM", "stockwright@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "stockwright.kit.masking.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("STOCKWRIGHT_LOG", "WARNING")},
}

UNFOLD = {"SITE_TITLE": "Stockwright", "SITE_HEADER": "Stockwright", "SHOW_HISTORY": False}
