"""``python -m processing learn``: how files on servers are laid out, learned before a series is asked for."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from processing.command_line import SOURCE_HELP, Progress, check_writable, nothing_collected

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from processing.granule import Granule

_EPILOG = """\
A series reads a pixel of a file on a server by two requests: where its tiles lie, and the tile. What is learned here,
by one request per file and none for what is known already, saves the first of them to every
"python -m processing series --headers DIR" of the next 30 days. Files that changed meanwhile are noticed.
Exit codes: 2 bad options, 3 unreachable source, 4 corrupt input.
"""
# As series have it: footprints are drawn with few corners.
_MARGIN_DEGREES = 0.01


def learn(options: argparse.Namespace, *, tell: Callable[[str], None]) -> None:
    """Learn what the options ask for; ``tell`` hears how it goes. Raises ProcessingErrors."""
    with nothing_collected():
        from shapely.geometry import box

        from processing.layouts import is_learnable, learn_layouts
        from processing.periods import EARLIEST
        from processing.sources import open_source

    place = _place(options)
    check_writable(options.headers)
    source = open_source(options.source)
    area = box(*source.extent().bounds) if place is None else place
    found = source.search(area, options.first or EARLIEST, options.last or date.max)
    away = [granule for granule in found if is_learnable(granule)]
    learn_layouts(_told(away, Progress("Layouts", tell)), options.headers)
    tell(f"{len(away)} of {len(found)} scenes lie on servers; the layouts of their files are known.")


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    made = argparse.ArgumentParser(
        prog="python -m processing learn",
        description="Learn how files on servers are laid out, so that a first series is as quick as later ones.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--source", required=True, help=SOURCE_HELP)
    made.add_argument("--headers", type=Path, required=True, metavar="DIR", help="where it is kept")
    made.add_argument("--lon", type=_degrees(180), metavar="DEGREES", help="longitude of a place (default: all)")
    made.add_argument("--lat", type=_degrees(90), metavar="DEGREES", help="latitude of the place")
    made.add_argument("--from", dest="first", type=_day, metavar="DAY", help="first day, YYYY-MM-DD")
    made.add_argument("--to", dest="last", type=_day, metavar="DAY", help="last day")
    made.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return made


def _place(options: argparse.Namespace) -> BaseGeometry | None:
    """Around the place that is asked for; None for all that the source has. Raises InvalidOrder."""
    from shapely.geometry import Point, box

    from processing.errors import FieldProblem, InvalidOrder

    given = {"lon": options.lon, "lat": options.lat, "from": options.first, "to": options.last}
    missing = [name for name, value in given.items() if value is None]
    if "://" in options.source and missing:
        # Whoever forgets one of them would ask for millions of files.
        raise InvalidOrder([FieldProblem(name, "is missing; an archive behind an API has no end") for name in missing])
    if (options.lon is None) != (options.lat is None):
        raise InvalidOrder([FieldProblem(missing[0], "is missing; give longitude and latitude, or neither")])
    if options.lon is None:
        return None
    return Point(options.lon, options.lat).buffer(_MARGIN_DEGREES).intersection(box(-180, -90, 180, 90))


def _told(granules: Sequence[Granule], tell: Callable[[str, float], None]) -> Iterator[Granule]:
    """The granules, with word of how far it has come."""
    for number, granule in enumerate(granules):
        tell("learning", 100 * number / len(granules))
        yield granule


def _degrees(most: int) -> Callable[[str], float]:
    """An option that is a number of degrees, no further from 0 than ``most``."""

    def degrees(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not abs(number) <= most:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number of degrees from -{most} to {most}")
        return number

    return degrees


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no day; write it as YYYY-MM-DD") from None
