"""``manage.py insar_intake FILE...``: take delivered files of ground motion in."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.errors import HubError
from hub.insar.deliveries import intake, upkeep
from hub.insar.deliveries.intake import Outcome
from hub.insar.models import Layer
from processing.errors import ProcessingError
from processing.insar.delivery import BadDelivery

_REFUSED = 2


class Command(BaseCommand):
    help = "Take files of ground motion in: EGMS L2a, L2b, L3, StaMPS, MintPy, LiCSBAS, velocities as GeoTIFF."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--release", metavar="KEY", help="where they belong; files of EGMS say it")
        parser.add_argument("--title", help="of a release that has to be made")
        parser.add_argument("--replace", action="store_true", help="put them in the place of earlier versions")
        parser.add_argument("--keep-going", action="store_true", help="go on behind a file that cannot be taken in")
        parser.add_argument("--no-cells", action="store_true", help="leave index and cells to a later time")

    def handle(self, *args: Any, **options: Any) -> None:
        upkeep.sweep_files()
        layers: dict[int, Layer] = {}
        refused = 0
        for path in options["files"]:
            try:
                outcome = self._take_in(path, options)
            except (HubError, ProcessingError, OSError) as error:
                refused += 1
                self.stderr.write(self.style.ERROR(_sentence(path, error)))
                if not options["keep_going"]:
                    break
                continue
            if not outcome.already_there:
                layers[outcome.part.layer_id] = outcome.part.layer
        if not options["no_cells"]:
            self._finish(layers)
        if refused:
            raise CommandError(
                f"{refused} of {len(options['files'])} files could not be taken in.", returncode=_REFUSED
            )

    def _take_in(self, path: Path, options: dict[str, Any]) -> Outcome:
        outcome = intake.take_in(
            path, release_key=options["release"], title=options["title"], by="command", replace=options["replace"],
            finish=False, progress=_Bar(path.name),
        )  # fmt: skip
        self.stdout.write(_told(outcome))
        return outcome

    def _finish(self, layers: dict[int, Layer]) -> None:
        for layer in layers.values():
            begun = time.perf_counter()
            intake.finish_layer(layer)
            self.stdout.write(f"{layer}: index and cells in {time.perf_counter() - begun:.1f} s")


def _told(outcome: Outcome) -> str:
    part = outcome.part
    if outcome.already_there:
        return f"{outcome.file_name}: was taken in before, nothing was changed."
    rate = part.points / max(outcome.seconds, 1e-9)
    stages = ", ".join(f"{name} {seconds:.2f}" for name, seconds in outcome.stages.items())
    lines = [
        f"{outcome.file_name}: {part.points:,} points in {outcome.seconds:.1f} s ({rate:,.0f} a second); "
        f"{'replaced' if outcome.replaced else 'new'} part {part.identity} of {part.layer}; seconds: {stages}"
    ]
    for name, found in outcome.report.get("fields", {}).items():
        if found["differing"]:
            lines.append(
                f"  {name}: {found['differing']:,} of {found['count']:,} differ from what the series give, "
                f"by {found['max_difference']:g} at most"
            )
    if "columns_not_kept" in part.metadata:
        lines.append(f"  not kept, because they are no numbers: {', '.join(part.metadata['columns_not_kept'])}")
    return "\n".join(lines)


def _sentence(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{path}: {error.strerror or error}"
    remedy = f" {error.remedy}" if isinstance(error, HubError) and error.remedy else ""
    return f"{error}{remedy}" if isinstance(error, BadDelivery | HubError) else f"{path.name}: {error}"


class _Bar:
    """How far a file is, on a terminal."""

    def __init__(self, name: str) -> None:
        self._name, self._shown_at = name, 0.0

    def __call__(self, stage: str, share: float) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and (now - self._shown_at > 0.2 or share >= 1):
            self._shown_at = now
            end = "\n" if stage == "writing" and share >= 1 else ""
            sys.stderr.write(f"\r{self._name}: {stage} {share:4.0%}{end}")
            sys.stderr.flush()
