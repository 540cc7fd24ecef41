"""The rasters of a granule: which asset is which band, where it lies, and what to add to its numbers.

The three large archives name, scale and shift the same pixels differently; what is known about each of
them stands here and nowhere else.
"""

from __future__ import annotations

import math
import os.path
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from processing.sentinel2 import BANDS

REFLECTANCES = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
OTHERS = ("SCL", "CLD", "SNW", "AOT")

NATIVE_RESOLUTION_M = {band: BANDS[band].native_resolution_m for band in REFLECTANCES} | {
    "SCL": 20, "CLD": 20, "SNW": 20, "AOT": 10,
}  # fmt: skip
"""Pixel size in which a band is measured, or a layer worked out; finer copies are only resampled."""

# Earth Search v1 and stactools name assets by common name.
_COMMON_NAMES = {
    "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2",
    "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B11": "swir16", "B12": "swir22",
    "SCL": "scl", "CLD": "cloud", "SNW": "snow", "AOT": "aot",
}  # fmt: skip
# The Copernicus Data Space appends the resolution, stactools does so to the coarser copies.
_RESOLUTIONS_M = (10, 20, 60)
_METADATA_NAMES = ("granule_metadata", "granule-metadata")

SCALE = 1e-4
# Level-2A made with baseline 04.00 or later holds reflectance x 10000 + 1000, so that dark pixels stay
# above the no-data 0. The baseline decides, not the date: reprocessed scenes of 2015 to 2021 carry it too.
FIRST_SHIFTED_BASELINE = (4, 0)
SHIFT = -1000
# From this day on ESA made nothing older than 04.00; used only where no baseline is known.
_SHIFTED_SINCE = datetime(2022, 1, 25, tzinfo=UTC)
# Reflectance 1: no product has ever been shifted by more than a tenth of it.
_LARGEST_OFFSET = 10_000
_NO_SCALE_OR_OFFSET = 1e9

# Underscores are in no URL's scheme but in the prefixes of some GDAL drivers.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:")


@dataclass(frozen=True)
class BandFile:
    """One raster of a granule."""

    href: str
    """Absolute path, http(s) URL or s3 URL."""

    offset: int
    """Added to the digital number to get reflectance x 10000; 0 for what is no reflectance."""

    copies: Mapping[int, str] = field(default_factory=dict, hash=False)
    """Hrefs by pixel size in metres, where the archive holds the band in several; empty where it does not say."""

    @property
    def name(self) -> str:
        """The file's own name, for messages: paths are nobody's business, and a query may hold a signature."""
        return self.href.partition("?")[0].rpartition("/")[2]

    @property
    def is_remote(self) -> bool:
        """Whether it lies on a server, so that many are better asked for at once."""
        return "://" in self.href

    def for_resolution(self, resolution_m: int, *, native_m: int) -> BandFile:
        """The same file with the href that suits pixels of ``resolution_m`` best; ``native_m`` is the band's own size.

        That is the copy of just that size; else the coarsest of the finer ones, to be averaged; else the
        finest there is, to be looked up by nearest neighbour. Copies finer than the band itself are
        resampled from it and serve only where there is nothing else. Source: S2GM ATBD table 2-1.
        """
        measured = [size for size in self.copies if size >= native_m] or list(self.copies)
        if not measured:
            return self
        fine_enough = [size for size in measured if size <= resolution_m]
        return replace(self, href=self.copies[max(fine_enough) if fine_enough else min(measured)])


@dataclass(frozen=True)
class Offsets:
    """What to add to the digital numbers of a granule's reflectance bands, and why."""

    by_band: Mapping[str, int]

    rule: str
    """Why, as one phrase for the provenance of a mosaic."""

    in_doubt: bool
    """Whether the metadata cannot be trusted, so that the pixels have to be asked."""


class UnusableItem(ValueError):
    """Something in an item or a product that makes it useless; the message goes on from its name: "Item 1 ..."."""


def choose_assets(assets: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The asset of each band and layer that there is, and of ``"metadata"``; the finest where there are several.

    Earth Search's JPEG 2000 twins (``blue-jp2``) are left alone: they lie in a bucket whose reader pays,
    and the item's statement on the offset is about the COGs.
    """
    chosen: dict[str, Mapping[str, Any]] = {}
    for band, common_name in _COMMON_NAMES.items():
        suffixes = ("", *(f"_{size}m" for size in _RESOLUTIONS_M))
        names = [name + suffix for suffix in suffixes for name in (band, common_name)]
        _take_first(assets, names, into=chosen, key=band)
    _take_first(assets, _METADATA_NAMES, into=chosen, key="metadata")
    return chosen


def _take_first(
    assets: Mapping[str, Any], names: Iterable[str], *, into: dict[str, Mapping[str, Any]], key: str
) -> None:
    for name in names:
        if asset := _asset(assets, name):
            into[key] = asset
            return


def _asset(assets: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    asset = assets.get(name)
    return asset if isinstance(asset, Mapping) and asset.get("href") else None


def copies_of(band: str, chosen: Mapping[str, Any], assets: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """Assets of a band by pixel size in metres, ``chosen`` among them; empty where none is named by its size.

    A copy that declares another offset than ``chosen`` is none of it and left out.
    """
    copies: dict[int, Mapping[str, Any]] = {}
    for size in _RESOLUTIONS_M:
        for name in (band, _COMMON_NAMES[band]):
            asset = _asset(assets, f"{name}_{size}m")
            if asset and (band in OTHERS or _declared_offset(band, asset) == _declared_offset(band, chosen)):
                copies.setdefault(size, asset)
    if copies and chosen not in copies.values():
        copies[_declared_size(chosen) or NATIVE_RESOLUTION_M[band]] = chosen
    return copies


def _declared_size(asset: Mapping[str, Any]) -> int | None:
    """The pixel size that an asset without one in its name declares, in metres, if it is one of Sentinel-2's."""
    transform = asset.get("proj:transform")
    declared = (
        transform[0] if isinstance(transform, list) and transform else None,
        _first(asset.get("raster:bands")).get("spatial_resolution"),
        asset.get("gsd"),
    )
    return next((size for size in _RESOLUTIONS_M if size in declared), None)


def offsets_of(
    item: Mapping[str, Any],
    chosen: Mapping[str, Mapping[str, Any]],
    *,
    baseline: tuple[int, int] | None,
    sensed_at: datetime,
) -> Offsets:
    """Offsets of the reflectance bands among ``chosen``, by the first of these rules that applies.

    1. The item says that the offset was applied: 0.
    2. Earth Search's first collection says that it was not, or says nothing, at a baseline that has one:
       in doubt, because most of its COGs had it applied all the same.
    3. The asset declares its offset and scale (raster extension, STAC 1.0 or 1.1): that.
    4. By baseline: -1000 from 04.00 on, else 0.
    5. No baseline is known either: by date, in doubt.
    """
    bands = [band for band in REFLECTANCES if band in chosen]
    # Read before any rule: a scale that cannot be read is an error whatever the offset.
    declared = {band: _declared_offset(band, chosen[band]) for band in bands}
    applied = item["properties"].get("earthsearch:boa_offset_applied")
    if applied is True:
        return Offsets(dict.fromkeys(bands, 0), "declared applied", in_doubt=False)
    shifted = baseline is not None and baseline >= FIRST_SHIFTED_BASELINE
    if shifted and _is_early_earth_search(item, chosen):
        rule = "declared not applied" if applied is False else "not declared"
        return Offsets(dict.fromkeys(bands, SHIFT), f"in doubt, {rule}", in_doubt=True)

    fallback, reason = offset_by_baseline(baseline, sensed_at)
    by_band, reasons = {}, set()
    for band, offset in declared.items():
        by_band[band] = fallback if offset is None else offset
        reasons.add(reason if offset is None else "declared by the asset")
    return Offsets(by_band, " and ".join(sorted(reasons)), in_doubt=baseline is None and reason in reasons)


def offset_by_baseline(baseline: tuple[int, int] | None, sensed_at: datetime) -> tuple[int, str]:
    """The offset where none is declared, and why it is that; by date only if the baseline is not known."""
    if baseline is None:
        return (SHIFT if sensed_at >= _SHIFTED_SINCE else 0), "by date, baseline unknown"
    if baseline >= FIRST_SHIFTED_BASELINE:
        return SHIFT, "by baseline"
    return 0, "no offset before baseline 04.00"


def _is_early_earth_search(item: Mapping[str, Any], chosen: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the pixels come from sentinel-cogs, whose statements about the offset are unreliable.

    github.com/Element84/earth-search issues 24, 66 and 71. Collection sentinel-2-c1-l2a is sound.
    """
    if item.get("collection") == "sentinel-2-c1-l2a":
        return False
    return "earthsearch:boa_offset_applied" in item["properties"] or any(
        "sentinel-cogs" in str(asset["href"]) for asset in chosen.values()
    )


def _declared_offset(band: str, asset: Mapping[str, Any]) -> int | None:
    """The offset that the asset declares, in digital numbers, or None where it declares none."""
    scale, offset = None, None
    for declaration in (asset, _first(asset.get("bands")), _first(asset.get("raster:bands"))):
        scale = _number(band, declaration, "raster:scale", "scale") if scale is None else scale
        offset = _number(band, declaration, "raster:offset", "offset") if offset is None else offset
    if scale is not None and not math.isclose(scale, SCALE, rel_tol=1e-6):
        raise UnusableItem(f"declares a scale of {scale:g} for {band}; only {SCALE:g} can be read")
    return None if scale is None or offset is None else sound_offset(band, offset / scale)


def sound_offset(band: str, offset: float) -> int:
    """``offset``, in digital numbers, as a whole number; UnusableItem if it cannot be one of a reflectance."""
    if not abs(offset) <= _LARGEST_OFFSET:
        raise UnusableItem(f"declares an offset of {offset:g} for {band}; that is no offset of a reflectance")
    return round(offset)


def _first(bands: object) -> Mapping[str, Any]:
    return bands[0] if isinstance(bands, list) and bands and isinstance(bands[0], Mapping) else {}


def _number(band: str, declaration: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = declaration.get(name)
        if value is None:
            continue
        # Whole numbers of JSON may be too large for a float.
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _NO_SCALE_OR_OFFSET:
            raise UnusableItem(f"declares a {name} for {band} that is not a number")
        return float(value)
    return None


def resolved(href: object, *, base: str) -> str:
    """``href`` as an absolute path or an http(s) or s3 URL; ``base`` is the folder or URL it is relative to.

    Everything else that GDAL would open is refused: its virtual file systems, connection strings and
    inline documents can reach any file and any host.
    """
    if not isinstance(href, str) or not href.strip() or not href.isprintable():
        raise UnusableItem("has an asset whose href is not a plain path or URL")
    scheme = _SCHEME.match(href)
    if scheme and scheme.group().lower() in {"http:", "https:", "s3:"}:
        return href
    if _is_url(base):
        if scheme or href.startswith("<"):
            raise _refused(href)
        return urljoin(base if base.endswith("/") else base + "/", href)
    if scheme and scheme.group().lower() == "file:":
        href = unquote(urlsplit(href).path)
    elif scheme:
        raise _refused(href)
    # A string's way: an archive has tens of thousands of files, and a path's takes longer than all else here.
    root = base if base.startswith("/") else str(Path(base).absolute())
    path = os.path.normpath(href if href.startswith("/") else f"{root}/{href}")
    if href.startswith("<") or re.match(r"/+vsi", path, re.IGNORECASE):
        raise _refused(href)
    return re.sub(r"^/+", "/", path)


def _is_url(base: str) -> bool:
    return base.lower().startswith(("http://", "https://"))


def _refused(href: str) -> UnusableItem:
    return UnusableItem(f"names an asset at {href[:60]!r}; only paths, http(s) and s3 URLs are opened")
