"""``manage.py check --deploy`` refuses settings that are unsafe in production, each with a remedy."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings as site_settings
from django.core.checks import CheckMessage, run_checks
from environ import Env

ROOT = Path(site_settings.BASE_DIR)


@pytest.fixture
def production(settings: Any, db: None) -> Any:
    """Settings that pass, on the tests' own PostGIS and Redis."""
    settings.SECRET_KEY = "k3y-" + "x7" * 30
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["mosaics.example.org"]
    settings.SITE_URL = "https://mosaics.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Mosaics <no-reply@mosaics.example.org>"
    settings.SERVICE_DESK_EMAIL = "desk@mosaics.example.org"
    return settings


def portal_messages(*, deploy: bool = True) -> dict[str, CheckMessage]:
    found = run_checks(include_deployment_checks=deploy, databases=["default"])
    return {message.id: message for message in found if message.id.startswith("portal.")}


def test_good_settings_pass(production: Any) -> None:
    assert portal_messages() == {}


@pytest.mark.parametrize(
    ("name", "value", "identifier"),
    [
        ("SECRET_KEY", "unsafe-default-key", "portal.E001"),
        ("SECRET_KEY", "short", "portal.E001"),
        ("DEBUG", True, "portal.E002"),
        ("ALLOWED_HOSTS", ["*"], "portal.E003"),
        ("ALLOWED_HOSTS", ["mosaics.example.org", ".example.org"], "portal.E003"),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1"], "portal.E004"),
        ("ALLOWED_HOSTS", [], "portal.E004"),
        ("SITE_URL", "http://mosaics.example.org", "portal.E005"),
        ("REDIS_URL", "unix:///nonexistent/redis.sock?db=0", "portal.E008"),
        ("REDIS_URL", "amqp://localhost", "portal.E008"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "portal.E009"),
        ("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend", "portal.E009"),
        ("SERVICE_DESK_EMAIL", "service-desk@localhost", "portal.W010"),
    ],
)
def test_an_unsafe_setting_is_refused_with_a_remedy(production: Any, name: str, value: Any, identifier: str) -> None:
    setattr(production, name, value)
    found = portal_messages()
    assert list(found) == [identifier]
    assert found[identifier].hint


def test_another_database_than_postgis_is_refused(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(production.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    found = portal_messages()
    assert list(found) == ["portal.E006"]
    assert "CREATE EXTENSION postgis" in found["portal.E006"].hint


def test_a_database_that_does_not_answer_is_named(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError, connection

    def refuse() -> None:
        raise OperationalError("connection refused\nby the test")

    with monkeypatch.context() as away:
        away.setattr(connection, "cursor", refuse)
        found = portal_messages()
    assert found["portal.E007"].msg == "PostGIS does not answer: connection refused"


def test_a_laptop_is_left_in_peace(settings: Any, db: None) -> None:
    settings.DEBUG, settings.SECRET_KEY = True, "unsafe-default-key"
    assert portal_messages(deploy=False) == {}


def settings_read_from_the_environment() -> set[str]:
    """Names in the calls ``env.str("NAME", ...)`` of the settings."""
    tree = ast.parse((ROOT / "portal/settings/__init__.py").read_text())
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    documented = [found[1] for line in lines if (found := re.match(r"(?:# )?([A-Z][A-Z0-9_]+)=", line))]
    assert len(documented) == len(set(documented))
    assert set(documented) == settings_read_from_the_environment()


def test_the_example_can_be_copied_as_it_is() -> None:
    class Fresh(Env):
        ENVIRON: ClassVar[dict[str, str]] = {}

    Fresh.read_env(ROOT / ".env.example")
    read = Fresh()
    assert read.list("ALLOWED_HOSTS") == ["127.0.0.1", "localhost", "[::1]"]
    assert read.str("SITE_NAME") == "Mosaic Hub"
    assert read.bool("DEBUG") is False
