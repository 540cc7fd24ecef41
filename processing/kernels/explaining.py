"""What the columns of a model take of whole-numbered series, and what they leave: two passes over each, no copies."""

from __future__ import annotations

from processing.kernels.compiled import kernel

COLUMNS = 6


@kernel(fastmath=True, error_model="numpy")
def explain(series, columns, parts, squares):
    """Write for each of ``series`` (k, N) of int16 its products with ``columns`` and the rest's sum of squares.

    ``columns`` (``COLUMNS``, N) are orthonormal, float64; ``parts`` (k, ``COLUMNS``) and ``squares`` (k,) are in the
    unit of the series, float64. Sums go by several at a time, so that they differ from others in their last digits.
    """
    for row in range(series.shape[0]):
        a = b = c = d = e = f = rest = 0.0
        for place in range(series.shape[1]):
            value = float(series[row, place])
            a += value * columns[0, place]
            b += value * columns[1, place]
            c += value * columns[2, place]
            d += value * columns[3, place]
            e += value * columns[4, place]
            f += value * columns[5, place]
        for place in range(series.shape[1]):
            fitted = a * columns[0, place] + b * columns[1, place] + c * columns[2, place]
            fitted += d * columns[3, place] + e * columns[4, place] + f * columns[5, place]
            left = float(series[row, place]) - fitted
            rest += left * left
        parts[row, 0], parts[row, 1], parts[row, 2] = a, b, c
        parts[row, 3], parts[row, 4], parts[row, 5] = d, e, f
        squares[row] = rest
