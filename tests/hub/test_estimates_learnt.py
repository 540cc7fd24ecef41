"""Estimates of size against products that were really made: before a site has any, and after its first ten.

Times are compared by ``tests/benchmarks/bench_estimates.py``: what else a machine does must not decide a test.
"""

from __future__ import annotations

from datetime import date
from itertools import product as combinations
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.contrib.auth.models import AbstractUser

from hub.archive import archive, archive_extent
from hub.forecast.keeping import keep, keys_of
from processing.mosaic import warm_up
from processing.sample import make_archive
from tests.hub.made_orders import FORMATS, SLOVENIA, Make, choices, making, other_orders, ten_orders


@pytest.fixture(scope="module", autouse=True)
def _kernels_compiled() -> None:
    warm_up()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated archive of 8 km and six dates of June 2024: room for products of several sizes."""
    return make_archive(tmp_path_factory.mktemp("archive") / "eight", size_km=8, dates=6)


@pytest.fixture
def make(alice: AbstractUser, settings: Any) -> Make:
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 1000
    return making(alice)


@pytest.mark.parametrize(
    ("name", "resolution", "share"), [*combinations(FORMATS, (10, 20, 60), (0.3,)), ("geotiff", 10, 0.9)]
)
def test_sizes_on_the_generated_archive_are_right_before_the_first_order(
    make: Make, settings: Any, generated: Path, name: str, resolution: int, share: float
) -> None:
    settings.MOSAIC_SOURCE = str(generated)
    made = make(**choices("2024-06-01", format=name, resolution=resolution, share=share))
    assert made.size_is_right, made.size


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("source", "start", "shares", "other_shares"),
    [
        ("generated", "2024-06-01", {10: 0.5, 20: 0.6, 60: 0.9}, {10: 0.7, 20: 0.9, 60: 0.7}),
        ("slovenia", "2023-08-01", {10: 0.03, 20: 0.08, 60: 0.2}, {10: 0.05, 20: 0.12, 60: 0.4}),
    ],
)
def test_after_ten_orders_sizes_are_right(
    request: pytest.FixtureRequest, make: Make, settings: Any, source: str, start: str, shares: dict, other_shares: dict
) -> None:
    settings.MOSAIC_SOURCE = str(SLOVENIA if source == "slovenia" else request.getfixturevalue("generated"))
    for order in ten_orders(start, shares):
        make(**order)
    made = [(make(**order), order) for order in other_orders(start, other_shares)]
    assert [(one.size, order) for one, order in made if not one.size_is_right] == []


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["geotiff", "netcdf"])
def test_what_was_forecast_of_a_cloudy_day_makes_its_size_right(make: Make, settings: Any, name: str) -> None:
    settings.MOSAIC_SOURCE = str(SLOVENIA)
    cloudy = {"period": {"kind": "day", "start": "2023-08-18"}, "share": 0.3, "resolution": 60, "format": name}
    order = choices("2023-08-01", **cloudy)
    day = date(2023, 8, 18)
    everything = shapely.box(*archive_extent().bounds)
    keep(keys_of(archive().search(everything, day, day)))
    made = make(**order)
    assert made.size_is_right, made.size
