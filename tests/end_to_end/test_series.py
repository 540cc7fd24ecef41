"""Time series in a browser: a place is picked on the map, steps stream in, are plotted, looked at and exported."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import expect

from processing.sample import make_archive
from processing.sources import open_source
from processing.sources.base import Source
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PASSWORD, PHONE, Service, running, signed_in
from tests.end_to_end.series_pages import (
    DIGITS,
    MADE_MS,
    asked,
    at_the_middle,
    choose_lines,
    draw_square,
    engine,
    generate,
    numbers,
    plotted,
    read,
    rows,
    same,
    value_of,
)
from tests.end_to_end.test_screens import english

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEN_DAYS = "kind=dekad&start=2024-06-01&end=2024-06-30"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive") / "small", size_km=3, dates=4)


@pytest.fixture(scope="module")
def service(django_db_setup: None, django_db_blocker: Any, archive: Path, tmp_path_factory: Any) -> Iterator[Service]:
    with django_db_blocker.unblock(), running(archive, tmp_path_factory.mktemp("series")) as service:
        yield service


@pytest.fixture(scope="module")
def source(archive: Path) -> Source:
    return open_source(str(archive))


def test_a_place_is_picked_on_the_map_and_its_series_appears(service: Service, open_page: Any, source: Source) -> None:
    page = open_page("alice")
    page.goto("/series/")
    page.locator("#map").click()
    expect(page.locator("path.map-pixel")).to_have_count(1)
    x, y = float(page.get_by_label("Longitude").input_value()), float(page.get_by_label("Latitude").input_value())
    assert abs(x - service.centre[0]) < 0.002 and abs(y - service.centre[1]) < 0.002
    page.get_by_text("3 × 3", exact=True).click()
    expect(page.locator("path.map-pixel")).to_have_count(9)
    page.get_by_role("button", name="Select pixel centre").click()
    expect(page.get_by_text("at the centre of its pixel")).to_be_visible()
    page.locator(".kinds").get_by_text("Ten days", exact=True).click()
    page.get_by_label("Last day").fill("2024-06-30")
    page.get_by_label("Name").fill("Field 12")
    expect(page).to_have_url(re.compile(r"kind=dekad.*pixels=3.*name=Field"))

    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("heading", name="Field 12", level=1)).to_be_visible()
    expect(rows(page).first).to_be_visible(timeout=MADE_MS)
    expect(page.locator("#series-state")).to_contain_text("3 steps are computed", timeout=MADE_MS)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    # A2-003: the chosen pixels get a green border.
    expect(page.locator("path.map-pixel.is-done")).to_have_count(9)
    stroke = page.locator("path.map-pixel.is-done").first.evaluate("(path) => getComputedStyle(path).stroke")
    red, green, blue = (int(number) for number in re.findall(r"\d+", stroke)[:3])
    assert green > red + 40 and green > blue + 40

    spec = asked(page)
    assert abs(spec.place.lon - x) < 1e-4 and spec.place.pixels == 3
    steps = engine(spec, source)
    choose_lines(page, "B04", "B08")
    times, *lines = plotted(page)
    assert len(times) == len(steps) == 3
    for band, line in zip(("B04", "B08"), lines, strict=True):
        assert same(line, [step["pixels"][4]["values"][band] for step in steps]), band
    assert any(value is not None for value in lines[0]) and None in lines[0], "a value, and a gap"


def test_indices_quality_and_the_nine_pixels_are_plotted(service: Service, open_page: Any, source: Source) -> None:
    page = open_page("alice")
    spec = generate(page, f"{at_the_middle(service)}&{TEN_DAYS}&pixels=3")
    steps = engine(spec, source)

    def of(name: str, pixel: int, group: str = "values") -> list[float | None]:
        return [step["pixels"][pixel][group][name] for step in steps]

    page.locator(".series-groups").get_by_text("Indices", exact=True).click()
    choose_lines(page, "ndvi", "nbr")
    _times, *lines = plotted(page)
    assert same(lines[0], of("ndvi", 4, "indices")) and same(lines[1], of("nbr", 4, "indices"))
    page.locator(".series-groups").get_by_text("Quality", exact=True).click()
    page.locator("#series-lines").get_by_text("Sun zenith angle").click()
    assert same(plotted(page)[1], of("sun_zenith", 4))

    page.locator(".series-groups").get_by_text("Bands", exact=True).click()
    choose_lines(page, "B08")
    page.get_by_label("Pixel", exact=True).select_option("8")
    assert same(plotted(page)[1], of("B08", 8))
    page.get_by_label("Pixels in the plot").select_option("all")
    _times, *lines = plotted(page)
    assert len(lines) == 10
    assert all(same(line, of("B08", number)) for number, line in enumerate(lines[:9]))
    for step, mean in zip(steps, lines[9], strict=True):
        known = [value for pixel in step["pixels"] if (value := pixel["values"]["B08"]) is not None]
        assert mean is None if not known else abs(mean - sum(known) / len(known)) < DIGITS


def test_a_click_on_a_step_shows_all_its_data(service: Service, open_page: Any, source: Source) -> None:
    page = open_page("alice")
    spec = generate(page, f"{at_the_middle(service)}&{TEN_DAYS}&pixels=3")
    steps = engine(spec, source)
    step = next(step for step in steps if step["pixels"][4]["granule"])
    page.locator(f"#step-{step['number']}").click()
    data = page.locator("#series-data")
    expect(data).to_contain_text(step["pixels"][4]["granule"])
    expect(data.get_by_role("heading", name="Timeseries data")).to_be_focused()
    for name, value in step["pixels"][4]["values"].items():
        shown = value_of(page, name)
        number = re.search(r"-?[\d,]+\.?\d*", shown)
        if value is None:
            assert shown == "–", name
        elif name not in ("scene_classification", "method"):
            assert abs(float(number[0].replace(",", "")) - value) < 0.006, (name, shown, value)
    assert value_of(page, "B08") == f"{step['pixels'][4]['values']['B08']:.4f}"

    # Another pixel, by a click on the map; its values under the mouse.
    corner = page.locator("path.map-pixel").first
    corner.hover()
    expect(page.locator("#map-values")).to_contain_text(f"B08 {step['pixels'][0]['values']['B08']:.4f}".rstrip("0"))
    corner.click()
    expect(page.get_by_label("Pixel", exact=True)).to_have_value("0")
    expect(data).to_contain_text(f"{step['pixels'][0]['lon']:.6f}")
    assert value_of(page, "B08") == f"{step['pixels'][0]['values']['B08']:.4f}"

    # The plot: a click on the last step's place.
    box = page.locator("#series-chart .u-over").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    expect(page.locator(f"[data-shown='{steps[-1]['number']}']")).to_be_visible()
    page.get_by_role("link", name="Step before").click()
    expect(page.locator(f"[data-shown='{steps[-2]['number']}']")).to_be_visible()
    # The address holds what is looked at.
    page.reload()
    expect(page.locator(f"[data-shown='{steps[-2]['number']}']")).to_be_visible()
    expect(page.get_by_label("Pixel", exact=True)).to_have_value("0")
    page.locator(f"#step-{step['number']}").click()
    expect(page.locator(f"[data-shown='{step['number']}']")).to_be_visible()
    page.get_by_role("link", name="Order the mosaic of this period").click()
    expect(page.locator("#period-title")).to_have_text(step["title"])
    expect(page.locator("path.map-area")).to_have_count(1)


def test_the_exports_hold_what_the_table_shows(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    generate(page, f"{at_the_middle(service)}&{TEN_DAYS}")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = [line for line in download.value.path().read_text().splitlines() if not line.startswith("#")]
    found = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert len(found) == rows(page).count() == 3
    for row, line in zip(rows(page).all(), found, strict=True):
        cells = [cell.inner_text() for cell in row.locator("td").all()]
        values = " ".join(str(value) for value in line.values())
        if cells[3] != "–":
            assert cells[3] in values, "the source tile"
            reflectance = float(cells[4])
            assert any(abs(reflectance - number) < DIGITS for number in numbers(line)), (cells[4], line)
    for name, kind in (("NetCDF", "nc"), ("JSON", "json")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(f".{kind}")
    assert json.loads(download.value.path().read_text())


def test_observations_are_plotted_by_whether_they_count(service: Service, open_page: Any, source: Source) -> None:
    page = open_page("alice")
    spec = generate(page, f"{at_the_middle(service)}&{TEN_DAYS}&contents=observations")
    choose_lines(page, "B04")
    times, rejected, counting = plotted(page)
    assert len(times) == rows(page).count()
    assert any(value is not None for value in counting) and any(value is not None for value in rejected)
    assert all(a is None or b is None for a, b in zip(rejected, counting, strict=True))
    # What is plotted is what stands in the archive's files.
    granules = {granule.item_id: granule for granule in source.search(spec.geometry, spec.start, spec.end)}
    steps = engine(spec, source)
    assert len(steps) == len(times)
    for step, one, other in zip(steps, rejected, counting, strict=True):
        value = one if other is None else other
        assert (other is not None) == (step["counts"] and value is not None)
        assert value is None or abs(value - read(granules[step["item"]].files["B04"], spec)) < DIGITS


def test_statistics_of_a_drawn_area(service: Service, open_page: Any, source: Source) -> None:
    page = open_page("alice")
    page.goto(f"/series/?{TEN_DAYS}&resolution=60")
    page.get_by_text("Statistics of an area", exact=True).click()
    draw_square(page)
    expect(page.locator("#area-summary")).to_contain_text("km²")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#series-state[data-state=made]")).to_be_visible(timeout=MADE_MS)
    steps = engine(asked(page), source)
    expect(page.locator("path.map-area")).to_have_count(1)
    for band in ("ndvi", "B08"):
        page.get_by_label("Band or index").select_option(band)
        _times, *lines = plotted(page)
        for figure, line in zip(("p05", "p25", "median", "p75", "p95"), lines, strict=True):
            assert same(line, [step["bands"][band][figure] for step in steps]), (band, figure)
    seen = next(step for step in steps if step["pixels_with_data"])
    expect(page.locator(f"#series-rows tr[data-step='{seen['number']}']")).to_contain_text(
        f"{seen['bands']['B08']['mean']:.4f}"
    )
    page.locator(f"#step-{seen['number']}").click()
    expect(page.locator("#series-data table")).to_contain_text(f"{seen['bands']['ndvi']['median']:.3f}")


def test_a_series_is_stopped(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    page.goto(f"/series/?{at_the_middle(service)}&kind=day&start=2024-01-01&end=2024-12-31&pixels=3")
    page.get_by_role("button", name="Generate").click()
    stop = page.get_by_role("button", name="Stop")
    state = page.locator("#series-state")
    if stop.is_visible():
        stop.click()
        expect(state).to_contain_text(re.compile("You stopped this series|steps are computed"))
        expect(state).to_have_attribute("data-state", re.compile("stopped|made"))
    expect(stop).to_have_count(0, timeout=MADE_MS)
    done = rows(page).count()
    page.wait_for_timeout(1500)
    assert rows(page).count() == done, "nothing comes after it was stopped"


def test_steps_come_without_a_websocket_too(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    page.add_init_script("window.WebSocket = class { constructor() { this.readyState = 3; } addEventListener() {} };")
    generate(page, f"{at_the_middle(service)}&{TEN_DAYS}")
    assert rows(page).count() == 3


def test_it_works_by_keyboard_alone(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    page.goto("/series/")
    x, y = service.centre
    page.get_by_role("radio", name="Month").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Latitude").focus()
    page.keyboard.type(f"{y:.6f}")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{x:.6f}")
    expect(page.locator("path.map-pixel")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#series-state[data-state=made]")).to_be_visible(timeout=MADE_MS)
    assert asked(page).kind == "dekad"
    page.locator("#series-rows a[data-step]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#series-data").get_by_role("heading", name="Timeseries data")).to_be_focused()
    page.get_by_role("link", name="Step after").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-shown='1']")).to_be_visible()
    page.get_by_text("Rename", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("New name").fill("a/b")
    page.keyboard.press("Enter")
    expect(page.locator("#rename-problem")).to_contain_text("The name must begin with a letter")
    page.get_by_label("New name").fill("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard", level=1)).to_be_visible()


def test_it_works_without_javascript(service: Service, open_page: Any) -> None:
    page = open_page("alice", java_script_enabled=False)
    page.goto(f"/series/?{at_the_middle(service)}&{TEN_DAYS}&pixels=3")
    page.get_by_role("button", name="Generate").last.click()
    for _ in range(20):
        if page.locator("#series-state[data-state=made]").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator("#series-state")).to_contain_text("3 steps are computed")
    page.get_by_label("Pixel", exact=True).select_option("0")
    page.get_by_role("button", name="Show", exact=True).click()
    page.locator("#series-rows a[data-step]").first.click()
    expect(page.locator("#data-step-title")).to_be_visible()
    expect(page.locator("#pixel")).to_have_value("0")


def test_a_visitors_choices_come_back_after_signing_in(service: Service, open_page: Any) -> None:
    page = open_page()
    page.goto(f"/series/?{at_the_middle(service)}&{TEN_DAYS}&name=Before+signing+in")
    page.get_by_role("button", name="Sign in and generate").click()
    page.wait_for_url("**/account/login/**")
    signed_in("emil", service)  # makes the account
    page.locator("#id_login").fill("emil")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Name")).to_have_value("Before signing in")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("heading", name="Before signing in", level=1)).to_be_visible()


def test_a_place_without_scenes_says_so(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    page.goto(f"/series/?lon=0.5&lat=0.5&{TEN_DAYS}")
    expect(page.locator("#place-said")).to_contain_text("no scenes there")
    page.get_by_role("button", name="Generate").click()
    alert = page.locator("#series-state[data-state=failed], .form-errors").first
    expect(alert).to_be_visible(timeout=MADE_MS)


def test_a_series_is_kept_and_deleted(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    generate(page, f"{at_the_middle(service)}&{TEN_DAYS}&name=To+be+deleted")
    page.goto("/series/")
    kept = page.locator("#kept tr", has_text="To be deleted")
    expect(kept).to_contain_text("Finished")
    kept.locator("summary").click()
    kept.get_by_role("button", name="Delete for good").click()
    expect(page.locator("#kept")).not_to_contain_text("To be deleted")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(service: Service, open_page: Any, scheme: str) -> None:
    page = open_page("alice", color_scheme=scheme)
    for contents in ("composites", "observations", "statistics"):
        generate(page, f"{at_the_middle(service)}&{TEN_DAYS}&pixels=3&contents={contents}&area={service.area(0.002)}")
        page.locator("#series-rows a[data-step]").first.click()
        expect(page.locator("[data-shown='0']")).to_be_visible()
        check_accessible(page)
        page.set_viewport_size(PHONE)
        # The plots follow the window's width a moment later.
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=PHONE["width"])
        page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"/series/?lon=x&{TEN_DAYS}")
    page.get_by_text("Advanced settings").click()
    check_accessible(page)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#problems")).to_be_focused()
    check_accessible(page)
    page.set_viewport_size(PHONE)
    check_fits(page)


def test_the_pages_speak_french(service: Service, open_page: Any) -> None:
    page = open_page("alice")
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": "fr", "url": service.address}
    page.context.add_cookies([cookie])
    for contents in ("composites", "observations", "statistics"):
        choices = f"{at_the_middle(service)}&{TEN_DAYS}&contents={contents}&area={service.area(0.002)}&name=Parcelle"
        page.goto(f"/series/?{choices}")
        page.locator("#advanced summary").click()
        assert english(page) == []
        page.locator("#generate").click()
        expect(page.locator("#series-state[data-state=made]")).to_be_visible(timeout=MADE_MS)
        page.locator("#series-rows a[data-step]").first.click()
        expect(page.locator("[data-shown='0']")).to_be_visible()
        assert english(page) == []
    assert page.locator("#series-rows thead th").first.inner_text() == "Données de la période"
