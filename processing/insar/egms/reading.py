"""Points of EGMS's L2a, L2b and L3 files, and of any CSV that is made like them.

Measured out of a zip (``tests/benchmarks/bench_insar_reading.py``), by the CPU time of one core of an AMD EPYC that
others used as well: with 60 dates 520,000 to 560,000 points a second, 235 MB of CSV; with 300 dates 233,000 to 256,000,
400 MB. More than half of it is unpacking, which goes on in a thread of its own. Memory: 140 to 170 MB with batches of
50,000 points, and 8 bytes more for each point to see that none comes twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from pyproj import Transformer

from processing.insar.attributes import ATTRIBUTES
from processing.insar.delivery import BadDelivery, Direction, PartFacts, PointBatch
from processing.insar.egms.columns import Layout, lay_out
from processing.insar.egms.metadata import read_metadata
from processing.insar.egms.names import FACILITIES, FileName, read_file_name
from processing.insar.egms.pids import L2Pid, decode_l2
from processing.insar.points import SeenNames, as_pids, check_places, keep_attribute
from processing.insar.tables import Header, Rows, Table, read_header, read_lines
from processing.insar.unpacking import Text
from processing.kernels.delimited import NUMBER, TEXT

_SAMPLE_ROWS = 256
_LAEA, _WGS84 = 3035, 4326
_FACILITY_CODES = frozenset(map(str, FACILITIES))
_COMPONENTS: dict[str, Direction] = {"U": "up", "E": "east"}
# Nearer to zero the direction of sight tells nothing of the side that the satellite is on.
_LEAST_LOS_EAST = 0.05


class EgmsDelivery:
    """A CSV of EGMS's form, out of a zip or bare, with its XML if there is one."""

    def __init__(self, text: Text, metadata: Text | None = None, *, wide: bool = False) -> None:
        """Reads header, metadata and the first rows. Raises BadDelivery where these are not what they should be."""
        self._text, self._wide = text, wide
        self._header = read_header(text)
        self._layout = lay_out(text.name, self._header)
        if self._layout.extra:
            self._layout = lay_out(text.name, self._header, _text_columns(text, self._header, self._layout))
        self._table = self._open_table()
        self._to_degrees = Transformer.from_crs(_LAEA, _WGS84, always_xy=True) if self._layout.level == "L3" else None
        self.facts = _facts(text, self._layout, self._sample(), read_metadata(metadata) if metadata else {})

    @property
    def rounded(self) -> int:
        """Displacements read so far that had more decimals than tenths of a millimetre keep."""
        return self._table.rounded

    @property
    def share_read(self) -> float:
        """How much of the file was read so far, 0 to 1."""
        return self._text.share_read

    def batches(self, size: int = 50_000) -> Iterator[PointBatch]:
        """All points; raises as ``Delivery.batches`` does."""
        self._table, seen = self._open_table(), SeenNames()
        for rows in self._table.batches(size):
            batch = self._batch(rows)
            seen.add(self._text.name, rows.names)
            yield batch
        seen.check(self._text.name, lambda: ((rows.names, rows.lines) for rows in self._open_table().batches(size)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open between batches."""

    def _open_table(self) -> Table:
        return Table(self._text, self._header, self._layout.columns, wide=self._wide)

    def _sample(self) -> Rows:
        table = Table(self._text, self._header, self._layout.columns, wide=True)
        for rows in table.batches(_SAMPLE_ROWS):
            return rows
        raise BadDelivery(self._text.name, "there are no points in it, only a header.")

    def _batch(self, rows: Rows) -> PointBatch:
        name, columns = self._text.name, self._layout.columns
        numbers = dict(zip(columns.of_kind(NUMBER), rows.numbers, strict=True))
        if self._to_degrees is not None:
            lon, lat = self._to_degrees.transform(numbers["easting"], numbers["northing"])
        else:
            lon, lat = numbers.pop("longitude"), numbers.pop("latitude")
        lon = check_places(name, lon, lat, rows.lines)
        kept = {column: keep_attribute(name, column, values, rows.lines) for column, values in numbers.items()}
        extra = {column: values for column, values in kept.items() if column not in ATTRIBUTES}
        for column, characters in zip(columns.of_kind(TEXT), rows.texts, strict=True):
            extra[column] = _check_text(name, column, characters, rows.lines)
        return PointBatch(
            lon=lon,
            lat=lat,
            pid=as_pids(rows.names),
            attributes={column: values for column, values in kept.items() if column in ATTRIBUTES},
            displacement=rows.series,
            extra={column: extra[column] for column in self._layout.extra},
            first_line=int(rows.lines[0]),
        )


def _text_columns(text: Text, header: Header, layout: Layout) -> frozenset[str]:
    """Which of the columns that are not of EGMS hold other than numbers, by the first rows."""
    lines = read_lines(text, header.length, _SAMPLE_ROWS)
    rows = [line.decode("utf-8", "replace").split(header.delimiter) for line in lines]
    places = [(name, place) for place, name in enumerate(layout.columns.names) if name in layout.extra]
    return frozenset(
        name for name, place in places if not all(_is_number(row[place]) for row in rows if len(row) > place)
    )


def _is_number(written: str) -> bool:
    try:
        float(written.strip(' \t\r"') or "nan")
    except ValueError:
        return False
    return True


def _check_text(name: str, column: str, characters: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Texts (row, byte) as bytes ('S'). Raises BadDelivery where one is not UTF-8."""
    texts = np.ascontiguousarray(characters).view(f"S{characters.shape[1]}").ravel()
    for row in np.flatnonzero((characters > 127).any(axis=1)).tolist():
        try:
            texts[row].decode()
        except UnicodeDecodeError:
            problem = f"{column} is not in UTF-8: {texts[row].decode('latin-1')!r}; save the file in UTF-8."
            raise BadDelivery(name, problem, line=int(lines[row])) from None
    return texts


@dataclass(frozen=True)
class _Described:
    """What file names and ids tell, one filling the gaps of the other."""

    level: Literal["L2a", "L2b", "L3"]
    identity: str
    track: int | None
    name: FileName | None
    facility: int | None


def _facts(text: Text, layout: Layout, sample: Rows, metadata: dict[str, Any]) -> PartFacts:
    described = _describe(text, layout, sample, metadata)
    name = described.name
    names = layout.columns.names
    return PartFacts(
        format="egms",
        level=described.level,
        direction=_direction(text, layout, sample, name),
        identity=described.identity,
        dates=layout.dates,
        columns=tuple(each for each in names if each in ATTRIBUTES),
        extra=layout.extra,
        track=described.track,
        first_year=name.first_year if name else None,
        last_year=name.last_year if name else None,
        version=name.version if name else None,
        facility=FACILITIES.get(described.facility or 0),
        metadata=metadata,
    )


def _describe(text: Text, layout: Layout, sample: Rows, metadata: dict[str, Any]) -> _Described:
    """Raises BadDelivery where header, names and metadata contradict each other."""
    name = _file_name(text)
    level = layout.level
    if name is not None:
        # What only L2a has may be missing there; but it must not be where it does not belong.
        if name.level != level and (name.level, level) != ("L2a", "L2b"):
            problem = f"the header is one of {level}, the name says {name.level}; keep files as they were delivered."
            raise BadDelivery(text.name, problem, line=1)
        level = name.level
    said = str(metadata.get("product_level", level))
    if said.upper() != level.upper():
        if said.upper() != "L2A" or name is not None or level == "L3":
            raise BadDelivery(text.name, f"the points are of {level}, the metadata of {said[:20]}; keep them together.")
        level = "L2a"
    pids = _decoded(sample) if level != "L3" else []
    facility = str(metadata.get("production_facility", ""))
    bursts = {pid.burst_identity for pid in pids}
    if name is not None:
        identity, track = name.identity, name.track
    elif len(bursts) == 1:
        identity, track = bursts.pop(), pids[0].track
    else:
        identity, track = _stem(text), None
    by_pid = pids[0].facility if pids else None
    return _Described(level, identity, track, name, int(facility) if facility in _FACILITY_CODES else by_pid)


def _file_name(text: Text) -> FileName | None:
    """What the name of the CSV says, else that of the zip. Raises BadDelivery where they contradict each other."""
    outer = read_file_name(text.path.name)
    inner = read_file_name(text.member.base_name) if text.member else None
    if outer and inner and outer != inner:
        assert text.member is not None
        problem = f"the zip holds {text.member.base_name}, which is another piece than its own name says."
        raise BadDelivery(text.path.name, problem)
    return inner or outer


def _stem(text: Text) -> str:
    return text.path.name.partition(".")[0][:100]


def _decoded(sample: Rows) -> list[L2Pid]:
    """The ids of a sample, if all are of EGMS's kind."""
    try:
        return [decode_l2(pid.decode("ascii")) for pid in as_pids(sample.names).tolist()]
    except ValueError:
        return []


def _direction(text: Text, layout: Layout, sample: Rows, name: FileName | None) -> Direction:
    """Of L3 by its name; of others by the side that the satellite sees them from. Raises BadDelivery if unknown."""
    if layout.level == "L3":
        if name is None or name.component is None:
            problem = (
                "a file of L3 says only by its name whether it is east or up: "
                "name it as it was delivered (EGMS_L3_E43N22_100km_U_2018_2022_1.zip)."
            )
            raise BadDelivery(text.path.name, problem)
        return _COMPONENTS[name.component]
    numbers = dict(zip(layout.columns.of_kind(NUMBER), sample.numbers, strict=True))
    east = _median(numbers.get("los_east"))
    if abs(east) >= _LEAST_LOS_EAST:
        # Looking right, a satellite that flies north stands in the west of what it sees.
        return "ascending" if east < 0 else "descending"
    heading = _median(numbers.get("track_angle"))
    if np.isnan(heading):
        raise BadDelivery(text.name, "neither los_east nor track_angle says where the satellite stood.")
    return "ascending" if np.cos(np.radians(heading)) > 0 else "descending"


def _median(values: np.ndarray | None) -> float:
    known = values[np.isfinite(values)] if values is not None else np.empty(0)
    return float(np.median(known)) if known.size else np.nan
