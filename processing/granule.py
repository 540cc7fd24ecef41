"""Granule: one Sentinel-2 tile of one datatake, and how to read it out of a STAC item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from processing import footprints
from processing.band_files import (
    NATIVE_RESOLUTION_M,
    REFLECTANCES,
    BandFile,
    UnusableItem,
    choose_assets,
    copies_of,
    offsets_of,
    resolved,
)
from processing.errors import CorruptInput
from processing.identifiers import (
    baseline_number,
    compact_time,
    datastrip_start,
    is_baseline,
    iso_time,
    mgrs_tile,
    overpass,
    product_name,
)

__all__ = [
    "BandFile",
    "Granule",
    "granule_from_item",
    "is_level_2a",
    "newest_first",
    "without_duplicates",
]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PLATFORM = re.compile(r"(?:sentinel|s)-?2([a-z])", re.IGNORECASE)
_DATATAKE_IDS = ("s2:datatake_id", "eopf:datatake_id")


@dataclass(frozen=True)
class Granule:
    """One Sentinel-2 tile of one datatake, Level-2A."""

    identifier: str
    """Sentinel-2 granule id where the item gives one, else the item's id: named in ``Source_product_list``."""

    item_id: str

    tile: str
    """MGRS tile: "33TWL"."""

    datatake: str
    """Id of the datatake without its baseline; the granules of one overpass share it."""

    sensed_at: datetime
    """Start of the datatake, UTC."""

    platform: str
    """"S2A"."""

    baseline: str
    """Processing baseline, "05.09", or "" where the item gives none."""

    footprint: BaseGeometry
    """EPSG:4326."""

    files: Mapping[str, BandFile] = field(hash=False)
    """By Sentinel-2 band name; "SCL" always, "CLD", "SNW" and "AOT" where the archive has them."""

    metadata_href: str | None
    """The granule's MTD_TL.xml."""

    offset_rule: str
    """Why the offsets are what they are, one phrase for the provenance."""

    offset_in_doubt: bool
    """Whether only the pixels can tell if the offset was applied; the offsets are then a guess."""

    datastrip_start: str = ""
    """Start of sensing of the datastrip, "20230815T095630", or "" where unknown."""

    generated_at: datetime | None = None
    """When the granule was processed."""

    item_url: str = ""
    """Where its STAC item is to be found, if that is known."""

    cloud_percent: float | None = None
    """Share of it that its archive calls cloudy, 0 to 100, if that is known."""

    def with_offset(self, offset: int, rule: str) -> Granule:
        """The same granule with one offset for all reflectance bands, settled by ``rule``."""
        files = {
            band: replace(file, offset=offset) if band in REFLECTANCES else file for band, file in self.files.items()
        }
        return replace(self, files=files, offset_rule=rule, offset_in_doubt=False)

    def for_resolution(self, resolution_m: int) -> Granule:
        """The same granule with each file's href the one that suits pixels of ``resolution_m`` best."""
        files = {
            band: file.for_resolution(resolution_m, native_m=NATIVE_RESOLUTION_M[band])
            for band, file in self.files.items()
        }
        return replace(self, files=files)


def newest_first(granules: Iterable[Granule]) -> list[Granule]:
    """Granules in S2GM's order: newest datatake first, then tile descending.

    The order is total: what comes after (later baseline first, then ids) only settles what is left, so
    that the same granules always give the same mosaic.
    """
    return sorted(
        granules,
        key=lambda granule: (granule.sensed_at, granule.datatake, granule.tile, *_version(granule)),
        reverse=True,
    )


def without_duplicates(granules: Iterable[Granule]) -> list[Granule]:
    """Granules without those that a later processing of the same sensing replaces.

    Two granules of one tile and datatake from different datastrips are two halves of a split tile:
    both stay.
    """
    latest: dict[tuple[str, ...], Granule] = {}
    for granule in granules:
        start = f"{granule.sensed_at:%Y%m%dT%H%M%S}"
        key = (granule.tile, granule.platform, start, granule.datastrip_start)
        if key not in latest or _version(granule) > _version(latest[key]):
            latest[key] = granule
    return list(latest.values())


def _version(granule: Granule) -> tuple[tuple[int, int], datetime, str, str]:
    """What grows with each processing of the same sensing, and tells any two granules apart."""
    baseline = baseline_number(granule.baseline) or (0, 0)
    return baseline, granule.generated_at or _LONG_AGO, granule.identifier, granule.item_id


def is_level_2a(item: Mapping[str, Any]) -> bool:
    """Whether the item is a Level-2A granule; one that does not say counts as such if it has an SCL."""
    properties = _mapping(item.get("properties"))
    product = _product_name(item, properties)
    said = _text(properties, "s2:product_type", "product:type")
    if said:
        return said.upper().endswith("2A")
    if product:
        return product["level"] == "L2A"
    collection = str(item.get("collection") or "").lower()
    if "l1c" in collection or "l2a" in collection:
        return "l2a" in collection
    return "SCL" in choose_assets(_mapping(item.get("assets")))


def granule_from_item(item: Mapping[str, Any], *, base: str) -> Granule:
    """The granule that a STAC item of Earth Search, Planetary Computer, the Data Space or alike describes.

    ``base`` is the folder or URL that relative hrefs start from. Raises CorruptInput with the item's id
    and what is wrong with it.
    """
    item_id = _printable(str(item.get("id") or "without id")[:120])
    try:
        return _granule(item, item_id, base)
    except UnusableItem as problem:
        raise CorruptInput(f"Item {item_id} {problem}.") from None


def _printable(text: str) -> str:
    """Names go into files, messages and pages: what cannot be printed is spelt out."""
    return text if text.isprintable() else ascii(text)


def _granule(item: Mapping[str, Any], item_id: str, base: str) -> Granule:
    properties = _mapping(item.get("properties"))
    item = {**item, "properties": properties}
    product = _product_name(item, properties)
    platform, datatake, sensed_at = _overpass(properties, product)
    baseline = _baseline(properties, product)
    assets = _mapping(item.get("assets"))
    chosen = choose_assets(assets)
    if "SCL" not in chosen:
        raise UnusableItem("has no scene classification (asset SCL or scl)")
    if not any(band in chosen for band in REFLECTANCES):
        raise UnusableItem("has no reflectance band (assets B02 or blue, ...)")
    offsets = offsets_of(item, chosen, baseline=baseline_number(baseline), sensed_at=sensed_at)
    metadata = chosen.pop("metadata", None)
    return Granule(
        identifier=_printable(_text(properties, "s2:granule_id", "s2:tile_id")[:200]) or item_id,
        item_id=item_id,
        tile=_tile(properties, product),
        datatake=datatake,
        sensed_at=sensed_at,
        platform=platform,
        baseline=baseline,
        footprint=_footprint(item),
        files={
            band: BandFile(
                resolved(asset["href"], base=base),
                offsets.by_band.get(band, 0),
                {size: resolved(copy["href"], base=base) for size, copy in copies_of(band, asset, assets).items()},
            )
            for band, asset in chosen.items()
        },
        metadata_href=resolved(metadata["href"], base=base) if metadata else None,
        offset_rule=offsets.rule,
        offset_in_doubt=offsets.in_doubt,
        datastrip_start=datastrip_start(_text(properties, "s2:datastrip_id", "eopf:datastrip_id")),
        generated_at=_generated_at(properties, product),
        item_url=_own_url(item),
        cloud_percent=_percent(properties.get("eo:cloud_cover")),
    )


def _percent(said: Any) -> float | None:
    """A percentage, or None where there is none or one that cannot be."""
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return round(float(said), 2) if is_number and 0 <= said <= 100 else None


def _own_url(item: Mapping[str, Any]) -> str:
    """The http(s) URL that the item gives as its own, without a query; "" where it gives none."""
    links = item.get("links")
    for link in links if isinstance(links, list) else ():
        href = link.get("href") if isinstance(link, Mapping) and link.get("rel") == "self" else None
        if isinstance(href, str) and href.startswith(("http://", "https://")) and href.isprintable():
            return href.partition("?")[0]
    return ""


def _overpass(properties: Mapping[str, Any], product: re.Match[str] | None) -> tuple[str, str, datetime]:
    """Platform, datatake and its start: from the datatake's id, else the product's name, else the time."""
    for name in _DATATAKE_IDS:
        if found := overpass(_text(properties, name)):
            return found.platform, found.datatake, found.sensed_at
    if product:
        start = product["start"]
        return product["platform"], f"G{product['platform']}_{start}", compact_time(start)
    named = _PLATFORM.fullmatch(_text(properties, "platform"))
    sensed_at = _time(properties, "datetime", "start_datetime")
    if not named or not sensed_at:
        raise UnusableItem("names neither its datatake (s2:datatake_id) nor its platform and time")
    platform = f"S2{named[1].upper()}"
    return platform, f"G{platform}_{sensed_at:%Y%m%dT%H%M%S}", sensed_at


def _tile(properties: Mapping[str, Any], product: re.Match[str] | None) -> str:
    triple = "".join(str(properties.get(f"mgrs:{part}", "")) for part in ("utm_zone", "latitude_band", "grid_square"))
    in_name = product["tile"] if product else ""
    for text in (_text(properties, "s2:mgrs_tile"), _text(properties, "grid:code"), triple, in_name):
        if tile := mgrs_tile(text):
            return tile
    raise UnusableItem("names no MGRS tile (s2:mgrs_tile, grid:code or mgrs:*)")


def _baseline(properties: Mapping[str, Any], product: re.Match[str] | None) -> str:
    # processing:version is the baseline in the Data Space's items, and anything at all elsewhere.
    for name in ("s2:processing_baseline", "processing:version"):
        if is_baseline(text := _text(properties, name)):
            return text
    if product and product["baseline"]:
        return f"{product['baseline'][:2]}.{product['baseline'][2:]}"
    named = (overpass(_text(properties, name)) for name in _DATATAKE_IDS)
    return next((found.baseline for found in named if found and found.baseline), "")


def _footprint(item: Mapping[str, Any]) -> BaseGeometry:
    try:
        return footprints.sound(shape(item["geometry"]) if item.get("geometry") else box(*item["bbox"]))
    except Exception:
        # Coordinates of a wrong form make shapely raise anything from KeyError to GEOSException.
        raise UnusableItem("has no footprint (geometry or bbox) that can be read") from None


def _generated_at(properties: Mapping[str, Any], product: re.Match[str] | None) -> datetime | None:
    stated = _time(properties, "s2:generation_time", "processing:datetime")
    if stated is None and product:
        return compact_time(product["made"])
    return stated


def _product_name(item: Mapping[str, Any], properties: Mapping[str, Any]) -> re.Match[str] | None:
    return product_name(_text(properties, "s2:product_uri")) or product_name(str(item.get("id") or ""))


def _time(properties: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of the named times that can be read, in UTC."""
    stated = (iso_time(_text(properties, name)) for name in names)
    return next((time for time in stated if time), None)


def _text(properties: Mapping[str, Any], *names: str) -> str:
    """The first of the named properties that is text, else ""."""
    values = (properties.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
