"""How the files of granules on servers are laid out, learned before anybody asks for a pixel of them.

A raster on a server costs two requests, for its directory and for a tile. What is learned ahead leaves one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from processing.errors import SourceUnreachable
from processing.granule import Granule
from processing.rasters.remote import HttpFile, Remote, Unreachable
from processing.rasters.spool import Spool
from processing.rasters.tiff import NotPlain
from processing.sources.base import host_of

# Files that are asked for at the same time: half of what a server is asked when somebody waits.
_AT_ONCE = 16
# The size of pixels that series are of unless another is asked for; it decides between copies of a band.
_RESOLUTION_M = 10

_File = tuple[str, str | None]
"""A raster's address, and that of the document to keep beside it."""


def is_learnable(granule: Granule) -> bool:
    """Whether any of the granule's files may be a plain COG on a server: all others cost nothing to look at."""
    return any(_is_learnable(file.href) for file in granule.files.values())


def learn_layouts(granules: Iterable[Granule], headers: Path, *, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Keep in the folder ``headers`` how the files of granules are laid out: all bands and layers, and the metadata.

    One request per file, many at once; none for what is kept already. Files that are no plain COGs are passed over,
    and so are those that are missing or damaged: whoever reads them will say so. Of bands that the archive holds in
    several pixel sizes the copy that pixels of 10 m are read from. ``goes_on`` is asked before every file, in the
    caller's thread; once it says no, what was begun is finished and nothing else begun.

    Returns how many of the granules, from the first on, are done. Raises SourceUnreachable when a server does not
    answer; no more is asked for then, and nothing is tried twice: nobody waits for it.
    """
    spool = Spool()
    with closing(spool), closing(Remote(spool, headers=headers, brief=True)) as remote:
        return _learn(granules, remote, goes_on)


def _learn(granules: Iterable[Granule], remote: Remote, goes_on: Callable[[], bool]) -> int:
    done = 0
    under_way: deque[tuple[str, Future[None]]] = deque()
    for granule in granules:
        for raster, document in _files(granule):
            if not goes_on():
                _finish(under_way, down_to=0)
                return done
            under_way.append((raster, remote.submit(_look, raster, document, remote)))
            _finish(under_way, down_to=_AT_ONCE - 1)
        done += 1
    _finish(under_way, down_to=0)
    return done


def _finish(under_way: deque[tuple[str, Future[None]]], *, down_to: int) -> None:
    while len(under_way) > down_to:
        href, future = under_way.popleft()
        try:
            future.result()
        except Unreachable as cause:
            for _, other in under_way:
                other.cancel()
            raise SourceUnreachable(
                f"The archive at {host_of(href)} stopped answering while scenes were read; try again later."
            ) from cause


def _files(granule: Granule) -> Iterator[_File]:
    """Scene classes first, with the metadata, which are kept as long as the classes beside them do not change."""
    files = granule.for_resolution(_RESOLUTION_M).files
    metadata = granule.metadata_href
    document = metadata if metadata and metadata.startswith(("http://", "https://")) else None
    classes_first = sorted(files, key=lambda band: band != "SCL")
    for href in dict.fromkeys(files[band].href for band in classes_first if _is_learnable(files[band].href)):
        yield href, document if href == files["SCL"].href else None


def _is_learnable(href: str) -> bool:
    return href.startswith(("http://", "https://")) and not href.split("?")[0].lower().endswith(".jp2")


def _look(raster: str, document: str | None, remote: Remote) -> None:
    """Learn a file, and keep the document beside it. Raises Unreachable."""
    try:
        http = HttpFile(raster, remote)
        _, version = http.structure()
        version = version or http.version
        if document and version:
            remote.document(document, version)
    except Unreachable:
        raise
    except (NotPlain, OSError):
        pass
