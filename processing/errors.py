"""What can go wrong in making a mosaic, who can mend it, and whether trying again is worth it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal


class ProcessingError(Exception):
    """Base of all errors of this package; ``str(error)`` is one plain sentence."""

    code: ClassVar[str] = "processing_error"
    mender: ClassVar[Literal["user", "operator"]] = "operator"
    retry: ClassVar[bool] = False


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong with an order, at the field where it is wrong."""

    field: str
    """Dotted path in the order's JSON: ``area``, ``period.start``, ``bands`` ..."""

    message: str
    """What is wrong and what to do, in one sentence."""


class InvalidOrder(ProcessingError):
    """The order cannot be made as it stands. ``problems`` holds every reason found."""

    code = "invalid_order"
    mender = "user"

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{problem.field}: {problem.message}" for problem in self.problems))


class NoScenes(InvalidOrder):
    """The archive holds nothing for the area (or a series' place), or nothing for it in the period."""

    code = "no_scenes"

    def __init__(self, field: Literal["area", "period", "place", "start"], message: str) -> None:
        super().__init__([FieldProblem(field, message)])
        self.field = field


class SourceUnreachable(ProcessingError):
    """The archive does not answer."""

    code = "source_unreachable"
    retry = True


class CorruptInput(ProcessingError):
    """The archive answers with something that cannot be read."""

    code = "corrupt_input"


class NoReadableScene(CorruptInput):
    """Every scene of the order is damaged. The sentence names scenes and their files, never paths."""


class StorageFull(ProcessingError):
    """There is no room left where the product is written."""

    code = "storage_full"
    retry = True


class OutOfMemoryLimit(ProcessingError):
    """The order cannot be made within the memory allowed, not even in the smallest blocks."""

    code = "memory_limit"


class QualityRejected(ProcessingError):
    """The product was made, but its files are not whole or not right: it is not delivered."""

    code = "quality_rejected"
