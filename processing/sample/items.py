"""STAC items for the granules of the generated archive, in the words of Earth Search, Planetary Computer and CDSE."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from pyproj import Transformer
from shapely import Polygon, box, transform
from shapely.geometry import mapping

from processing.sample.grids import EPSG, Window
from processing.sample.passes import Pass
from processing.sample.scene import RESOLUTION_M

EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/grid/v1.0.0/schema.json",
    "https://stac-extensions.github.io/mgrs/v1.0.0/schema.json",
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
]
COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"

# Band: asset key, common name of the eo extension, centre wavelength and full width at half maximum in micrometres.
ASSETS: dict[str, tuple[str, str, float, float]] = {
    "B01": ("coastal", "coastal", 0.443, 0.027),
    "B02": ("blue", "blue", 0.490, 0.098),
    "B03": ("green", "green", 0.560, 0.045),
    "B04": ("red", "red", 0.665, 0.038),
    "B05": ("rededge1", "rededge", 0.704, 0.019),
    "B06": ("rededge2", "rededge", 0.740, 0.018),
    "B07": ("rededge3", "rededge", 0.783, 0.028),
    "B08": ("nir", "nir", 0.842, 0.145),
    "B8A": ("nir08", "nir08", 0.865, 0.033),
    "B11": ("swir16", "swir16", 1.610, 0.143),
    "B12": ("swir22", "swir22", 2.190, 0.242),
}

CLASS_PERCENTAGES = {
    1: "s2:saturated_defective_pixel_percentage",
    2: "s2:dark_features_percentage",
    3: "s2:cloud_shadow_percentage",
    4: "s2:vegetation_percentage",
    5: "s2:not_vegetated_percentage",
    6: "s2:water_percentage",
    7: "s2:unclassified_percentage",
    8: "s2:medium_proba_clouds_percentage",
    9: "s2:high_proba_clouds_percentage",
    10: "s2:thin_cirrus_percentage",
    11: "s2:snow_ice_percentage",
}
CLOUDY_CLASSES = (8, 9, 10)

PROCESSED_AFTER = timedelta(hours=5, minutes=57)


def granule_name(passing: Pass, tile: str) -> str:
    """Name of the granule's folder and id of its item, as in Earth Search: ``S2A_33TWL_20240603_0_L2A``."""
    return f"S2{passing.satellite}_{tile}_{passing.day:%Y%m%d}_0_L2A"


def make_item(passing: Pass, tile: str, grid: Window, scene_class: np.ndarray, whole: Window) -> dict[str, Any]:
    """The item of one granule, hrefs relative to the collection file.

    ``grid`` is the granule's part of the archive's ``whole`` window, ``scene_class`` its classes at 20 m.
    """
    footprint = _footprint(passing, grid, whole)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": EXTENSIONS,
        "id": granule_name(passing, tile),
        "collection": "sentinel-2-l2a",
        "geometry": mapping(footprint),
        "bbox": list(footprint.bounds),
        "properties": _properties(passing, tile) | _percentages(scene_class),
        "links": [],
        "assets": _assets(passing, tile, grid),
    }


def _footprint(passing: Pass, grid: Window, whole: Window) -> Polygon:
    """The measured part of the granule in longitude and latitude."""
    measured = box(grid.left, grid.bottom, grid.right, grid.top).intersection(passing.swath(whole))
    to_degrees = Transformer.from_crs(EPSG, 4326, always_xy=True).transform
    # Straight lines in UTM are not straight in degrees: give them points in between.
    bent = transform(measured.segmentize(5000), to_degrees, interleaved=False)
    rounded = transform(bent, lambda degrees: degrees.round(7))
    return rounded.reverse() if not rounded.exterior.is_ccw else rounded


def _properties(passing: Pass, tile: str) -> dict[str, Any]:
    sensed, generated = passing.sensed_at(tile), passing.datatake_start + PROCESSED_AFTER
    start, made = _compact(passing.datatake_start), _compact(generated)
    baseline = passing.baseline.replace(".", "")
    azimuth, elevation = passing.sun()
    satellite, orbit = f"S2{passing.satellite}", f"{passing.absolute_orbit:06d}"
    return {
        "datetime": _iso(sensed),
        "created": _iso(generated),
        "updated": _iso(generated),
        "platform": f"sentinel-2{passing.satellite.lower()}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "gsd": 10,
        "proj:epsg": EPSG,
        "grid:code": f"MGRS-{tile}",
        "mgrs:utm_zone": int(tile[:2]),
        "mgrs:latitude_band": tile[2],
        "mgrs:grid_square": tile[3:],
        "view:sun_azimuth": round(azimuth, 6),
        "view:sun_elevation": round(elevation, 6),
        "sat:relative_orbit": passing.orbit,
        "s2:product_type": "S2MSI2A",
        "s2:sequence": "0",
        "s2:mgrs_tile": tile,
        "s2:processing_baseline": passing.baseline,
        "s2:datatake_type": "INS-NOBS",
        "s2:datatake_id": f"G{satellite}_{start}_{orbit}_N{passing.baseline}",
        "s2:datastrip_id": f"{satellite}_OPER_MSI_L2A_DS_2APS_{made}_S{_compact(sensed)}_N{passing.baseline}",
        "s2:granule_id": f"{satellite}_OPER_MSI_L2A_TL_2APS_{made}_A{orbit}_T{tile}_N{passing.baseline}",
        "s2:product_uri": f"{satellite}_MSIL2A_{start}_N{baseline}_R{passing.orbit:03d}_T{tile}_{made}.SAFE",
        "s2:generation_time": _iso(generated),
    }


def _percentages(scene_class: np.ndarray) -> dict[str, float]:
    """Share of every class among the measured pixels, and of what was not measured among all."""
    counts = np.bincount(scene_class.ravel(), minlength=12)
    measured = max(1, int(counts[1:].sum()))
    shares = {name: round(100 * int(counts[n]) / measured, 6) for n, name in CLASS_PERCENTAGES.items()}
    cloudy = int(counts[list(CLOUDY_CLASSES)].sum())
    return {
        "eo:cloud_cover": round(100 * cloudy / measured, 6),
        "s2:nodata_pixel_percentage": round(100 * int(counts[0]) / scene_class.size, 6),
        **shares,
    }


def _assets(passing: Pass, tile: str, grid: Window) -> dict[str, Any]:
    assets = {}
    for band, metres in RESOLUTION_M.items():
        key, common_name, centre, width = ASSETS[band]
        description = f"{band}, {centre * 1000:.0f} nm"
        assets[key] = _asset(passing, tile, grid, band, metres) | {
            "title": f"{key} ({band}) - {metres} m",
            "eo:bands": [
                {
                    "name": key,
                    "common_name": common_name,
                    "description": description,
                    "center_wavelength": centre,
                    "full_width_half_max": width,
                }
            ],
            "raster:bands": [
                {
                    "nodata": 0,
                    "data_type": "uint16",
                    "spatial_resolution": metres,
                    "scale": 0.0001,
                    "offset": -passing.dn_offset / 10000 if passing.dn_offset else 0,
                }
            ],
        }
    assets["scl"] = _asset(passing, tile, grid, "SCL", 20) | {
        "title": "Scene classification map (SCL)",
        "raster:bands": [{"nodata": 0, "data_type": "uint8", "spatial_resolution": 20}],
    }
    return assets


def _asset(passing: Pass, tile: str, grid: Window, layer: str, metres: int) -> dict[str, Any]:
    return {
        "href": f"./{granule_name(passing, tile)}/{layer}.tif",
        "type": COG_TYPE,
        "roles": ["data"],
        "gsd": metres,
        "proj:shape": list(grid.shape(metres)),
        "proj:transform": list(grid.transform(metres))[:6],
    }


def _compact(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z"
