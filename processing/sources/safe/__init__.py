"""A folder of Level-2A products as ESA delivers them (``*.SAFE``), or one such product.

Products may lie deeper, in folders by year and month for example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import Granule
from processing.granule_index import GranuleIndex
from processing.sources.base import Extent
from processing.sources.safe.product import SUFFIX, granule_from_safe, is_other_product

NAME = "safe"
# The Copernicus Data Space has six: mission, instrument, level, year, month, day.
_DEEPEST = 8
# So many folders without one product in them, and the place is taken for something else.
_MOST_FOLDERS_TRIED = 10_000


def accepts(where: str) -> bool:
    """Whether ``where`` ends in .SAFE, there or not, or is a folder with such products in it."""
    if "://" in where:
        return False
    path = Path(where)
    return _is_product(path) or any(map(_is_product, islice(_folders(path, []), _MOST_FOLDERS_TRIED)))


def connect(where: str) -> SafeSource:
    """The source that ``where`` names. Raises SourceUnreachable or CorruptInput."""
    return SafeSource(Path(where).absolute())


class SafeSource:
    """All granules of a folder of products; their metadata are held in memory."""

    name = NAME

    def __init__(self, path: Path) -> None:
        """Read the metadata of all products.

        A product that lacks something is left out and noted in ``rejected``; Level-1C and products of other
        missions are passed over. A folder without one product that can be used raises CorruptInput.
        """
        if not path.exists():
            raise SourceUnreachable(f"There is no folder {path}; check the source's path.")
        if not path.is_dir():
            raise SourceUnreachable(f"{path} is a file; unpack the product and give its folder.")
        self.title = f"SAFE product {path.name}" if _is_product(path) else f"SAFE products in {path.name}"
        rejected: list[str] = []
        products = [path] if _is_product(path) else filter(_is_product, _folders(path, rejected))
        granules = list(_granules(products, rejected))
        self.rejected = tuple(rejected)
        if not granules:
            reason = self.rejected[0] if self.rejected else "It holds products of other kinds only."
            raise CorruptInput(f"{path} holds no Sentinel-2 Level-2A product that can be used. {reason}")
        self._index = GranuleIndex(granules)

    def search(self, area: BaseGeometry, first_day: date, last_day: date) -> list[Granule]:
        """See ``Source.search``."""
        return self._index.search(area, first_day, last_day)

    def extent(self) -> Extent:
        """The box around all footprints, and the days of the first and last datatake."""
        return self._index.extent()


def _is_product(path: Path) -> bool:
    return path.name.upper().endswith(SUFFIX)


def _folders(folder: Path, unread: list[str], deepest: int = _DEEPEST) -> Iterator[Path]:
    """Folders below ``folder`` in order of their names; those of products are not entered, nor are links followed.

    A product itself may be a link, to where there is room for it. Folders that cannot be read join ``unread``.
    """
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        unread.append(f"Folder {ascii(folder.name)} cannot be read ({error.strerror}).")
        return
    for path in inside:
        if path.is_dir() and (_is_product(path) or not path.is_symlink()):
            yield path
            if deepest and not _is_product(path):
                yield from _folders(path, unread, deepest - 1)


def _granules(products: Iterable[Path], rejected: list[str]) -> Iterator[Granule]:
    for folder in products:
        if not is_other_product(folder):
            try:
                yield granule_from_safe(folder)
            except CorruptInput as problem:
                rejected.append(str(problem))
