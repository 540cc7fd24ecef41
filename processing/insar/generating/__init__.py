"""Releases of ground motion that were never measured, in EGMS's format, with what is true of them beside.

For tests, for the demonstration, for benchmarks: ``generate`` makes all files, ``deliveries`` one after the other.
Measured on two cores that others used too: ten million points of L2b, 304 dates, 198 files, 17 GB of text, 5.5 GB
zipped, in 164 s, 223 s of processor time, with 207 MB of memory.
"""

from __future__ import annotations

from processing.insar.generating.delivered import TRUE_COLUMNS, Made
from processing.insar.generating.making import DAX, LEVELS, Generated, deliveries, generate

__all__ = ["DAX", "LEVELS", "TRUE_COLUMNS", "Generated", "Made", "deliveries", "generate"]
