"""Making one product of an order, in bounded memory: the folder appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasterio

from processing import __version__, registry
from processing.account import Account, Publisher
from processing.clock import Clock
from processing.errors import NoReadableScene, NoScenes, QualityRejected
from processing.formats.base import Heading, SourceScene, WrittenFile
from processing.granule import Granule
from processing.layers import output_layers
from processing.planning import ProductPlan, check_offered, plan_products, split
from processing.quality.outputs import check_outputs
from processing.quality.report import Check, Level, Report
from processing.rasters.by_gdal import GDAL_OPTIONS
from processing.reading import GranuleUnreadable
from processing.scenes import Progress, SceneRefused, Scenes, open_scenes
from processing.sidecars import write_inspire, write_sidecars
from processing.sidecars.checksums import sha256
from processing.sources.base import Source
from processing.spec import MosaicSpec
from processing.storage import check_room, put_in_place, storage_errors
from processing.warming import warm_up
from processing.writing import Limits, Tally, write_data

__all__ = [
    "Limits",
    "MadeFile",
    "MadeProduct",
    "ProductPlan",
    "Publisher",
    "base_folder_name",
    "make_product",
    "plan_products",
    "split",
    "warm_up",
]

_ROLES = {".png": "thumbnail", ".qml": "style", ".vrt": "style"}


@dataclass(frozen=True)
class MadeFile:
    """One file of a product."""

    name: str
    """Path relative to the folder the product was made into."""

    size_bytes: int
    sha256: str
    role: str
    """data, metadata, style or thumbnail."""

    layer: str | None
    """The layer it holds, if it holds one."""


@dataclass(frozen=True)
class MadeProduct:
    """A finished product."""

    folder: Path
    files: tuple[MadeFile, ...]
    """All files in the folder, and the order's ``inspire.xml`` beside it."""

    statistics: dict[str, Any]
    warnings: tuple[str, ...]
    """What its user should know, one sentence each."""


@dataclass(frozen=True)
class _Data:
    """The data files of a product, and how they came about."""

    files: Sequence[WrittenFile]
    scenes: Scenes
    tally: Tally
    heading: Heading
    left_out: Sequence[Check]
    """Why scenes were left out, one failed check each."""


def base_folder_name(spec: MosaicSpec, order_number: str) -> str:
    """Name of an order's folder: S2GM_M10_20180501_20180531_Name_STD_v0.1.0_10213."""
    period = spec.period
    return (
        f"S2GM_{period.letter}{spec.resolution}_{period.first_day:%Y%m%d}_{period.last_day:%Y%m%d}"
        f"_{spec.file_name}_STD_v{__version__}_{order_number}"
    )


def make_product(
    spec: MosaicSpec,
    plan: ProductPlan,
    *,
    source: Source,
    into: Path,
    order_number: str,
    progress: Progress | None = None,
    limits: Limits | None = None,
    publisher: Publisher | None = None,
) -> MadeProduct:
    """Make the product ``plan`` of an order in ``into/<base folder>/<plan's name>``.

    The folder appears whole or not at all; one that is there already is replaced. ``progress`` hears the
    stage and the percentage; what it raises stops the making. A granule that cannot be read is left out
    and named in the warnings; the others serve.

    Raises NoScenes, InvalidOrder, SourceUnreachable, CorruptInput, StorageFull, OutOfMemoryLimit, and
    QualityRejected when the finished files are not whole.
    """
    limits, clock = limits or Limits(), Clock()
    tell = progress or (lambda stage, percent: None)
    tell("searching", 0)
    title = base_folder_name(spec, order_number)
    final = into / title / plan.name
    granules = source.search(plan.grid.footprint, spec.period.first_day, spec.period.last_day)
    if not granules:
        raise NoScenes("period", f"has no scene in the archive for {plan.name}")
    check_offered(spec, granules)
    into.mkdir(parents=True, exist_ok=True)
    with storage_errors(into), rasterio.Env(**GDAL_OPTIONS):
        check_room(into, output_layers(spec), plan.grid)
        with tempfile.TemporaryDirectory(dir=into, prefix=".making-") as scratch:
            made = Path(scratch) / plan.name
            data = _make_readable(spec, plan, granules, made, title, clock, limits, tell)
            tell("checking", 90)
            report = _checked(spec, plan, data, clock, limits)
            account = _account(spec, plan, data, source, order_number, report, publisher or Publisher())
            tell("describing", 97)
            with clock.measuring("describe"):
                inspire = write_inspire(Path(scratch), account)
                sums = write_sidecars(made, account)
                listed = _list_files(final.relative_to(into), data.files, sums, inspire)
            put_in_place(made, final)
            inspire.replace(final.parent / inspire.name)
    tell("finished", 100)
    left_out = [check.sentence for check in data.left_out]
    return MadeProduct(final, listed, _statistics(data, account, clock), (*left_out, *data.scenes.notes))


def _make_readable(
    spec: MosaicSpec,
    plan: ProductPlan,
    granules: Sequence[Granule],
    folder: Path,
    title: str,
    clock: Clock,
    limits: Limits,
    tell: Progress,
) -> _Data:
    """Make the data files; whenever a granule turns out unusable begin anew without it.

    Beginning anew keeps a product the same whichever block met the damage first.
    """
    left_out: list[Check] = []
    left = list(granules)
    while left:
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            scenes = open_scenes(
                spec, plan.grid, left, scratch=folder.parent, clock=clock, threads=limits.threads, tell=tell
            )
            heading = _heading(spec, plan, title, scenes)
            files, tally = write_data(
                spec, plan.grid, scenes, folder, heading=heading, clock=clock, limits=limits, tell=tell
            )
            return _Data(files, scenes, tally, heading, left_out)
        except GranuleUnreadable as damage:
            left_out += _why_left_out(damage)
            left.remove(next(granule for granule in left if granule.item_id == damage.granule.item_id))
    raise NoReadableScene(f"No scene of this area and period can be read: {left_out[0].sentence}")


def _why_left_out(damage: GranuleUnreadable) -> list[Check]:
    reason = str(damage).removeprefix(f"{damage.granule.item_id}: ").rstrip(".")
    kind = "usable" if isinstance(damage, SceneRefused) else "readable"
    message = f"{reason}; it was left out."
    return [Check(Level.INPUT, kind, passed=False, message=message, subject=damage.granule.item_id)]


def _heading(spec: MosaicSpec, plan: ProductPlan, title: str, scenes: Scenes) -> Heading:
    return Heading(
        title=title,
        suffix=f"{spec.period.letter}{spec.resolution}_{spec.period.first_day:%Y%m%d}_{plan.name}",
        period=spec.period,
        scenes=[SourceScene(granule.identifier, granule.sensed_at) for granule in scenes.granules[::-1]],
        attributes={"processing_method": spec.method, "processing_software": f"Mosaic Hub {__version__}"},
    )


def _checked(spec: MosaicSpec, plan: ProductPlan, data: _Data, clock: Clock, limits: Limits) -> Report:
    """The quality report. Raises QualityRejected when the files are not whole."""
    outputs = check_outputs(
        data.files,
        grid=plan.grid,
        layers=output_layers(spec),
        heading=data.heading,
        counts=data.tally.counts,
        forecast=data.scenes.forecast,
        threads=limits.threads,
        clock=clock,
    )
    report = Report([*data.left_out, *data.scenes.checks, *data.tally.counts.checks(), *outputs])
    if not report.deliverable:
        reasons = " ".join(check.sentence for check in report.failed(Level.INTEGRITY)[:3])
        raise QualityRejected(f"The product failed its quality control and is not delivered: {reasons}")
    return report


def _account(
    spec: MosaicSpec,
    plan: ProductPlan,
    data: _Data,
    source: Source,
    order_number: str,
    report: Report,
    publisher: Publisher,
) -> Account:
    return Account(
        spec=spec,
        heading=data.heading,
        order_number=order_number,
        grid=plan.grid,
        granules=data.scenes.granules[::-1],
        judged_by_angle=data.scenes.judged_by_angle[::-1],
        files=data.files,
        written_as=registry.formats()[spec.format],
        source=source.title,
        rejected=[*source.rejected, *(check.sentence for check in data.left_out)],
        notes=data.scenes.notes,
        quality=report,
        publisher=publisher,
    )


def _list_files(
    place: Path, files: Sequence[WrittenFile], sums: Mapping[Path, str], inspire: Path
) -> tuple[MadeFile, ...]:
    """The product's files; ``sums`` holds the SHA-256 of all that lie in its folder."""
    data = {file.path: file.layers[0].name if len(file.layers) == 1 else None for file in files}
    listed = [
        MadeFile(
            str(place / path.name),
            path.stat().st_size,
            digest,
            "data" if path in data else _ROLES.get(path.suffix, "metadata"),
            data.get(path),
        )
        for path, digest in sums.items()
    ]
    beside = MadeFile(str(place.parent / inspire.name), inspire.stat().st_size, sha256(inspire), "metadata", None)
    return (*listed, beside)


def _statistics(data: _Data, account: Account, clock: Clock) -> dict[str, Any]:
    failed = account.quality.failed()
    return {
        "granules": len(account.granules),
        "overpasses": len({granule.datatake for granule in account.granules}),
        "left_out": len(account.rejected),
        "width": account.grid.width,
        "height": account.grid.height,
        "valid_share": round(data.tally.with_data / data.tally.pixels, 4) if data.tally.pixels else 0.0,
        "quality": {
            "deliverable": account.quality.deliverable,
            "checks_made": len(account.quality.checks),
            "checks_failed": len(failed),
            "failed": [check.sentence for check in failed],
        },
        "seconds": clock.seconds(),
        "cpu_seconds": clock.cpu_seconds(),
    }
