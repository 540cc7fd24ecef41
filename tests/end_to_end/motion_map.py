"""The map of ground motion as it is on the screen, for its tests: places, colours, clicks."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from tests.end_to_end.motion_pages import FIRST, open_map, points_of
from tests.end_to_end.viewer_pages import picture_of

# The page's own map, by the module that made it.
MAP = """(await (await import(new URL("map.js", document.querySelector('script[src*="insar/page"]').src))).ready)"""
SHOWN = f"""async () => {{ const map = {MAP};
    return map.queryRenderedFeatures({{ layers: ["points", "cells"].filter((id) => map.getLayer(id)) }}).length; }}"""
BOWL_MM_YR, STILL_MM_YR = -8, 1.5


def settled(page: Page) -> None:
    """Wait until the map has drawn what it was told to."""
    page.wait_for_timeout(450)  # longer than the pauses before questions are asked
    page.evaluate(
        f"async () => {{ const map = {MAP}; if (!map.loaded() || map.isMoving())"
        " await new Promise((resolve) => map.once('idle', resolve)); }"
    )
    expect(page.locator("#insar-busy")).to_be_hidden()


def shown(page: Page, key: str = FIRST, direction: str = "ascending", **query: Any) -> None:
    open_map(page, key, direction, **query)
    settled(page)


def spots(page: Page, points: list[dict[str, Any]]) -> list[tuple[int, int, dict[str, Any]]]:
    """y and x on the map's screenshot of those points that are in view, clear of what stands over the map."""
    places = page.evaluate(
        f"async (places) => {{ const map = {MAP};"
        " return places.map((place) => { const { x, y } = map.project(place); return [x, y]; }); }",
        [[point["lon"], point["lat"]] for point in points],
    )
    box, legend = page.locator("#insar-map").bounding_box(), page.locator("#insar-legend").bounding_box()
    in_view = []
    for (x, y), point in zip(places, points, strict=True):
        under_legend = legend and x < legend["x"] + legend["width"] + 15 and y > legend["y"] - box["y"] - 15
        if 60 < x < box["width"] - 60 and 90 < y < box["height"] - 60 and not under_legend:
            in_view.append((int(y), int(x), point))
    return in_view


def picture(page: Page) -> np.ndarray:
    return picture_of(page.locator("#insar-map").screenshot()).astype(int)


def colours_at(page: Page, points: list[dict[str, Any]]) -> np.ndarray:
    """(n, 3) colours of the points in view."""
    image = picture(page)
    return np.array([image[y, x] for y, x, _ in spots(page, points)])


def resolved(page: Page, variable: str) -> np.ndarray:
    """The colour of a variable of the style sheet, as it is shown now."""
    text = page.evaluate(
        """(name) => { const one = document.createElement("i"); one.style.color = `var(${name})`;
           document.body.append(one); const { color } = getComputedStyle(one); one.remove(); return color; }""",
        variable,
    )
    return np.array([int(part) for part in re.findall(r"\d+", text)[:3]])


def bowl_and_still(key: str = FIRST, direction: str = "ascending") -> tuple[list[Any], list[Any], str]:
    """Points of the bowl, those that do not move, and where the map is to look to see both: the bowl's edge."""
    points = points_of(key, direction)
    bowl = [point for point in points if point["velocity"] < BOWL_MM_YR]
    lon, lat = (float(np.median([point[name] for point in bowl])) for name in ("lon", "lat"))
    still = [point for point in points if abs(point["velocity"]) < STILL_MM_YR]
    return bowl, still, f"{lat - 0.009:.5f},{lon - 0.011:.5f},14"


def click_on(page: Page, point: dict[str, Any]) -> None:
    (found,) = spots(page, [point])
    page.locator("#insar-map canvas").click(position={"x": found[1], "y": found[0]})


def lonely(points: list[dict[str, Any]]) -> dict[str, Any]:
    """The one that is farthest from its neighbours: a click meets it and no other."""
    places = np.array([[point["lon"], point["lat"]] for point in points])
    gaps = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    return points[int(gaps.min(axis=1).argmax())]
