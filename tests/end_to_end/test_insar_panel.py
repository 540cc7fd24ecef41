"""The panel beside the map of ground motion: points, areas, profiles and exports, compared with what was generated."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from hub.insar.models import Grant
from processing.insar import fitting, reading_aloud, references
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE, Service
from tests.end_to_end.motion_pages import FIRST, SECOND, Motion, line_of, open_map, plotted, points_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A_DATE = re.compile(r"^\d{8}$")
MEANS = """(element) => element.chart.options.lines.filter((line) => line.label === "mean")
    .map((line) => line.values.filter((value) => value !== null))"""
BAD_POLYGONS = (
    "here", "1,2,3", "-1.0,43.7,-1.1,43.8", '{"type": "Point", "coordinates": [0, 0]}',
    "POLYGON((0 0, 1e999 0, 1 1, 0 0))", "POLYGON((0 0, 2 0, 2 2, 0 2, 0 0), (0.5 0.5, 1 0.5, 1 1, 0.5 0.5))",
)  # fmt: skip


@pytest.fixture
def service(motion_service: Motion) -> Service:
    """What ``open_page`` opens."""
    return motion_service.service


def delivered(motion: Motion, pid: str, level: str = "L2b") -> tuple[list[date], np.ndarray, dict[str, str]]:
    """Dates, displacements and attributes of a point, read from the generated CSV and nothing else."""
    row = _rows(tuple(motion.files[level]))[pid]
    days = [name for name in row if A_DATE.match(name)]
    values = np.array([float(row[day]) if row[day] else np.nan for day in days])
    return [date(int(day[:4]), int(day[4:6]), int(day[6:])) for day in days], values, row


@cache
def _rows(paths: tuple[Path, ...]) -> dict[str, dict[str, str]]:
    found = {}
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            (name,) = (each for each in archive.namelist() if each.endswith(".csv"))
            found |= {row["pid"]: row for row in csv.DictReader(io.TextIOWrapper(archive.open(name)))}
    return found


def years_of(days: list[date]) -> np.ndarray:
    return np.array([(day - days[0]).days / 365 for day in days])


def same(shown: list[float | None], expected: np.ndarray, tolerance: float = 0.011) -> bool:
    there = np.array([np.nan if value is None else value for value in shown], float)
    return there.shape == expected.shape and bool(np.allclose(there, expected, atol=tolerance, equal_nan=True))


def fastest(key: str = FIRST, direction: str = "ascending") -> dict[str, Any]:
    return max(points_of(key, direction), key=lambda point: abs(point["velocity"]))


def two_of_one_part(key: str = FIRST, direction: str = "ascending") -> tuple[dict[str, Any], dict[str, Any]]:
    """The fastest point and a slow one with the same dates."""
    one = fastest(key, direction)
    others = [each for each in points_of(key, direction) if each["id"] >> 32 == one["id"] >> 32]
    return one, min(others, key=lambda point: abs(point["velocity"]))


def panel(page: Page) -> Any:
    return page.locator("#motion-panel")


def loaded(page: Page) -> None:
    expect(page.locator("#point-card")).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Wait until nothing is loaded any more."""
    expect(page.locator("#motion-points")).not_to_have_attribute("aria-busy", "true")


def test_the_plot_and_the_words_of_a_point_are_those_of_the_delivered_series(motion: Motion, open_page: Any) -> None:
    point = fastest()
    days, values, row = delivered(motion, point["pid"])
    page = open_page("alice")
    open_map(page, points=point["id"])
    loaded(page)
    expect(page.locator("#point-title")).to_have_text(f"Point {point['pid']}")

    chart = page.locator("#motion-chart")
    assert plotted(chart)[0] == [(day - date(1970, 1, 1)).days * 86400 for day in days]
    assert same(line_of(chart, "measured"), values)
    years = years_of(days)
    fit = fitting.fit(values, years)
    assert fit is not None
    assert same(line_of(chart, "fitted"), fit.fitted(years))
    lows, highs = (chart.evaluate("(element, at) => element.chart.options.lines[at].values", index) for index in (1, 0))
    assert same(lows, fit.fitted(years) - fit.half_width(years)) and same(
        highs, fit.fitted(years) + fit.half_width(years)
    )

    said = reading_aloud.read(fit.velocity, fit.velocity_std_correlated, "ascending")
    expect(page.locator("#point-words p").first).to_have_text(said[0].sentence)
    expect(page.locator("#point-facts")).to_contain_text(f"{abs(fit.velocity):.1f}")
    expect(page.locator("#attribute-rows")).to_contain_text(row["height"])
    expect(page.locator("#compass svg")).to_have_count(2)
    look = round(
        (reading_aloud.compass(*(float(row[f"los_{axis}"]) for axis in ("east", "north", "up")))[0] + 180) % 360
    )
    expect(page.locator("#compass-words")).to_contain_text(f"towards {look}°")

    page.get_by_text("Stated precision", exact=True).first.click()
    expect(page.locator("#precision-rows")).to_contain_text("south-west France")

    page.get_by_role("checkbox", name="residuals").check()
    assert same(plotted(page.locator("#residual-chart"))[1], values - fit.fitted(years))
    page.get_by_role("checkbox", name="replicas").check()
    assert same(line_of(chart, "half a wavelength higher"), values + 27.73)
    page.get_by_label("Fitted").select_option("cubic+season")
    cubic = fitting.fit(values, years, model="cubic+season")
    settled(page)
    assert cubic is not None and same(line_of(chart, "fitted"), cubic.fitted(years))

    page.get_by_text("The series as a table").click()
    expect(page.locator("#series-rows tr")).to_have_count(len(days))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of this point").click()
    lines = [line for line in download.value.path().read_text().splitlines() if not line.startswith("#")]
    own = [float(each["displacement_mm"]) if each["displacement_mm"] else None for each in csv.DictReader(lines)]
    assert same(own, values)


def test_two_points_are_plotted_together_and_as_their_difference(motion: Motion, open_page: Any) -> None:
    one, other = two_of_one_part()
    page = open_page("alice")
    open_map(page, points=f"{one['id']},{other['id']}")
    loaded(page)
    chart = page.locator("#motion-chart")
    series = {point["pid"]: delivered(motion, point["pid"])[1] for point in (one, other)}
    for pid, values in series.items():
        assert same(line_of(chart, pid), values), pid
    expect(page.locator("#picked-list li")).to_have_count(2)

    page.get_by_role("checkbox", name="differences to the first point").check()
    expect(page.locator("#plot-words")).to_contain_text(f"relative to {one['pid']}")
    assert same(line_of(chart, "measured"), series[other["pid"]] - series[one["pid"]])

    page.get_by_role("button", name=f"Remove point {one['pid']}").click()
    expect(page.locator("#point-title")).to_have_text(f"Point {other['pid']}")
    expect(page).to_have_url(re.compile(rf"points={other['id']}(&|$)"))


def test_a_reference_moves_everything_and_adds_its_uncertainty(motion: Motion, open_page: Any) -> None:
    one, other = two_of_one_part()
    page = open_page("alice")
    open_map(page, points=other["id"])
    loaded(page)
    page.get_by_role("button", name="Use as reference").click()
    expect(page.locator("#reference-line")).to_contain_text(other["pid"])
    page.goto(re.sub(r"points=\d+", f"points={one['id']}", page.url))
    loaded(page)
    expect(page.locator("#reference-line")).to_contain_text(f"relative to point {other['pid']}")
    days, values, _row = delivered(motion, one["pid"])
    difference = references.rereference(values[np.newaxis], delivered(motion, other["pid"])[1])[0]
    assert same(line_of(page.locator("#motion-chart"), "measured"), difference)
    fit = fitting.fit(difference, years_of(days))
    assert fit is not None
    expect(page.locator("#point-facts")).to_contain_text(f"{abs(fit.velocity):.1f}")

    page.get_by_role("button", name="Remove the reference").click()
    expect(page.locator("#reference-line")).to_be_hidden()
    settled(page)
    assert same(line_of(page.locator("#motion-chart"), "measured"), values)


def test_a_window_of_dates_is_chosen_by_the_handles_of_the_plot(motion: Motion, open_page: Any) -> None:
    point = fastest()
    page = open_page("alice")
    open_map(page, points=point["id"])
    loaded(page)
    first = page.get_by_role("slider", name="First date of the window")
    first.focus()
    first.press("PageUp")
    days = delivered(motion, point["pid"])[0]
    expect(page).to_have_url(re.compile(rf"window={days[10]},{days[-1]}"))
    expect(page.locator("#point-facts")).to_contain_text(re.compile(r"From \d+ \w+ \d+ to"))
    last = page.get_by_role("slider", name="Last date of the window")
    box, plot = last.bounding_box(), page.locator("#motion-chart .u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.7, box["y"] + 30, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"window={days[10]},202[01]"))
    page.get_by_role("button", name="All dates").first.click()
    expect(page).not_to_have_url(re.compile("window="))


def test_the_mean_of_a_drawn_polygon_is_that_of_its_points(motion: Motion, open_page: Any) -> None:
    page = open_page("alice")
    open_map(page, at="43.71,-1.05,13")
    page.get_by_role("tab", name="Area").click()
    page.get_by_role("button", name="Draw a polygon").click()
    box = page.locator("#insar-map").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for right, down in ((-160, -140), (160, -140), (160, 140), (-160, 140)):
        page.mouse.click(middle[0] + right, middle[1] + down)
        page.wait_for_timeout(350)  # two quick clicks would be a double one
    expect(page.locator("[data-drawing=polygon]")).to_contain_text("4 corners")
    page.keyboard.press("Enter")
    expect(page.locator("#area-card")).to_be_visible()
    corners = np.array([pair.split(",") for pair in re.search(r"shape=p~([^&]+)", page.url)[1].split(";")], float)
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    inside = [
        point for point in points_of(FIRST, "ascending")
        if west <= point["lon"] <= east and south <= point["lat"] <= north
    ]  # fmt: skip
    assert len(inside) > 20
    mean = np.mean([point["velocity"] for point in inside])
    facts = page.locator("#area-facts")
    expect(facts).to_contain_text(f"{len(inside)}")
    expect(facts).to_contain_text(f"{mean:.1f} ±".replace("-", "−"))

    series: dict[tuple[date, ...], list[np.ndarray]] = {}
    for point in inside:
        days, values, _row = delivered(motion, point["pid"])
        series.setdefault(tuple(days), []).append(values)
    expect(page.locator("#area-legend li")).to_have_count(len(series))
    lines = page.locator("#area-chart").evaluate(MEANS)
    for rows in series.values():
        mean_line = np.nanmean(rows, axis=0)
        assert any(same(line, mean_line, tolerance=0.006) for line in lines if len(line) == mean_line.size)


def test_the_tools_work_from_the_keyboard(motion: Motion, open_page: Any) -> None:
    page = open_page("alice")
    open_map(page)
    page.get_by_role("tab", name="Points").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Area")).to_be_focused()
    expect(page.locator("#motion-area")).to_be_visible()
    draw = page.get_by_role("button", name="Draw a polygon")
    draw.press("Enter")
    expect(draw).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(draw).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Take the view").press("Enter")
    expect(page.locator("#area-facts")).to_contain_text("Mean velocity")
    expect(page).to_have_url(re.compile("shape=p"))


def test_a_polygon_can_be_given_as_text_and_a_bad_one_is_refused(motion: Motion, open_page: Any) -> None:
    page = open_page("alice")
    open_map(page)
    page.get_by_role("tab", name="Area").click()
    page.locator("#motion-area").get_by_text("Give it as text").click()
    text = page.get_by_label("Polygon as GeoJSON or WKT")
    form = page.locator("[data-shape-form=polygon]")
    for bad in BAD_POLYGONS:
        text.fill(bad)
        form.get_by_role("button", name="Ask").click()
        expect(form.get_by_role("alert")).to_be_visible()
        expect(page).not_to_have_url(re.compile("shape="))
    text.fill("-1.08,43.69,-1.02,43.73")
    form.get_by_role("button", name="Ask").click()
    expect(page.locator("#area-card")).to_be_visible()
    expect(form.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#area-card")).to_be_hidden()


def test_a_profile_shows_both_directions_and_marks_the_place_on_the_map(motion: Motion, open_page: Any) -> None:
    page = open_page("alice")
    open_map(page, at="43.71,-1.05,13", shape="l~-1.09,43.71;-1.01,43.71")
    page.get_by_role("tab", name="Profile").click()
    expect(page.locator("#profile-card")).to_be_visible()
    page.get_by_label("Width").select_option("1000")
    expect(page.locator("#profile-words")).to_contain_text("6.4")
    expect(page.locator("#profile-legend")).to_contain_text("Descending")
    chart = page.locator("#profile-chart")
    expect(page.locator("#profile-busy")).to_be_hidden()
    expect(page.locator("#profile-chart canvas")).to_be_visible()
    for direction in ("ascending", "descending"):
        shown = [value for value in line_of(chart, f"{direction.title()}: points") if value is not None]
        degrees = 500 / 111_195
        near = [
            point["velocity"] for point in points_of(FIRST, direction)
            if -1.09 <= point["lon"] <= -1.01 and abs(point["lat"] - 43.71) <= degrees
        ]  # fmt: skip
        assert len(shown) > 20 and abs(len(shown) - len(near)) <= 0.1 * len(near), "points at the edge may differ"
        assert abs(np.mean(shown) - np.mean(near)) < 0.3
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60)
    expect(page.locator("#profile-readout")).to_contain_text("mm a year")
    page.get_by_text("The profile as a table").click()
    expect(page.locator("#profile-rows tr").nth(10)).to_be_visible()


@pytest.mark.parametrize("kind", ["csv", "geojson", "parquet"])
def test_the_view_is_exported(motion: Motion, open_page: Any, kind: str) -> None:
    page = open_page("alice")
    open_map(page, at="43.71,-1.05,14")
    page.get_by_role("tab", name="Export").click()
    count = page.locator("#export-count")
    expect(count).to_have_text(re.compile(r"^[\d,]+ points?\.$"))
    points = int(re.sub(r"\D", "", count.inner_text()))
    page.locator(f"#export-form [name=format][value={kind}]").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    content = download.value.path().read_bytes()
    if kind == "csv":
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        rows = [row for name in names for row in csv.DictReader(io.TextIOWrapper(archive.open(name)))]
        assert len(rows) == points
    elif kind == "geojson":
        assert len(json.loads(content)["features"]) == points
    else:
        assert content[:4] == content[-4:] == b"PAR1"
    expect(page.locator("#export-busy")).to_contain_text("was saved")


def test_who_may_see_cells_is_told_of_cells_and_offered_no_export(motion: Motion, open_page: Any) -> None:
    page = open_page("oscar")
    open_map(page, at="43.71,-1.05,12", shape="p~-1.12,43.66;-0.98,43.66;-0.98,43.76;-1.12,43.76")
    expect(page.locator("#area-card")).to_be_visible()
    expect(page.locator("#area-cells-words")).to_contain_text("cells of 400 m")
    expect(page.locator("#area-plot-part")).to_be_hidden()
    page.get_by_role("tab", name="Points").click()
    expect(page.locator("#points-coarse")).to_be_visible()
    page.get_by_role("tab", name="Export").click()
    expect(page.locator("#export-form")).to_be_hidden()
    expect(page.locator("#export-refused").get_by_role("link")).to_have_attribute(
        "href", f"/ground-motion/{FIRST}/ask/"
    )


def test_charlie_sees_nothing_of_a_point_in_a_link(motion: Motion, open_page: Any) -> None:
    page = open_page("charlie")
    page.goto(f"/ground-motion/map/?release={FIRST}&direction=ascending&points={fastest()['id']}")
    expect(page.locator("#insar-map")).to_have_attribute("data-ready", "yes")
    expect(page.locator("#point-card")).to_be_hidden()
    assert fastest()["pid"] not in page.content()


def test_a_point_leaves_the_panel_when_access_is_revoked(motion: Motion, open_page: Any) -> None:
    point = fastest()
    page = open_page("alice")
    open_map(page, points=point["id"])
    loaded(page)
    # The map, too, takes points out of the panel when its tiles are refused.
    expect(page.locator("#insar-busy")).to_be_hidden()
    Grant.objects.filter(user__username="alice").delete()
    page.get_by_label("Fitted").select_option("linear")
    expect(page.locator("#points-trouble")).to_contain_text("no longer shown to you")
    expect(page.locator("#point-card")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("points="))


def test_other_releases_of_the_place_come_into_the_plot(motion: Motion, open_page: Any) -> None:
    later = {point["pid"] for point in points_of(SECOND, "ascending")}
    point = next(each for each in points_of(FIRST, "ascending") if each["pid"] in later)
    page = open_page("alice")
    open_map(page, points=point["id"])
    loaded(page)
    page.get_by_role("checkbox", name="other releases here").check()
    expect(page.locator("#plot-legend")).to_contain_text("2019")
    expect(page.locator("#plot-words")).to_contain_text("shifted")
    assert max(plotted(page.locator("#motion-chart"))[0]) > 1_690_000_000, "dates of 2023"


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "fr")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    motion: Motion, open_page: Any, scheme: str, language: str
) -> None:
    one, other = two_of_one_part()
    page = open_page("alice", viewport=PHONE, color_scheme=scheme)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": motion.service.address}])
    open_map(page, points=f"{one['id']},{other['id']}", shape="l~-1.09,43.71;-1.01,43.71")
    loaded(page)
    for name in ("points", "area", "profile", "export"):
        page.locator(f"#motion-tab-{name}").click()
        check_fits(page)
        check_accessible(page)
