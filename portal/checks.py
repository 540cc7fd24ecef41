"""What ``manage.py check --deploy`` refuses: settings that are fine on a laptop and unsafe in production."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection

DEFAULT_KEY = "unsafe-default-key"
SHORTEST_KEY = 50
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
DEVELOPMENT_MAIL = ("console", "dummy", "filebased", "locmem")


@register(Tags.security, deploy=True)
def check_site(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterator[CheckMessage]:
    """The key, debugging, and the names that the site answers to."""
    if settings.SECRET_KEY == DEFAULT_KEY or len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield Error(
            "SECRET_KEY is the built-in one or shorter than 50 characters: sessions and download links can be forged.",
            hint="Set SECRET_KEY to the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="portal.E001",
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: errors show settings and code to everybody.",
            hint="Set DEBUG=off, or leave it out.",
            id="portal.E002",
        )
    if any(host == "*" or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield Error(
            "ALLOWED_HOSTS is open: links in mails can be made to point anywhere.",
            hint="List the site's own names, for instance ALLOWED_HOSTS=mosaics.example.org.",
            id="portal.E003",
        )
    if not set(settings.ALLOWED_HOSTS) - LOCAL_HOSTS:
        yield Error(
            "ALLOWED_HOSTS names this machine only: nobody else can open the site.",
            hint="List the site's own names, for instance ALLOWED_HOSTS=mosaics.example.org.",
            id="portal.E004",
        )


@register(Tags.security, deploy=True)
def check_https(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Cookies and redirects follow SITE_URL."""
    if not settings.SITE_URL.startswith("https://"):
        yield Error(
            "SITE_URL is not an https address: cookies travel in the clear.",
            hint="Set SITE_URL to the public address, for instance SITE_URL=https://mosaics.example.org.",
            id="portal.E005",
        )


@register(Tags.database, deploy=True)
def check_postgis(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterator[CheckMessage]:
    """The database answers, and is PostGIS."""
    hint = "Set DATABASE_URL=postgis://USER:PASSWORD@HOST:5432/NAME and run CREATE EXTENSION postgis there."
    if settings.DATABASES["default"]["ENGINE"] != "django.contrib.gis.db.backends.postgis":
        yield Error("The database is not PostGIS.", hint=hint, id="portal.E006")
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT postgis_version()")
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield Error(f"PostGIS does not answer: {reason}", hint=hint, id="portal.E007")


@register("broker", deploy=True)
def check_broker(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Redis answers: without it no order reaches a worker."""
    from redis import Redis
    from redis.exceptions import RedisError

    hint = "Set REDIS_URL=redis://HOST:6379/0 or unix:///PATH/TO/SOCKET?db=0, and start Redis 6.2 or newer."
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as redis:
            redis.ping()
    except (RedisError, ValueError, OSError) as error:
        yield Error(f"The broker does not answer: {error}", hint=hint, id="portal.E008")


@register("mail", deploy=True)
def check_mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Mails leave the machine: without them nobody can confirm an account."""
    if any(f".{name}." in settings.EMAIL_BACKEND for name in DEVELOPMENT_MAIL):
        yield Error(
            "EMAIL_BACKEND does not send mails.",
            hint="Set EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend, EMAIL_HOST and its fellows.",
            id="portal.E009",
        )
    for name in ("DEFAULT_FROM_EMAIL", "SERVICE_DESK_EMAIL"):
        if "@localhost" in getattr(settings, name):
            yield Warning(
                f"{name} is an address on localhost, which mail servers refuse.",
                hint=f"Set {name} to an address of your own domain.",
                id="portal.W010",
            )
