"""Areas in files: KML, KMZ, GeoJSON, zipped shapefiles, GPX, GeoPackage, recognised by what is in them.

Files come from anyone: what is read of them is limited in bytes, corners, features, depth and time, nothing is
written to disk, no link is followed, and everything refused is told in one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.areas.refusing import AreaFileTooLarge, refusal, refuse
from hub.areas.repair import number, repaired
from hub.areas.swapping import swap_note
from hub.areas.text import read_area
from hub.areas.uploads import geojson, geopackage, gpx, kml, shapefile
from hub.areas.uploads.archives import MAGIC as ZIP_MAGIC
from hub.areas.uploads.archives import Archive
from hub.areas.uploads.found import Found, cleaned
from hub.areas.uploads.markup import local_name, parse

MOST_NOTES = 12
MOST_LAYERS = 20
LONGEST_TITLE = 60
_MARKUP = ("<", "\ufeff<")
_WKT = ("POLYGON", "MULTIPOLYGON", "SRID=")
_KNOWN = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
}


@dataclass(frozen=True)
class UploadedArea:
    """An area out of a file, ready to be ordered."""

    geometry: dict[str, Any]
    """GeoJSON Polygon or MultiPolygon, EPSG:4326."""

    notes: tuple[str, ...]
    """What was done to it, in sentences."""

    title: str
    """What the file calls it, or its file name."""


def read_upload(file: BinaryIO, filename: str) -> UploadedArea:
    """The area in ``file``, sound and in degrees.

    Raises InvalidOrder with one sentence on "area"; AreaFileTooLarge, one of its kind, where it has too many bytes.
    """
    data = _bytes(file)
    found = _read(data)
    left_out = found.left_out()
    if not found.polygons:
        if left_out:
            refuse(_("The file holds no area but %(found)s; draw polygons.") % {"found": left_out})
        refuse(_("The file holds no area."))
    notes = []
    if found.features > 1:
        notes.append(_("%(count)s shapes were taken as one area.") % {"count": number(found.features)})
    if left_out:
        notes.append(_("Left out: %(found)s.") % {"found": left_out})
    if n := found.empty:
        text = ngettext("%(count)s shape was empty.", "%(count)s shapes were empty.", n)
        notes.append(text % {"count": number(n)})
    geometry, mended = repaired({"type": "MultiPolygon", "coordinates": found.polygons})
    warning = swap_note(geometry)
    told = [*([warning] if warning else ()), *found.notes, *notes, *mended]
    return UploadedArea(geometry, tuple(told[:MOST_NOTES]), _title(found, filename))


def _bytes(file: BinaryIO) -> bytes:
    most = settings.AREA_UPLOAD_MAX_MB * 1_000_000
    data = file.read(most + 1)
    if len(data) > most:
        refuse(too_large(), kind=AreaFileTooLarge)
    if not data:
        refuse(_("The file is empty."))
    return data


def too_large() -> str:
    """What is said of a file that has too many bytes."""
    return _("The file is larger than %(most)s MB; leave out what is not needed, or simplify its outlines.") % {
        "most": number(settings.AREA_UPLOAD_MAX_MB)
    }


def _read(data: bytes, *, within: bool = False) -> Found:
    """What is in the file, whatever it is called; ``within`` a zip file there is no other."""
    if data.startswith(geopackage.MAGIC):
        return geopackage.read(data)
    if data.startswith(ZIP_MAGIC):
        if within:
            refuse(_("The zip file holds another zip file; upload that one."))
        return _read_archive(Archive(data))
    if data.startswith(shapefile.MAGIC):
        refuse(_("This is one part of a shapefile; zip it with its .prj, .dbf and .shx and upload the zip file."))
    head = _head(data)
    if head.startswith(_MARKUP):
        return _read_markup(data)
    if head.startswith(("{", "[")):
        return geojson.read(data)
    if head.upper().startswith(_WKT):
        return _read_text(data)
    kind = next((name for magic, name in _KNOWN.items() if data.startswith(magic)), "")
    formats = "KML, KMZ, GeoJSON, GPX, GeoPackage, Shapefile (zip)"
    if kind:
        refuse(_("The file is %(kind)s; upload one of %(formats)s.") % {"kind": kind, "formats": formats})
    raise refusal(_("The file's format is not known; upload one of %(formats)s.") % {"formats": formats})


def _head(data: bytes) -> str:
    """The first characters, without what stands before them."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data[:400].decode(encoding, "ignore").lstrip("\ufeff \t\r\n")


def _read_markup(data: bytes) -> Found:
    root = parse(data.lstrip(b" \t\r\n"))
    match local_name(root).lower():
        case "kml":
            return kml.read(root)
        case "gpx":
            return gpx.read(root)
        case other:
            raise refusal(_("The file is XML, but neither KML nor GPX: %(name)s.") % {"name": cleaned(other)[:40]})


def _read_text(data: bytes) -> Found:
    area = read_area(data.decode("utf-8-sig", "replace"))
    found = Found()
    found.add_feature([area["coordinates"]] if area["type"] == "Polygon" else area["coordinates"])
    return found


def _read_archive(archive: Archive) -> Found:
    """A zipped shapefile, a KMZ, or any other file that can be read, zipped."""
    if layers := archive.names(".shp"):
        return _put_together({name: _read_shapefile(archive, name) for name in layers[:MOST_LAYERS]})
    if documents := archive.names(".kml"):
        # The first one is a KMZ's document, wherever it stands; others are what it links to.
        return _read(archive.read(documents[0]), within=True)
    others = archive.names(".geojson", ".json", ".gpkg", ".gpx", ".wkt")
    if others:
        return _put_together({name: _read(archive.read(name), within=True) for name in others[:MOST_LAYERS]})
    if archive.names(".zip", ".kmz"):
        refuse(_("The zip file holds another zip file; upload that one."))
    names = ", ".join(cleaned(PurePosixPath(name).name)[:40] for name in archive.names()[:3])
    if not names:
        refuse(_("The zip file is empty."))
    raise refusal(_("The zip file holds no area in a known format, but %(names)s.") % {"names": names})


def _read_shapefile(archive: Archive, name: str) -> Found:
    prj = archive.beside(name, ".prj")
    return shapefile.read(archive.read(name), archive.read(prj) if prj else None)


def _put_together(layers: dict[str, Found]) -> Found:
    """All layers as one; each layer with areas gives its file's name."""
    whole = Found()
    told = []
    for name, found in layers.items():
        whole.merge(found)
        if found.polygons:
            told.append(cleaned(PurePosixPath(name).stem))
    if len(told) > 1:
        whole.notes.append(_("The area was put together from the layers %(names)s.") % {"names": ", ".join(told[:5])})
    if whole.features != 1 or not whole.names:
        whole.names = told
    return whole


def _title(found: Found, filename: str) -> str:
    """The one feature's name, or the layer's, or the file's; never a path."""
    stem = cleaned(PurePosixPath(filename.replace("\\", "/")).stem)
    return ((found.names[0] if found.names else "") or stem)[:LONGEST_TITLE].strip()
