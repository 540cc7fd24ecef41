"""Every setting of the site, in named sections: the default first, the environment on top."""

from datetime import timedelta
from pathlib import Path

import environ
import rasterio  # noqa: F401  its shared libraries must be loaded before GeoDjango looks for GDAL

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
environ.Env.read_env(BASE_DIR / ".env")

# --- The site -------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
# Only a key from the environment passes the deployment checks (portal/checks.py).
SECRET_KEY = env.str("SECRET_KEY", default="unsafe-default-key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_NAME = env.str("SITE_NAME", default="Mosaic Hub")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.gis",
    "allauth",
    "allauth.account",
    "channels",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "leaflet",
    "rest_framework",
    "hub",
    "hub.forecast",
    "hub.insar",
    "hub.orders",
    "hub.pixels",
    "hub.previews",
    "hub.series",
    "hub.viewer",
    "portal.accounts",
    "portal.pages",
    "portal.support",
]

MIDDLEWARE = [
    # First, so that what the others refuse carries the policies too.
    "portal.security.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Behind the session, which remembers the language of the account.
    "portal.accounts.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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
                "portal.pages.context.site",
            ],
        },
    },
]

# --- Places on disk -------------------------------------------------------------------------------
VAR = Path(env.str("VAR", default=str(BASE_DIR / "var")))
# Delivered products; never served directly, always through hub.orders.downloads.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR / "media")))
# Where workers make products before delivery; on the same file system as MEDIA_ROOT a delivery is a rename.
SCRATCH_ROOT = Path(env.str("SCRATCH_ROOT", default=str(VAR / "scratch")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

# --- Database: PostGIS everywhere -----------------------------------------------------------------
_RASTERIO_LIBRARIES = Path(rasterio.__file__).parent.parent / "rasterio.libs"


def _bundled(pattern: str) -> str | None:
    """The GDAL or GEOS of rasterio's wheel, so that one process never holds two of them."""
    return next((str(found) for found in sorted(_RASTERIO_LIBRARIES.glob(pattern))), None)


GDAL_LIBRARY_PATH = env.str("GDAL_LIBRARY_PATH", default=_bundled("libgdal-*.so*"))
GEOS_LIBRARY_PATH = env.str("GEOS_LIBRARY_PATH", default=_bundled("libgeos_c-*.so*"))
DATABASES = {
    "default": env.db_url(
        "DATABASE_URL",
        default="postgis://mosaic@127.0.0.1:5432/mosaic",
        engine="django.contrib.gis.db.backends.postgis",
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Compiling a statement takes PostgreSQL ten times as long as carrying out the largest that answers a page.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
# Connections that the site keeps open between requests, at most; 0: none. A process that forks, as a worker, needs 0.
if env.int("DATABASE_POOL", default=0):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.int("DATABASE_POOL"), "timeout": 10}
    # One that the server has closed meanwhile is replaced.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- Redis: broker, channel layer, cache ----------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}}
CACHES = {
    "default": {
        "BACKEND": "portal.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Submitting an order must not hang while Redis is away; sweep enqueues what was lost.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 12 * 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
# Whoever looks before ordering does not wait behind long mosaics: workers of their own serve the queue "quick".
CELERY_TASK_ROUTES = {
    f"hub.{part}.tasks.*": {"queue": "quick"} for part in ("forecast", "pixels", "previews", "series")
} | {"hub.insar.tasks.sweep": {"queue": "quick"}}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A new worker process compiles the kernels before it says that it is up; Celery would wait 4 s.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 300
CELERY_TIMEZONE = "UTC"
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=30)
# Behind a long mosaic they would pile up: one that is not begun by the next one's time, or within an hour, is dropped.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": every, "options": {"expires": min(every.total_seconds(), 3600)}}
    for name, task, every in (
        ("sweep", "hub.orders.tasks.sweep", timedelta(seconds=SWEEP_SECONDS)),
        ("keep-new-masks", "hub.forecast.tasks.keep_new", timedelta(minutes=5)),
        ("sweep-pixels", "hub.pixels.tasks.sweep", timedelta(minutes=10)),
        ("sweep-previews", "hub.previews.tasks.sweep", timedelta(minutes=10)),
        ("sweep-series", "hub.series.tasks.sweep", timedelta(seconds=SWEEP_SECONDS)),
        ("sweep-ground-motion", "hub.insar.tasks.sweep", timedelta(seconds=SWEEP_SECONDS)),
        ("warn-of-ends", "hub.insar.tasks.warn_of_ends", timedelta(hours=6)),
    )
}

# --- Accounts -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "orders:list"
LOGOUT_REDIRECT_URL = "pages:home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
# One address per account; a new one takes the old one's place when it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "portal.accounts.forms.LoginForm",
    "signup": "portal.accounts.forms.SignupForm",
    "add_email": "portal.accounts.forms.AddEmailForm",
    "change_password": "portal.accounts.forms.ChangePasswordForm",
    "set_password": "portal.accounts.forms.SetPasswordForm",
    "reset_password": "portal.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "portal.accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "portal.accounts.forms.ReauthenticateForm",
}
ACCOUNT_USERNAME_MIN_LENGTH = 2

# --- Mail -----------------------------------------------------------------------------------------
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
# Where the file backend, meant for trying things out, writes its mails.
EMAIL_FILE_PATH = VAR / "mail"
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
# A mail server that does not answer must not hold up a worker.
EMAIL_TIMEOUT = 10
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Mosaic Hub <no-reply@localhost>")
SERVICE_DESK_EMAIL = env.str("SERVICE_DESK_EMAIL", default="service-desk@localhost")

# --- Orders ---------------------------------------------------------------------------------------
# A STAC API's URL, the path of an items.json or its folder, or a folder of L2A .SAFE products.
MOSAIC_SOURCE = env.str("MOSAIC_SOURCE", default=str(VAR / "archive" / "items.json"))
ORDER_LIMIT_AREA_KM2 = env.int("ORDER_LIMIT_AREA_KM2", default=1_000_000)
# By the formula of processing.estimating.credits_for.
ORDER_LIMIT_CREDITS = env.int("ORDER_LIMIT_CREDITS", default=50_000)
# Above this an order is held until an operator approves it.
ORDER_HOLD_AREA_KM2 = env.int("ORDER_HOLD_AREA_KM2", default=100_000)
ORDER_LIMIT_ACTIVE_PER_USER = env.int("ORDER_LIMIT_ACTIVE_PER_USER", default=20)
ORDER_KEPT_DAYS = env.int("ORDER_KEPT_DAYS", default=14)
PRODUCT_ATTEMPTS = env.int("PRODUCT_ATTEMPTS", default=3)
PRODUCT_MEMORY_MB = env.int("PRODUCT_MEMORY_MB", default=768)
PRODUCT_THREADS = env.int("PRODUCT_THREADS", default=2)
HEARTBEAT_SECONDS = env.int("HEARTBEAT_SECONDS", default=5)
# A running product whose worker has been silent for this long is given to another.
WORKER_SILENT_SECONDS = env.int("WORKER_SILENT_SECONDS", default=60)
# An accepted product that no worker has taken for this long is enqueued again.
MESSAGE_LOST_SECONDS = env.int("MESSAGE_LOST_SECONDS", default=60)
DOWNLOAD_LINK_SECONDS = env.int("DOWNLOAD_LINK_SECONDS", default=24 * 3600)
# Behind nginx: the internal location that maps to MEDIA_ROOT, e.g. "/protected/". Empty: Django streams.
X_ACCEL_LOCATION = env.str("X_ACCEL_LOCATION", default="")

# --- Forecasts ------------------------------------------------------------------------------------
# How long scenes that nobody has looked at yet are read while a visitor waits; the worker reads the rest.
FORECAST_READ_SECONDS = env.float("FORECAST_READ_SECONDS", default=0.8)
FORECASTS_PER_MINUTE = env.int("FORECASTS_PER_MINUTE", default=90)

# --- Previews -------------------------------------------------------------------------------------
# Seconds that the making of a preview may take; what is not read by then is left out, and the preview says so.
PREVIEW_SECONDS = env.float("PREVIEW_SECONDS", default=4.0)
PREVIEW_THREADS = env.int("PREVIEW_THREADS", default=4)
PREVIEW_LIMIT_WAITING_PER_USER = env.int("PREVIEW_LIMIT_WAITING_PER_USER", default=2)
PREVIEW_KEPT_SECONDS = env.int("PREVIEW_KEPT_SECONDS", default=3600)
# A preview that no worker has finished by then has failed.
PREVIEW_LOST_SECONDS = env.int("PREVIEW_LOST_SECONDS", default=60)

# --- Time series ----------------------------------------------------------------------------------
# Seconds in a worker that one series may take, and after how many it gives way to whoever waits.
SERIES_SECONDS = env.int("SERIES_SECONDS", default=300)
SERIES_TURN_SECONDS = env.float("SERIES_TURN_SECONDS", default=5.0)
SERIES_THREADS = env.int("SERIES_THREADS", default=2)
SERIES_LIMIT_UNFINISHED_PER_USER = env.int("SERIES_LIMIT_UNFINISHED_PER_USER", default=2)
SERIES_LIMIT_KEPT_PER_USER = env.int("SERIES_LIMIT_KEPT_PER_USER", default=200)
SERIES_KEPT_DAYS = env.int("SERIES_KEPT_DAYS", default=30)

# --- Why this pixel -------------------------------------------------------------------------------
# Questions from one person, or from one network address; more are asked to wait.
PIXELS_PER_MINUTE = env.int("PIXELS_PER_MINUTE", default=60)
PIXEL_LIMIT_WAITING_PER_ORDER = env.int("PIXEL_LIMIT_WAITING_PER_ORDER", default=6)
PIXEL_THREADS = env.int("PIXEL_THREADS", default=4)
# An answer that no worker has finished by then has failed.
PIXEL_LOST_SECONDS = env.int("PIXEL_LOST_SECONDS", default=120)
PIXEL_KEPT_DAYS = env.int("PIXEL_KEPT_DAYS", default=14)

# --- Ground motion --------------------------------------------------------------------------------
# Series of the points, and uploads on their way in; never served directly.
INSAR_ROOT = Path(env.str("INSAR_ROOT", default=str(VAR / "insar")))
INSAR_UPLOAD_MAX_MB = env.int("INSAR_UPLOAD_MAX_MB", default=4096)
# Pictures from elsewhere that can be laid beneath the points: JSON, [{"title", "url" with {z} {x} {y}, "attribution"}].
INSAR_OVERLAYS = env.json("INSAR_OVERLAYS", default=[])
# Of one answer: points of a list or export, points whose velocities are recomputed for a view.
INSAR_LIMIT_EXPORT_POINTS = env.int("INSAR_LIMIT_EXPORT_POINTS", default=1_000_000)
INSAR_LIMIT_VIEW_POINTS = env.int("INSAR_LIMIT_VIEW_POINTS", default=50_000)
# Requests for access of one person that wait for a decision.
INSAR_LIMIT_WAITING_REQUESTS = env.int("INSAR_LIMIT_WAITING_REQUESTS", default=20)
# Per person, or per network address of visitors.
INSAR_TILES_PER_MINUTE = env.int("INSAR_TILES_PER_MINUTE", default=3000)
INSAR_ANSWERS_PER_MINUTE = env.int("INSAR_ANSWERS_PER_MINUTE", default=300)
# Points that one person may take away in a day, all exports together.
INSAR_EXPORT_POINTS_PER_DAY = env.int("INSAR_EXPORT_POINTS_PER_DAY", default=20_000_000)

# --- Areas in files -------------------------------------------------------------------------------
AREA_UPLOAD_MAX_MB = env.int("AREA_UPLOAD_MAX_MB", default=10)
# From one network address; more are asked to wait.
AREA_UPLOADS_PER_MINUTE = env.int("AREA_UPLOADS_PER_MINUTE", default=30)

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["hub.api.parsing.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "hub.api.paging.Paging",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hub.api.problems.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="600/min")},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mosaic Hub API",
    "DESCRIPTION": "Order Sentinel-2 mosaics and fetch them; ask how the ground moves.",
    "VERSION": "1",
    # The first version that takes JSON schemas as they are, such as MosaicSpec's.
    "OAS_VERSION": "3.1.0",
    # The default hook would move MosaicSpec's enumerations out of it.
    "POSTPROCESSING_HOOKS": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Map ------------------------------------------------------------------------------------------
# Tile URL of an outside base map; empty: the world outline that the site serves itself.
MAP_TILES_URL = env.str("MAP_TILES_URL", default="")
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", default="")
LEAFLET_CONFIG = {
    "TILES": [],
    "DEFAULT_CENTER": (46.0, 15.7),
    "DEFAULT_ZOOM": 7,
    "MIN_ZOOM": 2,
    "MAX_ZOOM": 17,
    "RESET_VIEW": False,
    "NO_GLOBALS": False,
}

# --- Language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Each in its own words: who looks for theirs may not read another.
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Security -------------------------------------------------------------------------------------
HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
# Set it only where a proxy sets X-Forwarded-Proto and X-Forwarded-For itself: both are believed then.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Areas pasted or drawn may be large. Files do not count here: they have a limit of their own, AREA_UPLOAD_MAX_MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

# --- Logging --------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
