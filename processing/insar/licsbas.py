"""Time series of LiCSBAS: cum.h5 or cum_filt.h5, geocoded.

Source: LiCSBAS13_sb_inv.py and LiCSBAS16_filt_ts.py, which write them: imdates (YYYYMMDD), cum (date, y, x) in mm and
vel (y, x) in mm/yr, positive towards the satellite; corner_lat and corner_lon are the middle of the first pixel,
post_lat and post_lon the steps.
"""

from __future__ import annotations

import re
from pathlib import Path

import h5py
from rasterio import Affine

from processing.insar.delivery import BadDelivery, Direction, PartFacts
from processing.insar.hdf5 import Cube, Layer, check_cube, dataset, read_dates
from processing.insar.pixels import PixelGrid, plain

_LAYERS = {
    "vel": "mean_velocity",
    "vstd": "mean_velocity_std",
    # Of interferograms, in space: not EGMS's temporal coherence.
    "coh_avg": "average_coherence",
    "resid_rms": "network_residual",
    "stc": "spatio_temporal_consistency",
    "hgt": "dem_height",
    "n_gap": "network_gaps",
}
_PLACES = ("corner_lat", "corner_lon", "post_lat", "post_lon")
_FRAME = re.compile(r"(?<!\d)(\d{3})([AD])_\d{5}_\d{6}", re.ASCII)


def is_mine(name: str, file: h5py.File) -> bool:
    """Whether it has LiCSBAS's cube and dates. Raises BadDelivery where these lead out of it."""
    return dataset(name, file, "cum") is not None and dataset(name, file, "imdates") is not None


def read_cube(path: Path, files: list[h5py.File]) -> Cube:
    """The cube of the only one of ``files``. Raises BadDelivery where it is not geocoded or not of LiCSBAS."""
    name, file = path.name, files[0]
    dates = read_dates(name, dataset(name, file, "imdates"))
    cube = check_cube(name, dataset(name, file, "cum"), dates, "cum")
    shape = cube.shape[1:]
    found = {attribute: dataset(name, file, layer, shape) for layer, attribute in _LAYERS.items()}
    mask = dataset(name, file, "mask", shape)
    reference = dataset(name, file, "refarea")
    track, direction = _frame(name)
    facts = PartFacts(
        format="licsbas",
        level="other",
        direction=direction,
        identity=name.partition(".")[0][:100],
        dates=dates,
        columns=(),
        track=track,
        metadata={"refarea": plain(reference[()])} if reference is not None and reference.shape == () else {},
    )
    layers = {attribute: Layer(values) for attribute, values in found.items() if values is not None}
    return Cube(_grid(name, file, shape), facts, cube, 1.0, layers, () if mask is None else (mask,))


def _grid(name: str, file: h5py.File, shape: tuple[int, int]) -> PixelGrid:
    numbers = []
    for place in _PLACES:
        found = dataset(name, file, place)
        if found is None:
            raise BadDelivery(name, f"it is not geocoded (no {place}); use results on geocoded interferograms.")
        numbers.append(float(found[()]))
    lat, lon, dlat, dlon = numbers
    return PixelGrid(name, *shape, Affine(dlon, 0, lon - dlon / 2, 0, dlat, lat - dlat / 2))


def _frame(name: str) -> tuple[int | None, Direction]:
    """Relative orbit and direction, where the name has LiCSAR's frame in it ("124D_04854_171313")."""
    if (found := _FRAME.search(name)) is None:
        return None, "los"
    return int(found[1]), "ascending" if found[2] == "A" else "descending"
