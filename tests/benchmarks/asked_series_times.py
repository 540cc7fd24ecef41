"""How soon the steps of a series are in the database, with a real worker; prints the figures.

Run by ``python tests/benchmarks/bench_series_hub.py``. The archive is the one that ``make run`` makes. Times count
from the moment at which the request's transaction wrote the row: the queue, the worker and the engine are in them.
The first line is the first series that the worker makes in its life. January to May have no scene: their steps
come at once, so the first one with data is told too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from measuring import describe_machine

from hub.series import asking
from hub.series.models import Series
from hub.series.states import UNFINISHED
from processing.pixels.series_spec import SeriesSpec
from processing.sample import make_archive
from processing.sources import open_source
from tests.hub.processes import until, worker

PIXELS = ((0.50, 1), (0.40, 1), (0.45, 1), (0.55, 3), (0.60, 1))
"""Where in the archive, as a share of its sides, and how many pixels."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive") / "sample")


def is_over(series: Series) -> bool:
    series.refresh_from_db()
    return series.state not in UNFINISHED


@pytest.mark.django_db(transaction=True)
def test_print_how_soon_steps_come(archive: Path, settings: Any, tmp_path: Path) -> None:
    settings.MOSAIC_SOURCE, settings.VAR, settings.SCRATCH_ROOT = str(archive), tmp_path, tmp_path
    user = get_user_model().objects.create_user("alice", "alice@example.org")
    west, south, east, north = open_source(str(archive)).extent().bounds
    print(
        f"\n{describe_machine()}\n{'':34} {'claimed':>9} {'1st step':>9} {'1st data':>9} {'finished':>9} {'steps':>6}"
    )
    with worker(tmp_path) as process:
        for number, (share, pixels) in enumerate(PIXELS):
            place = {
                "lon": west + share * (east - west),
                "lat": south + share * (north - south),
                "pixels": pixels,
            }
            for contents, kind in (("composites", "month"), ("composites", "dekad"), ("observations", "month")):
                spec = SeriesSpec.parse(
                    {"contents": contents, "kind": kind, "place": place, "start": "2024-01-01", "end": "2024-12-31"}
                )
                series = asking.ask(user, spec)
                until(lambda series=series: is_over(series), seconds=120, what="the series", log=process.log)
                assert not series.problems, series.problems
                report(f"{number} {contents}, {kind}, {pixels} x {pixels}", series)


def report(title: str, series: Series) -> None:
    steps = list(series.steps.all())
    first_data = next(step for step in steps if step.content["pixels"][0]["granule"])
    moments = (series.started_at, steps[0].made_at, first_data.made_at, series.finished_at)
    times = " ".join(f"{(moment - series.asked_at).total_seconds():7.3f} s" for moment in moments)
    print(f"{title:34} {times} {series.steps_done:6}", flush=True)
