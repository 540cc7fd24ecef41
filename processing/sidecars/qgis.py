"""What makes a product show itself well in QGIS: virtual rasters of band combinations, and styles.

QGIS loads a style by itself when it has the raster's own name and the ending ``.qml``. A variable of a
NetCDF file has no name of its own, so its style stands beside a virtual raster of that variable.
"""

from __future__ import annotations

import colorsys
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from processing.account import Account
from processing.formats.base import WrittenFile
from processing.grid import Grid
from processing.layers import OutputLayer

COMBINATIONS = {"true_colour": ("B04", "B03", "B02"), "false_colour": ("B08", "B04", "B03")}
"""Bands shown as red, green and blue."""

_BRIGHTEST = 3000
_GDAL_TYPES = {"uint8": "Byte", "uint16": "UInt16", "int16": "Int16"}
_COUNT_COLOURS = {
    0: "#d9d9d9",
    1: "#ffffcc",
    3: "#c7e9b4",
    5: "#7fcdbb",
    10: "#41b6c4",
    20: "#1d91c0",
    50: "#225ea8",
    math.inf: "#0c2c84",
}
"""Colours of counts, by the largest count that each stands for."""

# Neighbours on the circle of hues lie far apart when each is turned on by the golden ratio.
_HUE_TURN = (math.sqrt(5) - 1) / 2
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
# The version whose elements these are; later ones read them.
_QGIS = {"version": "3.16.0", "styleCategories": "Symbology"}


def write_styles(folder: Path, account: Account) -> list[Path]:
    """Write a product's virtual rasters and styles into its folder; return their paths.

    True and false colour where their bands are in the product; a legend for each raster of classes,
    scenes or counts.
    """
    written = []
    for stem, vrt, style in _shown(account):
        if vrt is not None:
            written.append(_write(folder / f"{stem}.vrt", vrt))
        written.append(_write(folder / f"{stem}.qml", style, prolog=_DOCTYPE))
    return written


def _shown(account: Account) -> Iterator[tuple[str, ET.Element | None, ET.Element]]:
    """Stem, virtual raster (None where the raster itself has that stem) and style of all that is shown."""
    held = {layer.name: (file, layer) for file in account.files for layer in file.layers}
    for name, bands in COMBINATIONS.items():
        if held.keys() >= set(bands):
            vrt = _virtual_raster([held[band] for band in bands], account.grid, ("Red", "Green", "Blue"))
            yield f"{name}_{account.heading.suffix}", vrt, _style(_multiband())
    for file, layer in held.values():
        renderer = _renderer(layer, account)
        if renderer is None:
            continue
        if file.subdatasets:
            vrt = _virtual_raster([(file, layer)], account.grid, ("Gray",))
            yield f"{layer.prefix}_{account.heading.suffix}", vrt, _style(renderer)
        else:
            yield file.path.stem, None, _style(renderer)


# --- Virtual rasters ------------------------------------------------------------------------------


def _virtual_raster(bands: Sequence[tuple[WrittenFile, OutputLayer]], grid: Grid, colours: Sequence[str]) -> ET.Element:
    """A VRT whose bands are whole layers of files beside it: a product can be moved."""
    size = {"rasterXSize": str(grid.width), "rasterYSize": str(grid.height)}
    root = ET.Element("VRTDataset", size)
    _add(root, "SRS", text=f"EPSG:{grid.epsg}")
    _add(root, "GeoTransform", text=", ".join(repr(float(number)) for number in grid.transform.to_gdal()))
    window = {"xOff": "0", "yOff": "0", "xSize": str(grid.width), "ySize": str(grid.height)}
    for number, ((file, layer), colour) in enumerate(zip(bands, colours, strict=True), start=1):
        band = _add(root, "VRTRasterBand", dataType=_GDAL_TYPES[layer.dtype], band=str(number))
        _add(band, "Description", text=layer.title)
        _add(band, "NoDataValue", text=str(layer.nodata))
        _add(band, "ColorInterp", text=colour)
        source = _add(band, "SimpleSource")
        _add(source, "SourceFilename", text=_relative_name(file, layer), relativeToVRT="1")
        _add(source, "SourceBand", text="1")
        _add(source, "SrcRect", **window)
        _add(source, "DstRect", **window)
    return root


def _relative_name(file: WrittenFile, layer: OutputLayer) -> str:
    """The name by which GDAL opens a layer from the product's folder."""
    beside = WrittenFile(Path(file.path.name), file.layers, subdatasets=file.subdatasets)
    return beside.dataset(layer)


# --- Styles: as QGIS 3 writes them ----------------------------------------------------------------


def _style(renderer: ET.Element) -> ET.Element:
    root = ET.Element("qgis", _QGIS)
    pipe = _add(root, "pipe")
    # Pixels are observations: never shown mixed.
    _add(
        _add(pipe, "provider"),
        "resampling",
        enabled="false",
        maxOversampling="2",
        zoomedInResamplingMethod="nearestNeighbour",
        zoomedOutResamplingMethod="nearestNeighbour",
    )
    pipe.append(renderer)
    _add(pipe, "rasterresampler", maxOversampling="2")
    _add(root, "blendMode", text="0")
    return root


def _renderer(layer: OutputLayer, account: Account) -> ET.Element | None:
    """The legend of a raster of classes, scenes or counts; None for what needs none."""
    if layer.flags:
        return _paletted({flag.value: (flag.title, flag.colour) for flag in layer.flags})
    if layer.name == "source_index":
        return _paletted(_scenes(account))
    if layer.unit == "count":
        return _counts(layer)
    return None


def _scenes(account: Account) -> dict[int, tuple[str, str]]:
    """Label and colour of each value of ``source_index``."""
    return {
        number: (f"{number}: {granule.sensed_at:%Y-%m-%d} {granule.tile}", scene_colour(number))
        for number, granule in enumerate(account.granules)
    }


def scene_colour(number: int) -> str:
    """A colour unlike those of the neighbouring numbers, #rrggbb."""
    parts = colorsys.hls_to_rgb(number * _HUE_TURN % 1, (0.45, 0.65)[number % 2], 0.75)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def _paletted(entries: Mapping[int, tuple[str, str]]) -> ET.Element:
    """One colour for each value."""
    renderer = _plain_renderer("paletted", band="1")
    palette = _add(renderer, "colorPalette")
    for value, (label, colour) in entries.items():
        _add(palette, "paletteEntry", value=str(value), label=label, color=colour, alpha="255")
    return renderer


def _counts(layer: OutputLayer) -> ET.Element:
    """One colour for each class of counts."""
    largest = str(layer.valid_range[1])
    renderer = _plain_renderer("singlebandpseudocolor", band="1", classificationMin="0", classificationMax=largest)
    ramp = _add(
        _add(renderer, "rastershader"),
        "colorrampshader",
        colorRampType="DISCRETE",
        classificationMode="1",
        clip="0",
        minimumValue="0",
        maximumValue=largest,
        labelPrecision="0",
    )
    below = -1
    for most, colour in _COUNT_COLOURS.items():
        label = f"more than {below}" if most == math.inf else f"{below + 1}-{most}" if most > below + 1 else f"{most}"
        _add(ramp, "item", value=str(most), label=label, color=colour, alpha="255")
        below = int(most) if most < math.inf else below
    return renderer


def _multiband() -> ET.Element:
    """Three bands as red, green and blue, each from black at 0 to full at reflectance 0.3."""
    renderer = _plain_renderer("multibandcolor", redBand="1", greenBand="2", blueBand="3")
    for colour in ("red", "green", "blue"):
        contrast = _add(renderer, f"{colour}ContrastEnhancement")
        _add(contrast, "minValue", text="0")
        _add(contrast, "maxValue", text=str(_BRIGHTEST))
        _add(contrast, "algorithm", text="StretchToMinimumMaximum")
    return renderer


def _plain_renderer(kind: str, **attributes: str) -> ET.Element:
    stated = {"type": kind, "opacity": "1", "alphaBand": "-1", "nodataColor": ""}
    renderer = ET.Element("rasterrenderer", stated | attributes)
    _add(renderer, "rasterTransparency")
    origin = _add(renderer, "minMaxOrigin")
    _add(origin, "limits", text="None")
    _add(origin, "extent", text="WholeRaster")
    return renderer


# --- XML ------------------------------------------------------------------------------------------


def _add(parent: ET.Element, tag: str, *, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text or None
    return child


def _write(path: Path, root: ET.Element, *, prolog: str = "") -> Path:
    ET.indent(root)
    path.write_text(f"{prolog}{ET.tostring(root, encoding='unicode')}\n", encoding="utf-8")
    return path
