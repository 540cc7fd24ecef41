"""A preview is the mosaic from afar: the same observations are chosen, the same places stay empty."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.warp import transform as warp

from processing.errors import InvalidOrder, NoReadableScene, NoScenes
from processing.mosaic import make_product, plan_products
from processing.previewing import FINEST_M, LOOKS, Preview, make_preview
from processing.sample import make_archive
from processing.sentinel2 import SceneClass
from processing.sources import open_source
from processing.spec import MosaicSpec

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023" / "items.json"
PATIENT = 600.0
"""Seconds: tests of what is seen must not depend on how busy the machine is."""

Order = Callable[..., dict[str, Any]]


def preview(order: dict[str, Any], archive: Path, **options: Any) -> Preview:
    return make_preview(MosaicSpec.parse(order), open_source(str(archive)), **({"budget_seconds": PATIENT} | options))


def finished(order: dict[str, Any], archive: Path, folder: Path) -> tuple[np.ndarray, Any, list[str]]:
    """Source index of the finished mosaic of an order of one product, its transform, and the scenes' names by index."""
    spec, source = MosaicSpec.parse(order), open_source(str(archive))
    (plan,) = plan_products(spec, source)
    made = make_product(spec, plan, source=source, into=folder, order_number="1")
    listed = json.loads(next(made.folder.glob("metadata_*.json")).read_text())["Source_product_list"]
    with rasterio.open(next(made.folder.glob("source_index_*.tiff"))) as dataset:
        index, transform = dataset.read(1), dataset.transform
    return index, transform, [listed[str(number)] for number in sorted(map(int, listed))]


def names_at_pixels(seen: Preview, index: np.ndarray, transform: Any, names: list[str], epsg: int) -> tuple[Any, Any]:
    """For every pixel of the preview the scene shown, and the one that the mosaic has there; "" is none, "?" beyond."""
    x, y = np.meshgrid(*seen.grid.pixel_centres())
    there = warp("EPSG:3857", f"EPSG:{epsg}", x.ravel(), y.ravel())
    columns, rows = (~transform) @ (np.array(there[0]), np.array(there[1]))
    rows, columns = np.floor(rows).astype(int), np.floor(columns).astype(int)
    inside = (rows >= 0) & (rows < index.shape[0]) & (columns >= 0) & (columns < index.shape[1])
    by_number = np.array([*names, ""], dtype=object)
    made = np.full(x.size, "?", dtype=object)
    made[inside] = by_number[index[rows[inside], columns[inside]]]
    shown = np.array([*(granule.identifier for granule in seen.granules), ""], dtype=object)[seen.source.ravel()]
    return shown, made


def order_of(archive: Path, **changes: Any) -> dict[str, Any]:
    """An order of nearly the whole of an archive."""
    extent = open_source(str(archive)).extent().bounds
    return {
        "name": "Whole",
        "area": shapely.geometry.mapping(shapely.box(*extent).buffer(-0.002, join_style="mitre")),
        "period": {"kind": "year", "start": "2024-01-01"},
        "resolution": 60,
        "bands": ["B02"],
        "layers": ["source_index"],
    } | changes


def pixels_of(metres: float, archive: Path, order: dict[str, Any]) -> int:
    """How many pixels make the longer edge of an order's preview pixels of a little more than ``metres``."""
    full = preview(order, archive)
    return int(max(full.grid.width, full.grid.height) * full.pixel_m / metres)


@pytest.mark.parametrize("method", ["s2gm", "medoid", "latest", "s2gm-1.0"])
def test_it_shows_what_the_finished_mosaic_of_its_pixel_size_shows(
    method: str, archive: Path, order: Order, tmp_path: Path
) -> None:
    """At 60 m both average the same pixels of the same lattice, so that only places of 3857 and UTM differ.

    A preview's pixel is a little larger than a mosaic's and turned against it: where its middle lies over a pixel of
    the mosaic, it is looked up there, and what was chosen must be the same.
    """
    wanted = order(resolution=60, method=method, layers=["valid_obs", "source_index"])
    seen = preview(wanted, archive, max_px=pixels_of(60.3, archive, wanted))
    assert 60 <= seen.pixel_m < 63
    shown, made = names_at_pixels(seen, *finished(wanted, archive, tmp_path), epsg=32633)
    known = made != "?"
    assert known.mean() > 0.9
    assert (shown[known] == made[known]).mean() == 1.0
    assert len(set(shown[known])) > 1


def test_gaps_are_where_the_mosaic_has_gaps(tmp_path: Path) -> None:
    cloudy = make_archive(tmp_path / "cloudy", size_km=4, dates=2, cloudiness=0.7)
    wanted = order_of(cloudy)
    seen = preview(wanted, cloudy, max_px=pixels_of(60.3, cloudy, wanted))
    shown, made = names_at_pixels(seen, *finished(wanted, cloudy, tmp_path / "made"), epsg=32633)
    known = made != "?"
    gaps = made[known] == ""
    assert 0.02 < gaps.mean() < 0.98
    np.testing.assert_array_equal(shown[known] == "", gaps)
    assert seen.share == pytest.approx(1 - gaps.mean(), abs=0.03)
    for picture in seen.pictures.values():
        np.testing.assert_array_equal(picture[3] == 0, seen.source < 0)
        assert not picture[:, seen.source < 0].any()


def test_methods_and_masks_differ_where_they_must(tmp_path: Path) -> None:
    clear = make_archive(tmp_path / "clear", size_km=3, dates=6, cloudiness=0.15)
    order = partial(order_of, clear)
    medoid, latest = (preview(order(method=method), clear) for method in ("medoid", "latest"))
    assert medoid.grid == latest.grid
    # Both hold the same places observed; the newest is only taken where it is there.
    np.testing.assert_array_equal(medoid.source < 0, latest.source < 0)
    assert (latest.source <= medoid.source).all() and (latest.source < medoid.source).any()
    assert ((latest.source < medoid.source) & (latest.source >= 0)).mean() > 0.2


def test_the_mask_decides_what_counts(archive: Path, order: Order, tmp_path: Path) -> None:
    """The newest scene is made dark all over: dark features count for S2GM's mask, not for the strict one."""
    items = shutil.copytree(archive.parent, tmp_path / "dark") / "items.json"
    wanted = partial(order, method="latest")
    newest = preview(wanted(), items).granules[0]
    with rasterio.open(newest.files["SCL"].href, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        dataset.write(np.full(dataset.shape, SceneClass.DARK_FEATURE_SHADOW, np.uint8), 1)
    lenient, strict = (preview(wanted(mask=mask), items) for mask in ("scl", "scl-strict"))
    assert (lenient.source == 0).any() and not (strict.source == 0).any()
    elsewhere = lenient.source != 0
    np.testing.assert_array_equal(lenient.source[elsewhere], strict.source[elsewhere])


def test_every_pixel_is_one_observation(archive: Path, order: Order) -> None:
    """The picture is made anew from the scenes that ``source`` names, read one by one."""
    seen = preview(order(), archive)
    brightness: dict[str, set[tuple[int, int]]] = {}
    for number, granule in enumerate(seen.granules):
        here = seen.source == number
        if not here.any():
            continue
        with rasterio.open(granule.files["B04"].href) as dataset:
            pixels = dataset.read(1)
            x, y = np.meshgrid(*seen.grid.pixel_centres())
            there = warp("EPSG:3857", dataset.crs, x[here], y[here])
            columns, rows = (~dataset.transform) @ (np.array(there[0]), np.array(there[1]))
        numbers = pixels[np.floor(rows).astype(int), np.floor(columns).astype(int)]
        reflectance = np.maximum(numbers.astype(int) + granule.files["B04"].offset, 1)
        shown = seen.pictures["true_colour"][0][here]
        order_of_both = np.lexsort((shown, reflectance))
        assert (np.diff(shown[order_of_both].astype(int)) >= 0).all(), "brighter ground is a brighter pixel"
        brightness[granule.item_id] = set(zip(reflectance.tolist(), shown.tolist(), strict=True))
    # The stretch is fixed: one reflectance is one brightness, in every scene.
    together = set().union(*brightness.values())
    assert len({reflectance for reflectance, _ in together}) == len(together)


def test_two_previews_of_one_area_have_one_stretch(archive: Path, order: Order) -> None:
    first, second = (preview(order(method=method), archive) for method in ("s2gm", "latest"))
    same = (first.source == second.source) & (first.source >= 0)
    assert same.any()
    for look in LOOKS:
        np.testing.assert_array_equal(first.pictures[look][:, same], second.pictures[look][:, same])


def test_the_picture_covers_the_rectangle_around_the_area(archive: Path, order: Order) -> None:
    seen = preview(order(), archive)
    west, south, east, north = shapely.geometry.shape(order()["area"]).bounds
    pixel = seen.pixel_m / 70_000
    assert seen.bounds[0] == pytest.approx(west, abs=1e-9) and seen.bounds[3] == pytest.approx(north, abs=1e-9)
    assert east <= seen.bounds[2] + 1e-9 <= east + pixel and south - pixel <= seen.bounds[1] + 1e-9 <= south + 1e-8
    for picture in seen.pictures.values():
        assert picture.shape == (4, seen.grid.height, seen.grid.width) and picture.dtype == np.uint8
    assert FINEST_M <= seen.pixel_m < FINEST_M * 1.5, "a small area has no pixels finer than the archive's"
    assert max(preview(order(), archive, max_px=40).pictures["true_colour"].shape) == 40


def test_without_time_it_shows_something_and_says_what_is_missing(archive: Path, order: Order) -> None:
    hasty = preview(order(), archive, budget_seconds=0.0)
    assert hasty.scenes_read >= 1
    assert hasty.scenes_left_out == len(hasty.granules) - hasty.scenes_read > 0
    patient = preview(order(), archive)
    assert patient.scenes_left_out == 0 and patient.share >= hasty.share


def test_long_series_take_a_coarser_grid(archive: Path, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    from processing import previewing

    monkeypatch.setattr(previewing, "_MOST_CELLS", 4 * 11 * 50 * 50)
    seen = preview(order(), archive)
    assert seen.grid.width * seen.grid.height * 4 * 8 <= previewing._MOST_CELLS < 144 * 100 * 4 * 8


def test_a_damaged_scene_is_left_out_and_counted(damaged_archive: Any, archive: Path, order: Order) -> None:
    names = sorted(path.parent.name for path in archive.parent.glob("*/SCL.tif"))
    seen = preview(order(), damaged_archive([names[0]], band="SCL"))
    assert seen.scenes_unreadable == 1
    assert names[0] not in {seen.granules[number].item_id for number in np.unique(seen.source) if number >= 0}


def test_a_damaged_band_takes_its_scene_out(damaged_archive: Any, order: Order) -> None:
    whole = damaged_archive([], band="B04")
    best = preview(order(), whole)
    most = int(np.bincount(best.source[best.source >= 0]).argmax())
    raster = Path(best.granules[most].files["B04"].href)
    raster.write_bytes(raster.read_bytes()[:2000])
    seen = preview(order(), whole)
    assert seen.scenes_unreadable == 1 and most not in seen.source


def test_when_every_scene_is_damaged_it_says_so(damaged_archive: Any, order: Order) -> None:
    items = damaged_archive([])
    for raster in items.parent.glob("*/SCL.tif"):
        raster.write_bytes(b"no raster")
    with pytest.raises(NoReadableScene, match="can be read"):
        preview(order(), items)


def test_a_period_without_scenes_names_the_nearest(archive: Path, order: Order) -> None:
    with pytest.raises(NoScenes, match="nearest one"):
        preview(order(period={"kind": "month", "start": "2024-03-01"}), archive)


def test_an_area_outside_the_archive_is_refused(archive: Path, order: Order) -> None:
    away = shapely.geometry.mapping(shapely.box(100, 10, 100.1, 10.1))
    with pytest.raises(NoScenes, match="outside the archive"):
        preview(order(area=away), archive)


def test_too_large_an_area_is_refused(archive: Path, order: Order) -> None:
    continent = shapely.geometry.mapping(shapely.box(-10, 36, 30, 60))
    with pytest.raises(InvalidOrder, match="too large for a preview"):
        preview(order(area=continent), archive)


@pytest.mark.parametrize("layout", ["cog", "safe"])
def test_it_reads_every_layout_of_archives(layout: str, tmp_path: Path) -> None:
    made = make_archive(tmp_path / layout, size_km=2, dates=2, layout=layout)
    seen = preview(order_of(made), made)
    assert seen.scenes_unreadable == 0 and seen.share > 0.3


@pytest.mark.real_data
@pytest.mark.skipif(not SLOVENIA.exists(), reason="the Slovenian sample is not beside the repository")
@pytest.mark.parametrize("method", ["s2gm", "latest"])
def test_of_real_scenes_it_is_what_the_mosaic_is(method: str, tmp_path: Path) -> None:
    """Real scenes of 120 m: previewed at 120 m, each pixel shows the observation that the mosaic of 60 m has there."""
    order = {
        "name": "Slovenia",
        "area": shapely.geometry.mapping(shapely.box(15.2, 45.75, 15.6, 46.0)),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 60,
        "bands": ["B04"],
        "layers": ["source_index"],
        "method": method,
    }
    seen = preview(order, SLOVENIA, max_px=255)
    assert 120 <= seen.pixel_m < 124
    shown, made = names_at_pixels(seen, *finished(order, SLOVENIA, tmp_path), epsg=32633)
    known = made != "?"
    assert (shown[known] == made[known]).mean() > 0.999
    assert seen.scenes_read == len(seen.granules)
    assert any("lacks B06, B11, B12" in note for note in seen.notes) == (method == "s2gm")
