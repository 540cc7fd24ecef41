"""``python -m processing series``: a time series printed step by step, or written as CSV, JSON or NetCDF."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

from processing.command_line import SOURCE_HELP, Progress, check_writable, nothing_collected, positive, read_json

_FORMATS = ("csv", "json", "netcdf")
_EPILOG = """\
The keys of SERIES.json are those of the options (name, contents, place or area, kind, start, end, resolution, crs,
epsg, method, mask, bands, layers); options given beside it come on top. CSV goes to standard output step by step, as
soon as each is ready. Exit codes: 2 bad series, 3 unreachable source, 4 corrupt input, 5 full disk.
"""


Say = Callable[[str], None]


def give_series(options: argparse.Namespace, *, show: Say, tell: Say) -> None:
    """Make the series and write it where it was asked for. Raises ProcessingErrors.

    ``show`` takes text for standard output, ``tell`` a line about how it goes.
    """
    with nothing_collected():
        from processing.errors import FieldProblem, InvalidOrder
        from processing.pixels.exports import to_csv, to_json, to_netcdf
        from processing.pixels.series import make_series
        from processing.pixels.series_spec import SeriesSpec
        from processing.sources import open_source

    spec = SeriesSpec.parse(_asked(options))
    if options.format == "netcdf" and options.out is None:
        raise InvalidOrder([FieldProblem("format", "NetCDF is no text; name a file with --out")])
    if options.out is not None:
        check_writable(options.out.parent)
    source = open_source(options.source)
    progress = _Forward(Progress(spec.name, tell))
    making = make_series(spec, source, threads=options.threads, progress=progress, headers=options.headers)
    with closing(making) as steps:
        told = _begun(_told(steps, tell))
        if options.format == "netcdf":
            to_netcdf(spec, told, options.out)
        elif options.format == "json":
            document = to_json(spec, told)
            _write([json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"], options.out, show)
        else:
            _write(to_csv(spec, told), options.out, show)


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    from processing.registry import names

    made = argparse.ArgumentParser(
        prog="python -m processing series",
        description="What Sentinel-2 saw at a place over time: composites by period, raw observations, or "
        "statistics of an area.",
        epilog=_EPILOG + f"Methods: {', '.join(names('methods'))}. Masks: {', '.join(names('masks'))}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("series", metavar="SERIES.json", nargs="?", help="the series; - reads it from standard input")
    made.add_argument("--source", required=True, help=SOURCE_HELP)
    _add_options_of_series(made)
    made.add_argument("--format", choices=_FORMATS, default="csv", help="default csv")
    made.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: standard output)")
    made.add_argument("--headers", type=Path, metavar="DIR", help="keep there how files on servers are laid out")
    made.add_argument("--threads", type=positive, default=2, metavar="N", help="default 2")
    made.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return made


def _add_options_of_series(made: argparse.ArgumentParser) -> None:
    # What they may be is said by SeriesSpec, with the field and the remedy, whichever way a series comes in.
    made.add_argument("--name", help="name of the series")
    made.add_argument("--contents", metavar="WHAT", help="composites (default), observations or statistics")
    made.add_argument("--lon", type=_degrees, metavar="DEGREES", help="longitude of the place, EPSG:4326")
    made.add_argument("--lat", type=_degrees, metavar="DEGREES", help="latitude of the place")
    made.add_argument("--pixels", type=positive, metavar="N", help="1 (default), or 3 for 3 x 3 pixels")
    made.add_argument("--area", metavar="FILE", help="GeoJSON file of the area of statistics")
    made.add_argument("--from", dest="start", metavar="DAY", help="first day, YYYY-MM-DD")
    made.add_argument("--to", dest="end", metavar="DAY", help="last day")
    made.add_argument("--kind", metavar="PERIOD", help="day, dekad, month (default), quarter or year")
    made.add_argument("--resolution", type=positive, metavar="M", help="pixel size in metres: 10 (default), 20 or 60")
    made.add_argument("--crs", help="utm (default) or wgs84")
    made.add_argument("--epsg", type=positive, metavar="CODE", help="another UTM zone than the place's own")
    made.add_argument("--method", help="how one observation is chosen (default s2gm)")
    made.add_argument("--mask", help="which pixels count (default: the method's own)")
    made.add_argument("--bands", type=_names, metavar="B04,B08", help="bands (default: all)")
    made.add_argument("--layers", type=_names, metavar="NAMES", help='other layers; "" for none')


_KEYS = (
    "name", "contents", "start", "end", "kind", "resolution", "crs", "epsg", "method", "mask", "bands", "layers",
)  # fmt: skip


def _asked(options: argparse.Namespace) -> Any:
    """The series as JSON: the file's, with the options on top."""
    asked = read_json(options.series, field="series") if options.series is not None else {}
    if not isinstance(asked, dict):
        return asked
    asked = asked | {key: value for key in _KEYS if (value := getattr(options, key)) is not None}
    place = {key: value for key in ("lon", "lat", "pixels") if (value := getattr(options, key)) is not None}
    if place:
        before = asked.get("place")
        asked["place"] = (before if isinstance(before, dict) else {}) | place
    if options.area is not None:
        asked["area"] = _geometry(read_json(options.area, field="area"))
        asked.setdefault("contents", "statistics")
    return asked


def _geometry(document: Any) -> Any:
    """The geometry of a GeoJSON document that holds one: as it is, as a feature, or as the only feature of many."""
    if isinstance(document, dict) and isinstance(document.get("features"), list) and len(document["features"]) == 1:
        document = document["features"][0]
    if isinstance(document, dict) and document.get("type") == "Feature":
        return document.get("geometry")
    return document


def _told(steps: Iterator[Any], tell: Say) -> Iterator[dict[str, Any]]:
    """The steps as JSON; what they note is told, each sentence once."""
    known: set[str] = set()
    for step in steps:
        told = step.to_json()
        note = told.get("note")
        if note and note not in known:
            known.add(note)
            tell(f"{told.get('title') or told.get('sensed_at')}: {note}")
        yield told


def _begun(steps: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same, the first of them made: who is refused shall not see the first line of a table."""
    return chain([first] if (first := next(steps, None)) is not None else [], steps)


class _Forward:
    """Progress that never goes back: while a step is waited for, the engine tells no percentage."""

    def __init__(self, tell: Callable[[str, float], None]) -> None:
        self._tell, self._furthest = tell, 0.0

    def __call__(self, stage: str, percent: float) -> None:
        self._furthest = max(self._furthest, percent)
        self._tell(stage, self._furthest)


def _write(texts: Iterable[str], path: Path | None, show: Say) -> None:
    """To standard output as they come; or into a file that appears once it is whole."""
    if path is None:
        for text in texts:
            show(text)
        return
    from processing.storage import storage_errors

    with storage_errors(path.parent), tempfile.TemporaryDirectory(dir=path.parent, prefix=".series-") as scratch:
        made = Path(scratch) / "series"
        with made.open("w", encoding="utf-8", newline="") as file:
            file.writelines(texts)
        made.replace(path)


def _degrees(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number of degrees") from None


def _names(text: str) -> list[str]:
    return [name for name in text.replace(",", " ").split() if name]
