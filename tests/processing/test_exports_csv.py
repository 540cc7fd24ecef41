"""A series as CSV: S2GM's columns, one row per period and pixel, nothing that a spreadsheet could run."""

import csv
import io

import pytest
from series_steps import GRANULE, SQUARE, composites, observations, series, statistics

from processing.pixels.exports import to_csv


def table(spec, steps):
    """The first line, and the rows as dictionaries."""
    text = "".join(to_csv(spec, steps))
    assert text.endswith("\r\n")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    return reader.fieldnames, list(reader)


def test_the_columns_are_those_of_s2gm_and_then_ours():
    """A2-005, A2-006."""
    columns, _ = table(series(bands=None, layers=None), [])
    assert columns == [
        "period_start", "period_end", "longitude", "latitude", "pixel_row", "pixel_column", "source_tile_identifier",
        "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12",
        "medoid_mos", "quality_aot", "quality_cloud_confidence", "quality_scene_classification",
        "quality_snow_confidence", "sun_azimuth", "sun_zenith", "valid_obs", "view_azimuth_mean", "view_zenith_mean",
        "observation_date", "method", "ndvi", "ndwi", "ndmi", "nbr",
    ]  # fmt: skip


def test_there_are_columns_for_what_was_asked_for_alone():
    columns, _ = table(series(bands=["B08", "B04"], layers=["rejected_obs", "aot"]), [])
    assert columns[7:] == [
        "B04", "B08", "quality_aot", "observation_date", "rejected_obs_cloud", "rejected_obs_shadow",
        "rejected_obs_snow", "rejected_obs_edge", "rejected_obs_no_data", "ndvi",
    ]  # fmt: skip


def test_a_row_says_when_where_and_what():
    spec = series()
    _, rows = table(spec, composites(spec))
    assert len(rows) == 3
    assert rows[0] | {"longitude": "", "latitude": "", "ndvi": "", "ndwi": ""} == {
        "period_start": "2023-06-01", "period_end": "2023-06-30", "longitude": "", "latitude": "",
        "pixel_row": "0", "pixel_column": "0", "source_tile_identifier": GRANULE,
        "B03": "0.04", "B04": "0.05", "B08": "4.0", "quality_aot": "0.12", "quality_scene_classification": "4",
        "sun_azimuth": "-30.0", "valid_obs": "3", "observation_date": "2023-06-15", "method": "2",
        "ndvi": "", "ndwi": "",
    }  # fmt: skip
    assert float(rows[0]["ndvi"]) == pytest.approx((4 - 0.05) / (4 + 0.05), abs=1e-6)
    assert float(rows[0]["longitude"]) == pytest.approx(15.1, abs=1e-4)
    assert float(rows[0]["latitude"]) == pytest.approx(46.2, abs=1e-4)


def test_a_period_without_data_is_a_row_without_values():
    spec = series()
    _, rows = table(spec, composites(spec))
    empty = {name for name, value in rows[1].items() if value == ""}
    assert empty >= {"source_tile_identifier", "B03", "quality_aot", "observation_date", "method", "ndvi"}
    assert rows[1]["period_start"] == "2023-07-01"
    assert rows[1]["valid_obs"] == "0"


def test_a_step_without_pixels_still_has_its_rows():
    spec = series(place={"lon": 15.1, "lat": 46.2, "pixels": 3})
    steps = [{"number": 0, "first_day": "2023-06-01", "last_day": "2023-06-30", "pixels": []}]
    _, rows = table(spec, steps)
    assert [(row["pixel_row"], row["pixel_column"]) for row in rows] == [(str(n // 3), str(n % 3)) for n in range(9)]
    assert {row["B04"] for row in rows} == {""}


def test_nine_pixels_are_nine_rows_per_period():
    spec = series(place={"lon": 15.1, "lat": 46.2, "pixels": 3})
    _, rows = table(spec, composites(spec))
    assert len(rows) == 27
    assert [row["B03"] for row in rows[:9]] == [f"{0.04 + n / 10_000:.4f}".rstrip("0") for n in range(9)]
    assert len({(row["longitude"], row["latitude"]) for row in rows}) == 9


def test_lines_come_step_by_step():
    spec = series()
    taken = []

    def steps():
        for step in composites(spec):
            taken.append(step["number"])
            yield step

    lines = to_csv(spec, steps())
    first = next(lines)
    assert first.startswith("period_start,")
    assert first.endswith(",ndwi\r\n")
    assert taken == []
    assert next(lines).startswith("2023-06-01,")
    assert taken == [0]


def test_observations_have_a_row_each_and_say_whether_they_count():
    spec = series(contents="observations")
    columns, rows = table(spec, observations(spec))
    assert columns == [
        "sensed_at", "longitude", "latitude", "pixel_row", "pixel_column", "source_tile_identifier", "item", "platform",
        "mgrs_tile", "counts", "reason", "B03", "B04", "B08", "quality_scene_classification", "quality_aot",
        "sun_azimuth", "ndvi", "ndwi",
    ]  # fmt: skip
    assert [(row["sensed_at"], row["counts"], row["reason"]) for row in rows] == [
        ("2023-06-15T09:56:31Z", "1", ""), ("2023-08-15T09:56:31Z", "1", ""), ("2023-08-15T09:56:31Z", "0", "cloud"),
    ]  # fmt: skip
    assert [row["quality_scene_classification"] for row in rows] == ["4", "4", "9"]


def test_each_observed_pixel_says_for_itself_whether_it_counts():
    spec = series(contents="observations")
    (step, *_) = observations(spec)
    step["pixels"][0] |= {"counts": False, "reason": "shadow", "scene_class": 3}
    _, rows = table(spec, [step])
    assert [rows[0][name] for name in ("counts", "reason", "quality_scene_classification")] == ["0", "shadow", "3"]


def test_statistics_have_a_row_per_period_and_band():
    area = {"type": "Polygon", "coordinates": [SQUARE]}
    spec = series(contents="statistics", place=None, area=area)
    columns, rows = table(spec, statistics(spec))
    assert columns[:5] == ["period_start", "period_end", "pixels_total", "pixels_with_data", "name"]
    assert [row["name"] for row in rows[:5]] == ["B03", "B04", "B08", "ndvi", "ndwi"]
    assert len(rows) == 15
    assert rows[0]["p95"] == "0.25"
    assert (rows[5]["count"], rows[5]["mean"]) == ("0", "")


def test_statistics_of_a_period_without_scenes_have_rows_without_figures():
    area = {"type": "Polygon", "coordinates": [SQUARE]}
    spec = series(contents="statistics", place=None, area=area)
    step = {"number": 0, "first_day": "2023-06-01", "last_day": "2023-06-30", "pixels_total": 100, "bands": {}}
    _, rows = table(spec, [step])
    assert [(row["name"], row["mean"]) for row in rows] == [
        (name, "") for name in ("B03", "B04", "B08", "ndvi", "ndwi")
    ]


# --- Hostile and odd ------------------------------------------------------------------------------
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_a_formula(start):
    formula = f'{start}HYPERLINK("http://evil","x")'
    spec = series()
    _, rows = table(spec, composites(spec, granule=formula)[:1])
    assert rows[0]["source_tile_identifier"] == f"'{formula}"
    spec = series(contents="observations")
    _, rows = table(spec, observations(spec, item=formula, reason=formula))
    assert (rows[2]["item"], rows[2]["reason"]) == (f"'{formula}", f"'{formula}")


def test_numbers_below_zero_stay_numbers():
    spec = series()
    _, rows = table(spec, composites(spec))
    assert rows[0]["sun_azimuth"] == "-30.0"


def test_commas_quotes_and_lines_within_a_text_stay_within_their_cell():
    odd = 'a,"b"\r\nc'
    spec = series()
    _, rows = table(spec, composites(spec, granule=odd))
    assert rows[0]["source_tile_identifier"] == odd
    assert len(rows) == 3


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "text", [1], True, {}])
def test_what_is_no_number_is_no_value(value):
    spec = series()
    steps = composites(spec)[:1]
    steps[0]["pixels"][0]["values"]["B04"] = value
    _, rows = table(spec, steps)
    assert (rows[0]["B04"], rows[0]["ndvi"]) == ("", "")


def test_small_numbers_are_written_without_exponents():
    spec = series()
    steps = composites(spec)[:1]
    steps[0]["pixels"][0]["values"]["aot"] = 1e-5
    _, rows = table(spec, steps)
    assert rows[0]["quality_aot"] == "0.00001"
