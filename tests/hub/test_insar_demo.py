"""The ground motion that the first start shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.management import call_command

from hub.insar import policy
from hub.insar.management.commands import seed_insar_demo
from hub.insar.models import Layer, Release, Right, Territory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INSAR_ROOT = tmp_path / "insar"
    monkeypatch.setattr(seed_insar_demo, "POINTS", 1000)


def test_visitors_see_cells_and_the_user_demo_sees_points(charlie: AbstractUser):
    call_command("seed_insar_demo")
    demo = get_user_model().objects.get(username="demo")
    assert {release.key for release in Release.objects.all()} == {"dax-l2b", "dax-l3"}
    for release in Release.objects.all():
        assert "Nobody measured" in release.summary
        assert "generated" in release.title
        assert policy.access(demo, release.key).right == Right.FULL
        assert policy.access(charlie, release.key).right == Right.OVERVIEW
        assert policy.access(AnonymousUser(), release.key).right == Right.OVERVIEW
        area = policy.access(demo, release.key).area(Right.FULL)
        assert all(area.covers(layer.extent) for layer in release.layers.all())
    assert Territory.objects.get().managers.get() == demo
    assert all(layer.indexed and layer.cells_made == layer.cells_wanted for layer in Layer.objects.all())


def test_it_is_made_once_and_never_beside_somebodys_own():
    call_command("seed_insar_demo")
    before = Layer.objects.count()
    call_command("seed_insar_demo")
    assert Layer.objects.count() == before
    (seed_insar_demo.Path(seed_insar_demo.settings.INSAR_ROOT) / "demo-seeded").unlink()
    call_command("seed_insar_demo")
    assert Layer.objects.count() == before
