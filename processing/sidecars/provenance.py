"""provenance.json: how a product came about, so that it can be understood and made again."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import rasterio

from processing import __version__
from processing.account import Account
from processing.granule import Granule
from processing.scenes import method_and_mask, options_of
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec

# What the pixels pass through; a later version may round or compress otherwise.
_LIBRARIES = ("numpy", "numba", "rasterio", "isal")


def provenance(account: Account) -> dict[str, Any]:
    """The order itself, the software, the method, and every scene with what was decided about it.

    ``order`` is what ``MosaicSpec.parse`` takes; ``scenes`` stand in the order of their ``source_index``.
    """
    return {
        "software": {"name": "mosaic-hub", "version": __version__, "libraries": _library_versions()},
        "order_number": account.order_number,
        "order": account.spec.to_json(),
        "source": account.source,
        "method": _method(account.spec),
        "notes": list(account.notes),
        "left_out": list(account.rejected),
        "quality": _quality(account),
        "scenes": [
            _scene(number, granule, judged)
            for number, (granule, judged) in enumerate(zip(account.granules, account.judged_by_angle, strict=True))
        ],
    }


def _library_versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES} | {"gdal": rasterio.__gdal_version__}


def _method(spec: MosaicSpec) -> dict[str, Any]:
    """The method with all that was in effect, whether the order named it or not."""
    method, mask = method_and_mask(spec)
    return {"name": method.name, "title": method.title, "options": options_of(spec), "mask": mask.name}


def _quality(account: Account) -> dict[str, Any]:
    """The outcome of the quality control; qc.json holds all of it."""
    report = account.quality
    failed = report.failed()
    return {
        "deliverable": report.deliverable,
        "checks_made": len(report.checks),
        "checks_failed": len(failed),
        "failed": [
            {"level": check.level.value, "name": check.name, "subject": check.subject, "message": check.message}
            for check in failed
        ],
    }


def _scene(number: int, granule: Granule, judged_by_angle: bool) -> dict[str, Any]:
    return {
        "source_index": number,
        "granule": granule.identifier,
        "item": granule.item_id,
        "sensed_at": granule.sensed_at.isoformat(),
        "platform": granule.platform,
        "tile": granule.tile,
        "cloud_percent": granule.cloud_percent,
        "baseline": granule.baseline,
        "offset": _offset(granule),
        "offset_rule": granule.offset_rule,
        "swath_edge_cut": judged_by_angle,
    }


def _offset(granule: Granule) -> int | Mapping[str, int]:
    """The one offset of all reflectance bands, or each band's where they differ."""
    offsets = {band: file.offset for band, file in sorted(granule.files.items()) if band in BANDS}
    values = set(offsets.values())
    return values.pop() if len(values) == 1 else offsets
