"""Masks of scenes: kept once, for the archive there is, and forgotten with their scenes."""

from __future__ import annotations

import json
import shutil
from datetime import date
from io import StringIO

import numpy as np
import pytest
from celery import current_app
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from hub.forecast import keeping, tasks
from hub.forecast.asking import forecast_of
from hub.forecast.models import LEVELS, SceneMask, State, lattice_of, sighting_of
from hub.forecast.periods import others
from processing.overviews.masks import read_sighting
from processing.overviews.reading import OverviewReader
from processing.periods import CompositingPeriod
from processing.spec import MosaicSpec

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered(servers, settings):
    cache.clear()
    settings.FORECAST_READ_SECONDS = 60


@pytest.fixture
def own_archive(small_archive, tmp_path, settings):
    """A copy of the small archive that a test may change."""
    copy = shutil.copytree(small_archive.parent, tmp_path / "archive")
    settings.MOSAIC_SOURCE = str(copy / "items.json")
    return copy


def rewrite(archive, change):
    path = archive / "items.json"
    collection = json.loads(path.read_text())
    collection["features"] = change(collection["features"])
    path.write_text(json.dumps(collection))


def test_what_is_kept_is_what_was_seen():
    granules = keeping.keys_of(keeping.everything())
    key, granule = next(iter(granules.items()))
    assert keeping.keep({key: granule}) == {key}
    row = SceneMask.objects.get()
    with OverviewReader() as overviews:
        sighting = read_sighting(granule, overviews)
    for number, level in enumerate(LEVELS):
        kept = sighting_of(getattr(row, level), lattice_of(row.lattice, number))
        np.testing.assert_array_equal(kept.cells, sighting.thinned((1, 4, 16)[number]).cells)
    assert (row.tile, row.datatake, row.state) == (granule.tile, granule.datatake, State.KEPT)
    assert row.cloud_percent == pytest.approx(sighting.cloud_percent, abs=0.01)


def test_the_sweep_puts_down_the_whole_archive_and_the_task_keeps_it():
    count = len(keeping.everything())
    assert keeping.keep_new() == count
    assert SceneMask.objects.filter(state=State.WANTED).count() == count
    while keeping.keep_wanted(seconds=30):
        pass
    assert SceneMask.objects.filter(state=State.KEPT).count() == count
    assert keeping.keep_new() == 0


def test_the_sweep_is_bounded(own_archive):
    assert keeping.keep_new(batch=3) == 3
    assert keeping.keep_new(batch=3) == 3
    assert SceneMask.objects.count() == 6


def test_scenes_that_vanished_are_forgotten(own_archive):
    call_command("keep_masks", stdout=StringIO())
    rewrite(own_archive, lambda items: items[2:])
    before = SceneMask.objects.count()
    assert keeping.keep_new() == 0
    assert SceneMask.objects.count() == before - 2


def test_a_wanted_scene_that_vanished_is_forgotten(own_archive):
    keeping.keep_new()
    rewrite(own_archive, lambda items: items[1:])
    while keeping.keep_wanted(seconds=30):
        pass
    assert SceneMask.objects.count() == len(keeping.everything())


def test_a_file_that_was_written_again_is_looked_at_again(own_archive):
    granule = keeping.everything()[0]
    key = next(iter(keeping.keys_of([granule])))
    path = own_archive / granule.item_id / "SCL.tif"
    path.write_bytes(path.read_bytes() + b" ")
    assert key not in keeping.keys_of([granule])


def test_a_damaged_scene_is_left_out_and_named(own_archive, spec):
    broken = own_archive / keeping.everything()[0].item_id / "SCL.tif"
    broken.write_bytes(broken.read_bytes()[:200])
    forecast = forecast_of(spec)
    assert forecast.is_complete
    assert [line.problem != "" for line in forecast.scenes].count(True) == 1
    assert "SCL" in SceneMask.objects.get(state=State.UNUSABLE).reason


def test_a_damaged_scene_is_looked_at_again_another_day(own_archive):
    granule = keeping.everything()[0]
    broken = own_archive / granule.item_id / "SCL.tif"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:200])
    keeping.keep(keeping.keys_of([granule]))
    SceneMask.objects.update(kept_at=timezone.now() - timezone.timedelta(days=2))
    keeping.keep_new()
    assert not SceneMask.objects.filter(state=State.UNUSABLE).exists()


def test_one_message_at_a_time_and_nothing_in_it(empty_queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        keeping.keep_new()
    with django_capture_on_commit_callbacks(execute=True):
        keeping.want(keeping.keys_of(keeping.everything()), asked=True)
    with current_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("quick")
        message = queue.get(block=False)
        arguments = json.loads(message.body)
        message.ack()
        assert arguments[:2] == [[], {}]
        with pytest.raises(queue.Empty):
            queue.get(block=False)


def test_the_task_comes_back_while_more_is_wanted(empty_queue, monkeypatch):
    keeping.keep_new()
    cache.clear()
    monkeypatch.setattr(keeping, "ROUND_SECONDS", 0.0)
    monkeypatch.setattr(keeping.keep_wanted, "__defaults__", (0.0,))
    tasks.keep_wanted()
    with current_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("quick")
        queue.get(block=False).ack()


def test_what_somebody_waits_for_comes_first():
    granules = list(keeping.keys_of(keeping.everything()).items())
    keeping.want(dict(granules[:-1]), asked=False)
    keeping.want(dict(granules[-1:]), asked=True)
    first = SceneMask.objects.filter(state=State.WANTED).order_by("-asked", "pk").first()
    assert first.key == granules[-1][0]


def test_keep_masks_keeps_the_days_it_is_told():
    days = sorted({granule.sensed_at.date() for granule in keeping.everything()})
    out = StringIO()
    call_command("keep_masks", "--from", str(days[0]), "--to", str(days[0]), stdout=out)
    assert {row.sensed_at.date() for row in SceneMask.objects.all()} == {days[0]}
    call_command("keep_masks", stdout=out)
    assert {row.sensed_at.date() for row in SceneMask.objects.all()} == set(days)
    assert "scenes, of which" in out.getvalue()


def test_keep_masks_refuses_what_has_no_end(settings):
    settings.MOSAIC_SOURCE = "https://archive.invalid/v1"
    with pytest.raises(CommandError, match="no end"):
        call_command("keep_masks")


def test_an_archive_that_is_away_is_an_error_in_one_sentence(settings):
    settings.MOSAIC_SOURCE = "/nowhere/items.json"
    with pytest.raises(CommandError):
        call_command("keep_masks")


def test_asking_takes_few_queries_however_many_scenes(spec, django_assert_max_num_queries):
    call_command("keep_masks", stdout=StringIO())
    with django_assert_max_num_queries(8):
        forecast = forecast_of(spec)
    assert forecast.is_complete and forecast.others_known
    with django_assert_max_num_queries(2):
        forecast_of(spec)


def test_a_clearer_period_is_suggested(spec_json):
    call_command("keep_masks", stdout=StringIO())
    days = sorted({granule.sensed_at.date() for granule in keeping.everything()})
    spec = MosaicSpec.parse(spec_json | {"period": {"kind": "day", "start": str(days[0])}})
    forecast = forecast_of(spec)
    assert forecast.suggestions
    for suggestion in forecast.suggestions:
        alone = forecast_of(MosaicSpec.parse(spec_json | {"period": suggestion.period.model_dump(mode="json")}))
        assert alone.shares[1] == pytest.approx(suggestion.shares[1], abs=0.02), "what is promised is what is there"
        gained = suggestion.shares[1] - forecast.shares[1]
        assert gained >= 0.01 - 0.02 or suggestion.shares[4] > forecast.shares[4]


@pytest.mark.parametrize(
    ("kind", "start", "expected"),
    [
        ("month", "2024-01-01", {"2023-12-01", "2024-02-01", "2023-01-01", "2025-01-01"}),
        ("year", "2023-01-01", {"2022-01-01", "2024-01-01"}),
        ("dekad", "2024-02-21", {"2024-02-11", "2024-03-01", "2023-02-21", "2025-02-21", "2024-02-01"}),
        ("quarter", "2024-01-01", {"2023-10-01", "2024-04-01", "2023-01-01", "2025-01-01", "2024-01-01"}),
        ("month", "2015-06-01", {"2015-07-01", "2016-06-01", "2015-04-01"}),
    ],
)
def test_the_periods_that_are_compared(kind, start, expected):
    found = others(CompositingPeriod(kind=kind, start=start), today=date(2026, 1, 1))
    assert {str(period.start) for period in found} >= expected
    assert all(period.start <= date(2026, 1, 1) for period in found)


def test_a_leap_day_has_neighbours():
    found = others(CompositingPeriod(kind="day", start="2024-02-29"), today=date(2026, 1, 1))
    assert {"2023-02-28", "2025-02-28", "2024-03-01", "2024-02-28"} <= {str(period.start) for period in found}


def test_nothing_of_the_future_is_suggested():
    found = others(CompositingPeriod(kind="month", start="2026-01-01"), today=date(2026, 1, 15))
    assert all(period.start <= date(2026, 1, 15) for period in found)
