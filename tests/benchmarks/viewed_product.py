"""A product of a whole Sentinel-2 tile to look into: a mosaic of a generated archive, repeated, in any format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely

from processing import registry
from processing.formats.base import Heading, SourceScene, WrittenFile
from processing.grid import Block, Grid
from processing.layers import OutputLayer, output_layers
from processing.mosaic import make_product, plan_products
from processing.sample import make_archive
from processing.sources import open_source
from processing.spec import MosaicSpec

GRID = Grid(32633, 49_998, -510_000, 10_980, 10_980, 10)
SUFFIX = "M10_20240601_Tile"
BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")
LAYERS = ("valid_obs", "source_index", "scene_classification", "observation_date", "method")
_ARCHIVE_KM = 18


def viewed_product(folder: Path, *, format: str) -> Path:
    """The product's folder, without copies for viewing; made once in ``folder``, some 1 GB."""
    final = folder / f"viewed-{format}"
    if final.exists():
        return final
    small = _small_mosaic(folder)
    provenance = json.loads((small / "provenance.json").read_text())
    made = final.with_name(f"{final.name}.part")
    made.mkdir(exist_ok=True)
    files = _write(made, small, provenance, format)
    (made / "provenance.json").write_text(json.dumps(provenance))
    metadata = json.loads(next(small.glob("metadata_*.json")).read_text())
    (made / f"metadata_{SUFFIX}.json").write_text(json.dumps(_of_the_whole(metadata, files)))
    made.rename(final)
    return final


def _small_mosaic(folder: Path) -> Path:
    """A folder with a mosaic of the archive's middle."""
    items = folder / "viewed-archive" / "items.json"
    if not items.exists():
        make_archive(items.parent, size_km=_ARCHIVE_KM, dates=4, tiles=("33TWL",))
    source = open_source(str(items))
    middle = shapely.box(*source.extent().bounds).centroid
    area = shapely.box(middle.x - 0.08, middle.y - 0.06, middle.x + 0.08, middle.y + 0.06)
    spec = MosaicSpec.parse(
        {
            "name": "Tile", "area": shapely.geometry.mapping(area), "period": {"kind": "month", "start": "2024-06-01"},
            "resolution": 10, "crs": "utm", "bands": BANDS, "layers": LAYERS, "method": "s2gm", "format": "geotiff",
        }
    )  # fmt: skip
    plan = plan_products(spec, source)[0]
    return make_product(spec, plan, source=source, into=folder / "viewed-small", order_number="1").folder


def _write(made: Path, small: Path, provenance: dict[str, Any], format: str) -> list[WrittenFile]:
    spec = MosaicSpec.parse(provenance["order"])
    layers = output_layers(spec)
    scenes = [
        SourceScene(scene["granule"], datetime.fromisoformat(scene["sensed_at"])) for scene in provenance["scenes"]
    ]
    heading = Heading("S2GM", SUFFIX, spec.period, scenes)
    repeated = {layer.name: _Repeated(small, layer) for layer in layers}
    with registry.formats()[format].writer(made, heading=heading, grid=GRID, layers=layers, threads=2) as writer:
        for block in GRID.blocks(1024):
            writer.write(block, {name: raster.read(block) for name, raster in repeated.items()})
        return writer.finish(lambda share: None)


def _of_the_whole(metadata: dict[str, Any], files: Sequence[WrittenFile]) -> dict[str, Any]:
    """The small mosaic's product JSON for the large product."""
    west, south, east, north = GRID.bounds
    metadata["Geometry"] |= {
        "Image_width": GRID.width,
        "Image_height": GRID.height,
        "Boundary": [[west, north], [east, north], [east, south], [west, south], [west, north]],
    }
    held = {layer.prefix: file.path.name for file in files for layer in file.layers}
    for told in metadata["Band_interpretations"]:
        told["File_path"] = held[told["Name"]]
    return metadata


class _Repeated:
    """A raster of the small mosaic that begins anew beyond its edges."""

    def __init__(self, small: Path, layer: OutputLayer) -> None:
        with rasterio.open(next(small.glob(f"{layer.prefix}_*.tiff"))) as dataset:
            self._pixels = dataset.read(1).astype(layer.dtype)

    def read(self, block: Block) -> np.ndarray:
        height, width = self._pixels.shape
        rows = np.arange(block.rows.start, block.rows.stop) % height
        columns = np.arange(block.columns.start, block.columns.stop) % width
        return self._pixels[rows[:, None], columns]
