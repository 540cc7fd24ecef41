"""The figures as tables and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import Failed, Figure, machine


def print_race(title: str, figures: Sequence[Figure | Failed]) -> dict[str, Any]:
    """Print a line per contender and one with the ratios; return both as JSON."""
    print(f"\n{title}")
    print(f"{'':28} {'best s':>8} {'median s':>9} {'CPU s':>8} {'peak MB':>8} {'runs':>5} {'valid':>7}")
    for figure in figures:
        if isinstance(figure, Failed):
            print(f"failed: {figure}")
            continue
        cost, valid = figure.best, figure.told.get("valid_share")
        print(
            f"{figure.name:28} {cost.wall_s:8.2f} {figure.median_wall_s:9.2f} {cost.cpu_s:8.2f} {figure.peak_mb:8.0f} "
            f"{len(figure.runs):5} {'' if valid is None else format(valid, '7.1%')}",
            flush=True,
        )
    run = {figure.name: figure for figure in figures if isinstance(figure, Figure)}
    if floor := run.get("floor"):
        print(f"The floor read {floor.told['read_mb']:.0f} MB of pixels in {floor.told['images']} images.")
    ratios = _ratios(run)
    for name, value in ratios.items():
        print(f"{name}: {value:.2f}")
    return {
        "title": title,
        "figures": [figure.as_json() for figure in run.values()],
        "failed": [str(figure) for figure in figures if isinstance(figure, Failed)],
        "ratios": ratios,
    }


def _ratios(run: dict[str, Figure]) -> dict[str, float]:
    """Of the best runs' wall times, and of the peaks of memory."""
    if "ours" not in run:
        return {}
    ours = run["ours"]
    ratios = {"ours / floor": ours.best.wall_s / run["floor"].best.wall_s} if "floor" in run else {}
    for name, peer in run.items():
        if name not in ("ours", "floor"):
            ratios[f"{name} / ours"] = peer.best.wall_s / ours.best.wall_s
            ratios[f"memory of ours / {name}"] = ours.peak_mb / peer.peak_mb
    return {name: round(value, 3) for name, value in ratios.items()}


def write_json(path: Path | None, told: Any) -> None:
    """The machine, the command and the figures, if a file was asked for."""
    if path:
        document = {"machine": machine(), "command": ["python", *sys.argv], "figures": told}
        path.write_text(json.dumps(document, indent=1) + "\n")
