"""Intakes as processes: killed in the middle, and two at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from hub.insar.deliveries import intake, removal, staging, upkeep
from hub.insar.models import Layer, MeasurementPoint, Part, Release
from tests.hub.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)
_KILLED = """
import os, signal, sys
import django
django.setup()
from hub.insar.deliveries import intake
written = intake._blocks
def until_killed(*args, **options):
    for block in written(*args, **options):
        yield block
        os.kill(os.getpid(), signal.SIGKILL) if {after_rows} else None
rename = intake.Path.rename
def renamed(self, target):
    rename(self, target)
    if self.name == "series": os.kill(os.getpid(), signal.SIGKILL)
intake._blocks, intake.Path.rename = until_killed, renamed
intake.take_in(sys.argv[1])
"""


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    for release in Release.objects.all():
        removal.remove(release)


def process(script: str, path: Path) -> subprocess.Popen[bytes]:
    extra = {"DJANGO_SETTINGS_MODULE": "portal.settings", "INSAR_ROOT": settings.INSAR_ROOT}
    return subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, env=environment(**extra))


@pytest.mark.parametrize("after_rows", [True, False], ids=["while copying", "before the commit"])
def test_a_killed_intake_leaves_nothing_and_can_be_repeated(motion_files: dict[str, list[Path]], after_rows: bool):
    path = motion_files["L2b"][0]
    series = {folder.name for folder in (Path(settings.INSAR_ROOT) / "series").glob("*")}
    killed = process(_KILLED.format(after_rows=after_rows), path)
    assert killed.wait(120) == -signal.SIGKILL
    assert not Part.objects.exists()
    assert not MeasurementPoint.objects.exists()
    assert list(staging.incoming().glob("part-*"))
    upkeep.sweep_files()
    assert not list(staging.incoming().glob("part-*"))
    # Those of other tests, which were rolled back, may go with it.
    assert {folder.name for folder in (Path(settings.INSAR_ROOT) / "series").glob("*")} <= series
    part = intake.take_in(path).part
    assert MeasurementPoint.objects.filter(part_id=part.pk).count() == part.points == Layer.objects.get().points


def test_several_at_a_time_come_in_whole(motion_files: dict[str, list[Path]]):
    script = "import sys, django; django.setup(); from hub.insar.deliveries import intake; intake.take_in(sys.argv[1])"
    files = motion_files["L2b"][:2] + motion_files["L3"]
    running: list[Any] = [process(script, path) for path in (*files, files[0])]
    assert [each.wait(180) for each in running] == [0] * len(running)
    assert sorted(Part.objects.values_list("file_name", flat=True)) == sorted(path.name for path in files)
    for layer in Layer.objects.all():
        assert layer.points == MeasurementPoint.objects.filter(layer_id=layer.pk).count() > 0
        assert layer.cells_made == layer.cells_wanted
