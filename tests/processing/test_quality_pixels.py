"""While a mosaic is made its rasters must agree with each other: A1-090."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing import registry
from processing.layers import LAYERS, RASTERS
from processing.mosaic import make_product, plan_products
from processing.quality.outputs import check_outputs
from processing.quality.pixels import PixelCounts
from processing.sources import open_source
from processing.spec import MosaicSpec


def counted(**made):
    """Counts of one block of one row, by raster name."""
    counts = PixelCounts()
    counts.add({name: np.array([values], RASTERS[name].dtype) for name, values in made.items()})
    return counts


def failures(counts):
    return {(check.name, check.subject): check for check in counts.checks() if not check.passed}


def test_what_was_chosen_must_have_been_valid():
    (check,) = failures(counted(source_index=[1, 0, -1], valid_obs=[2, 0, 0])).values()
    assert check.subject == "source_index, valid_obs"
    assert check.measured == 1


def test_the_tree_may_take_none_of_the_valid_observations():
    assert failures(counted(source_index=[1, -1], valid_obs=[2, 3])) == {}


@pytest.mark.parametrize("name", ["B02", "B8A", "aot", "cloud_confidence", "sun_azimuth", "medoid_mos"])
def test_there_is_no_number_where_nothing_was_chosen(name):
    nodata = RASTERS[name].nodata
    assert failures(counted(source_index=[0, -1], **{name: [50, nodata]})) == {}
    assert set(failures(counted(source_index=[0, -1], **{name: [50, 50]}))) == {("agreement", f"{name}, source_index")}


def test_rejected_observations_are_counted_where_nothing_was_chosen_too():
    assert failures(counted(source_index=[0, -1], rejected_obs_cloud=[0, 4])) == {}


@pytest.mark.parametrize(("first", "second"), [("B02", "B08"), ("B08", "B02")])
def test_bands_alone_tell_of_each_other_what_is_missing(first, second):
    counts = counted(**{first: [5, 5, 65535], second: [65535, 65535, 65535]})
    assert counts.chosen == 2
    check = failures(counts)["missing", second]
    assert check.measured == 1
    assert ("missing", first) not in failures(counts)


@pytest.mark.parametrize(
    "made",
    [
        {"medoid_mos": [65535, 65535, 3]},
        {"rejected_obs_cloud": [0, 0, 3]},
        {"aot": [65535, 65535, 65535]},
        {"view_zenith_mean": [-32768, 100, 200]},
    ],
)
def test_layers_that_do_not_tell_what_was_chosen_give_no_coverage(made):
    counts = counted(**made)
    assert (counts.chosen, counts.pixels) == (None, 3)
    named = {"grid": None, "heading": None, "threads": 1, "layers": (), "files": ()}
    assert "coverage" not in {check.name for check in check_outputs(counts=counts, forecast=1.0, **named)}


def test_valid_observations_alone_give_the_coverage():
    counts = counted(valid_obs=[0, 1, 2, 5])
    named = {"grid": None, "heading": None, "threads": 1, "layers": (), "files": ()}
    (coverage,) = (check for check in check_outputs(counts=counts, forecast=0.25, **named) if check.name == "coverage")
    assert coverage.measured == 0.75
    assert not coverage.passed


def test_a_product_without_any_observation_is_counted():
    counts = counted(source_index=[-1, -1], B02=[65535, 65535], valid_obs=[0, 0])
    assert (counts.chosen, failures(counts)) == (0, {})
    assert counts.rasters["B02"].fingerprint == (0, 0, 0, 0)


@given(st.lists(st.lists(st.integers(-32768, 32767), min_size=1, max_size=20), min_size=1, max_size=5))
def test_counts_are_those_of_numpy(blocks):
    counts = PixelCounts()
    for values in blocks:
        counts.add({"sun_azimuth": np.array([values], np.int16)})
    data = [value for values in blocks for value in values if value != -32768]
    expected = (len(data), min(data), max(data), sum(data)) if data else (0, 0, 0, 0)
    assert counts.rasters["sun_azimuth"].fingerprint == expected


@pytest.mark.parametrize("method", sorted(registry.methods()))
@pytest.mark.parametrize("crs", ["utm", "wgs84"])
def test_what_the_engine_makes_agrees_with_itself(archive, order, tmp_path, method, crs):
    """A1-090: every method, all layers, on both kinds of grid."""
    spec = MosaicSpec.parse(order(method=method, crs=crs, resolution=60, layers=list(LAYERS)))
    source = open_source(str(archive))
    (plan,) = plan_products(spec, source)
    made = make_product(spec, plan, source=source, into=tmp_path, order_number="1")
    checks = json.loads((made.folder / "qc.json").read_text())["checks"]
    agreement = [check for check in checks if check["level"] == "pixel" and check["name"] == "agreement"]
    assert {"method, medoid_mos", "source_index, valid_obs", "B02, source_index"} <= {
        check["subject"] for check in agreement
    }
    assert [check["message"] for check in agreement if not check["passed"]] == []
