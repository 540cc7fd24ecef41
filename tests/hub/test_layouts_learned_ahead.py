"""Layouts of files on servers: learned of scenes that were kept, and never in the way of what somebody waits for."""

from __future__ import annotations

import os
import shutil
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from hub.archive import headers_folder
from hub.forecast import keeping, layouts, tasks
from hub.forecast.models import SceneMask, State
from hub.series.states import State as SeriesState
from processing.pixels.granule_facts import forget_all
from processing.rasters import servers as archive_servers
from processing.sample import make_archive
from tests.hub.asked_series import made_for
from tests.processing.watched_server import items_at, watched

pytestmark = pytest.mark.django_db

DATES = 4
AN_HOUR, A_MONTH = timezone.timedelta(hours=1), timezone.timedelta(days=30)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Files too large to be had whole with their first bytes."""
    folder = tmp_path_factory.mktemp("ahead") / "archive"
    return make_archive(folder, size_km=4, dates=DATES, tiles=("33TWL",), blocksize=256)


@pytest.fixture
def server(local, tmp_path):
    with watched(shutil.copytree(local.parent, tmp_path / "served")) as server:
        yield server


@pytest.fixture(autouse=True)
def remote_archive(server, tmp_path, settings, servers, empty_queue, monkeypatch):
    """The site's archive lies on the server. The path of its items."""
    cache.clear()
    forget_all()
    monkeypatch.setattr(archive_servers, "_RETRIES", 0)
    items = items_at(server, server.folder / "items.json", tmp_path / "away")
    settings.MOSAIC_SOURCE = str(items)
    yield items
    cache.clear()
    forget_all()


@pytest.fixture
def someone_else():
    """Another connection to the database."""
    other = connection.copy()
    with other.cursor() as cursor:
        yield cursor
    other.close()


def keep_all(*, asked=False):
    """Every scene's mask, as the sweep and the worker keep them."""
    keeping.want(keeping.keys_of(keeping.everything()), asked=asked)
    while keeping.keep_wanted(seconds=30):
        pass


def learn_all():
    while layouts.learn_due(seconds=30):
        pass


def files_of_all():
    return sum(len(granule.files) + 1 for granule in keeping.everything())


def due():
    """Of each row in how long it is due."""
    now = timezone.now()
    return [row.layouts_due and row.layouts_due - now for row in SceneMask.objects.order_by("pk")]


def make_all_due(**which):
    cache.clear()
    SceneMask.objects.filter(**which).update(layouts_due=timezone.now())


def test_the_first_series_of_an_index_takes_three_requests_a_date(alice, server, remote_archive):
    keep_all()
    learn_all()
    server.take()
    forget_all()
    series = made_for(alice, remote_archive, contents="observations", layers=[])
    assert series.state == SeriesState.MADE and series.steps_done >= 3
    assert len(server.take()) <= 3 * series.steps_done


def test_no_file_is_asked_for_its_directory_twice(server):
    keep_all()
    learn_all()
    whole = [path for path in server.take() if not path.endswith("SCL.tif")]
    learned = {path for path in whole if path.endswith(".tif")}
    assert len(learned) == files_of_all() - 2 * DATES
    SceneMask.objects.update(layouts_due=timezone.now())
    learn_all()
    assert server.take() == []


def test_a_mask_takes_fewer_requests_when_it_is_looked_at_again(server):
    keep_all()
    first = len(server.take())
    SceneMask.objects.update(state=State.WANTED)
    keep_all()
    assert len(server.take()) <= first - 2 * DATES


def test_what_was_learned_is_due_again_when_it_is_no_longer_used():
    keep_all()
    learn_all()
    assert not layouts.are_due()
    assert all(A_MONTH < left < A_MONTH + 2 * AN_HOUR for left in due())


def test_one_message_is_one_round_of_masks_or_of_layouts(server, empty_queue):
    keeping.want(keeping.keys_of(keeping.everything()), asked=False)
    tasks.keep_wanted()
    assert layouts.are_due() and not keeping.are_wanted()
    assert not any(path.endswith("B11.tif") for path in server.take())
    assert cache.get("forecast:queued"), "it comes back"
    tasks.keep_wanted()
    assert any(path.endswith("B11.tif") for path in server.take())


def test_a_worker_that_can_read_no_mask_does_not_come_back_for_layouts(server):
    keep_all()
    SceneMask.objects.filter(pk=SceneMask.objects.first().pk).update(state=State.WANTED)
    server.fail_all()
    tasks.keep_wanted()
    assert layouts.are_due() and not cache.get("forecast:queued")


def test_the_worker_learns_when_no_mask_is_wanted():
    keeping.keep_new()
    rounds = 0
    while (SceneMask.objects.exclude(state=State.KEPT).exists() or layouts.are_due()) and rounds < 20:
        tasks.keep_wanted()
        rounds += 1
    assert all(left > A_MONTH for left in due())


def test_the_sweep_calls_a_worker_for_what_is_due(monkeypatch):
    called = []
    keep_all()
    monkeypatch.setattr(keeping, "call_worker", lambda: called.append(1))
    monkeypatch.setattr(keeping, "is_behind_api", lambda: True)
    tasks.keep_new()
    assert called
    learn_all()
    called.clear()
    tasks.keep_new()
    assert not called


# --- What somebody waits for ----------------------------------------------------------------------
def test_nothing_is_learned_while_somebody_waits_for_a_mask(server):
    keep_all()
    SceneMask.objects.filter(pk=SceneMask.objects.first().pk).update(state=State.WANTED, asked=True)
    server.take()
    assert not layouts.learn_due(seconds=30)
    assert server.take() == []


def test_learning_ends_when_somebody_asks_for_a_mask(server, monkeypatch):
    keep_all()
    server.take()
    monkeypatch.setattr(layouts, "_SECONDS_BETWEEN_LOOKS", 0)
    waits = iter([False] * 20)
    monkeypatch.setattr(layouts, "_somebody_waits", lambda: next(waits, True))
    assert layouts.learn_due(seconds=30), "the rest stays due"
    assert 0 < len(server.take()) < files_of_all() - 2 * DATES
    assert any(left.total_seconds() < 1 for left in due())


def test_a_round_ends_in_time_and_the_next_goes_on(server):
    keep_all()
    server.take()
    assert layouts.learn_due(seconds=-1)
    assert server.take() == []
    learn_all()
    assert all(left > A_MONTH for left in due())


def test_only_one_process_learns(server, someone_else):
    keep_all()
    server.take()
    someone_else.execute("SELECT pg_advisory_lock(%s)", [layouts.LEARNING_LOCK])
    assert not layouts.learn_due(seconds=30)
    assert server.take() == []


# --- What is not learned --------------------------------------------------------------------------
def test_an_archive_at_hand_costs_nothing(local, settings):
    settings.MOSAIC_SOURCE = str(local)
    keep_all()
    assert due() == [None] * DATES
    assert not layouts.are_due()
    assert not headers_folder().exists()


def test_scenes_at_hand_that_were_kept_by_an_earlier_version_are_gone_through_once(local, settings):
    settings.MOSAIC_SOURCE = str(local)
    keep_all()
    make_all_due()
    learn_all()
    assert due() == [None] * DATES


def test_a_scene_that_cannot_be_used_is_not_learned(server):
    server.misbehaving["SCL.tif"] = lambda handler: handler.give(404)
    keep_all()
    assert set(SceneMask.objects.values_list("state", flat=True)) == {State.UNUSABLE}
    assert not layouts.are_due()


def test_scenes_that_vanished_are_not_looked_for_again(remote_archive, monkeypatch):
    keep_all()
    monkeypatch.setattr(layouts, "granules_of", lambda rows: {})
    learn_all()
    assert due() == [None] * DATES


def test_only_the_newest_scenes_are_learned_of_more_than_there_is_room_for(monkeypatch):
    keep_all()
    monkeypatch.setattr(layouts, "_MOST_SCENES", 2)
    learn_all()
    newest = list(SceneMask.objects.order_by("-sensed_at"))
    assert [row.layouts_due > timezone.now() for row in newest] == [True, True, False, False]
    assert not layouts.are_due()


# --- Failures -------------------------------------------------------------------------------------
def test_a_server_that_fails_costs_no_mask_and_is_left_alone_for_a_while(server, caplog):
    keep_all()
    server.fail_all()
    server.take()
    assert not layouts.learn_due(seconds=30)
    assert 0 < len(server.take()) <= 32
    assert "learned later" in caplog.text
    assert set(SceneMask.objects.values_list("state", flat=True)) == {State.KEPT}
    for _ in range(5):
        tasks.keep_new()
        tasks.keep_wanted()
    assert server.take() == []


def test_it_is_tried_again_an_hour_later(server):
    keep_all()
    server.fail_all()
    layouts.learn_due(seconds=30)
    assert all(AN_HOUR * 0.9 < left < AN_HOUR * 1.1 for left in due())
    server.misbehaving.clear()
    make_all_due()
    learn_all()
    assert all(left > A_MONTH for left in due())


def test_a_scene_that_ends_the_worker_is_not_met_again_at_once(monkeypatch):
    def end(*arguments, **options):
        raise SystemExit

    keep_all()
    monkeypatch.setattr(layouts, "learn_layouts", end)
    with pytest.raises(SystemExit):
        layouts.learn_due(seconds=30)
    assert not layouts.are_due()


def test_what_nobody_foresaw_is_logged_and_no_more(monkeypatch, caplog):
    def fail(*arguments, **options):
        raise RecursionError("hostile")

    keep_all()
    monkeypatch.setattr(layouts, "learn_layouts", fail)
    tasks.keep_wanted()
    assert "could not be learned" in caplog.text
    assert not layouts.are_due()


def test_an_archive_that_does_not_answer_is_no_error(monkeypatch, settings, caplog):
    keep_all()
    source = keeping.source_key()
    settings.MOSAIC_SOURCE = "/nowhere/items.json"
    SceneMask.objects.filter(source=source).update(source=keeping.source_key())
    assert not layouts.learn_due(seconds=30)
    assert "does not answer" in caplog.text


def test_files_that_are_missing_or_odd_are_passed_over(server):
    keep_all()
    server.misbehaving["B08.tif"] = lambda handler: handler.give(404)
    server.misbehaving["B03.tif"] = lambda handler: handler.give(206, os.urandom(2000), ETag='"1"')
    learn_all()
    assert all(left > A_MONTH for left in due())


def test_a_mask_is_read_of_files_that_are_others_than_was_kept(server, local, tmp_path):
    """The same addresses hold rasters of another extent: what was kept of them describes nothing."""
    keep_all()
    learn_all()
    other = make_archive(tmp_path / "other", size_km=3, dates=DATES, tiles=("33TWL",), blocksize=512)
    for folder in server.folder.iterdir():
        if folder.is_dir():
            for file in (other.parent / folder.name).iterdir():
                shutil.copyfile(file, folder / file.name)
    SceneMask.objects.update(state=State.WANTED)
    keep_all()
    assert set(SceneMask.objects.values_list("state", flat=True)) == {State.KEPT}


# --- manage.py keep_masks -------------------------------------------------------------------------
def test_keep_masks_learns_as_well(alice, server, remote_archive):
    out = StringIO()
    call_command("keep_masks", stdout=out)
    assert f"{DATES} of {DATES}: layouts of files" in out.getvalue()
    assert all(left > A_MONTH for left in due())
    server.take()
    forget_all()
    series = made_for(alice, remote_archive, contents="observations", layers=[])
    assert len(server.take()) <= 3 * series.steps_done


def test_keep_masks_says_that_a_server_is_away_and_keeps_the_masks(server):
    server.misbehaving["B08.tif"] = lambda handler: handler.give(503)
    with pytest.raises(CommandError, match="stopped answering"):
        call_command("keep_masks", stdout=StringIO())
    assert SceneMask.objects.filter(state=State.KEPT).count() == DATES
