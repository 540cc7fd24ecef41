"""Angles of a grid: means of several at its nodes; between four nodes bilinear, or weighted by those that are known."""

from __future__ import annotations

import math

import numpy as np

from processing.kernels.compiled import kernel

# Halves of the last digit go up whatever the last bits of the arithmetic say.
_HALF = 0.5 + 1e-9


@kernel
def _position(distance, step, nodes):
    """Node before a distance from the first node, and how far on to the next (0..1)."""
    position = min(max(distance / step, 0.0), nodes - 1.0)
    before = min(int(position), nodes - 2)
    return before, position - before


@kernel
def _near(angle, first):
    """``angle`` within 180 degrees of ``first``."""
    return angle - 360.0 * math.floor((angle - first + 180.0) / 360.0)


@kernel
def angle_at(degrees, left, top, step, circular, x, y):
    """Degrees at one point; NaN where no node around it is known.

    ``degrees`` float64 (row, column); ``circular``: whether 0 and 360 are the same.
    """
    column, right = _position(x - left, step, degrees.shape[1])
    row, down = _position(top - y, step, degrees.shape[0])
    a, b = degrees[row, column], degrees[row, column + 1]
    c, d = degrees[row + 1, column], degrees[row + 1, column + 1]
    if circular:
        first = a if not math.isnan(a) else b if not math.isnan(b) else c if not math.isnan(c) else d
        a, b, c, d = _near(a, first), _near(b, first), _near(c, first), _near(d, first)
    upper, lower = a + (b - a) * right, c + (d - c) * right
    angle = upper + (lower - upper) * down
    if math.isnan(angle):
        angle = _of_known(a, b, c, d, right, down)
    return angle % 360.0 if circular else angle


@kernel
def _of_known(a, b, c, d, right, down):
    """Mean of the known nodes, weighted as in the bilinear mean."""
    total, weights = 0.0, 0.0
    if not math.isnan(a):
        total, weights = total + a * (1 - right) * (1 - down), weights + (1 - right) * (1 - down)
    if not math.isnan(b):
        total, weights = total + b * right * (1 - down), weights + right * (1 - down)
    if not math.isnan(c):
        total, weights = total + c * (1 - right) * down, weights + (1 - right) * down
    if not math.isnan(d):
        total, weights = total + d * right * down, weights + right * down
    return total / weights if weights > 0.0 else math.nan


def angles_at(degrees, left, top, step, circular, x, y):
    """Degrees float64 (y, x) at points ``x``, ``y`` (y, x)."""
    out = np.empty(x.shape, np.float64)
    _write_angles(degrees, left, top, step, circular, x, y, out)
    return out


@kernel
def _write_angles(degrees, left, top, step, circular, x, y, out):
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = angle_at(degrees, left, top, step, circular, x[i, j], y[i, j])


def drop_oblique(degrees, left, top, step, x, y, limit, valid):
    """Clear ``valid`` (y, x; in place) where the angle is not below ``limit``, or not known.

    Between four nodes that are below it so is every pixel, and none of them needs its own angle.
    """
    below = degrees < limit
    below = below[:-1, :-1] & below[:-1, 1:] & below[1:, :-1] & below[1:, 1:]
    _drop_oblique(degrees, below, left, top, step, x, y, limit, valid)


@kernel
def _drop_oblique(degrees, below, left, top, step, x, y, limit, valid):
    """``below`` (row, column): whether the four nodes from there on are below the limit."""
    rows, columns = degrees.shape
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if not valid[i, j]:
                continue
            column, _ = _position(x[i, j] - left, step, columns)
            row, _ = _position(top - y[i, j], step, rows)
            if not below[row, column] and not angle_at(degrees, left, top, step, False, x[i, j], y[i, j]) < limit:
                valid[i, j] = False


@kernel
def take_angles(degrees, left, top, step, circular, x, y, chosen, observation, out):
    """Write hundredths of a degree into ``out`` (int16, y, x) where ``chosen`` is ``observation``.

    Halves go up. Azimuths that int16 cannot hold are written less 360 degrees. Unknown angles are left out.
    """
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if chosen[i, j] != observation:
                continue
            angle = angle_at(degrees, left, top, step, circular, x[i, j], y[i, j])
            if math.isnan(angle):
                continue
            hundredths = math.floor(angle * 100.0 + _HALF)
            out[i, j] = hundredths - 36000 if hundredths > 32767 else hundredths


@kernel
def write_means(grids, begins, circular, means):
    """Write ``means`` (group, node) of the grids from ``begins[group]`` to before the next; NaN where none is finite.

    ``grids`` (grid, node) are degrees. Azimuths are brought within 180 degrees of their common direction first, so that
    359 and 1 make 0; those of which no two are 180 degrees apart are so already.
    """
    for group in range(means.shape[0]):
        first, end = begins[group], begins[group + 1]
        for node in range(means.shape[1]):
            total, known, least, most = 0.0, 0, math.inf, -math.inf
            for grid in range(first, end):
                angle = grids[grid, node]
                if math.isfinite(angle):
                    total, known, least, most = total + angle, known + 1, min(least, angle), max(most, angle)
            if known == 0:
                means[group, node] = math.nan
                continue
            if circular and most - least >= 180.0:
                total = _sum_around_direction(grids[first:end, node])
            mean = total / known
            means[group, node] = mean % 360.0 if circular else mean


@kernel
def _sum_around_direction(azimuths):
    sines, cosines, total = 0.0, 0.0, 0.0
    for azimuth in azimuths:
        if math.isfinite(azimuth):
            sines, cosines = sines + math.sin(math.radians(azimuth)), cosines + math.cos(math.radians(azimuth))
    direction = math.degrees(math.atan2(sines, cosines))
    for azimuth in azimuths:
        if math.isfinite(azimuth):
            total += _near(azimuth, direction)
    return total
