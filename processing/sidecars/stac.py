"""A product as a STAC item, so that catalogues list it and libraries open it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import rasterio
from shapely.geometry import mapping

from processing import __version__
from processing.account import Account
from processing.formats.base import Format, WrittenFile
from processing.granule import Granule
from processing.layers import Flag, OutputLayer
from processing.sentinel2 import BANDS
from processing.sidecars.checksums import multihash
from processing.sidecars.product_json import LEGAL_NOTICE, copyright_notice, sensors, summary

STAC_VERSION = "1.0.0"
EXTENSIONS = [
    f"https://stac-extensions.github.io/{name}/v{version}/schema.json"
    for name, version in {
        "projection": "2.0.0",
        "raster": "1.1.0",
        "eo": "1.1.0",
        "processing": "1.0.0",
        "file": "2.1.0",
        "classification": "2.0.0",
    }.items()
]
_COPERNICUS = {
    "name": "European Union/ESA/Copernicus",
    "roles": ["producer", "licensor"],
    "url": "https://sentinels.copernicus.eu/",
}
# By the extension's names, of which the three red edges share one.
_COMMON_NAMES = {
    "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge", "B06": "rededge",
    "B07": "rededge", "B08": "nir", "B8A": "nir08", "B11": "swir16", "B12": "swir22",
}  # fmt: skip
_MEDIA_TYPES = {
    ".json": "application/json",
    ".html": "text/html",
    ".png": "image/png",
    ".vrt": "application/xml",
    ".qml": "application/xml",
    ".xml": "application/xml",
}
_ROLES = {".png": ["thumbnail", "overview"], ".vrt": ["visual"]}


def stac_item(account: Account, sidecars: Sequence[Path], sums: Mapping[Path, str]) -> dict[str, Any]:
    """A STAC item whose assets are the product's files, with hrefs relative to it.

    ``sidecars`` are listed beside the data; ``sums`` holds the SHA-256 of all these files.
    """
    footprint = account.grid.footprint
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": EXTENSIONS,
        "id": f"{account.heading.title}_{account.heading.suffix}",
        "geometry": mapping(footprint),
        "bbox": list(footprint.bounds),
        "properties": _properties(account) | _place(account),
        "links": [
            {"rel": "license", "href": LEGAL_NOTICE, "title": "Sentinel data legal notice"},
            {"rel": "describedby", "href": "../inspire.xml", "type": "application/xml", "title": "INSPIRE metadata"},
            *(_derived_from(granule) for granule in account.granules),
        ],
        "assets": _assets(account, sidecars, sums),
    }


def _properties(account: Account) -> dict[str, Any]:
    spec = account.spec
    return {
        "datetime": None,
        "start_datetime": _utc(spec.period.first_day, time.min),
        "end_datetime": _utc(spec.period.last_day, time(23, 59, 59)),
        "title": account.heading.title,
        "description": summary(account),
        "license": "proprietary",
        "providers": [_COPERNICUS, _processor(account)],
        "constellation": "sentinel-2",
        "platform": sensors(account),
        "instruments": ["msi"],
        "gsd": spec.resolution,
        "processing:level": "L3",
        "processing:software": {"Mosaic Hub": __version__},
        "processing:lineage": _lineage(account),
        "mosaic:method": spec.method,
        "mosaic:notes": account.remarks,
    }


def _lineage(account: Account) -> str:
    spec, number = account.spec, len(account.granules)
    return (
        f"{copyright_notice(spec)}. {number} Level-2A scene{'' if number == 1 else 's'} of {spec.period.title}; "
        f"one observation of each pixel was taken by the method {spec.method}, nothing was averaged over time."
    )


def _place(account: Account) -> dict[str, Any]:
    grid = account.grid
    return {
        "proj:code": f"EPSG:{grid.epsg}",
        "proj:shape": [grid.height, grid.width],
        "proj:transform": list(grid.transform)[:6],
        "proj:bbox": list(grid.bounds),
    }


def _processor(account: Account) -> dict[str, Any]:
    publisher = account.publisher
    own = {"name": publisher.name, "roles": ["processor"]}
    return own | ({"url": publisher.url} if publisher.url else {})


def _derived_from(granule: Granule) -> dict[str, str]:
    return {
        "rel": "derived_from",
        # Where no URL is known the id stands in its place, escaped.
        "href": granule.item_url or quote(granule.item_id, safe=""),
        "type": "application/geo+json",
        "title": granule.identifier,
    }


def _assets(account: Account, sidecars: Sequence[Path], sums: Mapping[Path, str]) -> dict[str, Any]:
    """Data by the layer's prefix ("data" where a file holds several), sidecars by what they are."""
    assets = {
        file.layers[0].prefix if len(file.layers) == 1 else "data": _data(file, account) for file in account.files
    }
    companions = [companion for file in account.files for companion in file.companions]
    assets |= {_key(path): _sidecar(path) for path in [*sidecars, *companions]}
    by_name = {path.name: (path, digest) for path, digest in sums.items()}
    for asset in assets.values():
        path, digest = by_name[asset["href"].removeprefix("./")]
        asset |= {"file:checksum": multihash(digest), "file:size": path.stat().st_size}
    return assets


def _key(path: Path) -> str:
    """ "metadata" and "thumbnail", the same in every product; else the file's name."""
    if path.name.startswith("metadata_"):
        return "metadata"
    return "thumbnail" if path.suffix == ".png" else path.name


def _sidecar(path: Path) -> dict[str, Any]:
    return {
        "href": f"./{path.name}",
        "type": _MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        "roles": _ROLES.get(path.suffix, ["metadata"]),
    }


def _data(file: WrittenFile, account: Account) -> dict[str, Any]:
    written_as: Format = account.written_as
    asset: dict[str, Any] = {
        "href": f"./{file.path.name}",
        "type": written_as.media_type,
        "title": ", ".join(layer.title for layer in file.layers),
        "roles": ["data"],
        "raster:bands": [_raster_band(layer, file, account.spec.resolution) for layer in file.layers],
    }
    # Readers pair these with the raster bands one by one: a file of several layers names all of them.
    if len(file.layers) > 1 or file.layers[0].is_reflectance:
        asset["eo:bands"] = [_eo_band(layer) for layer in file.layers]
    return asset


def _raster_band(layer: OutputLayer, file: WrittenFile, resolution_m: int) -> dict[str, Any]:
    band: dict[str, Any] = {
        "data_type": _stored_type(layer, file),
        "nodata": layer.nodata,
        "scale": layer.scale,
        "offset": 0,
        "unit": layer.unit,
        "spatial_resolution": resolution_m,
    }
    if layer.flags:
        band["classification:classes"] = [_class(flag) for flag in layer.flags]
    return band


def _stored_type(layer: OutputLayer, file: WrittenFile) -> str:
    """As the file holds it: NetCDF keeps bytes in 16 bits, the others keep every type."""
    if not file.subdatasets:
        return layer.dtype
    with rasterio.open(file.dataset(layer)) as dataset:
        return str(dataset.dtypes[0])


def _class(flag: Flag) -> dict[str, Any]:
    return {
        "value": flag.value,
        "name": flag.name,
        "title": flag.title,
        "description": flag.title,
        "color_hint": flag.colour.removeprefix("#").upper(),
    }


def _eo_band(layer: OutputLayer) -> dict[str, Any]:
    if not layer.is_reflectance:
        return {"name": layer.prefix, "description": layer.title}
    spectrum = BANDS[layer.name].nominal
    return {
        "name": layer.name,
        "common_name": _COMMON_NAMES[layer.name],
        "description": layer.title,
        "center_wavelength": spectrum.central_wavelength_nm / 1000,
        "full_width_half_max": spectrum.bandwidth_nm / 1000,
    }


def _utc(day: date, at: time) -> str:
    return datetime.combine(day, at, UTC).isoformat().replace("+00:00", "Z")
