"""A question as it goes along with a message to the service desk: all of it, to be read when the order is long gone."""

from __future__ import annotations

import base64
import logging
from typing import Any

from hub.errors import FileGone
from hub.orders.models import Product
from hub.pixels import keeping, places
from hub.pixels.models import Question, State
from hub.pixels.wording import Answer

logger = logging.getLogger(__name__)

MOST_PICTURES = 60


def report_of(question: Question) -> dict[str, Any]:
    """The question with its answer, the product's scenes, the pictures, and the software that made the product."""
    return {
        "key": question.key,
        "order": question.product.order_id,
        "product": question.product_id,
        "product_name": question.product.name,
        "row": question.row,
        "column": question.column,
        "lon": question.lon,
        "lat": question.lat,
        "asked_at": question.asked_at.isoformat(),
        "answer": question.answer,
        **_made_from(question.product),
        "pictures": _pictures(question),
    }


class Report:
    """A report as it is read again."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.kept = kept
        # Never saved: only to be worded as answers are.
        self.question = Question(
            key=kept["key"],
            row=kept["row"],
            column=kept["column"],
            lon=kept["lon"],
            lat=kept["lat"],
            state=State.MADE if kept["answer"] else State.FAILED,
            answer=kept["answer"],
            pictures=[int(number) for number in kept["pictures"]],
        )

    @property
    def answer(self) -> Answer | None:
        """None where there was no answer yet when it was sent."""
        return Answer(self.question) if self.kept["answer"] else None

    @property
    def rows(self) -> list[tuple[Any, str]]:
        """The candidates, and of each the address of its picture, or ""."""
        answer, pictures = self.answer, self.kept["pictures"]
        return [
            (candidate, _address(pictures.get(str(candidate.number), "")))
            for candidate in (answer.candidates if answer else ())
        ]

    @property
    def coordinate(self) -> str:
        """As maps take it: latitude, longitude."""
        return f"{self.kept['lat']:.6f},{self.kept['lon']:.6f}"


def _made_from(product: Product) -> dict[str, Any]:
    try:
        made = places.made_from(product)
    except FileGone:
        return {"scenes": [], "software": ""}
    return {"scenes": list(made.items), "software": made.software}


def _pictures(question: Question) -> dict[str, str]:
    """PNG files in base64, by the position of the candidate."""
    found = {}
    for number in (question.pictures or [])[:MOST_PICTURES]:
        try:
            found[str(number)] = base64.b64encode(keeping.picture_path(question, number).read_bytes()).decode()
        except OSError as error:
            logger.warning("A picture of question %s cannot be read: %s", question.pk, error)
    return found


def _address(picture: str) -> str:
    return f"data:image/png;base64,{picture}" if picture else ""
