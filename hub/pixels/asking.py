"""A reader's verb: ask why a pixel is as it is. What was asked before by anybody is there already."""

from __future__ import annotations

import logging
import math
import re
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub.errors import FileGone, HubError
from hub.orders.committed import once_committed
from hub.orders.models import Order, Product
from hub.orders.queue import BROKER_AWAY
from hub.orders.states import Status
from hub.pixels import places
from hub.pixels.models import Question, State
from hub.pixels.places import Pixel
from processing.errors import FieldProblem, InvalidOrder

logger = logging.getLogger(__name__)

# Footprints are drawn with straight edges in degrees, products are not: as much as a long edge bends.
NEARBY_DEGREES = 0.01
NUMBER = re.compile(r"[+-]?(\d{1,4}([.,]\d{0,20})?|[.,]\d{1,20})")
LONGEST_NUMBER = 40
FAILED_LATELY = timedelta(minutes=1)
BROKER_AWAY_CODE = "no_worker"


class TooManyQuestions(HubError):
    code = "too_many_questions"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = _("Too many pixels are being explained at once.")
    remedy = _("Try again in a minute.")


class OutsideProduct(HubError):
    """The place lies in none of the pixels."""

    code = "outside_product"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    sentence = _("There is no pixel of the mosaic at this place.")
    remedy = _("Choose a place inside it.")


class NotDelivered(HubError):
    code = "not_delivered"
    status = HTTPStatus.CONFLICT
    sentence = _("The mosaic is not ready yet.")
    remedy = _("Ask again when it is.")


class NotExplained(HubError):
    """A worker tried, in vain."""

    code = "not_explained"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    mender = "operator"
    retry = True
    sentence = _("This pixel could not be explained.")
    remedy = _("Try again in a minute.")


def degrees(text: str, field: str) -> float:
    """A number as people write it, with a point or a comma. Raises InvalidOrder at ``field``."""
    text = text.strip()
    if len(text) > LONGEST_NUMBER or not text.isascii() or not NUMBER.fullmatch(text):
        raise InvalidOrder([FieldProblem(field, gettext("must be a number of degrees"))])
    return float(text.replace(",", "."))


def ask_at(order: Order, lon: float, lat: float, *, product: Product | None = None, patient: bool = False) -> Question:
    """The question about the pixel of ``order`` that holds the place; of ``product`` alone where that is given.

    ``patient``: one that failed a moment ago is handed out as it is.
    Raises InvalidOrder naming ``lon`` or ``lat``, OutsideProduct, NotDelivered, FileGone, TooManyQuestions.
    """
    for candidate in _products_at(order, lon, lat, product):
        if pixel := places.pixel_at(places.grid_of(candidate), lon, lat):
            return ask(candidate, pixel, patient=patient)
    raise OutsideProduct


def ask(product: Product, pixel: Pixel, *, patient: bool = False) -> Question:
    """The question about ``pixel``: the one there is, or a new one that a worker will answer.

    One that failed, or that is about an earlier attempt at the product, is asked anew. Raises TooManyQuestions.
    """
    with transaction.atomic():
        question, is_new = Question.objects.get_or_create(
            product=product,
            row=pixel.row,
            column=pixel.column,
            defaults={"lon": pixel.lon, "lat": pixel.lat, "attempt": product.attempt},
        )
        if not is_new:
            # Two readers at once: the second one finds it waiting.
            question = Question.objects.select_for_update().get(pk=question.pk)
            if _is_worth_keeping(question, product, patient=patient):
                return question
            _begin_anew(question, product, pixel)
        waiting = Question.objects.unfinished().filter(product__order=product.order_id).exclude(pk=question.pk)
        if waiting.count() >= settings.PIXEL_LIMIT_WAITING_PER_ORDER:
            raise TooManyQuestions
        once_committed(_enqueue, question.pk)
    return question


def _products_at(order: Order, lon: float, lat: float, product: Product | None) -> list[Product]:
    """Delivered products of ``order`` that may hold the place, ``product`` first."""
    delivered = order.products.filter(status=Status.SUCCESSFUL)
    if product is not None:
        _check_delivered(product)
        return [product]
    # What is no number is told by the pixel of the first one.
    if math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90:
        reach = NEARBY_DEGREES
        square = Polygon.from_bbox((lon - reach, lat - reach, lon + reach, lat + reach))
        square.srid = 4326
        near = list(delivered.filter(footprint__intersects=square))
    else:
        near = list(delivered[:1])
    if not near and not delivered.exists():
        first = order.products.first()
        if first is None:
            raise OutsideProduct
        _check_delivered(first)
    for found in near:
        found.order = order
    return near


def _check_delivered(product: Product) -> None:
    if product.status == Status.EXPIRED:
        raise FileGone
    if product.status != Status.SUCCESSFUL:
        raise NotDelivered


def _is_worth_keeping(question: Question, product: Product, *, patient: bool) -> bool:
    is_of_now = Question.objects.of(product).filter(pk=question.pk).exists()
    if question.state == State.FAILED:
        return is_of_now and patient and timezone.now() - question.asked_at < FAILED_LATELY
    return is_of_now and not question.is_lost


def _begin_anew(question: Question, product: Product, pixel: Pixel) -> None:
    """As if never asked. Its key stays; a worker that is still at the earlier one is told by ``asked_at``."""
    question.state, question.asked_at, question.attempt = State.WAITING, timezone.now(), product.attempt
    question.lon, question.lat = pixel.lon, pixel.lat
    question.answer, question.pictures, question.problems = {}, None, []
    question.save()


def _enqueue(question_pk: int) -> None:
    from hub.pixels.tasks import make

    try:
        make.apply_async((question_pk,), retry=False)
    except BROKER_AWAY as error:
        logger.warning("The broker is away, a pixel cannot be explained: %s", error)
        Question.objects.filter(pk=question_pk, state=State.WAITING).update(
            state=State.FAILED, problems=[{"code": BROKER_AWAY_CODE, "message": ""}]
        )
