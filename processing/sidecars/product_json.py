"""The product JSON: all that a reader needs to open a product, by S2GM's keys.

Keys and their order are those of S2GM's example product (metadata version 1); its copied wavelengths of B05
are mended. Each of the ``Band_interpretations`` is one raster: ``File_path``, relative to the JSON, is its file,
and where that is a NetCDF file ``Name`` is its variable. A reflectance or angle is the stored number times
``Scaling_factor``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from processing import __version__
from processing.account import Account
from processing.formats.base import Format, WrittenFile
from processing.granule import Granule
from processing.grid import Grid
from processing.layers import OutputLayer
from processing.sentinel2 import BANDS, Spectrum
from processing.spec import MosaicSpec

LEGAL_NOTICE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"


def product_metadata(account: Account) -> dict[str, Any]:
    """S2GM's product JSON."""
    spec = account.spec
    return {
        "Title": account.heading.title,
        "Summary": summary(account),
        "Project": "Mosaic Hub",
        "Institution": account.publisher.name,
        "References": "Sentinel-2 Global Mosaic ATBD, S2GM-ATBD-BC v1.3.3",
        "Contact": account.publisher.email,
        "License": f"{copyright_notice(spec)}; {LEGAL_NOTICE}",
        "Creator_url": account.publisher.url,
        "Creator_email": account.publisher.email,
        "Metadata_version": "1.0",
        "Processing_baseline": f"v{__version__}",
        "Processing_name": spec.method,
        "Compositing_period": spec.period.word,
        "Processing_steps": f"Sen2Cor, Mosaic Hub v{__version__}",
        "Processing_configuration": "STD",
        "Resource_locator": account.publisher.url,
        "Sensor_list": sensors(account),
        **_dates(spec, account.granules),
        "Resolution_distance": spec.resolution,
        "Date_of_creation": datetime.now(UTC).isoformat(timespec="seconds"),
        "Geometry": _geometry(account.grid),
        "Band_interpretations": [
            _interpretation(layer, file, account.written_as) for file in account.files for layer in file.layers
        ],
        "Source_product_list": {str(number): granule.identifier for number, granule in enumerate(account.granules)},
    }


def summary(account: Account) -> str:
    """What the product is, and what its user should know of it."""
    remarks = " ".join(account.remarks)
    return f"Sentinel-2 mosaic of {account.spec.period.title}, real observations only. {remarks}".strip()


def copyright_notice(spec: MosaicSpec) -> str:
    """What the Copernicus licence asks for."""
    return f"Contains modified Copernicus Sentinel data {spec.period.first_day.year}"


def sensors(account: Account) -> str:
    """The satellites that the scenes come from: "S2A, S2B"."""
    return ", ".join(sorted({granule.platform for granule in account.granules}))


def _dates(spec: MosaicSpec, granules: Sequence[Granule]) -> dict[str, str]:
    days = [granule.sensed_at.date().isoformat() for granule in granules]
    return {
        "Mosaicking_period_start": spec.period.first_day.isoformat(),
        "Mosaicking_period_end": spec.period.last_day.isoformat(),
        "First_product_date": min(days),
        "Last_product_date": max(days),
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
    told: dict[str, Any] = {"Name": layer.prefix, "Description": layer.title}
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
