"""Whether two outlines meet: which scenes an archive gives for an area."""

Ring = list[tuple[float, float]]
"""Corners, the first one repeated at the end."""


def outlines_meet(one: Ring, other: Ring) -> bool:
    """Whether the two polygons have a point in common."""
    return (
        contains(one, other[0])
        or contains(other, one[0])
        or any(
            edges_cross(a, b, c, d)
            for a, b in zip(one, one[1:], strict=False)
            for c, d in zip(other, other[1:], strict=False)
        )
    )


def contains(ring: Ring, point: tuple[float, float]) -> bool:
    """Whether the point lies inside: a ray from it eastwards crosses an odd number of edges."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def edges_cross(a, b, c, d) -> bool:
    """Whether the edges from a to b and from c to d cross."""
    return turn(a, b, c) * turn(a, b, d) <= 0 and turn(c, d, a) * turn(c, d, b) <= 0


def turn(a, b, c) -> float:
    """Twice the signed area of a triangle: above 0 where it turns to the left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
