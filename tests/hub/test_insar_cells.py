"""The cells of a layer against its points, and what sensitive sites and the least number of points do to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from hub.insar import policy
from hub.insar.models import Cell, Grant, Layer, MeasurementPoint, Release, Right, SensitiveSite, Treatment
from hub.insar.models.words import CELL_SIZES_M
from hub.insar.pyramid import cells

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer(motion_releases: dict[str, Release]) -> Layer:
    return Layer.objects.get(release=motion_releases["L2b"], direction="ascending")


def around(point: MeasurementPoint, metres: float) -> MultiPolygon:
    x, y = point.geom.coords
    return MultiPolygon(Polygon.from_bbox((x - metres, y - metres, x + metres, y + metres)), srid=3857)


def site(layer: Layer, treatment: Treatment, metres: float = 1500) -> SensitiveSite:
    """Around the densest place."""
    counts = Cell.objects.filter(layer_id=layer.pk, size_m=400).order_by("-count")
    (x, y) = counts[0].geom.centroid.coords
    middle = MeasurementPoint(geom=f"SRID=3857;POINT({x} {y})")
    middle.geom = counts[0].geom.centroid
    return SensitiveSite.objects.create(name="Works", area=around(middle, metres), treatment=treatment)


def inside(layer: Layer, place: SensitiveSite) -> list[MeasurementPoint]:
    return list(MeasurementPoint.objects.filter(layer_id=layer.pk, geom__intersects=place.area))


def cell_of(point: MeasurementPoint, size: int) -> tuple[int, int]:
    return int(point.easting // size), int(point.northing // size)


@pytest.mark.parametrize("size", CELL_SIZES_M)
def test_a_cell_says_what_its_points_say(layer: Layer, size: int):
    velocities = defaultdict(list)
    for point in MeasurementPoint.objects.filter(layer_id=layer.pk):
        velocities[cell_of(point, size)].append(point.mean_velocity)
    found = {(cell.column, cell.row): cell for cell in Cell.objects.filter(layer_id=layer.pk, size_m=size)}
    assert found.keys() == velocities.keys()
    for place, values in velocities.items():
        cell = found[place]
        assert cell.count == len(values)
        assert cell.mean == pytest.approx(np.mean(values), abs=1e-4)
        assert cell.median == pytest.approx(np.median(values), abs=1e-4)
        assert (cell.low, cell.high) == pytest.approx((min(values), max(values)), abs=1e-5)
        assert not cell.shown or cell.count >= layer.release.least_points


def test_the_corners_of_a_cell_lie_on_its_grid(layer: Layer):
    for cell in Cell.objects.filter(layer_id=layer.pk)[:50]:
        corners = [cell.geom.transform(3035, clone=True).coords[0][number] for number in range(4)]
        west, south = cell.column * cell.size_m, cell.row * cell.size_m
        east, north = west + cell.size_m, south + cell.size_m
        expected = [(west, south), (east, south), (east, north), (west, north)]
        assert np.allclose(corners, expected, atol=1e-3)


def test_a_new_site_takes_the_cells_away_at_once_and_the_points_out_of_the_next_ones(layer: Layer):
    before = Release.objects.get(pk=layer.release_id).stamp
    place = site(layer, Treatment.CUT)
    assert not Cell.objects.filter(layer_id=layer.pk, geom__intersects=place.area).exists()
    assert Cell.objects.filter(layer_id=layer.pk).exists()
    assert Release.objects.get(pk=layer.release_id).stamp > before
    cut = inside(layer, place)
    assert cut
    cells.rebuild(layer)
    for size in CELL_SIZES_M:
        total = sum(Cell.objects.filter(layer_id=layer.pk, size_m=size).values_list("count", flat=True))
        assert total == layer.points - len(cut)


def test_points_of_a_coarsened_site_count_in_large_cells_only_and_never_a_few(layer: Layer):
    place = site(layer, Treatment.COARSENED, metres=900)
    cells.rebuild(layer)
    least = layer.release.least_points
    of_site = Counter(cell_of(point, 1600) for point in inside(layer, place))
    counting = sum(count for count in of_site.values() if count >= least)
    kept = layer.points - sum(of_site.values())
    totals = {
        size: sum(Cell.objects.filter(layer_id=layer.pk, size_m=size).values_list("count", flat=True))
        for size in CELL_SIZES_M
    }
    assert totals == {100: kept, 400: kept, 1600: kept + counting, 6400: kept + counting}


def test_a_site_that_goes_gives_the_points_back(layer: Layer):
    place = site(layer, Treatment.CUT)
    cells.rebuild(layer)
    place.delete()
    cells.rebuild(layer)
    assert sum(Cell.objects.filter(layer_id=layer.pk, size_m=100).values_list("count", flat=True)) == layer.points


def test_a_site_of_another_release_changes_nothing(layer: Layer, motion_releases: dict[str, Release]):
    before = Cell.objects.filter(layer_id=layer.pk).count()
    place = site(layer, Treatment.CUT)
    place.delete()
    cells.rebuild(layer)
    SensitiveSite.objects.create(name="Works", release=motion_releases["L3"], area=place.area)
    assert Cell.objects.filter(layer_id=layer.pk).count() == before
    layer.refresh_from_db()
    assert layer.cells_made == layer.cells_wanted


def test_raising_the_least_number_hides_at_once(layer: Layer):
    Grant.objects.create(release=layer.release, right=Right.OVERVIEW, everybody=True)
    assert seen(layer)
    Release.objects.filter(pk=layer.release_id).update(least_points=50)
    assert not seen(layer)
    cells.rebuild(layer)
    assert seen(layer)
    assert min(count for count, _ in seen(layer)) >= 50


def seen(layer: Layer) -> list[tuple[int, int]]:
    """Count and size of the cells that a visitor is given."""
    with connection.cursor() as cursor:
        found = []
        for size in CELL_SIZES_M:
            parameters: dict[str, Any] = {
                "viewer": policy.viewer_of(AnonymousUser()), "layer": layer.pk, "size": size, "near": layer.extent.ewkt
            }  # fmt: skip
            cursor.execute(f"SELECT count, size_m FROM {policy.CELLS}", parameters)
            found += cursor.fetchall()
    return found


def test_whoever_sees_an_overview_never_gets_below_n_by_subtracting(layer: Layer):
    Grant.objects.create(release=layer.release, right=Right.OVERVIEW, everybody=True)
    Release.objects.filter(pk=layer.release_id).update(overview_cell_m=100)
    site(layer, Treatment.COARSENED, metres=900)
    cells.rebuild(layer)
    least = layer.release.least_points
    shown = {
        (cell.size_m, cell.column, cell.row): cell.count for cell in Cell.objects.filter(layer_id=layer.pk, shown=True)
    }
    inner: Counter[tuple[int, int, int]] = Counter()
    for (size, column, row), count in shown.items():
        if size * 4 in CELL_SIZES_M:
            inner[size * 4, column // 4, row // 4] += count
    differences = [shown[place] - inner[place] for place in shown]
    assert all(difference == 0 or difference >= least for difference in differences)


def test_cells_that_were_wanted_anew_meanwhile_are_not_put_in_place(layer: Layer, monkeypatch: pytest.MonkeyPatch):
    read, calls = cells._read, []

    def read_while_a_site_comes(now: Layer) -> Any:
        found = read(now)
        if not calls:
            site(layer, Treatment.CUT)
        calls.append(now.cells_wanted)
        return found

    monkeypatch.setattr(cells, "_read", read_while_a_site_comes)
    Layer.objects.filter(pk=layer.pk).update(cells_wanted=layer.cells_wanted + 1)
    cells.rebuild(layer)
    assert len(calls) == 2
    place = SensitiveSite.objects.get()
    total = sum(Cell.objects.filter(layer_id=layer.pk, size_m=100).values_list("count", flat=True))
    assert total == layer.points - len(inside(layer, place))


def test_a_release_saved_from_an_old_copy_keeps_its_stamp(layer: Layer):
    old = Release.objects.get(pk=layer.release_id)
    site(layer, Treatment.CUT)
    newer = Release.objects.get(pk=layer.release_id).stamp
    old.title = "Another title"
    old.save()
    assert Release.objects.get(pk=layer.release_id).stamp == newer > 0
