"""A granule as a compact SAFE product: one folder of JPEG 2000 images with ESA's names and metadata.

Left out of what ESA delivers: true colour, water vapour, B09, previews, the masks of single bands and reports.
"""

from pathlib import Path

import numpy as np

from processing.sample.coverage import footprint
from processing.sample.granule_xml import GRANULE_XML, MASK_PIXELS_M, MASKS, granule_xml
from processing.sample.grids import Window
from processing.sample.names import Names
from processing.sample.product_xml import datastrip_xml, manifest, product_xml
from processing.sample.rasters import jpeg2000
from processing.sample.scene import PIXEL_M, Scene

# B08 is delivered at 10 m only.
_RED_EDGE_AND_INFRARED = ("B05", "B06", "B07", "B8A", "B11", "B12")
IMAGES = {
    10: ("AOT", "B02", "B03", "B04", "B08"),
    20: ("AOT", "B02", "B03", "B04", *_RED_EDGE_AND_INFRARED, "SCL"),
    60: ("AOT", "B01", "B02", "B03", "B04", *_RED_EDGE_AND_INFRARED, "SCL"),
}


def write_product(folder: Path, names: Names, grid: Window, whole: Window, scene: Scene, blocksize: int) -> None:
    """Write the granule ``grid``, a part of the archive's ``whole`` window, as a product in ``folder``.

    ``scene`` is cut to the granule.
    """
    images = [(layer, metres) for metres in IMAGES for layer in _layers(names, metres)]
    files = {}
    for layer, metres in images:
        pixels = resampled(layer, scene.rasters[layer], metres)
        files[f"{names.image(layer, metres)}.jp2"] = jpeg2000(pixels, grid, metres, blocksize)
    for layer, kind in MASKS.items():
        for metres in MASK_PIXELS_M:
            pixels = resampled(layer, scene.rasters[layer], metres)
            files[f"{names.mask(kind, metres)}.jp2"] = jpeg2000(pixels, grid, metres, blocksize)
    outline = footprint(names.passing, grid, whole)
    files[f"{names.granule_folder}/{GRANULE_XML}"] = granule_xml(names, grid, whole, scene)
    files[f"{names.datastrip_folder}/MTD_DS.xml"] = datastrip_xml(names)
    files["MTD_MSIL2A.xml"] = product_xml(names, outline, [names.image(*image) for image in images], scene)
    files["manifest.safe"] = manifest(files)
    for path, content in files.items():
        target = folder / names.product / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _layers(names: Names, metres: int) -> tuple[str, ...]:
    """What is delivered at a resolution; since baseline 04.00 B01 at 20 m too, finer than it was measured."""
    return (*IMAGES[metres], "B01") if metres == 20 and names.passing.dn_offset else IMAGES[metres]


def resampled(layer: str, pixels: np.ndarray, metres: int) -> np.ndarray:
    """The raster at another resolution: finer ones repeat, coarser ones are means, rounded half up.

    Of scene classes the one in the middle is taken. What was not measured covers whole cells of 60 m,
    so no mean mixes it with numbers.
    """
    native = PIXEL_M[layer]
    if metres <= native:
        return pixels.repeat(native // metres, axis=0).repeat(native // metres, axis=1)
    factor = metres // native
    if layer == "SCL":
        return np.ascontiguousarray(pixels[factor // 2 :: factor, factor // 2 :: factor])
    height, width = pixels.shape
    count = factor * factor
    total = pixels.reshape(height // factor, factor, width // factor, factor).sum(axis=(1, 3), dtype=np.uint32)
    return ((2 * total + count) // (2 * count)).astype(pixels.dtype)
