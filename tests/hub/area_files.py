"""Files with areas, good and bad, as people's programs write them."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import shapely

SQUARE = shapely.box(14.9, 46.0, 15.4, 46.2)
OTHER = shapely.box(16.0, 46.0, 16.1, 46.1)
WITH_HOLE = shapely.Polygon(SQUARE.exterior, [shapely.box(15.0, 46.05, 15.1, 46.1).exterior])


def corners(shape: Any) -> str:
    """KML's way of writing a ring."""
    return " ".join(f"{x},{y},0" for x, y in shape.coords)


def kml_polygon(shape: Any) -> str:
    holes = "".join(
        f"<innerBoundaryIs><LinearRing><coordinates>{corners(hole)}</coordinates></LinearRing></innerBoundaryIs>"
        for hole in shape.interiors
    )
    return (
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>\n"
        f"{corners(shape.exterior)}</coordinates></LinearRing></outerBoundaryIs>{holes}</Polygon>"
    )


def kml(*placemarks: str, name: str = "My areas") -> bytes:
    inner = "".join(f"<Placemark><name>Field</name>{placemark}</Placemark>" for placemark in placemarks)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>{name}</name>{inner}</Document></kml>'
    ).encode()


def gpx(*tracks: Iterable[tuple[float, float]], name: str = "Walk", kind: str = "trk") -> bytes:
    def written(points: Iterable[tuple[float, float]]) -> str:
        point = "trkpt" if kind == "trk" else "rtept"
        inner = "".join(f'<{point} lat="{y}" lon="{x}"><ele>300</ele></{point}>' for x, y in points)
        return f"<trk><name>{name}</name><trkseg>{inner}</trkseg></trk>" if kind == "trk" else f"<rte>{inner}</rte>"

    body = "".join(written(points) for points in tracks)
    return f'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{body}</gpx>'.encode()


def geojson(*shapes: Any, **extra: Any) -> bytes:
    features = [
        {"type": "Feature", "properties": {"name": "Field"}, "geometry": json.loads(shapely.to_geojson(shape))}
        for shape in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **extra}).encode()


def zipped(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def by_ogr(driver: str, suffix: str, shapes: Iterable[Any], *, epsg: int = 4326, kind: int = 6) -> dict[str, bytes]:
    """The files that OGR, an independent writer, makes of ``shapes`` (EPSG:4326) in another coordinate system.

    Through its C interface: GeoDjango only reads. ``kind``: OGR's number of the geometry, 6 is MultiPolygon.
    """
    from ctypes import c_char_p, c_int, c_void_p

    from django.contrib.gis.gdal.libgdal import lgdal

    def function(name: str, result: Any, *arguments: Any) -> Any:
        found = lgdal[name]
        found.restype, found.argtypes = result, arguments
        return found

    p, s, n = c_void_p, c_char_p, c_int
    function("GDALAllRegister", None)()
    system = function("OSRNewSpatialReference", p, s)(None)
    assert function("OSRImportFromEPSG", n, p, n)(system, epsg) == 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"fields{suffix}")
        found = function("GDALGetDriverByName", p, s)(driver.encode())
        dataset = function("GDALCreate", p, p, s, n, n, n, n, p)(found, str(path).encode(), 0, 0, 0, 0, None)
        layer = function("GDALDatasetCreateLayer", p, p, s, p, n, p)(dataset, b"fields", system, kind, None)
        assert layer, driver
        for shape in shapes:
            feature = function("OGR_F_Create", p, p)(function("OGR_L_GetLayerDefn", p, p)(layer))
            geometry = p()
            blob = shapely.to_wkb(shape)
            from ctypes import byref

            create = function("OGR_G_CreateFromWkb", n, s, p, p, n)
            assert create(blob, None, byref(geometry), len(blob)) == 0
            function("OGR_F_SetGeometry", n, p, p)(feature, geometry)
            assert function("OGR_L_CreateFeature", n, p, p)(layer, feature) == 0
            function("OGR_F_Destroy", None, p)(feature)
        function("GDALClose", n, p)(dataset)
        return {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}


def gpkg_blob(shape: Any, *, srs: int = 4326) -> bytes:
    return b"GP\x00\x01" + struct.pack("<i", srs) + shapely.to_wkb(shape, byte_order=1)


def gpkg(
    blobs: Iterable[Any], *, srs: int = 4326, table: str = "fields", script: str = "", definition: str = "undefined"
) -> bytes:
    """A GeoPackage by hand; ``script`` does to it what an attacker would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.gpkg")
        database = sqlite3.connect(path)
        database.executescript(
            """
            CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
                organization_coordsys_id INTEGER, definition TEXT);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
                srs_id INTEGER, z TINYINT, m TINYINT);
            """
        )
        database.execute(f'CREATE TABLE "{table}" (fid INTEGER PRIMARY KEY, geom BLOB)')
        organization = "EPSG" if srs > 0 and definition == "undefined" else "NONE"
        database.execute(
            "INSERT INTO gpkg_spatial_ref_sys VALUES ('s', ?, ?, ?, ?)", (srs, organization, srs, definition)
        )
        database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'GEOMETRY', ?, 0, 0)", (table, srs))
        database.executemany(f'INSERT INTO "{table}" (geom) VALUES (?)', [(blob,) for blob in blobs])
        database.executescript(script)
        database.commit()
        database.close()
        return path.read_bytes()


def shp(*records: list[list[tuple[float, float]]], kind: int = 5) -> bytes:
    """A .shp by hand: each record a list of rings."""
    made = []
    for number, rings in enumerate(records, 1):
        points = [point for ring in rings for point in ring]
        starts = [sum(len(ring) for ring in rings[:index]) for index in range(len(rings))]
        body = struct.pack("<i4d2i", kind, 0, 0, 0, 0, len(rings), len(points))
        body += struct.pack(f"<{len(starts)}i", *starts) + b"".join(struct.pack("<2d", *point) for point in points)
        made.append(struct.pack(">2i", number, len(body) // 2) + body)
    whole = b"".join(made)
    header = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(whole)) // 2) + struct.pack(
        "<2i8d", 1000, kind, *[0] * 8
    )
    return header + whole
