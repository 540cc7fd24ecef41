"""From an order to its products: how it is split, and whether the archive has anything for it."""

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.errors import InvalidOrder, NoScenes
from processing.grid import WGS84_EPSG, reproject
from processing.planning import check_offered, plan_products, prospects, split
from processing.sentinel2 import TILE_SIZE_M
from processing.sources import open_source
from processing.spec import MosaicSpec


def spec_of(*bounds, **changes):
    order = {
        "name": "Some area",
        "area": shapely.geometry.mapping(shapely.box(*bounds)),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 60,
        "bands": ["B02"],
    }
    return MosaicSpec.parse(order | changes)


def test_a_small_area_is_one_product_named_for_the_order():
    (plan,) = split(spec_of(15.1, 46.1, 15.9, 46.4))
    assert (plan.name, plan.tile, plan.grid.epsg) == ("Some_area", None, 32633)


def test_a_small_area_over_a_zones_border_lies_in_the_zone_of_its_centre():
    (plan,) = split(spec_of(11.8, 46.1, 12.4, 46.4))
    assert (plan.tile, plan.grid.epsg) == (None, 32633)


def test_degrees_are_never_split():
    (plan,) = split(spec_of(0, 40, 20, 50, crs="wgs84"))
    assert (plan.tile, plan.grid.epsg) == (None, 4326)


def test_a_larger_area_is_one_product_per_tile():
    plans = split(spec_of(15.1, 45.5, 16.3, 46.8))
    assert [plan.name for plan in plans] == [plan.tile for plan in plans] == ["33TWL", "33TWM"]


@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_a_product_of_a_tile_stays_within_the_tile(resolution):
    for plan in split(spec_of(14, 45, 17, 47, resolution=resolution)):
        assert plan.grid.width * resolution <= TILE_SIZE_M
        assert plan.grid.height * resolution <= TILE_SIZE_M


@pytest.mark.parametrize(
    ("bounds", "epsgs"),
    [
        ((178.5, -18, 180, -16), {32760}),
        ((-180, -18, -178.5, -16), {32701}),
        ((177, 50, 180, 52), {32660}),
        ((19, -35, 22, -33), {32734}),
        ((36, -1, 38, 1), {32637, 32737}),
        ((4, 59, 7, 62), {32632}),
        ((10, 76.5, 30, 78.5), {32633, 32635}),
        ((12, 45, 15, 47), {32633}),
    ],
)
def test_each_product_lies_in_a_zone_of_its_area(bounds, epsgs):
    plans = split(spec_of(*bounds))
    assert {plan.grid.epsg for plan in plans} == epsgs
    assert len({plan.name for plan in plans}) == len(plans)


@settings(max_examples=25)
@given(
    st.floats(-180, 175), st.floats(-79, 78), st.floats(0.01, 5), st.floats(0.01, 5), st.sampled_from(["utm", "wgs84"])
)
def test_the_products_cover_the_area(west, south, width, height, crs):
    area = shapely.Polygon([(west, south), (west + width, south), (west + width, south + height), (west, south)])
    spec = spec_of(0, 0, 1, 1, area=shapely.geometry.mapping(area), crs=crs)
    rows = np.linspace(0.02, 0.98, 9)
    inside = [(west + width * x, south + height * y) for y in rows for x in rows if x > y]
    plans = split(spec)
    for point in shapely.points(inside):
        assert any(holds(plan.grid, point) for plan in plans)


def holds(grid, point):
    """Whether the grid holds the point (EPSG:4326) or passes it by less than a sliver that is worth no tile."""
    box = shapely.box(*grid.bounds).buffer(grid.pixel_size)
    zone_reaches_it = grid.epsg == WGS84_EPSG or abs(point.x - grid.footprint.centroid.x) < 20
    return zone_reaches_it and box.covers(reproject(point, WGS84_EPSG, grid.epsg))


def test_a_continent_of_fifty_thousand_corners_is_checked_and_split():
    angle = np.linspace(0, 2 * math.pi, 49_000, endpoint=False)
    radius = 1 + 0.05 * np.sin(11 * angle) + 0.002 * np.sin(901 * angle)
    ring = np.column_stack([20 + 25 * radius * np.cos(angle), 5 + 30 * radius * np.sin(angle)]).tolist()
    spec = spec_of(0, 0, 1, 1, area={"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    plans = split(spec)
    assert len(plans) > 2000
    assert spec.area_km2 > 20e6


# --- Is there anything to make it from? -----------------------------------------------------------
def test_an_order_that_the_archive_can_serve_passes(archive, order):
    plan_products(MosaicSpec.parse(order()), open_source(str(archive)))


def test_each_product_comes_with_the_scenes_that_touch_it(archive, order):
    spec = MosaicSpec.parse(order())
    source = open_source(str(archive))
    (prospect,) = prospects(spec, source)
    assert [prospect.plan] == plan_products(spec, source)
    found = source.search(spec.geometry, spec.period.first_day, spec.period.last_day)
    assert list(prospect.granules) == [one for one in found if one.footprint.intersects(prospect.plan.grid.footprint)]


def test_an_area_outside_the_archive_is_told_what_the_archive_covers(archive, order):
    away = MosaicSpec.parse(order(area=shapely.geometry.mapping(shapely.box(0, 0, 0.1, 0.1))))
    with pytest.raises(NoScenes, match=r"lies outside the archive, which covers 1\d\.\d\d to") as refused:
        plan_products(away, open_source(str(archive)))
    assert refused.value.field == "area"


def test_a_period_without_scenes_is_told_the_nearest_day_that_has_one(archive, order):
    days = sorted(item["properties"]["datetime"][:10] for item in json.loads(archive.read_text())["features"])
    before = MosaicSpec.parse(order(period={"kind": "month", "start": "2024-04-01"}))
    with pytest.raises(NoScenes, match=f"nearest one in the archive is of {days[0]}") as refused:
        plan_products(before, open_source(str(archive)))
    assert refused.value.field == "period"


def test_a_period_years_away_is_refused_too(archive, order):
    with pytest.raises(NoScenes, match="half a year"):
        plan_products(
            MosaicSpec.parse(order(period={"kind": "month", "start": "2017-04-01"})), open_source(str(archive))
        )


def test_a_band_that_no_granule_has_is_refused_with_those_there_are(archive, order, tmp_path):
    items = json.loads(archive.read_text())
    for item in items["features"]:
        del item["assets"]["rededge1"]
    (tmp_path / "items.json").write_text(json.dumps(items))
    spec = MosaicSpec.parse(order(bands=["B02", "B05"]))
    granules = open_source(str(tmp_path)).search(spec.geometry, spec.period.first_day, spec.period.last_day)
    with pytest.raises(InvalidOrder, match="B05: not in the archive .* it has B01, B02") as refused:
        check_offered(spec, granules)
    assert refused.value.problems[0].field == "bands"


def test_tiles_without_a_scene_are_no_products(archive):
    """An order that reaches beyond the archive is made as far as there are scenes."""
    spec = spec_of(15.5, 44.2, 15.9, 46.3, period={"kind": "month", "start": "2024-06-01"}, resolution=60)
    named = [plan.name for plan in plan_products(spec, open_source(str(archive)))]
    assert named == ["33TWL", "33TWM"]
    assert {plan.name for plan in split(spec)} > set(named)


def test_a_layer_that_no_granule_has_the_rasters_for_is_refused(archive, order, tmp_path):
    stripped = json.loads(archive.read_text())
    for feature in stripped["features"]:
        for asset in ("aot", "granule_metadata"):
            feature["assets"].pop(asset, None)
        for asset in feature["assets"].values():
            asset["href"] = str(archive.parent / asset["href"])
    (tmp_path / "items.json").write_text(json.dumps(stripped))
    spec = MosaicSpec.parse(order(layers=["aot", "sun_zenith", "valid_obs"]))
    with pytest.raises(InvalidOrder, match="layers: aot, sun_zenith: the archive lacks") as refused:
        plan_products(spec, open_source(str(tmp_path / "items.json")))
    assert [problem.field for problem in refused.value.problems] == ["layers"]
