"""What a product is expected to come to, and how delivered products correct it."""

from dataclasses import replace

import pytest
import shapely

from processing import registry
from processing.compressed_sizes import bytes_per_pixel
from processing.estimating import (
    DESCRIPTIONS,
    QUICKLOOK,
    Measure,
    credits_for,
    expected_bytes,
    expected_seconds,
)
from processing.experience import DATA, Delivered, Experience
from processing.layers import LAYERS, RASTERS, output_layers
from processing.spec import MosaicSpec

MEASURE = Measure(width=1000, height=1000, latitude=46.0, scenes=12, overpasses=6)


def spec_of(**changes):
    order = {
        "name": "Some area",
        "area": shapely.geometry.mapping(shapely.box(14, 46, 14.1, 46.1)),
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": 10,
        "bands": ["B04", "B03", "B02"],
        "layers": ["valid_obs"],
    }
    return MosaicSpec.parse(order | changes)


def delivered(spec, measure, *, times=1.0, seconds=None):
    """A product whose files are ``times`` as large as expected."""
    return Delivered(spec, measure, 0, {p: b * times for p, b in expected_bytes(spec, measure).items()}, seconds)


# --- Credits -----------------------------------------------------------------------------------
def test_credits_follow_the_published_formula():
    # 1 megapixel x (6 overpasses x (1 + 3 bands) + 4 rasters) / 100 = 0.28, in whole tenths.
    assert credits_for(spec_of(), [MEASURE]) == 0.3
    assert credits_for(spec_of(), [MEASURE] * 10) == 2.8


def test_no_order_costs_nothing():
    assert credits_for(spec_of(), [Measure(1, 1, 46, 1)]) == 0.1


def test_scenes_of_one_overpass_count_once():
    assert credits_for(spec_of(), [replace(MEASURE, scenes=24)]) == credits_for(spec_of(), [MEASURE])


@pytest.mark.parametrize(
    "dearer",
    [
        {"bands": ["B04", "B03", "B02", "B08"]},
        {"layers": ["valid_obs", "rejected_obs"]},
    ],
)
def test_more_bands_and_layers_cost_more(dearer):
    assert credits_for(spec_of(**dearer), [MEASURE] * 10) > credits_for(spec_of(), [MEASURE] * 10)


# --- Size --------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted(registry.formats()))
def test_every_format_has_a_size_for_every_raster(name):
    spec = spec_of(format=name, layers=list(LAYERS))
    parts = expected_bytes(spec, MEASURE)
    assert set(parts) == {layer.name for layer in output_layers(spec)} | {QUICKLOOK, DESCRIPTIONS}
    assert all(size > 0 for size in parts.values())


@pytest.mark.parametrize("name", ["geotiff", "jp2", "netcdf"])
def test_every_raster_was_measured_in_every_format(name):
    from processing.compressed_sizes import BYTES_PER_PIXEL

    assert set(BYTES_PER_PIXEL[name]) == set(RASTERS)


def test_a_format_that_nobody_measured_is_taken_for_geotiff():
    assert bytes_per_pixel("B04", "brand_new", 10) == bytes_per_pixel("B04", "geotiff", 10)


def test_less_data_takes_fewer_bytes_but_never_none():
    sizes = [sum(expected_bytes(spec_of(), replace(MEASURE, share=share)).values()) for share in (0, 0.3, 0.7, 1)]
    assert 0 < sizes[0] < sizes[1] < sizes[2] < sizes[3]


def test_pixels_that_an_archive_repeats_take_fewer_bytes():
    fine, coarse = (bytes_per_pixel("B04", "geotiff", 10, cell_m=cell) for cell in (0, 120))
    assert coarse < fine / 4


def test_overviews_are_counted_where_a_raster_has_them():
    small, large = (
        expected_bytes(spec_of(), Measure(side, side, 46.0, 12, 6))["B04"] / side**2 for side in (512, 1024)
    )
    assert 1.25 * small < large < 1.5 * small


# --- Time --------------------------------------------------------------------------------------
def test_time_grows_with_pixels_scenes_and_bands():
    usual = expected_seconds(spec_of(), MEASURE)
    assert expected_seconds(spec_of(), replace(MEASURE, width=4000, height=4000)) > 4 * usual
    assert expected_seconds(spec_of(), replace(MEASURE, scenes=24)) > 1.5 * usual
    assert expected_seconds(spec_of(bands=["B02", "B03", "B04", "B08", "B11", "B12"]), MEASURE) > usual
    assert expected_seconds(spec_of(), MEASURE, slow_source=True) > usual


@pytest.mark.parametrize(
    ("side", "dates", "seconds"), [(2040, 12, 1.95), (2040, 60, 7.45), (5490, 30, 19), (10980, 24, 69)]
)
def test_the_benchmarks_times_are_met_within_a_third(side, dates, seconds):
    ten = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
    spec = spec_of(bands=ten, layers=["valid_obs", "source_index"])
    assert expected_seconds(spec, Measure(side, side, 46, dates, dates)) == pytest.approx(seconds, rel=0.34)


# --- Learning ----------------------------------------------------------------------------------
def test_without_experience_expectations_stand():
    assert Experience().bytes(spec_of(), MEASURE) == pytest.approx(sum(expected_bytes(spec_of(), MEASURE).values()))
    assert Experience().seconds(spec_of(), MEASURE) == pytest.approx(expected_seconds(spec_of(), MEASURE))


def test_ten_products_twice_as_large_nearly_double_the_next_one():
    spec = spec_of()
    learnt = Experience([delivered(spec, MEASURE, times=2)] * 10)
    assert learnt.has_enough
    assert learnt.bytes(spec, MEASURE) == pytest.approx(2 * Experience().bytes(spec, MEASURE), rel=0.1)


def test_one_product_weighs_less_than_ten():
    spec = spec_of()
    once, often = (Experience([delivered(spec, MEASURE, times=2)] * n).bytes(spec, MEASURE) for n in (1, 10))
    assert Experience().bytes(spec, MEASURE) < once < often


def test_one_odd_product_among_ten_changes_little():
    spec = spec_of()
    products = [delivered(spec, MEASURE)] * 9 + [delivered(spec, MEASURE, times=15)]
    assert Experience(products).bytes(spec, MEASURE) == pytest.approx(Experience().bytes(spec, MEASURE), rel=0.05)


def test_what_one_raster_teaches_another_hears_less_of():
    spec = spec_of()
    measured = delivered(spec, MEASURE)
    dear = replace(measured, bytes={**measured.bytes, "B04": 3 * measured.bytes["B04"]})
    learnt = Experience([dear] * 10)
    red, blue = (
        learnt.bytes(spec_of(bands=[band], layers=[]), MEASURE)
        / Experience().bytes(spec_of(bands=[band], layers=[]), MEASURE)
        for band in ("B04", "B02")
    )
    assert red > 1.5
    assert blue < 1.2


def test_a_format_of_one_file_learns_from_the_whole_file():
    spec = spec_of(format="netcdf")
    parts = expected_bytes(spec, MEASURE)
    rasters = sum(size for name, size in parts.items() if name not in (QUICKLOOK, DESCRIPTIONS))
    found = {DATA: 2 * rasters, QUICKLOOK: parts[QUICKLOOK], DESCRIPTIONS: parts[DESCRIPTIONS]}
    learnt = Experience([Delivered(spec, MEASURE, 0, found, None)] * 20)
    assert learnt.bytes(spec, MEASURE) == pytest.approx(sum(found.values()), rel=0.1)


def test_a_slow_machine_is_learnt():
    spec = spec_of()
    slow = 5 * expected_seconds(spec, MEASURE)
    learnt = Experience([delivered(spec, MEASURE, seconds=slow)] * 10)
    assert slow / 2 < learnt.seconds(spec, MEASURE) < slow * 2


@pytest.mark.parametrize("size", [0, -1])
def test_files_without_bytes_teach_nothing(size):
    broken = Delivered(spec_of(), MEASURE, 0, {"B04": size}, None)
    assert Experience([broken]).bytes(spec_of(), MEASURE) == pytest.approx(Experience().bytes(spec_of(), MEASURE))


def test_ranges_are_closer_once_enough_was_delivered():
    young, old = Experience(), Experience([delivered(spec_of(), MEASURE, seconds=1)] * 10)
    for ranged in (Experience.size_range, Experience.time_range):
        before, after = ranged(young, 100), ranged(old, 100)
        assert before.low < after.low < 100 < after.high < before.high
