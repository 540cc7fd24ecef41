"""The MTD_TL.xml of a granule."""

from xml.etree.ElementTree import Element

import numpy as np

from processing.sample.coverage import percentages
from processing.sample.documents import element, moment, psd_document
from processing.sample.geometry import STEP_M, AngleNodes, mean_direction, sun_nodes, view_nodes
from processing.sample.grids import EPSG, Window
from processing.sample.names import Names
from processing.sample.quality import AOT_SCALE
from processing.sample.scene import Scene

GRANULE_XML = "MTD_TL.xml"
PIXELS_M = (10, 20, 60)
MASKS = {"CLD": "CLDPRB", "SNW": "SNWPRB"}
MASK_PIXELS_M = (20, 60)


def granule_xml(names: Names, grid: Window, whole: Window, scene: Scene) -> bytes:
    """The metadata of the granule ``grid``, a part of the archive's ``whole`` window; ``scene`` is cut to it."""
    return psd_document(
        "Level-2A_Tile_ID",
        "S2_PDI_Level-2A_Tile_Metadata.xsd",
        _general(names),
        element("n1:Geometric_Info", _geocoding(grid), _angles(names, grid, whole)),
        _quality(names, scene),
    )


def _general(names: Names) -> Element:
    return element(
        "n1:General_Info",
        element("L1C_TILE_ID", names.granule("L1C"), metadataLevel="Brief"),
        element("TILE_ID", names.granule(), metadataLevel="Brief"),
        element("DATASTRIP_ID", names.datastrip, metadataLevel="Standard"),
        element("DOWNLINK_PRIORITY", "NOMINAL", metadataLevel="Standard"),
        element("SENSING_TIME", moment(names.sensed_at), metadataLevel="Standard"),
    )


def _geocoding(grid: Window) -> Element:
    sizes, positions = [], []
    for metres in PIXELS_M:
        height, width = grid.shape(metres)
        sizes.append(element("Size", element("NROWS", height), element("NCOLS", width), resolution=metres))
        corner = [element("ULX", grid.left), element("ULY", grid.top)]
        steps = [element("XDIM", metres), element("YDIM", -metres)]
        positions.append(element("Geoposition", *corner, *steps, resolution=metres))
    return element(
        "Tile_Geocoding",
        element("HORIZONTAL_CS_NAME", f"WGS84 / UTM zone {EPSG % 100}N"),
        element("HORIZONTAL_CS_CODE", f"EPSG:{EPSG}"),
        *sizes,
        *positions,
        metadataLevel="Brief",
    )


def _angles(names: Names, grid: Window, whole: Window) -> Element:
    sun = sun_nodes(names.passing, grid)
    views = view_nodes(names.passing, grid, whole)
    bands = sorted({band for band, _ in views})
    means = {band: mean_direction([nodes for (of, _), nodes in views.items() if of == band]) for band in bands}
    return element(
        "Tile_Angles",
        element("Sun_Angles_Grid", *_grids(sun)),
        element("Mean_Sun_Angle", *_direction(*mean_direction([sun]))),
        *(
            element("Viewing_Incidence_Angles_Grids", *_grids(views[band, detector]), bandId=band, detectorId=detector)
            for band, detector in sorted(views)
        ),
        element(
            "Mean_Viewing_Incidence_Angle_List",
            *(element("Mean_Viewing_Incidence_Angle", *_direction(*means[band]), bandId=band) for band in bands),
        ),
        metadataLevel="Standard",
    )


def _grids(nodes: AngleNodes) -> tuple[Element, Element]:
    return _grid("Zenith", nodes.zenith), _grid("Azimuth", nodes.azimuth)


def _grid(kind: str, degrees: np.ndarray) -> Element:
    # Six digits, as in real files; "nan" is spelled as there.
    rows = [" ".join("NaN" if angle != angle else f"{angle:.6g}" for angle in row) for row in degrees.tolist()]
    return element(
        kind,
        element("COL_STEP", STEP_M, unit="m"),
        element("ROW_STEP", STEP_M, unit="m"),
        element("Values_List", *(element("VALUES", row) for row in rows)),
    )


def _direction(zenith: float, azimuth: float) -> tuple[Element, Element]:
    return (
        element("ZENITH_ANGLE", f"{zenith:.6f}", unit="deg"),
        element("AZIMUTH_ANGLE", f"{azimuth:.6f}", unit="deg"),
    )


def _quality(names: Names, scene: Scene) -> Element:
    masks = [
        element("MASK_FILENAME", f"{names.mask(kind, metres)}.jp2", type=f"MSK_{kind}")
        for metres in MASK_PIXELS_M
        for kind in MASKS.values()
    ]
    return element(
        "n1:Quality_Indicators_Info",
        image_content(scene),
        element("Pixel_Level_QI", *masks, geometry="FULL_RESOLUTION"),
        metadataLevel="Standard",
    )


def image_content(scene: Scene) -> Element:
    """What the processor counted, as it stands in the granule's and in the product's metadata."""
    thickness = scene.rasters["AOT"]
    mean_aot = float(thickness[thickness > 0].mean()) / AOT_SCALE
    shares = percentages(scene.scene_class)
    return element(
        "Image_Content_QI",
        *(element(f"{name.upper()}_PERCENTAGE", f"{share:.6f}") for name, share in shares.items()),
        element("AOT_RETRIEVAL_METHOD", "SEN2COR_DDV"),
        element("GRANULE_MEAN_AOT", f"{mean_aot:.6f}"),
    )
