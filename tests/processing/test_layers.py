"""What can be ordered, and the rasters it brings."""

from types import SimpleNamespace

import numpy as np
import pytest

from processing.layers import GROUPS, LAYERS, Decision, output_layers
from processing.sentinel2 import BANDS

ALL = output_layers(SimpleNamespace(bands=tuple(BANDS), layers=tuple(LAYERS)))

# Section 2.1 of what is known of S2GM's products: file prefix, data type, no-data, scale.
S2GM = {
    "quality_aot": ("uint16", 65535, 0.001),
    "quality_cloud_confidence": ("uint8", 255, 1),
    "quality_snow_confidence": ("uint8", 255, 1),
    "quality_scene_classification": ("uint8", 255, 1),
    "source_index": ("int16", -1, 1),
    "valid_obs": ("uint8", 255, 1),
    "medoid_mos": ("uint16", 65535, 1e-4),
    "sun_zenith": ("int16", -32768, 0.01),
    "sun_azimuth": ("int16", -32768, 0.01),
    "view_zenith_mean": ("int16", -32768, 0.01),
    "view_azimuth_mean": ("int16", -32768, 0.01),
} | dict.fromkeys(
    ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"), ("uint16", 65535, 1e-4)
)


def test_the_22_layers_of_s2gm_are_offered_with_their_types():
    """A1-036: eleven reflectances, four quality, four geometry, two validation, one medoid; never B09 or B10."""
    offered = {layer.prefix: (layer.dtype, layer.nodata, layer.scale) for layer in ALL}
    assert len(S2GM) == 22
    assert {prefix: offered[prefix] for prefix in S2GM} == S2GM
    assert not {"B09", "B10"} & set(offered)
    groups = [layer.group for layer in LAYERS.values()]
    assert [groups.count(group) for group in ("quality", "geometry", "validation", "medoid")] == [4, 4, 2, 1]


def test_beyond_s2gm_there_are_date_method_and_rejections():
    """A1-085: which algorithm decided is a layer of its own."""
    beyond = [layer for layer in ALL if layer.prefix not in S2GM]
    assert {layer.name: (layer.dtype, layer.nodata) for layer in beyond} == {
        "observation_date": ("int16", -1),
        "method": ("uint8", 255),
        "rejected_obs_cloud": ("uint8", 255),
        "rejected_obs_shadow": ("uint8", 255),
        "rejected_obs_snow": ("uint8", 255),
        "rejected_obs_edge": ("uint8", 255),
        "rejected_obs_no_data": ("uint8", 255),
    }
    (method,) = LAYERS["method"].rasters
    assert [flag.value for flag in method.flags] == list(Decision) == [0, 1, 2, 3]


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: layer.name)
def test_no_data_is_no_value_and_both_fit_the_type(layer):
    kind = np.iinfo(layer.dtype)
    smallest, largest = layer.valid_range
    assert kind.min <= smallest < largest <= kind.max
    assert kind.min <= layer.nodata <= kind.max
    assert not smallest <= layer.nodata <= largest
    assert all(smallest <= flag.value <= largest for flag in layer.flags)
    assert all(" " not in flag.name for flag in layer.flags)


def test_names_prefixes_and_groups_are_in_order():
    assert len({layer.name for layer in ALL}) == len({layer.prefix for layer in ALL}) == len(ALL) == 29
    assert all(layer.group in GROUPS for layer in LAYERS.values())
    assert not set(LAYERS) & set(BANDS)
