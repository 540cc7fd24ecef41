"""Steps of a series as JSON, as ``Step.to_json`` gives them, made up."""

from datetime import date

from processing.periods import CompositingPeriod
from processing.pixels.places import centres
from processing.pixels.series_spec import SeriesSpec

BANDS = ["B03", "B04", "B08"]
LAYERS = ["aot", "scene_classification", "sun_azimuth", "valid_obs", "observation_date", "method"]
GRANULE = "S2A_OPER_MSI_L2A_TL_2APS_20230815T142056_A042544_T33TWL_N05.09"
FIGURES = ("mean", "std", "min", "p05", "p25", "median", "p75", "p95", "max")
JUNE = CompositingPeriod(kind="month", start=date(2023, 6, 1))
SQUARE = [[15.1, 46.1], [15.11, 46.1], [15.11, 46.11], [15.1, 46.11], [15.1, 46.1]]


def series(**changes):
    """Three months at one pixel, with ``changes``; None removes a key."""
    sound = {
        "name": "Field 12", "place": {"lon": 15.1, "lat": 46.2, "pixels": 1}, "kind": "month",
        "start": "2023-06-01", "end": "2023-08-31", "bands": BANDS, "layers": LAYERS,
    }  # fmt: skip
    return SeriesSpec.parse({key: value for key, value in (sound | changes).items() if value is not None})


def composites(spec, *, granule=GRANULE):
    """A step per period; in the second there is nothing, and after it every pixel has numbers of its own."""
    return [_composite(spec, number, period, granule) for number, period in enumerate(spec.periods)]


def _composite(spec, number, period, granule):
    pixels = []
    for place, (lon, lat) in enumerate(centres(spec.grid)):
        seen = number != 1
        stored = _stored(100 * number + place) if seen else _nothing()
        values = {name: _value(name, stored[name]) if seen else None for name in stored}
        pixels.append({
            "row": place // spec.grid.width, "column": place % spec.grid.width,
            "lon": round(lon, 7), "lat": round(lat, 7),
            "granule": granule if seen else None, "item": "S2A_33TWL_20230815_0_L2A" if seen else None,
            "sensed_at": f"{period.first_day:%Y-%m}-15T09:56:31Z" if seen else None,
            "valid_obs": 3 if seen else 0, "values": values, "indices": {}, "stored": stored,
        })  # fmt: skip
    return {
        "number": number, "first_day": f"{period.first_day}", "last_day": f"{period.last_day}",
        "title": period.title, "scenes": 3, "pixels": pixels, "note": "",
    }  # fmt: skip


def _stored(more):
    return {
        "B03": 400 + more, "B04": 500 + more, "B08": 40_000 + more, "aot": 120, "scene_classification": 4,
        "sun_azimuth": -3000, "valid_obs": 3, "observation_date": 14, "method": 2,
    }  # fmt: skip


def _nothing():
    return {
        "B03": 65535, "B04": 65535, "B08": 65535, "aot": 65535, "scene_classification": 255,
        "sun_azimuth": -32768, "valid_obs": 0, "observation_date": -1, "method": 255,
    }  # fmt: skip


def _value(name, stored):
    scale = {"aot": 0.001, "sun_azimuth": 0.01}.get(name, 0.0001 if name.startswith("B") else 1)
    return stored if scale == 1 else round(stored * scale, 6)


def observations(spec, *, item="S2A_33TWL_20230815_0_L2A", reason="cloud"):
    """Three scenes, two of them of one overpass; the last does not count."""
    times = ["2023-06-15T09:56:31Z", "2023-08-15T09:56:31Z", "2023-08-15T09:56:31Z"]
    steps = []
    for number, sensed_at in enumerate(times):
        (pixel,) = _composite(spec, 0, JUNE, GRANULE)["pixels"]
        stored = {
            name: value for name, value in pixel["stored"].items() if name in (*BANDS, "aot", "scene_classification")
        }
        values = {name: pixel["values"][name] for name in stored}
        steps.append({
            "number": number, "sensed_at": sensed_at, "granule": GRANULE, "item": item,
            "platform": "S2A", "tile": "33TWL",
            "scene_class": 9 if number == 2 else 4, "class_title": "Vegetation", "counts": number < 2,
            "reason": reason if number == 2 else "",
            "pixels": [pixel | {"values": values, "stored": stored}], "note": "",
        })  # fmt: skip
    return steps


def statistics(spec):
    """Figures of each month; the second has no pixel with data."""
    steps = []
    for number, period in enumerate(spec.periods):
        figures = {
            name: {"count": 0 if number == 1 else 90, **dict.fromkeys(FIGURES, None if number == 1 else 0.25)}
            for name in (*spec.bands, "ndvi", "ndwi")
        }
        steps.append({
            "number": number, "first_day": f"{period.first_day}", "last_day": f"{period.last_day}",
            "title": period.title, "scenes": 2, "pixels_total": 100, "pixels_with_data": 0 if number == 1 else 90,
            "bands": figures, "note": "",
        })  # fmt: skip
    return steps
