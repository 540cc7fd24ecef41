"""Deliveries of any format, told apart by what is in them."""

from __future__ import annotations

from pathlib import Path

from processing.insar.delivery import BadDelivery, Delivery
from processing.insar.egms.columns import looks_like_points
from processing.insar.egms.reading import EgmsDelivery
from processing.insar.stamps import StampsDelivery, looks_like_stamps
from processing.insar.tables import read_header, show_names
from processing.insar.unpacking import Member, Text, find_members

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SHAPES = "a zip of EGMS, a CSV, HDF5 of MintPy or LiCSBAS, or a GeoTIFF of velocities"
_OTHERS = {
    b"%PDF": "a document in PDF",
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"7z\xbc\xaf": "a 7z archive; pack it as zip",
    b"Rar!": "a RAR archive; pack it as zip",
    b"PAR1": "a table in Parquet",
    b"<?xm": "XML; upload the points that it belongs to, both in one zip",
}


def open_delivery(path: str | Path, *, wide: bool = False) -> Delivery:
    """A delivered file, by its content; ``wide``: series in int32, for which WideSeries asks.

    Raises BadDelivery where it is none of the formats, or is broken so that it shows at its beginning; OSError where
    it cannot be opened.
    """
    path = Path(path)
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise BadDelivery(path.name, "it is empty; upload it again.")
    if start.startswith(_ZIP):
        return _open_zip(path, wide=wide)
    if start.startswith(_HDF5):
        return _open_hdf5(path, wide=wide)
    if start.startswith(_TIFF):
        # Imported here because GDAL takes a while and few deliveries need it.
        from processing.insar.velocity_raster import RasterDelivery

        return RasterDelivery(path, wide=wide)
    for mark, kind in _OTHERS.items():
        if start.startswith(mark):
            raise BadDelivery(path.name, f"this is {kind}. What can be taken in: {_SHAPES}.")
    beside = _beside(path)
    return _open_text(Text(path), Text(beside) if beside else None, wide=wide)


def _open_zip(path: Path, *, wide: bool) -> Delivery:
    members = find_members(path)
    tables = _ending(members, ".csv", ".txt")
    if not tables:
        # A zip inside a zip is what portals give for several pieces.
        if _ending(members, ".zip"):
            raise BadDelivery(path.name, "the zip holds other zips; unpack it and upload these one by one.")
        if others := _ending(members, ".tif", ".tiff", ".h5", ".he5"):
            raise BadDelivery(path.name, f"the zip holds {others[0].base_name}; upload it as it is, without the zip.")
        raise BadDelivery(path.name, "there is no CSV in the zip.")
    if len(tables) > 1:
        names = ", ".join(member.base_name for member in tables[:3])
        raise BadDelivery(path.name, f"the zip has {len(tables)} CSV files ({names}); deliver each by itself.")
    documents = _ending(members, ".xml")
    if len(documents) > 1:
        raise BadDelivery(path.name, f"the zip has {len(documents)} XML files; one describes one CSV.")
    return _open_text(Text(path, tables[0]), Text(path, documents[0]) if documents else None, wide=wide)


def _ending(members: list[Member], *suffixes: str) -> list[Member]:
    return [member for member in members if member.name.lower().endswith(suffixes)]


def _open_text(text: Text, metadata: Text | None, *, wide: bool) -> Delivery:
    header = read_header(text)
    if looks_like_points(header):
        return EgmsDelivery(text, metadata, wide=wide)
    if looks_like_stamps(text, header):
        return StampsDelivery(text, header, wide=wide)
    if b"\0" in next(iter(text.blocks()), b"")[:4096]:
        raise BadDelivery(text.name, f"this is no text. What can be taken in: {_SHAPES}.")
    problem = (
        "the header is neither that of points (pid, latitude, longitude; pid, easting, northing) nor of StaMPS; "
        f"there are {show_names(header.names)}."
    )
    raise BadDelivery(text.name, problem, line=1)


def _open_hdf5(path: Path, *, wide: bool) -> Delivery:
    from processing.insar.hdf5 import open_hdf5

    return open_hdf5(path, wide=wide)


def _beside(path: Path) -> Path | None:
    for suffix in (".xml", ".XML"):
        if (beside := path.with_suffix(suffix)).is_file() and beside != path:
            return beside
    return None
