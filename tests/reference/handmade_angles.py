"""An MTD_TL.xml made by hand of random angles."""

import numpy as np


def metadata(rng: np.random.Generator, corner: tuple[float, float], extent: int, epsg: int) -> str:
    """An MTD_TL.xml whose angle nodes lie anywhere around the ground: between them, on them, beside the grid.

    ``corner``, ``extent``: upper left corner and edge of the ground, in metres. View zeniths lie around 11 degrees
    or below, some nodes are unknown, azimuths lie around north or elsewhere.
    """
    left = corner[0] - 5000 * int(rng.integers(0, 22)) + int(rng.integers(-extent, extent))
    top = corner[1] + 5000 * int(rng.integers(0, 22)) + int(rng.integers(-extent, extent))
    sun = _grid("Sun_Angles_Grid", rng.uniform(20, 70, (23, 23)), _around_north(rng, 40), "")
    clear = rng.random() < 0.4
    views = []
    for band in range(3):
        for detector in (3, 4):
            zenith = rng.uniform(2, 9, (23, 23)) if clear else rng.uniform(9.5, 12.2, (23, 23))
            azimuth = _around_north(rng, 60)
            unknown = rng.random((23, 23)) < (0.1 if clear else 0.45)
            zenith[unknown] = azimuth[unknown] = np.nan
            ids = f' bandId="{band}" detectorId="{detector}"'
            views.append(_grid("Viewing_Incidence_Angles_Grids", zenith, azimuth, ids))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd">
<n1:Geometric_Info>
<Tile_Geocoding><HORIZONTAL_CS_CODE>EPSG:{epsg}</HORIZONTAL_CS_CODE>
<Geoposition resolution="10"><ULX>{left}</ULX><ULY>{top}</ULY><XDIM>10</XDIM><YDIM>-10</YDIM></Geoposition>
</Tile_Geocoding>
<Tile_Angles>{sun}{"".join(views)}</Tile_Angles>
</n1:Geometric_Info>
</n1:Level-2A_Tile_ID>"""


def _around_north(rng: np.random.Generator, spread: float) -> np.ndarray:
    """Azimuths of 23 x 23 nodes: around any direction, or around north, where they wrap."""
    middle = 0.0 if rng.random() < 0.6 else rng.uniform(0, 360)
    return (middle + rng.uniform(-spread, spread, (23, 23))) % 360


def _grid(tag: str, zenith: np.ndarray, azimuth: np.ndarray, ids: str) -> str:
    parts = [f"<{tag}{ids}>"]
    for name, nodes in (("Zenith", zenith), ("Azimuth", azimuth)):
        rows = "".join(
            f"<VALUES>{' '.join('NaN' if np.isnan(value) else f'{value:.6f}' for value in row)}</VALUES>"
            for row in nodes
        )
        steps = '<COL_STEP unit="m">5000</COL_STEP><ROW_STEP unit="m">5000</ROW_STEP>'
        parts.append(f"<{name}>{steps}<Values_List>{rows}</Values_List></{name}>")
    parts.append(f"</{tag}>")
    return "".join(parts)
