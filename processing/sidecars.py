"""The files beside a product's data: S2GM's JSON, a STAC item, provenance, checksums.

Keys and their order of the JSON are those of S2GM's example product (metadata version 1); its copied
wavelengths of B05 are mended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from shapely.geometry import mapping

from processing import __version__
from processing.formats.base import Format, WrittenFile
from processing.granule import Granule
from processing.grid import Grid
from processing.layers import OutputLayer
from processing.sentinel2 import BANDS, Spectrum
from processing.spec import MosaicSpec

_STAC_EXTENSIONS = [
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
]
_COPERNICUS_NOTICE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"


@dataclass(frozen=True)
class Account:
    """What the sidecars tell of a product."""

    spec: MosaicSpec
    title: str
    """Name of the base folder."""

    order_number: str
    grid: Grid
    granules: Sequence[Granule]
    """Oldest first: ``source_index`` counts in this order."""

    judged_by_angle: Sequence[bool]
    """For each granule whether its swath edge was cut by its view angles."""

    files: Sequence[WrittenFile]
    written_as: Format
    source: str
    rejected: Sequence[str]
    """What was left out of the scenes and why, one sentence each."""

    notes: Sequence[str]
    """What was done otherwise than the method says, one sentence each."""

    @property
    def remarks(self) -> list[str]:
        """All that a user should know of how the product came about."""
        return [*self.rejected, *self.notes]


def write_sidecars(folder: Path, suffix: str, account: Account) -> list[Path]:
    """Write all sidecars of the product in ``folder``; return their paths."""
    contents = {
        f"metadata_{suffix}.json": product_metadata(account),
        f"stac_{suffix}.json": stac_item(account, suffix),
        "provenance.json": provenance(account),
    }
    paths = []
    for name, content in contents.items():
        paths.append(folder / name)
        paths[-1].write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    paths.append(folder / "checksums.sha256")
    checked = [*(file.path for file in account.files), *paths[:-1]]
    paths[-1].write_text(checksum_lines(checked), encoding="utf-8")
    return paths


def product_metadata(account: Account) -> dict[str, Any]:
    """S2GM's product JSON."""
    spec, grid = account.spec, account.grid
    days = [granule.sensed_at.date().isoformat() for granule in account.granules]
    remarks = " ".join(account.remarks)
    return {
        "Title": account.title,
        "Summary": f"Sentinel-2 mosaic of {spec.period.title}, real observations only. {remarks}".strip(),
        "Project": "Mosaic Hub",
        "Institution": "",
        "References": "Sentinel-2 Global Mosaic ATBD, S2GM-ATBD-BC v1.3.3",
        "Contact": "",
        "License": f"Contains modified Copernicus Sentinel data {spec.period.first_day.year}; {_COPERNICUS_NOTICE}",
        "Creator_url": "",
        "Creator_email": "",
        "Metadata_version": "1.0",
        "Processing_baseline": f"v{__version__}",
        "Processing_name": spec.method,
        "Compositing_period": spec.period.word,
        "Processing_steps": f"Sen2Cor, Mosaic Hub v{__version__}",
        "Processing_configuration": "STD",
        "Resource_locator": "",
        "Sensor_list": ", ".join(sorted({granule.platform for granule in account.granules})),
        "Mosaicking_period_start": spec.period.first_day.isoformat(),
        "Mosaicking_period_end": spec.period.last_day.isoformat(),
        "First_product_date": min(days),
        "Last_product_date": max(days),
        "Resolution_distance": spec.resolution,
        "Date_of_creation": datetime.now(UTC).isoformat(timespec="seconds"),
        "Geometry": _geometry(grid),
        "Band_interpretations": [
            _interpretation(layer, file, account.written_as) for file in account.files for layer in file.layers
        ],
        "Source_product_list": {str(number): granule.identifier for number, granule in enumerate(account.granules)},
    }


def _geometry(grid: Grid) -> dict[str, Any]:
    west, south, east, north = grid.bounds
    transform = grid.transform
    affine = (
        'PARAM_MT["Affine", PARAMETER["num_row", 3], PARAMETER["num_col", 3], '
        f'PARAMETER["elt_0_0", {transform.a!r}], PARAMETER["elt_0_2", {transform.c!r}], '
        f'PARAMETER["elt_1_1", {transform.e!r}], PARAMETER["elt_1_2", {transform.f!r}]]'
    )
    return {
        "Image_width": grid.width,
        "Image_height": grid.height,
        "CRS": f"EPSG:{grid.epsg}",
        "Projection_parameter": affine,
        "Boundary": [[west, north], [east, north], [east, south], [west, south], [west, north]],
    }


def _interpretation(layer: OutputLayer, file: WrittenFile, written_as: Format) -> dict[str, Any]:
    told: dict[str, Any] = {"Name": layer.name, "Description": layer.title}
    if layer.is_reflectance:
        band = BANDS[layer.name]
        told["Spectral_information"] = {
            "S2_nominal": _spectrum(band.nominal),
            "S2A": _spectrum(band.s2a),
            "S2B": _spectrum(band.s2b),
        }
    return told | {
        "Unit": layer.unit,
        "No_data_value": layer.nodata,
        "Scaling_factor": layer.scale,
        "File_path": file.path.name,
        "File_format": written_as.title,
    }


def _spectrum(spectrum: Spectrum) -> dict[str, float]:
    return {"Central_wavelength": spectrum.central_wavelength_nm, "Bandwidth": spectrum.bandwidth_nm}


def stac_item(account: Account, suffix: str) -> dict[str, Any]:
    """A STAC 1.0 item whose assets are the product's files, relative to it."""
    grid, period = account.grid, account.spec.period
    footprint = grid.footprint
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": _STAC_EXTENSIONS,
        "id": f"{account.title}_{suffix}",
        "geometry": mapping(footprint),
        "bbox": list(footprint.bounds),
        "properties": {
            "datetime": None,
            "start_datetime": _utc(period.first_day, time.min),
            "end_datetime": _utc(period.last_day, time(23, 59, 59)),
            "title": account.title,
            "platform": ", ".join(sorted({granule.platform for granule in account.granules})),
            "instruments": ["msi"],
            "constellation": "sentinel-2",
            "gsd": account.spec.resolution,
            "proj:epsg": grid.epsg,
            "proj:shape": [grid.height, grid.width],
            "proj:transform": list(grid.transform)[:6],
            "mosaic:method": account.spec.method,
            "mosaic:notes": account.remarks,
        },
        "links": [
            {"rel": "derived_from", "href": granule.item_id, "title": granule.identifier}
            for granule in account.granules
        ],
        "assets": {file.path.stem: _asset(file, account.written_as) for file in account.files},
    }


def _asset(file: WrittenFile, written_as: Format) -> dict[str, Any]:
    asset: dict[str, Any] = {
        "href": f"./{file.path.name}",
        "type": written_as.media_type,
        "title": ", ".join(layer.title for layer in file.layers),
        "roles": ["data"],
        # A multihash: 12 is SHA-256, 20 its length in bytes, both in hexadecimal.
        "file:checksum": f"1220{sha256(file.path)}",
        "file:size": file.path.stat().st_size,
        "raster:bands": [
            {"data_type": layer.dtype, "nodata": layer.nodata, "scale": layer.scale, "offset": 0}
            for layer in file.layers
        ],
    }
    reflectances = [layer for layer in file.layers if layer.is_reflectance]
    if reflectances:
        asset["eo:bands"] = [
            {"name": layer.name, "center_wavelength": BANDS[layer.name].wavelength_nm / 1000} for layer in reflectances
        ]
    return asset


def provenance(account: Account) -> dict[str, Any]:
    """The order itself, the software, every scene with what was decided about it, and what was left out."""
    return {
        "software": {"name": "mosaic-hub", "version": __version__},
        "order_number": account.order_number,
        "order": account.spec.to_json(),
        "source": account.source,
        "notes": list(account.notes),
        "left_out": list(account.rejected),
        "scenes": [
            {
                "source_index": number,
                "granule": granule.identifier,
                "item": granule.item_id,
                "sensed_at": granule.sensed_at.isoformat(),
                "tile": granule.tile,
                "baseline": granule.baseline,
                "offset": _offset(granule),
                "offset_rule": granule.offset_rule,
                "swath_edge_cut": judged,
            }
            for number, (granule, judged) in enumerate(zip(account.granules, account.judged_by_angle, strict=True))
        ],
    }


def _offset(granule: Granule) -> int | Mapping[str, int]:
    offsets = {band: file.offset for band, file in sorted(granule.files.items()) if band in BANDS}
    values = set(offsets.values())
    return values.pop() if len(values) == 1 else offsets


def checksum_lines(paths: Iterable[Path]) -> str:
    """Lines that ``sha256sum -c`` accepts, by file name."""
    return "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(paths))


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _utc(day: Any, at: time) -> str:
    return datetime.combine(day, at, UTC).isoformat().replace("+00:00", "Z")
