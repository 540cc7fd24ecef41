"""A Level-2A product folder in ESA's SAFE format, as a granule.

Its rasters are those that lie on the disk; the list in its metadata only shows whether some are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from processing import footprints
from processing.band_files import (
    NATIVE_RESOLUTION_M,
    OTHERS,
    REFLECTANCES,
    BandFile,
    UnusableItem,
    offset_by_baseline,
)
from processing.errors import CorruptInput
from processing.granule import Granule
from processing.identifiers import baseline_number, datastrip_start, mgrs_tile
from processing.sources.safe.metadata import MOST_XML_BYTES, ProductFacts, read_product, read_tile

SUFFIX = ".SAFE"
_PRODUCT_XML = "MTD_MSIL2A.xml"
_TILE_XML = "MTD_TL.xml"
_RESOLUTIONS_M = (10, 20, 60)
# ESA writes JPEG 2000, some processors of their own GeoTIFF. "L2A_" came first until baseline 02.06.
_IMAGE = re.compile(
    r"(?:L2A_)?T(?P<tile>\w{5})_\d{8}T\d{6}_(?P<band>B\d\d|B8A|SCL|AOT)_(?P<size>[126]0)m(?P<ending>\.jp2|\.tif)?",
    re.ASCII,
)
# The older name is that of the images.
_QUALITY = re.compile(
    r"(?:MSK_(?P<new>CLD|SNW)PRB|(?:L2A_)?T\w{5}_\d{8}T\d{6}_(?P<old>CLD|SNW))_(?P<size>[26]0)m(?:\.jp2|\.tif)",
    re.ASCII,
)
_GRANULE_TILE = re.compile(r"_T(\d\d[A-Z]{3})(?:_|$)", re.ASCII)
_OTHER_PRODUCT = re.compile(r"S\d[A-Z_]_(?!MSIL2A_|USER_PRD_MSIL2A_)", re.ASCII)

Copies = dict[str, dict[int, str]]


def is_other_product(folder: Path) -> bool:
    """Whether the folder holds something else than Level-2A of Sentinel-2: Level-1C, another Sentinel's."""
    if (folder / _PRODUCT_XML).is_file():
        return False
    return (folder / "MTD_MSIL1C.xml").is_file() or _OTHER_PRODUCT.match(folder.name) is not None


def granule_from_safe(folder: Path) -> Granule:
    """The granule that a product folder holds. Raises CorruptInput with the product's name and what is wrong."""
    name = folder.name[: -len(SUFFIX)] if folder.name.upper().endswith(SUFFIX) else folder.name
    shown = name[:120] if name.isprintable() else ascii(name[:120])
    try:
        return _granule(_Product(folder), name)
    except UnusableItem as problem:
        raise CorruptInput(f"Product {shown} {problem}.") from None
    except OSError as error:
        raise CorruptInput(f"Product {shown} cannot be read ({error.strerror}).") from None


class _Product:
    """The files of one product; none that a link would lead to outside of its folder."""

    def __init__(self, folder: Path) -> None:
        if not str(folder).isprintable():
            raise UnusableItem("has a name, or lies in a folder, with unprintable characters")
        self.folder = folder
        self._inside = folder.resolve()

    def metadata(self, path: Path) -> bytes:
        """A metadata file, at most a little more than is allowed of it."""
        if not self.holds(path):
            raise UnusableItem(f"has no {path.name}")
        with path.open("rb") as file:
            return file.read(MOST_XML_BYTES + 1)

    def granule_folder(self) -> Path:
        folders = [path for path in self.listed(self.folder / "GRANULE") if path.is_dir()]
        if not folders:
            raise UnusableItem("has no granule (a folder in GRANULE)")
        if len(folders) > 1:
            raise UnusableItem(f"holds {len(folders)} granules; only products of one tile can be read")
        if not folders[0].name.isprintable():
            raise UnusableItem("has a granule with unprintable characters in its name")
        return folders[0]

    def holds(self, path: Path) -> bool:
        """Whether there is such a regular file; UnusableItem if it lies elsewhere."""
        self._check_inside(path)
        return path.is_file()

    def listed(self, folder: Path) -> list[Path]:
        """What a folder holds, by name; nothing where there is no such folder. UnusableItem if it lies elsewhere."""
        self._check_inside(folder)
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))

    def _check_inside(self, path: Path) -> None:
        try:
            inside = path.resolve().is_relative_to(self._inside)
        except RuntimeError:  # links in a circle
            inside = False
        if not inside:
            raise UnusableItem(f"has a link that leads out of it, or nowhere ({path.relative_to(self.folder)})")


def _granule(product: _Product, name: str) -> Granule:
    facts = read_product(product.metadata(product.folder / _PRODUCT_XML))
    folder = product.granule_folder()
    tile_xml = folder / _TILE_XML
    tile_facts = read_tile(product.metadata(tile_xml))
    tile = _tile(tile_facts.granule_id)
    copies = _rasters(product, folder, tile)
    _check_complete(copies, facts.images)
    offsets, rule = _offsets(facts)
    return Granule(
        identifier=tile_facts.granule_id,
        item_id=name,
        tile=tile,
        datatake=facts.overpass.datatake,
        sensed_at=facts.overpass.sensed_at,
        platform=facts.overpass.platform,
        baseline=facts.baseline,
        footprint=facts.footprint or footprints.of_tile(tile_facts.epsg, tile_facts.left_m, tile_facts.top_m),
        files={band: _band_file(band, copies[band], offsets.get(band, 0)) for band in copies},
        metadata_href=str(tile_xml),
        offset_rule=rule,
        offset_in_doubt=False,
        datastrip_start=datastrip_start(tile_facts.datastrip_id),
        generated_at=facts.generated_at,
    )


def _tile(granule_id: str) -> str:
    found = _GRANULE_TILE.search(granule_id)
    if tile := mgrs_tile(found[1]) if found else None:
        return tile
    raise UnusableItem("names no MGRS tile (TILE_ID) in MTD_TL.xml")


def _rasters(product: _Product, folder: Path, tile: str) -> Copies:
    """Paths of all rasters of known bands by band and pixel size in metres."""
    images, quality = folder / "IMG_DATA", folder / "QI_DATA"
    if not images.is_dir():
        raise UnusableItem("holds no rasters (the folder IMG_DATA is missing)")
    copies: Copies = {}
    for size in _RESOLUTIONS_M:
        for path in product.listed(images / f"R{size}m"):
            found = _IMAGE.fullmatch(path.name)
            fits = found and found["ending"] and found["tile"] == tile and int(found["size"]) == size
            if found and fits and product.holds(path):
                copies.setdefault(found["band"], {})[size] = str(path)
    for path in product.listed(quality):
        if (found := _QUALITY.fullmatch(path.name)) and product.holds(path):
            copies.setdefault(found["new"] or found["old"], {})[int(found["size"])] = str(path)
    return {band: copies[band] for band in (*REFLECTANCES, *OTHERS) if band in copies}


def _check_complete(copies: Copies, listed: Iterable[str]) -> None:
    if "SCL" not in copies:
        raise UnusableItem("has no scene classification (a file ..._SCL_20m.jp2 in IMG_DATA/R20m)")
    if not any(band in copies for band in REFLECTANCES):
        raise UnusableItem("has no reflectance band (files ..._B02_10m.jp2 in IMG_DATA/R10m, ...)")
    named = {found["band"] for image in listed if (found := _IMAGE.fullmatch(image))}
    gone = [band for band in (*REFLECTANCES, "AOT") if band in named and band not in copies]
    if gone:
        raise UnusableItem(f"lists images of {', '.join(gone)} that are not there; fetch the product again")


def _offsets(facts: ProductFacts) -> tuple[dict[str, int], str]:
    """Offset of each reflectance band, and why it is that."""
    if facts.offsets is not None:
        return dict(facts.offsets), "declared by the product"
    offset, reason = offset_by_baseline(baseline_number(facts.baseline), facts.overpass.sensed_at)
    return dict.fromkeys(REFLECTANCES, offset), reason


def _band_file(band: str, copies: dict[int, str], offset: int) -> BandFile:
    native_m = NATIVE_RESOLUTION_M[band]
    finest = copies[min(copies)]
    return BandFile(finest, offset, copies).for_resolution(native_m, native_m=native_m)
