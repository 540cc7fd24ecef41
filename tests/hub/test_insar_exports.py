"""Exports, opened again by other programs: all that was asked for, no more, with its licence and its taker inside."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from hub.insar.models import Action, AuditEntry, Grant, Part, Release, Right, SensitiveSite
from processing.insar.delivery import NODATA
from processing.insar.opening import open_delivery
from processing.insar.series_store import SeriesStore
from tests.hub.answers import problem
from tests.hub.asked_motion import Known, address, body, box_area, chunks, grant, square, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    release = Release.objects.get(pk=motion_releases["L2b"].pk)
    release.licence, release.attribution = "CC BY 4.0", "Source: Élan"
    release.save()
    return release


@pytest.fixture
def known(release: Release) -> Known:
    return Known(release.layers.get(direction="ascending"))


def export(client: Any, release: Release, kind: str, direction: str = "ascending", **asked: Any) -> Any:
    return client.get(address(release, f"export.{kind}", direction), asked)


def members(response: Any) -> dict[str, bytes]:
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(body(response))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(("level", "direction"), [("L2a", "descending"), ("L2b", "ascending"), ("L3", "up")])
def test_csv_with_series_is_read_again_as_it_was_delivered(
    api: Callable, alice: AbstractUser, motion_releases: dict[str, Release], motion_files: dict[str, list[Path]],
    tmp_path: Path, level: str, direction: str,
):  # fmt: skip
    release = motion_releases[level]
    grant(release, user=alice)
    found = members(export(api(alice), release, "csv", direction, bbox="-3,42,1,45", series=1))
    tables = [name for name in found if name.endswith(".csv")]
    parts = {part.file_name: part for part in Part.objects.filter(layer__release=release, layer__direction=direction)}
    assert len(tables) == len(parts)
    for name in tables:
        (delivered,) = (each for each in motion_files[level] if name.startswith(each.stem.split(".")[0]))
        (tmp_path / name).write_bytes(found[name])
        with open_delivery(tmp_path / name) as again, open_delivery(delivered) as before:
            assert again.facts.level == level
            assert again.facts.identity == before.facts.identity
            assert again.facts.dates == before.facts.dates
            assert again.facts.columns == before.facts.columns
            (now,), (then,) = list(again.batches()), list(before.batches())
            assert again.rounded == 0
        by_pid, order = np.argsort(now.pid), np.argsort(then.pid)
        assert now.pid[by_pid].tolist() == then.pid[order].tolist()
        assert np.array_equal(now.displacement[by_pid], then.displacement[order])
        for column, values in then.attributes.items():
            assert np.array_equal(now.attributes[column][by_pid], values[order], equal_nan=True), column
        assert np.allclose(now.lon[by_pid], then.lon[order], atol=1.1e-6)
        assert np.allclose(now.lat[by_pid], then.lat[order], atol=1.1e-6)


def test_csv_without_series_is_one_table(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    found = members(export(api(alice), release, "csv", bbox=written(known.middle)))
    assert set(found) == {"README.txt", "metadata.json", f"{release.key}_ascending.csv"}
    lines = found[f"{release.key}_ascending.csv"].decode().splitlines()
    assert lines[0].startswith("pid,mp_type,latitude,longitude,easting,")
    assert len(lines) == 1 + known.inside(*known.middle).sum()


def test_a_file_says_where_it_is_from_and_who_took_it(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    found = members(export(api(alice), release, "csv", bbox=written(known.middle)))
    text, about = found["README.txt"].decode(), json.loads(found["metadata.json"])
    for each in ("CC BY 4.0", "Source: Élan", "alice", "not risk", about["rights"], "mean_velocity"):
        assert each in text
    assert about["taken_by"] == "alice"
    assert about["points"] == known.inside(*known.middle).sum()
    assert "risk" in about["not_risk"]
    assert about["asked"] == {"bbox": written(known.middle)}
    (entry,) = AuditEntry.objects.filter(release_id=release.pk, action=Action.EXPORT)
    assert (entry.points, entry.rights) == (about["points"], about["rights"])


def test_geojson_is_one_collection(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    response = export(api(alice), release, "geojson", bbox=written(known.middle), series=1)
    assert response["Content-Disposition"] == f'attachment; filename="{release.key}_ascending.geojson"'
    found = json.loads(body(response))
    assert found["type"] == "FeatureCollection"
    assert found["metadata"]["licence"] == "CC BY 4.0"
    inside = known.inside(*known.middle)
    assert [feature["id"] for feature in found["features"]] == known.ids[inside].tolist()
    first = found["features"][0]
    point = known.rows[int(np.flatnonzero(inside)[0])]
    expected = SeriesStore(known.parts[point.part_id].series_folder).row(point.row)
    assert first["properties"]["displacement"] == pytest.approx(expected.tolist(), abs=1e-4)
    dates = {part["identity"]: part["dates"] for part in found["metadata"]["parts"]}
    assert dates[first["properties"]["part"]] == known.parts[point.part_id].dates


def test_parquet_is_geoparquet_with_types_of_its_own(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    found = pq.read_table(
        io.BytesIO(body(export(api(alice), release, "parquet", bbox=written(known.around), series=1)))
    )
    geo = json.loads(found.schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"][geo["primary_column"]] == {"encoding": "WKB", "geometry_types": ["Point"]}
    assert json.loads(found.schema.metadata[b"mosaic_hub"])["taken_by"] == "alice"
    assert found["id"].to_pylist() == known.ids.tolist()
    places = shapely.from_wkb(found["geometry"].to_numpy())
    assert np.allclose(shapely.get_x(places), known.lon, atol=1e-9)
    assert np.allclose(shapely.get_y(places), known.lat, atol=1e-9)
    assert found["mean_velocity"].to_numpy() == pytest.approx(known.velocity, abs=1e-6)
    assert str(found.schema.field("displacement_tenths_mm").type) == "list<element: int16>"
    rows = found["displacement_tenths_mm"]
    for at in (0, len(known.rows) - 1):
        point = known.rows[at]
        raw = SeriesStore(known.parts[point.part_id].series_folder).raw([point.row])[0]
        expected = [None if value == NODATA else value for value in raw.tolist()]
        assert rows[at].as_py() == expected
    assert (
        "displacement_tenths_mm"
        not in pq.read_schema(
            io.BytesIO(body(export(api(alice), release, "parquet", bbox=written(known.middle))))
        ).names
    )


@pytest.mark.parametrize("kind", ["csv", "geojson", "parquet"])
def test_nothing_beyond_the_rights_is_in_it(
    api: Callable, alice: AbstractUser, release: Release, known: Known, kind: str
):
    grant(release, user=alice, area=box_area(*known.middle))
    west, south, east, north = known.middle
    SensitiveSite.objects.create(name="Site", area=box_area(west, south, (west + east) / 2, north))
    sent = {"polygon": square(*known.around)}
    response = api(alice).post(address(release, f"export.{kind}"), sent, format="json")
    content = body(response)
    inside = known.inside((west + east) / 2, south, east, north)
    pids = {point.pid for point, there in zip(known.rows, inside, strict=True) if there}
    if kind == "csv":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            table = archive.read(f"{release.key}_ascending.csv").decode()
        assert {line.split(",")[0] for line in table.splitlines()[1:]} == pids
    elif kind == "geojson":
        assert {feature["properties"]["pid"] for feature in json.loads(content)["features"]} == pids
    else:
        assert set(pq.read_table(io.BytesIO(content))["pid"].to_pylist()) == pids


@pytest.mark.parametrize("kind", ["csv", "geojson", "parquet"])
@pytest.mark.parametrize("series", [0, 1])
def test_where_nothing_is_the_file_is_empty_and_sound(
    api: Callable, alice: AbstractUser, release: Release, kind: str, series: int
):
    grant(release, user=alice)
    content = body(export(api(alice), release, kind, bbox="10,10,11,11", series=series))
    if kind == "csv":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
    elif kind == "geojson":
        assert json.loads(content)["features"] == []
    else:
        assert pq.read_table(io.BytesIO(content)).num_rows == 0


def test_a_right_taken_back_while_the_file_is_made_ends_it(
    api: Callable, alice: AbstractUser, release: Release, known: Known, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.insar.answers.exports.rows.POINTS_AT_ONCE", 50)
    given = grant(release, user=alice)
    response = export(api(alice), release, "geojson", bbox=written(known.around))
    Grant.objects.filter(pk=given.pk).update(revoked_at=timezone.now())
    assert json.loads(body(response))["features"] == []


def test_more_than_a_file_may_hold_is_refused_before_the_first_byte(
    api: Callable, alice: AbstractUser, release: Release, known: Known, settings: Any
):
    grant(release, user=alice)
    settings.INSAR_LIMIT_EXPORT_POINTS = 1000
    refused = problem(export(api(alice), release, "csv", bbox=written(known.around)), 422, "too_many_points")
    assert "1,000" in refused["detail"]
    assert refused["remedy"]
    settings.INSAR_LIMIT_EXPORT_POINTS = len(known.rows)
    settings.INSAR_EXPORT_POINTS_PER_DAY = len(known.rows)
    assert len(json.loads(body(export(api(alice), release, "geojson", bbox=written(known.around))))["features"]) == len(
        known.rows
    )
    refused = problem(export(api(alice), release, "geojson", bbox=written(known.middle)), 429, "quota_used_up")
    assert refused["remedy"]
    assert AuditEntry.objects.filter(release_id=release.pk).count() == 1


def test_overview_and_strangers_get_no_file(
    api: Callable, alice: AbstractUser, charlie: AbstractUser, release: Release, known: Known
):
    grant(release, Right.OVERVIEW, user=alice)
    for client in (api(alice), api(charlie), api()):
        for kind in ("csv", "geojson", "parquet", "exe"):
            problem(export(client, release, kind, bbox=written(known.around)), 404, "not_found")


@pytest.mark.parametrize("kind", ["exe", "CSV", "csv/../x", ""])
def test_other_kinds_of_files_are_not_there(api: Callable, alice: AbstractUser, release: Release, kind: str):
    grant(release, user=alice)
    assert export(api(alice), release, kind, bbox="0,0,1,1").status_code == 404


def test_no_spreadsheet_takes_a_name_for_a_formula(api: Callable, alice: AbstractUser, release: Release, known: Known):
    from hub.insar.models import MeasurementPoint

    grant(release, user=alice)
    MeasurementPoint.objects.filter(part_id=known.rows[0].part_id, row=known.rows[0].row).update(pid='=1+"1",2')
    table = members(export(api(alice), release, "csv", bbox=written(known.around)))[f"{release.key}_ascending.csv"]
    assert '"\'=1+""1"",2",' in table.decode()


def test_a_file_is_sent_while_it_is_made(
    api: Callable, alice: AbstractUser, release: Release, known: Known, monkeypatch: pytest.MonkeyPatch
):
    """A few points are in memory at a time: the first bytes come when the first batch was read."""
    monkeypatch.setattr("hub.insar.answers.exports.rows.POINTS_AT_ONCE", 400)
    grant(release, user=alice)
    for kind in ("csv", "geojson", "parquet"):
        response = export(api(alice), release, kind, bbox=written(known.around), series=1)
        sizes = [len(chunk) for chunk in chunks(response)]
        assert len(sizes) > 8
        assert max(sizes) < sum(sizes) / 4
