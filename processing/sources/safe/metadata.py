"""The metadata files of a Level-2A product in ESA's SAFE format: MTD_MSIL2A.xml and MTD_TL.xml.

Source: Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD. Names that end in _2A or begin
with L2A_ are those of Sen2Cor before baseline 02.07.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from shapely.geometry.base import BaseGeometry

from processing import footprints, plain_xml
from processing.band_files import REFLECTANCES, UnusableItem, sound_offset
from processing.identifiers import Overpass, is_baseline, iso_time, overpass

MOST_XML_BYTES = 4 * 2**20
"""Real files have 0.05 to 0.7 MB."""

# Their place in the list is the band_id of BOA_ADD_OFFSET.
_BAND_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_BOA_QUANTIFICATION = 10_000
_AOT_QUANTIFICATION = 1_000
_LONGEST_TEXT = 200
_GRANULE_ID = re.compile(r"S2[A-Z]_\w+_MSI_L2A_TL_[\w.]+", re.ASCII)


@dataclass(frozen=True)
class ProductFacts:
    """What is needed of MTD_MSIL2A.xml."""

    overpass: Overpass
    baseline: str
    generated_at: datetime | None

    offsets: Mapping[str, int] | None
    """Of each reflectance band, in digital numbers; None where the file has no list of them (before 04.00)."""

    footprint: BaseGeometry | None
    """EPSG:4326; None where the file has none."""

    images: tuple[str, ...]
    """Names of the images that the product is to hold, with neither folder nor ending; may be empty."""


@dataclass(frozen=True)
class TileFacts:
    """What is needed of MTD_TL.xml, beside the angles."""

    granule_id: str
    datastrip_id: str
    epsg: int
    left_m: float
    top_m: float


def read_product(xml: bytes) -> ProductFacts:
    """What MTD_MSIL2A.xml says. UnusableItem where that is not enough, or not what can be read here."""
    root = _tree(xml, "MTD_MSIL2A.xml")
    if not root.tag.endswith("}Level-2A_User_Product"):
        raise UnusableItem("has an MTD_MSIL2A.xml that describes no Level-2A product")
    datatake = next(root.iter("Datatake"), None)
    found = overpass(datatake.get("datatakeIdentifier", "")) if datatake is not None else None
    if found is None:
        raise UnusableItem("names no datatake in MTD_MSIL2A.xml")
    baseline = _text(root, "PROCESSING_BASELINE") or found.baseline
    if not is_baseline(baseline):
        raise UnusableItem("states no processing baseline in MTD_MSIL2A.xml")
    _expect(root, "BOA_QUANTIFICATION_VALUE", _BOA_QUANTIFICATION, "reflectance")
    _expect(root, "AOT_QUANTIFICATION_VALUE", _AOT_QUANTIFICATION, "aerosol")
    return ProductFacts(
        overpass=found,
        baseline=baseline,
        generated_at=iso_time(_text(root, "GENERATION_TIME")),
        offsets=_offsets(root),
        footprint=_footprint(root),
        images=tuple(_images(root)),
    )


def read_tile(xml: bytes) -> TileFacts:
    """What MTD_TL.xml says. UnusableItem where that is not enough."""
    root = _tree(xml, "MTD_TL.xml")
    granule_id = _text(root, "TILE_ID", "TILE_ID_2A")
    if not _GRANULE_ID.fullmatch(granule_id):
        raise UnusableItem("names no Level-2A granule (TILE_ID) in MTD_TL.xml")
    epsg = _text(root, "HORIZONTAL_CS_CODE").upper().removeprefix("EPSG:")
    place = next(root.iter("Geoposition"), None)
    left_m, top_m = (_number(_text(place, name)) if place is not None else math.nan for name in ("ULX", "ULY"))
    # Far wider than any UTM zone, and narrow enough for every projection to answer.
    if not epsg.isdecimal() or not (abs(left_m) < 2e6 and abs(top_m) < 2e7):
        raise UnusableItem("does not say in MTD_TL.xml where its tile lies")
    number = int(epsg[:9])
    if not (32601 <= number <= 32660 or 32701 <= number <= 32760):
        raise UnusableItem("has a tile in no UTM zone, says MTD_TL.xml")
    return TileFacts(granule_id, _text(root, "DATASTRIP_ID", "DATASTRIP_ID_2A"), number, left_m, top_m)


def _tree(xml: bytes, name: str) -> Element:
    try:
        return plain_xml.parse(xml, most_bytes=MOST_XML_BYTES)
    except ValueError as refusal:
        raise UnusableItem(f"has an {name} that {refusal}") from None


def _text(element: Element, *names: str) -> str:
    """Text of the first element with one of the names, else ""; "" also for what can be no name or number."""
    for name in names:
        found = next(element.iter(name), None)
        if found is not None:
            text = (found.text or "").strip()
            return text if len(text) <= _LONGEST_TEXT and text.isascii() and text.isprintable() else ""
    return ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _expect(root: Element, name: str, value: int, kind: str) -> None:
    stated = _text(root, name, f"L2A_{name}")
    if not stated:
        raise UnusableItem(f"states no {name} in MTD_MSIL2A.xml")
    if _number(stated) != value:
        raise UnusableItem(f"divides its {kind} by {stated}; only products that divide it by {value} can be read")


def _offsets(root: Element) -> dict[str, int] | None:
    """BOA_ADD_OFFSET by band; None where there is not one. Later baselines have all thirteen."""
    declared = {element.get("band_id"): (element.text or "").strip() for element in root.iter("BOA_ADD_OFFSET")}
    if not declared:
        return None
    offsets = {}
    for band in REFLECTANCES:
        offset = _number(declared.get(str(_BAND_IDS.index(band)), ""))
        if math.isnan(offset):
            raise UnusableItem(f"declares offsets, but none for {band} that can be read")
        offsets[band] = sound_offset(band, offset)
    return offsets


def _footprint(root: Element) -> BaseGeometry | None:
    positions = next(root.iter("EXT_POS_LIST"), None)
    if positions is None:
        return None
    try:
        return footprints.of_positions(positions.text or "")
    except Exception:
        # Positions that make no polygon raise anything from ValueError to GEOSException.
        raise UnusableItem("has a footprint (EXT_POS_LIST) that cannot be read") from None


def _images(root: Element) -> list[str]:
    elements = [*root.iter("IMAGE_FILE"), *root.iter("IMAGE_FILE_2A")]
    return [(element.text or "").strip().rpartition("/")[2] for element in elements]
