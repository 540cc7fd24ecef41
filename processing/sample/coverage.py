"""What of a granule was measured: its outline, and the share of each scene class."""

import numpy as np
from pyproj import Transformer
from shapely import Polygon, box, transform

from processing.sample.grids import EPSG, Window
from processing.sample.passes import Pass

CLASS_NAMES = {
    1: "saturated_defective_pixel",
    2: "dark_features",
    3: "cloud_shadow",
    4: "vegetation",
    5: "not_vegetated",
    6: "water",
    7: "unclassified",
    8: "medium_proba_clouds",
    9: "high_proba_clouds",
    10: "thin_cirrus",
    11: "snow_ice",
}
CLOUDY_CLASSES = (8, 9, 10)


def footprint(passing: Pass, grid: Window, whole: Window) -> Polygon:
    """The measured part of the granule ``grid`` in longitude and latitude, counter-clockwise."""
    measured = box(grid.left, grid.bottom, grid.right, grid.top).intersection(passing.swath(whole))
    to_degrees = Transformer.from_crs(EPSG, 4326, always_xy=True).transform
    # Straight lines in UTM are not straight in degrees: give them points in between.
    bent = transform(measured.segmentize(5000), to_degrees, interleaved=False)
    rounded = transform(bent, lambda degrees: degrees.round(7))
    return rounded.reverse() if not rounded.exterior.is_ccw else rounded


def percentages(scene_class: np.ndarray) -> dict[str, float]:
    """Share of every class, and of clouds, among the measured pixels; of what was not measured among all."""
    counts = np.bincount(scene_class.ravel(), minlength=12)
    measured = max(1, int(counts[1:].sum()))
    cloudy = int(counts[list(CLOUDY_CLASSES)].sum())
    return {
        "cloudy_pixel": round(100 * cloudy / measured, 6),
        "nodata_pixel": round(100 * int(counts[0]) / scene_class.size, 6),
        **{name: round(100 * int(counts[number]) / measured, 6) for number, name in CLASS_NAMES.items()},
    }
