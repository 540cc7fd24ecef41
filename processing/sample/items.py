"""STAC items for the granules of the generated archive, in the words of Earth Search, Planetary Computer and CDSE."""

from typing import Any

import numpy as np
from shapely.geometry import mapping

from processing.sample.coverage import footprint, percentages
from processing.sample.documents import moment
from processing.sample.granule_xml import GRANULE_XML
from processing.sample.grids import EPSG, Window
from processing.sample.names import Names
from processing.sample.quality import AOT_SCALE
from processing.sample.scene import PIXEL_M, RESOLUTION_M

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

XML_TYPE = "application/xml"

# Key, title and what raster:bands declares.
LAYER_ASSETS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "SCL": ("scl", "Scene classification map (SCL)", {"nodata": 0, "data_type": "uint8"}),
    "AOT": (
        "aot",
        "Aerosol optical thickness (AOT)",
        {"nodata": 0, "data_type": "uint16", "scale": 1 / AOT_SCALE, "offset": 0},
    ),
    "CLD": ("cloud", "Cloud probability (CLD)", {"data_type": "uint8", "unit": "%"}),
    "SNW": ("snow", "Snow probability (SNW)", {"data_type": "uint8", "unit": "%"}),
}


def make_item(names: Names, grid: Window, scene_class: np.ndarray, whole: Window) -> dict[str, Any]:
    """The item of one granule, hrefs relative to the collection file.

    ``grid`` is the granule's part of the archive's ``whole`` window, ``scene_class`` its classes at 20 m.
    """
    outline = footprint(names.passing, grid, whole)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": EXTENSIONS,
        "id": names.item,
        "collection": "sentinel-2-l2a",
        "geometry": mapping(outline),
        "bbox": list(outline.bounds),
        "properties": _properties(names) | _percentages(scene_class),
        "links": [],
        "assets": _assets(names, grid),
    }


def _properties(names: Names) -> dict[str, Any]:
    passing, tile = names.passing, names.tile
    azimuth, elevation = passing.sun()
    generated = moment(names.generated_at)
    return {
        "datetime": moment(names.sensed_at),
        "created": generated,
        "updated": generated,
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
        "s2:datatake_id": names.datatake,
        "s2:datastrip_id": names.datastrip,
        "s2:granule_id": names.granule(),
        "s2:product_uri": names.product,
        "s2:generation_time": generated,
    }


def _percentages(scene_class: np.ndarray) -> dict[str, float]:
    shares = percentages(scene_class)
    cloudy = shares.pop("cloudy_pixel")
    return {"eo:cloud_cover": cloudy} | {f"s2:{name}_percentage": share for name, share in shares.items()}


def _assets(names: Names, grid: Window) -> dict[str, Any]:
    added = names.passing.dn_offset
    assets = {}
    for band, metres in RESOLUTION_M.items():
        key, common_name, centre, width = ASSETS[band]
        description = f"{band}, {centre * 1000:.0f} nm"
        assets[key] = _asset(names, grid, band, metres) | {
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
                    "offset": -added / 10000 if added else 0,
                }
            ],
        }
    for layer, (key, title, declared) in LAYER_ASSETS.items():
        metres = PIXEL_M[layer]
        assets[key] = _asset(names, grid, layer, metres) | {
            "title": title,
            "raster:bands": [declared | {"spatial_resolution": metres}],
        }
    assets["granule_metadata"] = {
        "href": f"./{names.item}/{GRANULE_XML}",
        "type": XML_TYPE,
        "roles": ["metadata"],
        "title": "Granule metadata",
    }
    return assets


def _asset(names: Names, grid: Window, layer: str, metres: int) -> dict[str, Any]:
    return {
        "href": f"./{names.item}/{layer}.tif",
        "type": COG_TYPE,
        "roles": ["data"],
        "gsd": metres,
        "proj:shape": list(grid.shape(metres)),
        "proj:transform": list(grid.transform(metres))[:6],
    }
