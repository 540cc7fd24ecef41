"""Makes ``regions.zip`` anew: ``python -m hub.areas.regions FOLDER``, see README.md beside this file."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from hub.areas.regions import DATA, INDEX
from hub.areas.regions.atlas import Atlas
from hub.areas.regions.packing import STEP_DEGREES, packed
from hub.areas.simplifying import corners, polygons, simplified

MOST_CORNERS = 6_000


def main(folder: Path) -> None:
    atlas = Atlas(folder)
    countries = atlas.countries()
    index = []
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for kind, shapes in (("country", countries), ("continent", atlas.continents(countries))):
            for code, shape in shapes.items():
                outline, tolerance_m = _plain(shape)
                # A fixed date: the same atlas gives the same bytes.
                member = zipfile.ZipInfo(f"{code}.rings", date_time=(1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, packed(outline))
                index.append(
                    {
                        "code": code,
                        "kind": kind,
                        "titles": atlas.titles(code),
                        "simplified_m": round(tolerance_m),
                        "bounds": [round(value, 4) for value in outline.bounds],
                    }
                )
        member = zipfile.ZipInfo(INDEX, date_time=(1980, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, json.dumps(index, ensure_ascii=False))
    DATA.write_bytes(made.getvalue())
    print(f"{DATA}: {len(index)} regions, {len(made.getvalue()) / 1e6:.2f} MB")


def _plain(shape: BaseGeometry) -> tuple[BaseGeometry, float]:
    outline, tolerance_m = simplified(shape, most_corners=MOST_CORNERS)
    outline = shapely.multipolygons(polygons(shapely.set_precision(outline, STEP_DEGREES)))
    if not outline.is_valid or corners(outline) > 1.05 * MOST_CORNERS or outline.is_empty:
        raise SystemExit("An outline is no good after simplifying.")
    return outline, tolerance_m


if __name__ == "__main__":
    main(Path(sys.argv[1]))
