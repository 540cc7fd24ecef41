"""The engine and the reference make the same product, in every pixel of every layer."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from processing.layers import LAYERS

from .archive import scenes_of
from .engine import assert_the_same, make
from .handmade import ZONE, Recipe, ground_bounds, write_archive
from .resampling import nearest

EVERYTHING = tuple(LAYERS)
MARGIN_M = 70
"""How far the ordered area reaches beyond the ground."""


def order_for(recipe, *, without=(), **changes):
    """An order of all bands and layers that the archive of a recipe can give, over its ground and a little more."""
    west, south, east, north = ground_bounds(recipe)
    area = shapely.box(west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    to_degrees = Transformer.from_crs(ZONE, 4326, always_xy=True)
    area = shapely.transform(area, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))
    held = {None, *recipe.bands, *recipe.others} | ({"metadata"} if "MTD" in recipe.others else set())
    return {
        "name": "Twice",
        "area": shapely.geometry.mapping(area),
        "period": {"kind": "month", "start": "2021-06-01"},
        "resolution": recipe.ground_m,
        "crs": "utm",
        "bands": list(recipe.bands),
        "layers": [name for name in EVERYTHING if LAYERS[name].read_from in held],
        "method": "s2gm",
        "format": "geotiff",
    } | changes


def compare(folder, recipe, **changes):
    """Make an archive by a recipe and an order of it both ways; give back the reference's mosaic."""
    items = write_archive(folder / "archive", recipe)
    return assert_the_same(items, order_for(recipe, **changes), folder / "products")


@pytest.mark.parametrize("overpasses", [1, 2, 3, 4, 5, 8, 13, 30])
def test_any_number_of_overpasses_gives_the_same_mosaic(tmp_path, overpasses):
    """A1-092."""
    mosaic = compare(tmp_path, Recipe(seed=overpasses, overpasses=overpasses))
    assert mosaic.layers["valid_obs"].max() > overpasses // 3


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_every_resolution_and_grid_gives_the_same_mosaic(tmp_path, resolution, crs):
    """A1-092, A1-084: bands of 10, 20 and 60 m on each output grid, tiles of two zones, corners off the lattice."""
    recipe = Recipe(seed=100 + resolution, overpasses=8, edge_px=27, ground_m=20, shift_m=20, aot_m=20)
    mosaic = compare(tmp_path, recipe, resolution=resolution, crs=crs)
    assert {1, 2, 3} <= set(np.unique(mosaic.layers["method"]))


def test_rasters_that_end_within_a_pixel_of_the_mosaic_are_averaged_too(tmp_path):
    """A1-084: 360 and 400 m of ground at 60 m; the last cells are means of what there is."""
    compare(tmp_path, Recipe(seed=130, overpasses=3, edge_px=30), resolution=60)


@pytest.mark.parametrize("aot_m", [10, 60])
def test_rasters_of_odd_corners_give_the_same_mosaic(tmp_path, aot_m):
    """A1-084: at 10 m, with surfaces as small, on rasters that begin 40 m off the lattice of 60 m."""
    compare(tmp_path, Recipe(seed=aot_m, overpasses=6, edge_px=36, ground_m=10, shift_m=40, aot_m=aot_m))


@pytest.mark.parametrize(
    ("method", "overpasses", "options"),
    [
        ("s2gm-1.0", 3, {}),
        ("s2gm-1.0", 6, {}),
        ("s2gm-1.0", 13, {"threshold": 6}),
        ("s2gm-1.0", 5, {"threshold": 2}),
        ("s2gm", 5, {"threshold": 2}),
        ("s2gm", 13, {"threshold": 6}),
        ("medoid", 3, {}),
        ("medoid", 8, {}),
        ("latest", 5, {}),
    ],
)
def test_every_method_gives_the_same_mosaic(tmp_path, method, overpasses, options):
    """A1-092, A1-081."""
    recipe = Recipe(seed=200 + overpasses, overpasses=overpasses)
    compare(tmp_path, recipe, method=method, method_options=options)


def test_every_rule_of_the_short_term_tree_is_compared(tmp_path):
    """A1-092, A1-080: each of the eight rules decides somewhere, and so does "no data"."""
    rules = Counter()
    for resolution, overpasses in ((10, 3), (20, 2), (20, 3), (60, 3)):
        recipe = Recipe(
            seed=300 + resolution + overpasses, overpasses=overpasses, edge_px=36, ground_m=resolution,
            others=(), classes="pure",
        )  # fmt: skip
        rules += compare(tmp_path / f"{resolution}-{overpasses}", recipe).rules
    assert {*"12345678", "no data"} <= set(rules), rules


@pytest.mark.parametrize(("overpasses", "method"), [(2, "s2gm"), (3, "s2gm"), (4, "s2gm"), (3, "s2gm-1.0")])
def test_spectra_of_no_surface_are_decided_the_same(tmp_path, overpasses, method):
    """A1-092: they come near every threshold of the cloud tests, where those matter: bright, or snow by class."""
    recipe = Recipe(seed=350 + overpasses, overpasses=overpasses, edge_px=72, others=("CLD",), wild=True)
    compare(tmp_path, recipe, method=method, method_options={"threshold": 5}, bands=["B04"])


@pytest.mark.parametrize(
    ("overpasses", "method"), [(2, "s2gm"), (3, "s2gm"), (4, "s2gm"), (2, "s2gm-1.0"), (3, "s2gm-1.0"), (6, "medoid")]
)
def test_spectra_on_thresholds_and_of_equal_indices_are_decided_the_same(tmp_path, overpasses, method):
    """A1-092: of multiples of 0.03, so that an NDSI is just 0.6 and brightnesses are equal by other bands."""
    recipe = Recipe(
        seed=370 + overpasses, overpasses=overpasses, edge_px=72, ground_m=10, others=("CLD",), wild=True, step=300
    )
    compare(tmp_path, recipe, method=method, bands=["B04"])


@pytest.mark.parametrize(
    ("bands", "method"),
    [
        (("B02", "B03", "B04", "B08"), "s2gm"),
        (("B02", "B03", "B04", "B08", "B11", "B12"), "s2gm"),
        (("B02", "B03", "B04", "B08", "B11", "B12"), "s2gm-1.0"),
        (("B02", "B03", "B04", "B08"), "s2gm-1.0"),
        (("B02", "B03", "B8A", "B11"), "s2gm"),
        (("B04", "B08"), "medoid"),
        (("B05", "B06"), "s2gm"),
    ],
)
def test_archives_without_some_bands_give_the_same_mosaic(tmp_path, bands, method):
    recipe = Recipe(seed=400 + len(bands), overpasses=5, bands=bands)
    compare(tmp_path, recipe, method=method)


@pytest.mark.parametrize("method", ["s2gm", "s2gm-1.0"])
def test_scenes_without_probabilities_or_metadata_give_the_same_mosaic(tmp_path, method):
    """Some of them, so that others are judged by their angles."""
    sparse = ("AOT", "SNW", "MTD") if method == "s2gm-1.0" else ("AOT", "CLD", "SNW", "MTD")
    compare(tmp_path, Recipe(seed=500, overpasses=6, sparse=sparse), method=method)


def test_cloud_probabilities_are_compared_only_where_every_scene_has_one(tmp_path):
    compare(tmp_path, Recipe(seed=502, overpasses=6, sparse=("CLD",)), method="s2gm-1.0")


@pytest.mark.parametrize("method", ["s2gm", "s2gm-1.0"])
def test_an_archive_of_bands_and_classes_alone_gives_the_same_mosaic(tmp_path, method):
    compare(tmp_path, Recipe(seed=501, overpasses=5, others=()), method=method)


@pytest.mark.parametrize("offsets", [(0,), (-1000,), (-1000, 0, -250)])
def test_every_mixture_of_offsets_gives_the_same_mosaic(tmp_path, offsets):
    compare(tmp_path, Recipe(seed=600 + len(offsets), overpasses=5, offsets=offsets))


def test_a_period_takes_only_its_own_datatakes(tmp_path):
    """Ten days of an archive of thirty: the others count nowhere."""
    period = {"kind": "dekad", "start": "2021-06-11"}
    mosaic = compare(tmp_path, Recipe(seed=700, overpasses=30), period=period)
    dates = mosaic.layers["observation_date"]
    assert set(np.unique(dates)) <= {-1, *range(10)}
    assert dates.max() > 5


def test_no_more_than_254_observations_are_counted(tmp_path):
    """255 stands for no data."""
    recipe = Recipe(
        seed=800, overpasses=265, edge_px=12, bands=("B05", "B8A"), others=(), classes="pure", other_zone=False
    )
    mosaic = compare(tmp_path, recipe, method="latest")
    assert mosaic.layers["valid_obs"].max() == 254


def test_the_archives_reach_what_is_to_be_compared(tmp_path):
    """A1-083: every reason to reject, every class that is valid, azimuths beyond int16, gaps."""
    layers = compare(tmp_path, Recipe(seed=13, overpasses=13, edge_px=30)).layers
    for reason in ("cloud", "shadow", "snow", "edge", "no_data"):
        assert (layers[f"rejected_obs_{reason}"] > 0).sum() > 20, reason
    assert set(np.unique(layers["scene_classification"])) == {2, 4, 5, 6, 11, 255}
    for name in ("sun_azimuth", "view_azimuth_mean"):
        azimuths = layers[name][layers[name] > -32768]
        assert azimuths.min() < 0 < azimuths.max()
    assert (layers["aot"] == 65535).any()
    assert (layers["B03"] == 0).any() or (layers["B11"] == 0).any()
    assert set(np.unique(layers["method"])) == {0, 1, 2, 3}


def test_every_spectrum_of_a_mosaic_was_measured_at_its_pixel(tmp_path):
    """A1-082: at 10 m, in whichever scene source_index names."""
    recipe = Recipe(seed=900, overpasses=6, ground_m=10, other_zone=False)
    items = write_archive(tmp_path / "archive", recipe)
    made = make(items, order_for(recipe), tmp_path / "products")
    scenes = {
        scene.identifier: scene for scene in scenes_of(items, first_day=date(2021, 6, 1), last_day=date(2021, 6, 30))
    }
    for number, identifier in enumerate(made.sources):
        here = made.layers["source_index"] == number
        for band, offset in scenes[identifier].offsets.items():
            numbers = nearest(scenes[identifier].files[band], made.target)[here]
            wanted = np.where(numbers == 0, 65535, np.maximum(numbers + offset, 0))
            np.testing.assert_array_equal(made.layers[band][here], wanted)
    assert len(np.unique(made.layers["source_index"])) > 4
