"""Whether an archive has already applied the radiometric offset, told by its pixels.

Earth Search's ``sentinel-2-l2a`` says of many scenes that the offset of baselines from 04.00 on is
still to be applied, though its rasters hold it already. Clear land and water are darker than 0.1 in
blue or red nearly everywhere: where the offset was applied many numbers lie below 1000, in raw scenes
almost none.
"""

from __future__ import annotations

import numpy as np

from processing.granule import Granule
from processing.reading import Reader
from processing.sentinel2 import SceneClass

OFFSET = -1000
_CLEAR = (SceneClass.VEGETATION, SceneClass.BARE_SOIL, SceneClass.WATER)
_LEAST_DARK_SHARE = 0.01
_SAMPLE_PX = 512


def settle_offset(granule: Granule, number: int, reader: Reader) -> Granule:
    """The granule with its offset decided by its pixels and the finding noted; unread if there was no doubt."""
    if not granule.offset_in_doubt:
        return granule
    share = _dark_share(number, reader, [band for band in ("B02", "B04") if band in granule.files])
    applied = share >= _LEAST_DARK_SHARE
    rule = f"by pixels: {share:.1%} of the clear ones below 1000, so {'already applied' if applied else 'not applied'}"
    return granule.with_offset(0 if applied else OFFSET, rule)


def _dark_share(number: int, reader: Reader, bands: list[str]) -> float:
    """Share of clear pixels with 0 < DN < 1000 in any of ``bands``, from a sample of the whole granule."""
    clear = np.isin(reader.sample(number, "SCL", _SAMPLE_PX), _CLEAR)
    dark = np.zeros_like(clear)
    for band in bands:
        numbers = reader.sample(number, band, _SAMPLE_PX)
        dark |= (numbers > 0) & (numbers < -OFFSET)
    return float(dark[clear].mean()) if clear.any() else 0.0
