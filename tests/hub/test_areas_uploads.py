"""Files with areas, as people's programs write them, are read alike."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from hub.areas.uploads import UploadedArea, read_upload
from processing.grid import reproject
from processing.spec import MosaicSpec
from tests.hub.area_files import (
    OTHER,
    SQUARE,
    WITH_HOLE,
    by_ogr,
    geojson,
    gpkg,
    gpkg_blob,
    gpx,
    kml,
    kml_polygon,
    shp,
    zipped,
)


def read(data: bytes, name: str = "upload.bin") -> UploadedArea:
    return read_upload(io.BytesIO(data), name)


def area_of(data: bytes, name: str = "upload.bin") -> Any:
    return shape(read(data, name).geometry)


def shapefile(*shapes: Any, **options: Any) -> bytes:
    return zipped(by_ogr("ESRI Shapefile", ".shp", shapes, **options))


def clockwise(shape: Any) -> list[list[tuple[float, float]]]:
    """Rings as a shapefile has them: outline clockwise, holes the other way."""
    turned = shapely.orient_polygons(shape, exterior_cw=True)
    return [list(ring.coords) for ring in (turned.exterior, *turned.interiors)]


WRITERS = {
    "kml": lambda *shapes: kml(*map(kml_polygon, shapes)),
    "kmz": lambda *shapes: zipped({"doc.kml": kml(*map(kml_polygon, shapes)), "files/picture.png": b"\x89PNG"}),
    "geojson": geojson,
    "geojson by OGR": lambda *shapes: by_ogr("GeoJSON", ".geojson", shapes)["fields.geojson"],
    "shapefile by OGR": shapefile,
    "shapefile by hand": lambda *shapes: zipped({"a.shp": shp(*map(clockwise, shapes))}),
    "geopackage by OGR": lambda *shapes: by_ogr("GPKG", ".gpkg", shapes)["fields.gpkg"],
    "geopackage by hand": lambda *shapes: gpkg(map(gpkg_blob, shapes)),
    "zipped geojson": lambda *shapes: zipped({"fields.geojson": geojson(*shapes)}),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_polygon_with_a_hole_arrives_as_it_was_drawn(writer):
    uploaded = read(WRITERS[writer](WITH_HOLE), "somewhere/My field.xyz")
    assert shape(uploaded.geometry).equals(WITH_HOLE)
    assert uploaded.title
    MosaicSpec.parse(
        {"name": "a", "area": uploaded.geometry, "period": {"kind": "month", "start": "2024-06-01"}, "resolution": 10}
        | {"bands": ["B04"]}
    )


@pytest.mark.parametrize("writer", WRITERS)
def test_several_features_become_one_area_and_a_note_says_how_many(writer):
    uploaded = read(WRITERS[writer](SQUARE, OTHER))
    assert uploaded.geometry["type"] == "MultiPolygon"
    assert shape(uploaded.geometry).equals(shapely.union(SQUARE, OTHER))
    assert "2 shapes were taken as one area." in uploaded.notes


@pytest.mark.parametrize("epsg", [3857, 32633, 3035, 3794, 4258, 4277, 31287])
@pytest.mark.parametrize(("driver", "suffix"), [("ESRI Shapefile", ".shp"), ("GPKG", ".gpkg")])
def test_any_coordinate_system_that_the_file_names_is_understood(driver, suffix, epsg):
    meant = shapely.box(15.0, 46.0, 15.2, 46.1)
    written = reproject(meant, 4326, epsg)
    files = by_ogr(driver, suffix, [written], epsg=epsg)
    area = area_of(zipped(files) if suffix == ".shp" else files[f"fields{suffix}"])
    # Corners come back to a decimetre; edges bend with the map they were drawn on.
    assert shapely.hausdorff_distance(area, meant) < 2e-4
    for corner in meant.exterior.coords:
        assert shapely.distance(area, shapely.Point(corner)) < 2e-5


def test_long_edges_keep_to_the_map_they_were_drawn_on():
    meant = shapely.box(4_400_000, 2_400_000, 4_900_000, 2_700_000)
    area = area_of(shapefile(meant, epsg=3035))
    fine = reproject(shapely.segmentize(meant, 1000), 3035, 4326)
    assert shapely.hausdorff_distance(area, fine) < 1e-4


@pytest.mark.parametrize("epsg", [3857, 4326])
def test_the_coordinate_system_that_old_geojson_names_is_understood(epsg):
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
    area = area_of(geojson(reproject(SQUARE, 4326, epsg), crs=crs))
    assert area.equals_exact(SQUARE, 1e-5, normalize=True) or shapely.hausdorff_distance(area, SQUARE) < 1e-5


def test_a_walk_around_a_field_is_an_area_and_the_gap_is_told():
    walk = [(15, 46), (15.01, 46), (15.01, 46.01), (15, 46.01), (15, 46.0005)]
    uploaded = read(gpx(walk))
    assert shape(uploaded.geometry).area == pytest.approx(0.0001, rel=0.02)
    assert uploaded.title == "Walk"
    assert any("Walk" in note and "56 m from its start" in note for note in uploaded.notes)


def test_a_closed_route_is_an_area():
    assert area_of(gpx(list(SQUARE.exterior.coords), kind="rte")).equals(SQUARE)


def test_an_open_track_beside_a_closed_one_is_left_out_with_a_note():
    uploaded = read(gpx(list(SQUARE.exterior.coords), [(15, 46), (16, 47), (17, 48)]))
    assert shape(uploaded.geometry).equals(SQUARE)
    assert "Left out: 1 line." in uploaded.notes


def test_a_closed_line_in_a_kml_is_an_area():
    line = " ".join(f"{x},{y}" for x, y in SQUARE.exterior.coords)
    uploaded = read(kml(f"<LineString><coordinates>{line}</coordinates></LineString>"))
    assert shape(uploaded.geometry).equals(SQUARE)
    assert any("closed line" in note for note in uploaded.notes)


def test_geometries_nested_in_a_kml_are_found_and_points_are_left_out():
    inner = f"<MultiGeometry><Point><coordinates>1,2</coordinates></Point>{kml_polygon(SQUARE)}</MultiGeometry>"
    uploaded = read(kml(f"<MultiGeometry>{inner}{kml_polygon(OTHER)}</MultiGeometry>"))
    assert shape(uploaded.geometry).equals(shapely.union(SQUARE, OTHER))
    assert "Left out: 1 point." in uploaded.notes


def test_coordinates_with_blanks_after_commas_and_kml_of_other_versions_are_read():
    text = kml(kml_polygon(SQUARE)).decode().replace(",", ", ").replace(' xmlns="http://www.opengis.net/kml/2.2"', "")
    assert area_of(text.encode()).equals(SQUARE)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_kml_in_other_encodings_is_read(encoding):
    text = kml(kml_polygon(SQUARE)).decode().replace('encoding="UTF-8"', f'encoding="{encoding[:6]}"')
    assert area_of(text.replace("utf-8-", "utf-8").encode(encoding)).equals(SQUARE)


def test_layers_of_one_zip_file_are_put_together_and_named():
    files = {"one.shp": shp(clockwise(SQUARE)), "two.shp": shp(clockwise(OTHER))}
    uploaded = read(zipped(files))
    assert shape(uploaded.geometry).equals(shapely.union(SQUARE, OTHER))
    assert any("one, two" in note for note in uploaded.notes)


def test_a_shapefile_without_prj_is_taken_for_degrees_where_it_can_be_and_that_is_told():
    uploaded = read(zipped({"a.shp": shp(clockwise(SQUARE))}))
    assert any(".prj" in note for note in uploaded.notes)


def test_holes_of_a_shapefile_go_to_the_outline_around_them():
    rings = [*clockwise(OTHER), *clockwise(WITH_HOLE)[::-1]]
    assert area_of(zipped({"a.shp": shp(rings)})).equals(shapely.union(WITH_HOLE, OTHER))


def test_rings_of_a_shapefile_that_run_the_wrong_way_are_outlines_all_the_same():
    assert area_of(zipped({"a.shp": shp([list(SQUARE.exterior.coords)[::-1]])})).equals(SQUARE)
    assert area_of(zipped({"a.shp": shp([list(shapely.reverse(SQUARE).exterior.coords)])})).equals(SQUARE)


@pytest.mark.parametrize("flavor", ["iso", "extended"])
def test_heights_and_measures_in_a_geopackage_are_left_out(flavor):
    high = shapely.force_3d(SQUARE, 300)
    blob = b"GP\x00\x01\xe6\x10\x00\x00" + shapely.to_wkb(high, flavor=flavor, byte_order=0)
    uploaded = read(gpkg([blob]))
    assert shape(uploaded.geometry).equals(SQUARE)
    assert any("Heights" in note for note in uploaded.notes)


def test_a_geopackage_left_in_write_ahead_mode_is_read():
    data = bytearray(gpkg([gpkg_blob(SQUARE)]))
    data[18:20] = b"\x02\x02"
    assert area_of(bytes(data)).equals(SQUARE)


def test_text_with_wkt_is_read():
    assert area_of(shapely.to_wkt(SQUARE).encode()).equals(SQUARE)


def test_outlines_are_mended_with_notes():
    bow = {"type": "Polygon", "coordinates": [[[14, 46], [15, 47], [15, 46], [14, 47], [14, 46]]]}
    uploaded = read(json.dumps(bow).encode())
    assert any("crossed" in note for note in uploaded.notes)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("field.geojson", "field"),
        ("../../etc/passwd.json", "passwd"),
        ("C:\\maps\\Mein Feld.json", "Mein Feld"),
        ("a\x00b\nc.json", "a b c"),
        ("", ""),
        ("x" * 500 + ".json", "x" * 60),
    ],
)
def test_the_title_is_the_file_name_without_path_and_control_characters(name, title):
    data = json.dumps(json.loads(shapely.to_geojson(SQUARE))).encode()
    assert read(data, name).title == title


def test_an_area_among_the_scenes_only_when_swapped_is_told_and_not_corrected(settings, small_archive):
    from hub.archive import archive_extent

    west, south, east, north = archive_extent().bounds
    swapped = shapely.box(south, west, north, east)
    uploaded = read(geojson(swapped))
    assert "swapped" in uploaded.notes[0]
    assert shapely.hausdorff_distance(shape(uploaded.geometry), swapped) < 1e-5
    assert not any("swapped" in note for note in read(geojson(shapely.box(west, south, east, north))).notes)


def test_an_archive_that_is_away_does_not_keep_an_area_from_being_read(settings, tmp_path):
    settings.MOSAIC_SOURCE = str(tmp_path / "nothing" / "items.json")
    assert area_of(geojson(SQUARE)).equals(SQUARE)
