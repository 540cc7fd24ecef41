"""What a worker finds out about a pixel: the product's own numbers and choice, whatever became of the archive."""

from __future__ import annotations

import io
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from rasterio.io import MemoryFile

from hub.orders import storage
from hub.orders.models import Product
from hub.pixels import keeping, making, places
from hub.pixels.asking import ask
from hub.pixels.held import held_values
from hub.pixels.models import Question, State
from hub.pixels.places import Pixel
from tests.hub.explained import LAYERS, delivered_mosaic, middle
from tests.hub.processes import until, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def mosaic(alice: AbstractUser, spec_json: dict[str, Any]) -> Product:
    """A product of alice's, made from the small archive."""
    return delivered_mosaic(alice, spec_json | {"layers": LAYERS})


def asked(product: Product, row: int, column: int) -> Question:
    return ask(product, Pixel(row, column, 0.0, 0.0))


def made(product: Product, row: int, column: int) -> Question:
    question = asked(product, row, column)
    making.make(question.pk)
    question.refresh_from_db()
    return question


def stored(product: Product, beginning: str) -> np.ndarray:
    """The numbers (y, x) in the file of the product whose name begins so."""
    file = next(file for file in product.files.all() if file.name.startswith(beginning))
    with rasterio.open(storage.path_of(file)) as dataset:
        return dataset.read(1)


def some_pixels(product: Product, count: int = 12) -> list[tuple[int, int]]:
    grid = places.grid_of(product)
    numbers = np.random.default_rng(7).choice(grid.width * grid.height, count, replace=False)
    return [divmod(int(number), grid.width) for number in numbers]


def test_the_answer_is_what_the_product_holds(mosaic: Product) -> None:
    rasters = {
        "source_index": stored(mosaic, "source_index"),
        "valid_obs": stored(mosaic, "valid_obs"),
        "B04": stored(mosaic, "B04"),
        "scene_classification": stored(mosaic, "quality_scene_classification"),
        "method": stored(mosaic, "method"),
    }
    for row, column in some_pixels(mosaic):
        question = made(mosaic, row, column)
        assert question.state == State.MADE, question.problems
        answer = question.answer
        there = {name: int(raster[row, column]) for name, raster in rasters.items()}
        assert {name: answer["values"][name] for name in there} == there
        assert {name: answer["held"][name] for name in there} == there
        assert (answer["valid_obs"], answer["agrees"], answer["notes"]) == (there["valid_obs"], True, [])
        chosen = [each for each in answer["candidates"] if each["verdict"] == "chosen"]
        assert [each["source_index"] for each in chosen] == ([there["source_index"]] if there["valid_obs"] else [])
        if chosen:
            assert chosen[0]["reflectance"]["B04"] == there["B04"]
            assert chosen[0]["scene_class"] == there["scene_classification"]


def test_the_outline_is_the_pixels(mosaic: Product) -> None:
    row, column = middle(mosaic)
    answer = made(mosaic, row, column).answer
    lon, lat = np.mean(answer["outline"], axis=0)
    found = places.pixel_at(places.grid_of(mosaic), lon, lat)
    assert found and (found.row, found.column) == (row, column)
    for (west, north), where in zip(answer["outline"], [(1, -1), (-1, -1), (-1, 1), (1, 1)], strict=True):
        # A tenth of a pixel inwards from each corner.
        inside = west + where[0] * 5e-5, north + where[1] * 5e-5
        found = places.pixel_at(places.grid_of(mosaic), *inside)
        assert found and (found.row, found.column) == (row, column)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_every_candidate_has_a_picture_of_its_surroundings(mosaic: Product) -> None:
    question = made(mosaic, *middle(mosaic))
    assert question.pictures == list(range(len(question.answer["candidates"]))) != []
    for number in question.pictures:
        with MemoryFile(io.BytesIO(keeping.picture_path(question, number).read_bytes())) as file, file.open() as image:
            picture = image.read()
        assert picture.shape == (4, making.PICTURE_SIDE_PX, making.PICTURE_SIDE_PX)
        assert (picture[3] == 255).all() and picture[:3].std() > 0


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("format_", ["netcdf", "jp2"])
def test_the_numbers_of_every_format_are_read(
    alice: AbstractUser, spec_json: dict[str, Any], crs: str, format_: str
) -> None:
    product = delivered_mosaic(alice, spec_json | {"layers": LAYERS, "format": format_, "crs": crs})
    row, column = middle(product)
    held = held_values(product, row=row, column=column)
    assert set(held) == {"B02", "B03", "B04", *LAYERS}
    answer = made(product, row, column).answer
    assert {name: answer["values"][name] for name in held} == held


def test_scenes_that_came_since_change_nothing(
    alice: AbstractUser, spec_json: dict[str, Any], settings: Any, tmp_path: Path
) -> None:
    archive = copied_archive(settings, tmp_path)
    whole = json.loads(archive.read_text())
    newest = max(item["properties"]["datetime"] for item in whole["features"])
    earlier = [item for item in whole["features"] if item["properties"]["datetime"] != newest]
    archive.write_text(json.dumps(whole | {"features": earlier}))
    mosaic = delivered_mosaic(alice, spec_json | {"layers": LAYERS})
    archive.write_text(json.dumps(whole))
    answer = made(mosaic, *middle(mosaic)).answer
    assert {each["item"] for each in answer["candidates"]} <= {item["id"] for item in earlier}
    assert answer["candidates"] and not answer["missing"] and not answer["notes"]
    assert answer["values"]["source_index"] == answer["held"]["source_index"]


def test_scenes_that_are_gone_are_named(mosaic: Product, settings: Any, tmp_path: Path) -> None:
    row, column = middle(mosaic)
    before = made(mosaic, row, column).answer
    chosen = before["candidates"][before["chosen"]]["item"]
    archive = copied_archive(settings, tmp_path)
    collection = json.loads(archive.read_text())
    collection["features"] = [item for item in collection["features"] if item["id"] != chosen]
    archive.write_text(json.dumps(collection))
    Question.objects.all().delete()
    question = made(mosaic, row, column)
    assert question.state == State.MADE
    assert question.answer["missing"] == [chosen]
    assert any(chosen in note["sentence"] for note in question.answer["notes"])
    assert question.answer["held"]["source_index"] == before["source_index"]


@pytest.mark.parametrize("lacks", ["archive", "scenes"])
def test_an_archive_that_is_away_is_told_without_paths(
    mosaic: Product, settings: Any, tmp_path: Path, lacks: str
) -> None:
    archive = copied_archive(settings, tmp_path)
    if lacks == "archive":
        shutil.rmtree(archive.parent)
    else:
        archive.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    question = made(mosaic, *middle(mosaic))
    assert question.state == State.FAILED
    assert question.problems[0]["message"] and str(tmp_path) not in question.problems[0]["message"]


def copied_archive(settings: Any, tmp_path: Path) -> Path:
    """The archive anew where it may be changed; orders are made from it from now on."""
    folder = tmp_path / "another archive"
    shutil.copytree(Path(settings.MOSAIC_SOURCE).parent, folder)
    settings.MOSAIC_SOURCE = str(folder / "items.json")
    return folder / "items.json"


def test_a_fault_of_ours_names_no_paths(mosaic: Product, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("/secret/place")

    monkeypatch.setattr(making, "held_values", broken)
    question = made(mosaic, *middle(mosaic))
    assert question.state == State.FAILED and "secret" not in json.dumps(question.problems)


def test_a_product_made_again_meanwhile_is_asked_about_anew(mosaic: Product) -> None:
    question = asked(mosaic, *middle(mosaic))
    Product.objects.update(attempt=mosaic.attempt + 1)
    making.make(question.pk)
    question.refresh_from_db()
    assert (question.state, question.problems[0]["code"]) == (State.FAILED, "made_again")


def test_one_that_no_worker_took_in_time_is_not_made(mosaic: Product, settings: Any) -> None:
    question = asked(mosaic, *middle(mosaic))
    Question.objects.update(asked_at=timezone.now() - timedelta(seconds=settings.PIXEL_LOST_SECONDS + 1))
    making.make(question.pk)
    question.refresh_from_db()
    assert question.state == State.WAITING and question.is_lost
    making.make(10**6)


def test_a_late_worker_does_not_answer_what_was_asked_anew(
    mosaic: Product, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    question = asked(mosaic, *middle(mosaic))
    real = making.held_values

    def slow(*args: Any, **named: Any) -> dict[str, int]:
        Question.objects.update(state=State.MAKING, asked_at=timezone.now())
        return real(*args, **named)

    monkeypatch.setattr(making, "held_values", slow)
    making.make(question.pk)
    question.refresh_from_db()
    assert (question.state, question.answer, question.pictures) == (State.MAKING, {}, None)


def test_pictures_that_cannot_be_written_leave_the_answer(mosaic: Product, settings: Any) -> None:
    keeping.root().write_text("in the way")
    question = made(mosaic, *middle(mosaic))
    assert (question.state, question.pictures) == (State.MADE, [])


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_answers(
    alice: AbstractUser, spec_json: dict[str, Any], empty_queue: None, tmp_path: Path
) -> None:
    mosaic = delivered_mosaic(alice, spec_json | {"layers": LAYERS})
    with worker(tmp_path) as process:
        question = asked(mosaic, *middle(mosaic))

        def is_over() -> bool:
            question.refresh_from_db()
            return question.state == State.FAILED or question.pictures is not None

        until(is_over, seconds=60, what="the answer", log=process.log)
    assert question.state == State.MADE, question.problems
    assert len(question.pictures) == len(question.answer["candidates"])
