"""What is to be told of a product: the order, its scenes, its files, what was decided and what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processing.formats.base import Format, Heading, WrittenFile
from processing.granule import Granule
from processing.grid import Grid
from processing.quality.report import Report
from processing.spec import MosaicSpec


@dataclass(frozen=True)
class Publisher:
    """Who answers for a product; told in the files beside the data alone, so that the data do not depend on it."""

    name: str = "Mosaic Hub"
    email: str = ""
    url: str = ""


@dataclass(frozen=True)
class Account:
    """What the sidecars tell of a product."""

    spec: MosaicSpec
    heading: Heading
    order_number: str
    grid: Grid
    granules: Sequence[Granule]
    """Oldest first: ``source_index`` counts in this order."""

    judged_by_angle: Sequence[bool]
    """For each granule whether its swath edge was cut by its view angles."""

    files: Sequence[WrittenFile]
    written_as: Format
    source: str
    rejected: Sequence[str]
    """What was left out of the scenes and why, one sentence each."""

    notes: Sequence[str]
    """What was done otherwise than the method says, one sentence each."""

    quality: Report
    publisher: Publisher = Publisher()

    @property
    def remarks(self) -> list[str]:
        """All that a user should know of how the product came about."""
        return [*self.rejected, *self.notes]
