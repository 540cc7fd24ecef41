"""Reflectances of a run of neighbouring pixels, laid out for kernels that work on strips of pixels at once.

A run is read at one go, because memory is fast only where it is read on and on: ``RUN`` pixels of a row, cut into
strips of ``LANES`` pixels.
"""

from __future__ import annotations

import numpy as np

from processing.kernels.compiled import kernel
from processing.kernels.medoid import BANDS, LANES, allocate_vectors

STRIPS = 16
"""Strips of a run."""

RUN = STRIPS * LANES


@kernel
def count_rows(cell_row, bands, y):
    """Pixel rows from ``y`` on that look at the same cells in one of the ``bands``."""
    rows = 1
    for b in bands:
        alike = 1
        while y + alike < cell_row.shape[1] and cell_row[b, y + alike] == cell_row[b, y]:
            alike += 1
        rows = max(rows, alike)
    return rows


@kernel
def list_present(valid, y, rows, x, pixels, among, present):
    """Positions in ``among`` of the observations that count anywhere in ``rows`` runs of ``pixels`` from (y, x) on.

    They are written to ``present``, of which the part that holds them is returned.
    """
    count = 0
    for i in range(among.shape[0]):
        found = False
        for row in range(y, y + rows):
            found |= valid[among[i], row, x : x + pixels].any()
        if found:
            present[count] = i
            count += 1
    return present[:count]


@kernel
def weigh(valid, y, x, pixels, seen, present, weight, counted):
    """Write 1 where a present observation counts, else 0 (position, pixel), and how many do (pixel,).

    Returns how many count at most at a pixel.
    """
    counted[:] = 0
    for i in range(present.shape[0]):
        row, weights = valid[seen[present[i]], y, x : x + pixels], weight[i]
        weights[pixels:] = 0
        for p in range(pixels):
            weights[p] = row[p]
            counted[p] += row[p]
    most = np.int32(0)
    for p in range(counted.shape[0]):
        most = max(most, counted[p])
    return most


@kernel
def _copy(line, strip):
    for p in range(line.shape[0]):
        strip[p] = line[p]


def allocate_run(observations):
    """Room for the spectra of a run (strip, observation, band, pixel), those of one strip of it, and one line."""
    spectra = allocate_vectors(STRIPS * observations, BANDS * LANES)
    return (
        spectra.reshape(STRIPS, observations, BANDS, LANES),
        spectra.reshape(STRIPS, observations, BANDS * LANES),
        allocate_vectors(observations, BANDS * LANES),
        np.empty(RUN, np.float32),
    )


@kernel
def pack(s, present, room):
    """Spectra float32 (observation, band x pixel) of strip ``s`` of a run: those that are present, nothing between."""
    _, strips, packed, _ = room
    if present[-1] + 1 == present.shape[0]:
        return strips[s]
    for i in range(present.shape[0]):
        _copy(strips[s, present[i]], packed[i])
    return packed


@kernel
def lone_pixel(columns):
    """1 where the first pixel of a row shares its cell with no other, else 0."""
    return int(columns.shape[0] > 1 and columns[0] != columns[1])


@kernel
def pixels_per_cell(columns):
    """1 or 2 where every cell of a row is looked at by so many pixels, but for the first and the last; otherwise 0."""
    single, double, lone = True, True, lone_pixel(columns)
    for x in range(columns.shape[0]):
        single &= columns[x] == columns[0] + x
        double &= columns[x] == columns[0] + ((x + lone) >> 1)
    return 1 if single else 2 if double else 0


@kernel
def _read_single(cells, offset, line):
    """Reflectances of pixels that look at one cell each."""
    for p in range(line.shape[0]):
        line[p] = np.float32(cells[p]) + offset


@kernel
def _read_double(cells, offset, line):
    """Reflectances of pixels that look at one cell by twos."""
    for p in range(line.shape[0]):
        line[p] = np.float32(cells[p >> 1]) + offset


@kernel
def _read_any(cells, columns, offset, line):
    """Reflectances of pixels that look at cells as they like."""
    for p in range(line.shape[0]):
        line[p] = np.float32(cells[columns[p] - columns[0]]) + offset


@kernel
def read_run(stack, y, above, x, pixels, bands, seen, room):
    """Read the reflectances x 10000 of the observations ``seen``, run of ``pixels`` from (y, x) on, into ``room``.

    ``stack``: cells, start, plane, width, cell_row, cell_column, offset. Bands that look at the same cells as in
    row ``above`` are there already; -1: there is no such row.
    """
    cells, start, plane, width, cell_row, cell_column, offset = stack
    spectra, _, _, line = room
    for k in range(bands.shape[0]):
        b = bands[k]
        if above >= 0 and cell_row[b, y] == cell_row[b, above]:
            continue
        columns = cell_column[b, x : x + pixels]
        per_cell, lone = pixels_per_cell(columns), lone_pixel(columns)
        first = start[b] + cell_row[b, y] * width[b] + columns[0]
        for i in range(seen.shape[0]):
            begin = first + seen[i] * plane[b]
            under = cells[begin : begin + columns[-1] - columns[0] + 1]
            more = np.float32(offset[seen[i], b])
            if per_cell == 1:
                _read_single(under, more, line[:pixels])
            elif per_cell == 2:
                _read_single(under, more, line[:lone])
                _read_double(under[lone:], more, line[lone:pixels])
            else:
                _read_any(under, columns, more, line[:pixels])
            for s in range((pixels + LANES - 1) // LANES):
                _copy(line[s * LANES : (s + 1) * LANES], spectra[s, i, k])
