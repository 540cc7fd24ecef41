"""Level-2A products in which something is missing, broken or hostile: each is named and left out, the rest served."""

import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from safe_products import SafeProduct, change
from shapely.geometry import box

from processing.sources import open_source
from processing.sources.safe.metadata import MOST_XML_BYTES

HERE = box(15.01, 46.03, 15.02, 46.04)
AUGUST = (date(2023, 8, 1), date(2023, 8, 31))
GOOD = SafeProduct()
BAD = SafeProduct(begun="20230820T095031")


def in_product_xml(pattern: str, replacement: str):
    return lambda folder: change(folder / "MTD_MSIL2A.xml", pattern, replacement)


def in_tile_xml(pattern: str, replacement: str):
    return lambda folder: change(folder / BAD.granule / "MTD_TL.xml", pattern, replacement)


def cut_off(folder: Path, file: str) -> None:
    (folder / file).write_text((folder / file).read_text()[:-30])


def remove(folder: Path, *patterns: str) -> None:
    paths = [path for pattern in patterns for path in folder.rglob(pattern)]
    assert paths
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def put_in_front(text: str, encoding: str = "utf-8"):
    """Put ``text`` after the XML declaration of MTD_MSIL2A.xml and let the root use the entity "a"."""

    def spoil(folder: Path) -> None:
        xml = folder / "MTD_MSIL2A.xml"
        head, body = xml.read_text().split("\n", 1)
        body = body.replace(">05.09<", ">&a;<")
        xml.write_text(f"{head.replace('UTF-8', encoding)}\n{text}\n{body}", encoding=encoding)

    return spoil


def link(path: str, target: Path):
    """Replace a file or folder of the product by a link to ``target`` with the same content."""

    def spoil(folder: Path) -> None:
        away = folder.parent / target
        (folder / path).rename(away)
        (folder / path).symlink_to(away)

    return spoil


def in_a_circle(folder: Path) -> None:
    path = folder / f"{BAD.image('B02', 10)}.jp2"
    path.unlink()
    path.symlink_to(path)


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
ELSEWHERE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
METADATA = {
    "no product metadata": (lambda folder: remove(folder, "MTD_MSIL2A.xml"), "has no MTD_MSIL2A.xml"),
    "a folder for a file": (
        lambda folder: (remove(folder, "MTD_MSIL2A.xml"), (folder / "MTD_MSIL2A.xml").mkdir()),
        "has no MTD_MSIL2A.xml",
    ),
    "a pipe for a file": (
        lambda folder: (remove(folder, "MTD_TL.xml"), os.mkfifo(folder / BAD.granule / "MTD_TL.xml")),
        "has no MTD_TL.xml",
    ),
    "cut off": (lambda folder: cut_off(folder, "MTD_MSIL2A.xml"), "MTD_MSIL2A.xml that is no XML, or is cut short"),
    "empty": (lambda folder: (folder / "MTD_MSIL2A.xml").write_text(""), "is no XML"),
    "tile metadata cut off": (lambda folder: cut_off(folder, f"{BAD.granule}/MTD_TL.xml"), "MTD_TL.xml that is no XML"),
    "unknown encoding": (in_product_xml('encoding="UTF-8"', 'encoding="klingon"'), "is no XML"),
    "entities": (put_in_front(LAUGHS), "brings a document type"),
    "entities in UTF-16": (put_in_front(LAUGHS, "utf-16"), "brings a document type"),
    "entity of a file": (put_in_front(ELSEWHERE), "brings a document type"),
    "entities in the tile": (in_tile_xml(r"\?>", f"?>{LAUGHS}"), "brings a document type"),
    "too large": (
        lambda folder: (folder / "MTD_MSIL2A.xml").write_bytes(b" " * (MOST_XML_BYTES + 1)),
        "has an MTD_MSIL2A.xml that has more than 4 MB",
    ),
    "another document": (
        in_product_xml("Level-2A_User_Product", "Level-1C_User_Product"), "describes no Level-2A product",
    ),
    "no datatake": (in_product_xml("datatakeIdentifier", "id"), "names no datatake"),
    "no such day": (in_product_xml("GS2A_20230820", "GS2A_20231320"), "a time that does not exist"),
    "no baseline": (in_product_xml(r"05\.09", ""), "states no processing baseline"),
    "another scale": (in_product_xml(">10000<", ">1000<"), "divides its reflectance by 1000; only .* by 10000"),
    "scale no number": (in_product_xml(">10000<", ">nan<"), "divides its reflectance by nan"),
    "no scale": (in_product_xml("<BOA_QUANT.*BOA_QUANTIFICATION_VALUE>", ""), "states no BOA_QUANTIFICATION_VALUE"),
    "another aerosol scale": (in_product_xml(r'"none">1000\.0<', '"none">100<'), "divides its aerosol by 100; only"),
    "offset of some bands": (in_product_xml('<BOA_ADD_OFFSET band_id="8">-1000</BOA_ADD_OFFSET>', ""), "none for B8A"),
    "offset no number": (in_product_xml('"12">-1000', '"12">much'), "none for B12 that can be read"),
    "offset too large": (in_product_xml('"3">-1000', '"3">1e9'), "an offset of 1e\\+09 for B04"),
    "tile without id": (in_tile_xml("TILE_ID", "ID"), "names no Level-2A granule"),
    "tile of another level": (in_tile_xml("MSI_L2A_TL", "MSI_L1C_TL"), "names no Level-2A granule"),
    "tile id with markup": (in_tile_xml("_L2A_TL_2APS", "_L2A_TL_&lt;b&gt;"), "names no Level-2A granule"),
    "no such tile": (in_tile_xml("T33TWL", "T63TWO"), "names no MGRS tile"),
    "no corner": (in_tile_xml("ULX", "X"), "does not say in MTD_TL.xml where its tile lies"),
    "corner no number": (in_tile_xml("<ULY>", "<ULY>-inf"), "does not say in MTD_TL.xml where its tile lies"),
    "no projection": (in_tile_xml("EPSG:32633", "UTM"), "does not say in MTD_TL.xml where its tile lies"),
    "no UTM zone": (in_tile_xml("EPSG:32633", "EPSG:4326"), "in no UTM zone"),
}  # fmt: skip
FOOTPRINTS = [
    "", "46", "46 15 45 16 45", "46 15 47 15 48 15 46 15", "a 15 47 15 47 16 46 15",
    "nan 15 47 15 47 16 46 15", "146 15 47 15 47 16 146 15", "46 15 47 15 47 500 46 15",
]  # fmt: skip
RASTERS = {
    "no scene classes": (lambda folder: remove(folder, "*_SCL_*"), r"has no scene classification \(a file \.\.\._SCL"),
    "no reflectance": (lambda folder: remove(folder, "*_B??_*"), "has no reflectance band"),
    "bands gone": (lambda folder: remove(folder, "*_B11_*", "*_B8A_*"), "lists images of B8A, B11 that are not there"),
    "no images": (lambda folder: remove(folder, "IMG_DATA"), "holds no rasters"),
    "no granule": (lambda folder: remove(folder, "GRANULE"), "has no granule"),
    "two granules": (lambda folder: (folder / "GRANULE" / "L2A_T33TWM").mkdir(), "holds 2 granules"),
    "linked raster": (link(f"{BAD.image('B02', 10)}.jp2", Path("outside.jp2")), r"leads out of it.*\(GRANULE/.*B02"),
    "linked folder": (link(f"{BAD.granule}/IMG_DATA", Path("outside")), r"leads out of it.*\(GRANULE/.*R10m\)"),
    "linked quality": (link(f"{BAD.granule}/QI_DATA", Path("outside")), r"leads out of it.*\(GRANULE/.*QI_DATA\)"),
    "linked granules": (link("GRANULE", Path("outside")), r"leads out of it.*\(GRANULE\)"),
    "linked metadata": (link(f"{BAD.granule}/MTD_TL.xml", Path("outside.xml")), r"leads out of it.*MTD_TL\.xml\)"),
    "link in a circle": (in_a_circle, r"or nowhere \(GRANULE/.*B02"),
    "unprintable granule": (
        lambda folder: (folder / BAD.granule).rename(folder / "GRANULE" / "a\nb"), "unprintable characters",
    ),
}  # fmt: skip
CASES = METADATA | RASTERS | {
    f"footprint {text!r}": (
        in_product_xml("<EXT_POS_LIST>[^<]*", f"<EXT_POS_LIST>{text}"),
        r"has a footprint \(EXT_POS_LIST\) that cannot be read",
    )
    for text in FOOTPRINTS
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "complaint"), CASES.values(), ids=CASES)
def test_a_product_that_is_no_good_is_named_and_left_out(tmp_path, spoil, complaint):
    GOOD.write(tmp_path, rasters=False)
    spoil(BAD.write(tmp_path, rasters=False))
    source = open_source(str(tmp_path))
    assert [granule.item_id for granule in source.search(HERE, *AUGUST)] == [GOOD.name]
    (sentence,) = source.rejected
    assert re.fullmatch(rf"Product {BAD.name} .*{complaint}.*\.", sentence)
    assert str(tmp_path) not in sentence


def test_a_product_with_an_unprintable_name_is_left_out(tmp_path):
    GOOD.write(tmp_path, rasters=False)
    BAD.write(tmp_path, folder_name=f"{BAD.name}\n.SAFE", rasters=False)
    source = open_source(str(tmp_path))
    assert source.rejected == (
        f"Product '{BAD.name}\\n' has a name, or lies in a folder, with unprintable characters.",
    )


def test_a_very_deep_document_is_read_to_its_end(tmp_path):
    GOOD.write(tmp_path, rasters=False)
    depth = 200_000
    xml = BAD.write(tmp_path, rasters=False) / "MTD_MSIL2A.xml"
    xml.write_text("<a>" * depth + "</a>" * depth)
    (sentence,) = open_source(str(tmp_path)).rejected
    assert "describes no Level-2A product" in sentence
