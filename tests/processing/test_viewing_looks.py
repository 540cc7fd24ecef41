"""What can be asked to be shown, and what is refused."""

import pytest

from processing.layers import RASTERS
from processing.pixels.indices import INDICES
from processing.viewing.errors import LookRefused
from processing.viewing.look import Look, usual_ramp
from processing.viewing.ramps import RAMPS, ramp


def test_a_look_is_read_from_an_address():
    assert Look.parse(show="B04,B03,B02", ranges="0,3000") == Look(("B04", "B03", "B02"), ((0, 3000),))
    assert Look.parse(show="ndvi", ranges="-0.2,1e0", colours="puor", gamma="1.5").ranges == ((-0.2, 1),)
    assert Look.parse(show="B04,B03", ranges="0,1;2,3").range_of(1) == (2, 3)
    assert Look.parse(show="B04").range_of(0) is None


@pytest.mark.parametrize(
    ("asked", "field", "reason"),
    [
        ({"show": ""}, "show", "missing"),
        ({"show": "B04,B03,B02,B08"}, "show", "too_many"),
        ({"show": "," * 10_000}, "show", "too_many"),
        ({"show": "B99"}, "show", "unknown"),
        ({"show": "B04,,B02"}, "show", "unknown"),
        ({"show": "../B04"}, "show", "unknown"),
        ({"show": "quality_scene_classification"}, "show", "unknown"),
        ({"show": "ndvi,B04"}, "show", "alone"),
        ({"show": "method,B04"}, "show", "alone"),
        ({"show": "B04,B03,source_index"}, "show", "alone"),
        ({"ranges": "0"}, "range", "not_a_number"),
        ({"ranges": "a,b"}, "range", "not_a_number"),
        ({"ranges": "nan,1"}, "range", "not_a_number"),
        ({"ranges": "0,inf"}, "range", "not_a_number"),
        ({"ranges": "0,1e300"}, "range", "not_a_number"),
        ({"ranges": "0," + "9" * 5000}, "range", "not_a_number"),
        ({"ranges": ";"}, "range", "not_a_number"),
        ({"ranges": "3000,0"}, "range", "empty"),
        ({"ranges": "5,5"}, "range", "empty"),
        ({"ranges": "0,1;0,1"}, "range", "count"),
        ({"ranges": "0,1;" * 50 + "0,1"}, "range", "not_a_number"),
        ({"colours": "jet"}, "colours", "unknown"),
        ({"colours": "VIRIDIS"}, "colours", "unknown"),
        ({"gamma": "0"}, "gamma", "out_of_range"),
        ({"gamma": "-1"}, "gamma", "out_of_range"),
        ({"gamma": "11"}, "gamma", "out_of_range"),
        ({"gamma": "nan"}, "gamma", "not_a_number"),
        ({"gamma": "x"}, "gamma", "not_a_number"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(asked, field, reason):
    with pytest.raises(LookRefused) as refused:
        Look.parse(**{"show": "B04,B03,B02"} | asked)
    assert (refused.value.field, refused.value.reason) == (field, reason)


def test_an_index_needs_its_two_bands():
    assert Look(("nbr",)).rasters == ("B08", "B12")
    assert Look(("B04", "B03")).rasters == ("B04", "B03")


def test_every_raster_and_index_has_a_ramp_of_256_colours():
    for name in (*RASTERS, *INDICES):
        assert usual_ramp(name) in RAMPS
    for name in RAMPS:
        assert ramp(name).shape == (256, 3)
        assert len({tuple(colour) for colour in ramp(name).tolist()}) > 200
