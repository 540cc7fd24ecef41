"""Orders made from SAFE products: each band out of the raster that suits the order's pixel size."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from safe_products import SafeProduct

DAYS = ("20230805T095031", "20230810T095031", "20230815T095031", "20230820T095031")
BANDS = ("B01", "B02", "B08", "B11")
LAYERS = ("valid_obs", "scene_classification")
# Reflectance x 10000 that a band has in its rasters of each pixel size.
SHOWN = {10: 1010, 20: 2020, 60: 3060}


def number(band: str, size_m: int) -> int:
    """Digital number with the offset of baselines from 04.00 on; each pixel size shows something else."""
    return {"SCL": 4, "AOT": 100, "CLD": 5, "SNW": 0}.get(band, SHOWN[size_m] + 1000)


def number_before_04_00(band: str, size_m: int) -> int:
    return number(band, size_m) - (1000 if band.startswith("B") else 0)


def make(archive: Path, folder: Path, resolution: int) -> tuple[dict[str, np.ndarray], str]:
    """Run the command line; return the rasters by layer, and all that the JSON files beside them tell."""
    ring = [[15.01, 46.03], [15.03, 46.03], [15.03, 46.045], [15.01, 46.045], [15.01, 46.03]]
    order = {
        "name": "Trial",
        "area": {"type": "Polygon", "coordinates": [ring]},
        "period": {"kind": "month", "start": "2023-08-01"},
        "resolution": resolution,
        "crs": "utm",
        "bands": BANDS,
        "layers": LAYERS,
        "method": "s2gm",
        "format": "geotiff",
    }
    (folder / "order.json").write_text(json.dumps(order))
    command = [sys.executable, "-m", "processing", folder / "order.json", "--source", archive, "--out", folder / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    base = Path(done.stdout.strip())
    rasters = {}
    for layer in (*BANDS, "valid_obs"):
        with rasterio.open(next(base.rglob(f"{layer}_*.tiff"))) as dataset:
            rasters[layer] = dataset.read(1)
            assert dataset.transform.a == resolution
    return rasters, "\n".join(path.read_text() for path in sorted(base.rglob("*.json")))


@pytest.mark.parametrize(
    ("resolution", "read_in"),
    [
        (10, {"B01": 60, "B02": 10, "B08": 10, "B11": 20}),
        (20, {"B01": 60, "B02": 20, "B08": 10, "B11": 20}),
        (60, {"B01": 60, "B02": 60, "B08": 10, "B11": 60}),
    ],
)
def test_each_band_is_read_from_the_raster_of_the_orders_pixel_size(tmp_path, resolution, read_in):
    for begun in DAYS:
        SafeProduct(begun=begun, value=number).write(tmp_path / "archive")
    rasters, _ = make(tmp_path / "archive", tmp_path, resolution)
    assert {band: set(np.unique(rasters[band])) for band in BANDS} == {
        band: {SHOWN[size]} for band, size in read_in.items()
    }
    assert set(np.unique(rasters["valid_obs"])) == {len(DAYS)}


def test_baselines_with_and_without_offset_make_one_mosaic_without_a_seam(tmp_path):
    old = {"baseline": "02.11", "offset": None, "value": number_before_04_00}
    SafeProduct(begun=DAYS[0], **old).write(tmp_path / "archive")
    SafeProduct(begun=DAYS[1], **old, tile="33TWM").write(tmp_path / "archive")
    SafeProduct(begun=DAYS[2], baseline="04.00", offset=-1000, value=number).write(tmp_path / "archive")
    SafeProduct(begun=DAYS[3], baseline="04.00", offset=None, value=number).write(tmp_path / "archive")
    rasters, told = make(tmp_path / "archive", tmp_path, 20)
    assert set(np.unique(rasters["B02"])) == {SHOWN[20]}
    assert set(np.unique(rasters["valid_obs"])) == {4}
    for rule in ("declared by the product", "no offset before baseline 04.00", "by baseline"):
        assert rule in told


def test_damaged_and_incomplete_products_are_left_out_and_the_mosaic_is_made(tmp_path):
    products = [SafeProduct(begun=begun, value=number) for begun in DAYS]
    folders = [product.write(tmp_path / "archive") for product in products]
    scene_classes = folders[1] / f"{products[1].image('SCL', 20)}.jp2"
    scene_classes.write_bytes(scene_classes.read_bytes()[:200])
    (folders[2] / "MTD_MSIL2A.xml").unlink()
    rasters, told = make(tmp_path / "archive", tmp_path, 20)
    assert set(np.unique(rasters["B02"])) == {SHOWN[20]}
    assert set(np.unique(rasters["valid_obs"])) == {2}
    assert f"{products[2].name} has no MTD_MSIL2A.xml" in told
    assert scene_classes.name in told
    assert str(tmp_path) not in told
