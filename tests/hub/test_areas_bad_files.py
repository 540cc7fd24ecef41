"""Files that hold no area, or mean harm: one sentence each, soon, and nothing happens."""

from __future__ import annotations

import io
import json
import random
import struct
import time
import zipfile
import zlib
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.areas.refusing import AreaFileTooLarge
from hub.areas.uploads import read_upload
from processing.errors import InvalidOrder
from tests.hub.area_files import SQUARE, WITH_HOLE, by_ogr, geojson, gpkg, gpkg_blob, gpx, kml, kml_polygon, shp, zipped

RING = list(SQUARE.exterior.coords)


def refusal(data: bytes, name: str = "upload.bin") -> str:
    with pytest.raises(InvalidOrder) as refused:
        read_upload(io.BytesIO(data), name)
    [problem] = refused.value.problems
    assert problem.field == "area"
    assert len(problem.message) < 300
    return problem.message


def placemark(kind: str, coordinates: str) -> bytes:
    return kml(f"<{kind}><coordinates>{coordinates}</coordinates></{kind}>")


def wkb(code: int, body: bytes) -> bytes:
    return b"GP\x00\x01\xe6\x10\x00\x00\x01" + struct.pack("<I", code) + body


def nested_collections(depth: int) -> bytes:
    return b"GP\x00\x01\xe6\x10\x00\x00" + (b"\x01" + struct.pack("<II", 7, 1)) * depth + shapely.to_wkb(SQUARE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\x00" * 500, "not known"),
        (b"hello", "not known"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (b"MM\x00*\x00", "TIFF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"<html><body/></html>", "neither KML nor GPX: html"),
        (b"<kml", "XML that cannot be read"),
        (b"<kml><Placemark></kml>", "XML that cannot be read"),
        (b"<", "XML that cannot be read"),
        (b"{", "cannot be read from line 1"),
        (b'{"a": 1}', "no GeoJSON"),
        (b"[1, 2]", "no GeoJSON"),
        (b'{"type": "Topology"}', "TopoJSON"),
        (b"POLYGON((0 0, 1 0, 1 1))", "not closed"),
        (b"POLYGON", "slip"),
    ],
)
def test_what_is_no_file_with_areas_is_told_apart(data, said):
    assert said in refusal(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (placemark("Point", "15,46"), "no area but 1 point"),
        (placemark("LineString", "15,46 16,47 17,49"), "no area but 1 line"),
        (kml("<Model/>"), "no area but 1 × Model"),
        (kml(), "holds no area."),
        (kml("<Polygon/>"), "holds no area."),
        (kml("<NetworkLink><Link><href>http://example.org/a.kml</href></Link></NetworkLink>"), "links to another"),
        (placemark("LinearRing", "a,b c,d e,f"), "no numbers"),
        (placemark("LinearRing", "15 46 16"), "no numbers"),
        (placemark("LinearRing", "nan,nan 1,2 3,4 5,6"), "no area but 1 line"),
        (kml(kml_polygon(shapely.transform(SQUARE, lambda p: p[:, ::-1] + [0, 100]))), "swapped"),
        (kml(kml_polygon(shapely.box(1e5, 5e6, 2e5, 6e6))), "no longitude and latitude"),
        (gpx([(15, 46), (16, 46), (16, 47)]), "comes back to its start"),
        (gpx([(15, 46)]), "comes back to its start"),
        (gpx(), "holds no area"),
        (b'<gpx><wpt lat="1" lon="2"/></gpx>', "no area but 1 point"),
        (b'<gpx><trk><trkseg><trkpt lat="x" lon="2"/></trkseg></trk></gpx>', "without longitude"),
        (b'<gpx><trk><trkseg><trkpt lat="1"/></trkseg></trk></gpx>', "without longitude"),
        (geojson(), "holds no area."),
        (geojson(shapely.Point(1, 2), shapely.LineString([(1, 2), (3, 4)])), "no area but 1 point and 1 line"),
        (geojson(shapely.MultiPoint([(1, 2), (3, 4)])), "no area but 1 point"),
        (b'{"type": "Feature", "geometry": null}', "holds no area."),
        (b'{"type": "FeatureCollection", "features": 7}', "holds no area."),
        (b'{"type": "FeatureCollection", "features": [7, null]}', "holds no area."),
        (b'{"type": "Polygon"}', "no pairs of numbers"),
        (b'{"type": "Polygon", "coordinates": 7}', "no pairs of numbers"),
        (b'{"type": "Polygon", "coordinates": [[["1", "2"], ["3", "4"], ["5", "6"], ["1", "2"]]]}', "no pairs"),
        (b'{"type": "Polygon", "coordinates": [[[1], [2], [3], [1]]]}', "no pairs of numbers"),
        (b'{"type": "Polygon", "coordinates": [[[NaN, 1], [2, 3]]]}', "number that cannot be read"),
        (b'{"type": "Polygon", "coordinates": [[[' + b"1" * 5000 + b", 1]]]}", "number that cannot be read"),
        (b'{"type": "Polygon", "coordinates": [[[1e999, 1], [2, 3], [4, 5], [1, 1]]]}', "pair of numbers"),
        (b'{"type": "Circle", "coordinates": [1, 2]}', "no GeoJSON"),
        (b'{"type": "Feature", "geometry": {"type": "Circle\x01"}}', "cannot be read"),
        (b'{"type": "Feature", "geometry": {"type": "Circle"}}', "no area but 1 × Circle"),
        (b'{"type": "Polygon\xff"}', "not in UTF-8"),
        (geojson(SQUARE, crs={"properties": {"name": "urn:x:mine"}}), "coordinate system cannot be read"),
        (geojson(SQUARE, crs={"properties": {"name": "EPSG:99999"}}), "unknown coordinate system EPSG:99999"),
    ],
)
def test_a_file_without_an_area_says_what_was_found(data, said):
    assert said in refusal(data)


@pytest.mark.parametrize("depth", [100, 100_000, 1_000_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"geometries":[', "]}")])
def test_json_nested_as_deeply_as_it_likes_is_refused(depth, brackets):
    opening, closing = brackets
    depth = min(depth, 9_000_000 // (len(opening) + len(closing)))
    deep = opening * depth + closing * depth
    assert refusal(f'{{"type": "GeometryCollection", "geometries": {deep}}}'.encode())


def test_xml_nested_as_deeply_as_it_likes_is_refused():
    deep = b"<MultiGeometry>" * 200_000 + b"</MultiGeometry>" * 200_000
    assert "holds no area" in refusal(b"<kml><Placemark>" + deep + b"</Placemark></kml>")


def test_polygons_within_polygons_take_no_longer_than_beside_each_other():
    deep = b"<Polygon>" * 200_000 + b"</Polygon>" * 200_000
    assert "holds no area" in refusal(b"<kml><Placemark>" + deep + b"</Placemark></kml>")


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        b'<!DOCTYPE kml SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_their_entities_are_refused(head, encoding):
    text = (head + b"<kml><Placemark><name>&x;</name></Placemark></kml>").decode()
    assert "document type" in refusal(text.encode(encoding))


def test_more_elements_than_fit_into_memory_are_refused():
    assert "more elements" in refusal(b"<kml>" + b"<a/>" * 1_100_000 + b"</kml>")
    assert "more elements" in refusal(b'{"a": [' + b"[]," * 1_100_000 + b"[]]}")


def test_more_corners_than_are_taken_are_refused():
    ring = [(15 + index * 1e-6, 46 + index % 2 * 1e-6) for index in range(100_001)]
    text = " ".join(f"{x:.6f},{y:.6f}" for x, y in ring)
    for data in (
        kml(
            f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{text}</coordinates></LinearRing>"
            "</outerBoundaryIs></Polygon>"
        ),
        json.dumps({"type": "Polygon", "coordinates": [ring]}).encode(),
        gpkg([gpkg_blob(shapely.Polygon(ring))]),
        zipped({"a.shp": shp([ring])}),
    ):
        assert "more than 100,000 corners" in refusal(data)
    assert "more than 100,000 corners" in refusal(gpx(ring))


def test_more_shapes_than_are_taken_are_refused():
    assert "more than 10,000 shapes" in refusal(geojson(*[SQUARE] * 10_001))


def test_a_file_of_too_many_bytes_is_not_even_looked_at(settings):
    settings.AREA_UPLOAD_MAX_MB = 1
    with pytest.raises(AreaFileTooLarge, match="larger than 1 MB"):
        read_upload(io.BytesIO(b"x" * 1_000_001), "a.kml")


class TestZip:
    def test_a_bomb_is_stopped_while_it_unpacks(self):
        bomb = zipped({"doc.kml": b"<kml>" + b" " * 100_000_000 + b"</kml>"})
        assert len(bomb) < 1_000_000
        assert "unpacks to more than" in refusal(bomb)

    def test_many_small_bombs_are_stopped_as_well(self):
        member = b"<kml>" + b" " * 900_000 + b"</kml>"
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(150):
                archive.writestr(f"{number}.geojson", member)
        assert refusal(made.getvalue())

    def test_a_header_that_lies_about_the_size_does_not_help(self):
        content = b" " * 50_000_000
        data = bytearray(zipped({"doc.kml": content}))
        data = data.replace(struct.pack("<I", len(content)), struct.pack("<I", 100))
        assert refusal(bytes(data))

    def test_too_many_members_are_refused(self):
        assert "more than 200 files" in refusal(zipped({f"{n}.txt": b"" for n in range(201)}))

    def test_a_zip_in_a_zip_is_refused(self):
        inner = zipped({"doc.kml": kml(kml_polygon(SQUARE))})
        assert "another zip file" in refusal(zipped({"inner.zip": inner}))
        assert "another zip file" in refusal(zipped({"doc.kml": inner}))

    @pytest.mark.parametrize("name", ["../../evil.kml", "/etc/evil.kml", "C:\\evil.kml"])
    def test_names_that_climb_out_of_a_folder_write_nothing(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        uploaded = read_upload(io.BytesIO(zipped({name: kml(kml_polygon(SQUARE))})), name)
        assert uploaded.title == "Field"
        assert sorted(tmp_path.rglob("*")) == before

    def test_one_with_a_password_is_refused(self):
        data = bytearray(zipped({"doc.kml": kml(kml_polygon(SQUARE))}))
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(signature) + offset] |= 1
        assert "password" in refusal(bytes(data))

    @pytest.mark.parametrize(
        ("members", "said"),
        [
            ({}, "zip file is empty"),
            ({"readme.txt": b"x"}, "no area in a known format, but readme.txt"),
            ({"a.dbf": b"x", "a.shx": b"x"}, "no area in a known format"),
            ({"__MACOSX/._a.shp": b"x", ".DS_Store": b"x"}, "zip file is empty"),
            ({"a.shp": b""}, "damaged or cut short"),
            ({"a.shp": b"x" * 500}, "damaged or cut short"),
        ],
    )
    def test_one_without_areas_says_what_was_found(self, members, said):
        assert said in refusal(zipped(members))

    def test_damage_anywhere_is_a_sentence(self):
        whole = zipped(by_ogr("ESRI Shapefile", ".shp", [WITH_HOLE]))
        for cut in range(4, len(whole), 37):
            assert refusal(whole[:cut])


class TestShapefile:
    def test_one_part_alone_asks_for_the_zip(self):
        assert "zip it" in refusal(shp([RING]))

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (shp(), "holds no area"),
            (shp([RING], kind=3), "no area but 1 line"),
            (shp([RING], kind=1), "no area but 1 point"),
            (shp([RING], kind=31), "MultiPatch"),
            (shp([RING], kind=99), "holds no area"),
            (shp([]), "holds no area"),
            (shp([RING])[:-20], "cut short"),
        ],
    )
    def test_what_is_no_polygon_is_told(self, data, said):
        assert said in refusal(zipped({"a.shp": data}))

    @pytest.mark.parametrize("at", [104, 144, 148, 152])
    @pytest.mark.parametrize("value", [-1, 0, 2**31 - 1, 10_000])
    def test_numbers_that_promise_more_than_there_is_are_refused(self, at, value):
        data = bytearray(shp([RING, RING]))
        data[at : at + 4] = struct.pack(">i" if at == 104 else "<i", value)
        try:
            read_upload(io.BytesIO(zipped({"a.shp": bytes(data)})), "a.zip")
        except InvalidOrder as refused:
            assert refused.problems[0].message

    @pytest.mark.parametrize(
        ("prj", "said"),
        [
            (b"GARBAGE[", "cannot be read"),
            (b"+proj=longlat", "cannot be read"),
            (b"EPSG:3857", "cannot be read"),
            (b"\xff\xfe\x00", "cannot be read"),
            (b'LOCAL_CS["site",UNIT["metre",1]]', "no place on Earth"),
            (b"GEOGCS[" * 10_000, "too long"),
        ],
    )
    def test_a_coordinate_system_that_cannot_be_is_told(self, prj, said):
        assert said in refusal(zipped({"a.shp": shp([RING]), "a.prj": prj}))

    def test_metres_without_a_prj_are_not_guessed(self):
        ring = [(500_000, 5e6), (500_000, 5.1e6), (510_000, 5.1e6), (500_000, 5e6)]
        assert ".prj" in refusal(zipped({"a.shp": shp([ring])}))

    def test_coordinates_that_its_system_does_not_have_are_told(self):
        prj = next(
            data for name, data in by_ogr("ESRI Shapefile", ".shp", [SQUARE], epsg=32633).items() if "prj" in name
        )
        ring = [(1e30, 1e30), (1e30, 2e30), (2e30, 2e30), (1e30, 1e30)]
        assert "do not exist" in refusal(zipped({"a.shp": shp([ring]), "a.prj": prj}))


class TestGeoPackage:
    def test_another_database_is_told_apart(self, tmp_path):
        import sqlite3

        path = tmp_path / "other.db"
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE a (b)")
        database.commit()
        database.close()
        assert "another kind" in refusal(path.read_bytes())

    def test_a_cut_or_scribbled_one_is_a_sentence(self):
        whole = gpkg([gpkg_blob(SQUARE)])
        noise = random.Random(1)
        # The last page, where the layer is, ends in nothing worth having.
        for cut in range(16, len(whole) - 8192, 511):
            assert refusal(whole[:cut])
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(40):
                data[noise.randrange(16, len(data))] = noise.randrange(256)
            try:
                read_upload(io.BytesIO(bytes(data)), "a.gpkg")
            except InvalidOrder as refused:
                assert refused.problems[0].message

    @pytest.mark.parametrize(
        ("blob", "said"),
        [
            (None, "holds no area"),
            (b"", "cannot be read"),
            (b"GP", "cannot be read"),
            ("text", "cannot be read"),
            (7, "cannot be read"),
            (b"GP\x00\x0f", "cannot be read"),
            (b"XX\x00\x01" + bytes(4) + shapely.to_wkb(SQUARE), "cannot be read"),
            (b"GP\x00\x11\xe6\x10\x00\x00", "holds no area"),
            (wkb(3, struct.pack("<I", 2**32 - 1)), "cannot be read"),
            (wkb(3, struct.pack("<II", 1, 2**31)), "cannot be read"),
            (wkb(6, struct.pack("<I", 100)), "cannot be read"),
            (wkb(10, struct.pack("<I", 0)), "cannot be read"),
            (wkb(4003, struct.pack("<I", 0)), "cannot be read"),
            (wkb(3, b""), "cannot be read"),
            (wkb(3, struct.pack("<I", 0)), "holds no area"),
            (nested_collections(5), ""),
            (nested_collections(1_000_000), "cannot be read"),
            (gpkg_blob(shapely.Point(1, 2)), "no area but 1 point"),
            (gpkg_blob(shapely.MultiLineString([[(1, 2), (3, 4)]])), "no area but 1 line"),
        ],
    )
    def test_blobs_are_read_with_care(self, blob, said):
        if said:
            assert said in refusal(gpkg([blob]))
        else:
            assert read_upload(io.BytesIO(gpkg([blob])), "").geometry["type"] == "Polygon"

    @pytest.mark.parametrize(
        "script",
        [
            # A view that never ends, in the place of the layer.
            "DROP TABLE fields; CREATE VIEW fields AS "
            "WITH RECURSIVE a(geom) AS (SELECT x'00' UNION ALL SELECT geom FROM a) SELECT geom FROM a;",
            "DROP TABLE gpkg_geometry_columns; CREATE VIEW gpkg_geometry_columns AS "
            "WITH RECURSIVE a(table_name, column_name, srs_id) AS (SELECT 1, 2, 3 UNION ALL SELECT * FROM a) "
            "SELECT * FROM a WHERE table_name = 0;",
            # A column that a function makes when it is read.
            "DROP TABLE fields; CREATE TABLE fields (a, geom BLOB AS (zeroblob(900000000)));"
            "INSERT INTO fields (a) VALUES (1);",
            # A name that would be another statement.
            """UPDATE gpkg_geometry_columns SET table_name = 'fields"; DROP TABLE fields; --';""",
            """UPDATE gpkg_geometry_columns SET column_name = 'geom" FROM fields, sqlite_master, fields b --';""",
            "UPDATE gpkg_geometry_columns SET table_name = 'sqlite_master', column_name = 'sql';",
            "UPDATE gpkg_geometry_columns SET table_name = NULL;",
            "UPDATE gpkg_geometry_columns SET srs_id = 'x';",
            "DELETE FROM gpkg_geometry_columns;",
            "DROP TABLE gpkg_spatial_ref_sys;",
            "DELETE FROM fields;",
        ],
    )
    def test_a_database_made_to_do_harm_does_none(self, script):
        started = time.monotonic()
        assert refusal(gpkg([gpkg_blob(SQUARE)], script=script))
        assert time.monotonic() - started < 30

    def test_a_table_that_a_module_makes_is_not_touched(self):
        script = "DROP TABLE fields; CREATE VIRTUAL TABLE fields USING rtree(geom, a, b);"
        assert "no layer" in refusal(gpkg([gpkg_blob(SQUARE)], script=script))

    def test_triggers_and_foreign_views_beside_the_layer_do_nothing(self):
        script = (
            "CREATE VIEW other AS SELECT load_extension('/tmp/evil.so');"
            "CREATE TRIGGER t AFTER INSERT ON fields BEGIN SELECT load_extension('/tmp/evil.so'); END;"
        )
        data = gpkg([gpkg_blob(SQUARE)], script=script)
        assert read_upload(io.BytesIO(data), "a.gpkg").geometry["type"] == "Polygon"

    @pytest.mark.parametrize(
        ("srs", "definition", "said"),
        [
            (0, "undefined", ""),
            (-1, "undefined", ""),
            (99999, "undefined", "unknown coordinate system EPSG:99999"),
            (5, "nonsense", "cannot be read"),
            (4978, "undefined", "no place on Earth"),
        ],
    )
    def test_coordinate_systems_that_cannot_be_are_told(self, srs, definition, said):
        data = gpkg([gpkg_blob(SQUARE)], srs=srs, definition=definition)
        if said:
            assert said in refusal(data)
        else:
            assert "longitude and latitude" in read_upload(io.BytesIO(data), "").notes[0]

    def test_metres_of_an_unknown_system_are_not_guessed(self):
        assert "does not say its coordinate system" in refusal(
            gpkg([gpkg_blob(shapely.box(1e5, 5e6, 2e5, 6e6))], srs=-1)
        )


HEADS = [
    b"",
    b"<kml>",
    b"<gpx>",
    b'{"type":"Polygon","coordinates":',
    b"PK\x03\x04",
    b"SQLite format 3\x00",
    b"POLYGON((",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_bytes_are_an_area_or_a_sentence(head: bytes, rest: bytes):
    try:
        read_upload(io.BytesIO(head + rest), "a")
    except InvalidOrder as refused:
        assert refused.problems[0].message


SOUND: list[Any] = []


def sound_files() -> list[bytes]:
    if not SOUND:
        SOUND.extend(
            [
                kml(kml_polygon(WITH_HOLE)),
                gpx(RING),
                geojson(WITH_HOLE),
                gpkg([gpkg_blob(WITH_HOLE)]),
                zipped({"a.shp": shp([RING])}, method=zipfile.ZIP_STORED),
            ]
        )
    return SOUND


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 4), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_scribbled_file_is_an_area_or_a_sentence(which: int, scribbles: list[tuple[int, int]]):
    data = bytearray(sound_files()[which])
    for place, value in scribbles:
        data[place % len(data)] = value
    if which == 4:
        # Past the zip's own check, so that the shapefile's reader sees it.
        start = data.find(b"\x00\x00\x27\x0a")
        if start >= 0 and len(data) > start + 200:
            size = len(shp([RING]))
            crc = struct.pack("<I", zlib.crc32(bytes(data[start : start + size])))
            data[14:18] = crc
            central = data.find(b"PK\x01\x02")
            if central >= 0:
                data[central + 16 : central + 20] = crc
    try:
        read_upload(io.BytesIO(bytes(data)), "a")
    except InvalidOrder as refused:
        assert refused.problems[0].message
