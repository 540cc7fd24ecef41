"""A worker's verb: find out why a pixel is as it is."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.conf import settings

from hub.archive import archive, headers_folder
from hub.errors import FileGone, told_to_users
from hub.orders.troubles import UNEXPECTED
from hub.pixels import keeping, places
from hub.pixels.held import held_values
from hub.pixels.models import Question, State, lost_since
from processing.errors import ProcessingError
from processing.grid import WGS84_EPSG, Grid, transformer
from processing.pixels.explaining import Explainer
from processing.pixels.explanation import Explanation
from processing.pixels.thumbnails import as_png, thumbnails

logger = logging.getLogger(__name__)

PICTURE_SIDE_PX = 41


class MadeAgain(Exception):
    """The product is another since the question was asked."""

    code = "made_again"


def make(question_pk: int) -> None:
    """Answer the question if it is still to be had; whatever happens ends in its row.

    The answer first, then the pictures: they take longer, and nobody needs to wait for them to read it.
    """
    taken = Question.objects.filter(pk=question_pk, state=State.WAITING, asked_at__gt=lost_since())
    if not taken.update(state=State.MAKING):
        return
    question = Question.objects.select_related("product__order").get(pk=question_pk)
    try:
        _answer(question)
    except (FileGone, MadeAgain) as gone:
        _fail(question, gone.code)
    except ProcessingError as error:
        logger.info("A pixel could not be explained: %s", error)
        _fail(question, error.code, told_to_users(error))
    except Exception:
        logger.exception("Question %s failed", question.pk)
        _fail(question, "internal_error", UNEXPECTED)


def _answer(question: Question) -> None:
    product = question.product
    if product.attempt != question.attempt:
        raise MadeAgain
    whole = places.grid_of(product)
    grid = places.cell(whole, row=question.row, column=question.column)
    made = places.made_from(product)
    held = held_values(product, row=question.row, column=question.column)
    with Explainer(
        product.order.mosaic_spec,
        archive(),
        items=made.items,
        offsets=made.offsets,
        area=whole.footprint,
        threads=settings.PIXEL_THREADS,
        headers=headers_folder(),
    ) as explainer:
        explanation = explainer.explain(grid, recorded=held.get("source_index"))
    answer = explanation.to_json() | {"held": held, "outline": outline(grid)}
    if _finish(question, state=State.MADE, answer=answer):
        _keep_pictures(question, explanation, grid)


def _keep_pictures(question: Question, explanation: Explanation, grid: Grid) -> None:
    """Write the pictures; an answer without them is one too."""
    try:
        pictures = _pictures(explanation, grid)
        keeping.keep(question, pictures)
    except (ProcessingError, OSError) as error:
        logger.warning("The pictures of question %s could not be made: %s", question.pk, error)
        pictures = {}
    except Exception:
        logger.exception("The pictures of question %s could not be made", question.pk)
        pictures = {}
    answered = Question.objects.filter(pk=question.pk, state=State.MADE, asked_at=question.asked_at)
    answered.update(pictures=list(pictures))


def _pictures(explanation: Explanation, grid: Grid) -> dict[int, bytes]:
    """PNG files by the position of the candidate."""
    found = thumbnails(
        explanation.granules, grid, size_px=PICTURE_SIDE_PX, threads=settings.PIXEL_THREADS, headers=headers_folder()
    )
    items = [granule.item_id for granule in explanation.granules]
    return {number: as_png(found[item]) for number, item in enumerate(items) if item in found}


def outline(grid: Grid) -> list[list[float]]:
    """Longitude and latitude of the corners of a grid."""
    west, south, east, north = grid.bounds
    corners = [(west, north), (east, north), (east, south), (west, south)]
    if grid.is_utm:
        corners = [transformer(grid.epsg, WGS84_EPSG).transform(x, y) for x, y in corners]
    return [[round(x, 8), round(y, 8)] for x, y in corners]


def _fail(question: Question, code: str, message: str = "") -> None:
    _finish(question, state=State.FAILED, problems=[{"code": code, "message": message}])


def _finish(question: Question, **columns: Any) -> int:
    # Nothing where the row was removed, or asked anew, meanwhile.
    asked_at: datetime = question.asked_at
    return Question.objects.filter(pk=question.pk, state=State.MAKING, asked_at=asked_at).update(**columns)
