"""What the columns of a model take of whole-numbered series, and what they leave: one pass over each, no copies."""

from __future__ import annotations

from processing.kernels.compiled import kernel

COLUMNS = 6


@kernel(fastmath=True, error_model="numpy")
def explain(series, columns, parts, squares):
    """Write for each of ``series`` (k, N) of int16 its products with ``columns`` and the rest's sum of squares.

    ``columns`` (``COLUMNS``, N) are orthonormal, float64, and a constant series is made of the first alone; ``parts``
    (k, ``COLUMNS``) and ``squares`` (k,) are in the unit of the series, float64. Sums go by several at a time, so that
    they differ from others in their last digits.

    What is left is what there is less what was taken (Pythagoras), both from the series' first value on, because a
    large constant would leave few digits to the difference: it is good to 1e-14 of the squares of all that moves.
    """
    level = 0.0
    for place in range(series.shape[1]):
        level += columns[0, place]
    for row in range(series.shape[0]):
        a = b = c = d = e = f = whole = 0.0
        first = float(series[row, 0])
        for place in range(series.shape[1]):
            value = float(series[row, place]) - first
            a += value * columns[0, place]
            b += value * columns[1, place]
            c += value * columns[2, place]
            d += value * columns[3, place]
            e += value * columns[4, place]
            f += value * columns[5, place]
            whole += value * value
        taken = a * a + b * b + c * c + d * d + e * e + f * f
        parts[row, 0], parts[row, 1], parts[row, 2] = a + first * level, b, c
        parts[row, 3], parts[row, 4], parts[row, 5] = d, e, f
        squares[row] = max(whole - taken, 0.0)
