"""Sizes and times of orders made after a site's first ten, against what was estimated of them; prints the figures.

Run by ``python tests/benchmarks/bench_estimates.py``. Times are those of the CPU, in one process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from processing.mosaic import warm_up
from processing.sample import make_archive
from tests.hub.made_orders import SLOVENIA, making, other_orders, ten_orders


@pytest.mark.parametrize(
    ("source", "start", "shares", "other_shares"),
    [
        ("generated", "2024-06-01", {10: 0.5, 20: 0.6, 60: 0.9}, {10: 0.7, 20: 0.9, 60: 0.7}),
        ("slovenia", "2023-08-01", {10: 0.03, 20: 0.08, 60: 0.2}, {10: 0.05, 20: 0.12, 60: 0.4}),
    ],
)
def test_what_is_estimated_after_ten_orders(
    db: None, settings: Any, tmp_path: Path, source: str, start: str, shares: dict, other_shares: dict
) -> None:
    if source == "slovenia" and not SLOVENIA.is_dir():
        pytest.skip("The sample archive is not there.")
    archive = SLOVENIA if source == "slovenia" else make_archive(tmp_path / "archive", size_km=8, dates=6)
    settings.MOSAIC_SOURCE, settings.MEDIA_ROOT = str(archive), tmp_path / "media"
    settings.SCRATCH_ROOT, settings.ORDER_LIMIT_ACTIVE_PER_USER = tmp_path / "scratch", 1000
    warm_up()
    make = making(get_user_model().objects.create_user("alice", "alice@example.org"))
    for order in ten_orders(start, shares):
        make(**order)
    made = [make(**order) for order in other_orders(start, other_shares)]
    sizes, times = sorted(one.size for one in made), sorted(one.time for one in made)
    print(f"\n{source}: {len(made)} orders after the first ten, estimated / found")
    print(f"  size {sizes[0]:.2f} to {sizes[-1]:.2f}, within 20 %: {sum(one.size_is_right for one in made)}")
    print(f"  time {times[0]:.2f} to {times[-1]:.2f}, within a factor of two: {sum(one.time_is_right for one in made)}")
