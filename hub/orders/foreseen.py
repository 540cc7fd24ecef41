"""The share of an order's area that will have data, from what is kept of its scenes."""

from __future__ import annotations

from collections.abc import Sequence

from hub.forecast import counting, keeping
from hub.forecast.models import SceneMask, State
from processing.granule import Granule
from processing.scenes import method_and_mask
from processing.spec import MosaicSpec

# Beyond this the share is near to one in any case, and counting would take longer than an estimate may.
_MOST_SCENES = 200


def share_foreseen(spec: MosaicSpec, granules: Sequence[Granule]) -> float | None:
    """Of the area with at least one valid observation, 0 to 1; None where not all scenes were looked at yet.

    Reads nothing of the archive: a forecast that was shown has had the scenes looked at.
    """
    if not granules or len(granules) > _MOST_SCENES:
        return None
    keyed = keeping.keys_of(granules)
    rows = SceneMask.objects.filter(key__in=keyed).exclude(state=State.WANTED)
    known = {key: (state, lattice) for key, state, lattice in rows.values_list("key", "state", "lattice")}
    if len(known) < len(keyed):
        return None
    scenes = [
        counting.Scene(key, granule.datatake, granule.footprint, known[key][1])
        for key, granule in keyed.items()
        if known[key][0] == State.KEPT
    ]
    if not scenes:
        return None
    _method, mask = method_and_mask(spec)
    return counting.count(spec.geometry, scenes, mask.name, most_cells=counting.COMPARED_CELLS).share(1)
