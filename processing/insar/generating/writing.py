"""Files as EGMS delivers them: a CSV and an XML in a zip."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from xml.sax.saxutils import escape

import numpy as np
from isal import isal_zlib

from processing.insar.attributes import ATTRIBUTES
from processing.insar.delivery import NODATA
from processing.kernels.decimal_text import LONGEST_NUMBER, write_rows

_DECIMALS = {name: attribute.decimals for name, attribute in ATTRIBUTES.items()} | {"latitude": 6, "longitude": 6}
_LARGEST_MEMBER = 2**32 - 2
_LONGEST_TENTH = 8
# The first day that a zip can tell: files are the same whenever they are made.
_MADE = (1 << 5) | 1


class MadeDelivery:
    """A zip that is being written, beside its final name until it is whole; as a context manager."""

    def __init__(self, path: Path, columns: Sequence[str], dates: Sequence[date], *, whole_places: bool) -> None:
        """``columns`` between pid and dates; ``whole_places``: easting and northing are whole metres, as in L3."""
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._columns = tuple(columns)
        whole = {"easting", "northing"} if whole_places else set()
        self._decimals = np.array([0 if name in whole else _DECIMALS[name] for name in columns], np.int64)
        self._zip = _Zip(self._part)
        self._zip.begin(f"{path.stem}.csv")
        header = ["pid", *columns, *(f"{day:%Y%m%d}" for day in dates)]
        self._zip.write(",".join(header).encode() + b"\n")
        self.count = 0

    def write(self, pids: np.ndarray, columns: Mapping[str, np.ndarray], tenths: np.ndarray) -> None:
        """Rows: ids ('S'), numbers by column, displacements (point, date) in tenths of a millimetre."""
        names = np.ascontiguousarray(pids).view(np.uint8).reshape(pids.size, pids.itemsize)
        scale = 10.0**self._decimals
        numbers = np.stack([columns[name] for name in self._columns], axis=1) * scale
        numbers = np.rint(numbers).astype(np.int64)
        row = pids.itemsize + 1 + LONGEST_NUMBER * len(self._columns) + _LONGEST_TENTH * tenths.shape[1]
        text = np.empty(row * pids.size, np.uint8)
        end = write_rows(names, numbers, self._decimals, np.ascontiguousarray(tenths), NODATA, text)
        self._zip.write(text[:end].data)
        self.count += int(pids.size)

    def finish(self, xml: str) -> None:
        """Add the XML, and put the file in its place; where no row was written there is no file."""
        self._zip.begin(f"{self._path.stem}.xml")
        self._zip.write(xml.encode())
        self._zip.close()
        if self.count:
            self._part.replace(self._path)
        else:
            self._part.unlink()

    def __enter__(self) -> MadeDelivery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.abandon()
        self._part.unlink(missing_ok=True)


def burst_xml(level: str, identity: str, facility: int, made: date, dates: Sequence[date], *, gnss: str = "2.0") -> str:
    """What EGMS tells of a burst."""
    reference = dates[len(dates) // 2]
    images = "".join(
        f"    <image><product_id>S1A_IW_SLC__1SDV_{day:%Y%m%d}</product_id>"
        "<orbit_type>AUX_POEORB</orbit_type></image>\n"
        for day in dates
    )
    gnss_version = f"  <gnss><version>{escape(gnss)}</version></gnss>\n" if level == "L2b" else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<BURST>\n'
        f"  <product_level>{level}</product_level>\n  <burst_id>{escape(identity)}</burst_id>\n"
        f"  <production_facility>{facility}</production_facility>\n"
        f"  <production_date>{made:%d/%m/%Y}</production_date>\n"
        "  <dem><version>COP-DEM_GLO-30/2020_1</version></dem>\n  <corine><version>2018</version></corine>\n"
        f"{gnss_version}  <clusters>1</clusters>\n"
        f"  <reference><image>S1A_IW_SLC__1SDV_{reference:%Y%m%d}</image></reference>\n"
        f"  <dataset>\n{images}  </dataset>\n</BURST>\n"
    )


def tile_xml(facility: int, made: date, *, gnss: str = "2.0") -> str:
    """What EGMS tells of an L3 tile."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<TILE>\n  <product_level>L3</product_level>\n'
        f"  <production_facility>{facility}</production_facility>\n"
        f"  <production_date>{made:%d/%m/%Y}</production_date>\n"
        "  <dem><version>COP-DEM_GLO-30/2020_1</version></dem>\n"
        f"  <gnss><version>{escape(gnss)}</version></gnss>\n</TILE>\n"
    )


class _Zip:
    """Members one after the other, deflated by isal: five times as quick as the standard library's zlib."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._directory = b""
        self._members = 0
        self._name = b""

    def begin(self, name: str) -> None:
        self._end_member()
        self._name, self._at = name.encode(), self._file.tell()
        self._file.write(self._header(b"PK\x03\x04", 0, 0, 0) + self._name)
        self._deflate = isal_zlib.compressobj(1, wbits=-15)
        self._crc = self._size = self._packed = 0

    def write(self, data: bytes | memoryview) -> None:
        self._crc = isal_zlib.crc32(data, self._crc)
        self._size += len(data)
        self._append(self._deflate.compress(data))

    def close(self) -> None:
        self._end_member()
        start = self._file.tell()
        self._file.write(self._directory)
        counts = (self._members, self._members, len(self._directory), start, 0)
        self._file.write(struct.pack("<4s2H2H2LH", b"PK\x05\x06", 0, 0, *counts))
        self._file.close()

    def abandon(self) -> None:
        self._file.close()

    def _append(self, data: bytes) -> None:
        self._packed += len(data)
        if max(self._size, self._file.tell() + len(data)) > _LARGEST_MEMBER:
            raise ValueError("a delivery of more than 4 GiB; ask for fewer points or dates")
        self._file.write(data)

    def _end_member(self) -> None:
        if not self._name:
            return
        self._append(self._deflate.flush())
        end = self._file.tell()
        sizes = (self._crc, self._packed, self._size)
        self._file.seek(self._at)
        self._file.write(self._header(b"PK\x03\x04", *sizes))
        self._file.seek(end)
        self._directory += self._header(b"PK\x01\x02\x14\x00", *sizes)
        self._directory += struct.pack("<HHHLL", 0, 0, 0, 0, self._at) + self._name
        self._members += 1
        self._name = b""

    def _header(self, kind: bytes, crc: int, packed: int, size: int) -> bytes:
        """The part that the entry before the member and the one in the directory share."""
        return kind + struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, _MADE, crc, packed, size, len(self._name), 0)
