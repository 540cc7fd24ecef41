"""Map tiles, pixels, statistics and legends over HTTP: the numbers of the delivered files."""

from __future__ import annotations

import json
import threading
import warnings
from typing import Any

import numpy as np
import pytest
import rasterio
from django.urls import reverse
from rasterio.io import MemoryFile

from hub.orders.models import Product
from hub.viewer.naming import INDEX_TITLES
from processing.layers import RASTERS
from processing.pixels.indices import INDICES
from tests.hub.answers import problem

pytestmark = pytest.mark.django_db
pytest_plugins = ["tests.hub.seen_products"]


@pytest.fixture
def addresses(seen: Any) -> dict[str, str]:
    return seen.addresses(f"/orders/{seen.order.pk}/")


def picture(response: Any) -> np.ndarray:
    """uint8 (red, green, blue, alpha; y, x)."""
    assert response.status_code == 200 and response["Content-Type"] == "image/png"
    with warnings.catch_warnings(), MemoryFile(response.content) as file:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return file.open().read()


# --- Map tiles ------------------------------------------------------------------------------------


def test_a_tile_has_the_products_colours(as_alice, seen, addresses):
    shown = picture(as_alice.get(addresses["tile"]))
    assert shown.shape == (4, 256, 256) and (shown[3] == 255).sum() > 1000
    red = seen.numbers("B04")
    stretched = {round(255 * min(int(number), 3000) / 3000) for number in np.unique(red[red != 65535])}
    assert set(np.unique(shown[0, shown[3] > 0]).tolist()) <= stretched
    z, x, y = seen.map_tile()
    named = reverse("viewer:tile", args=[seen.order.pk, seen.product.pk, z, x, y])
    assert addresses["tile"].startswith(named)


def test_a_tile_is_kept_by_the_browser_and_asked_for_again(as_alice, addresses):
    first = as_alice.get(addresses["tile"])
    assert first["Cache-Control"] == "private, no-cache"
    again = as_alice.get(addresses["tile"], headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and not again.content and again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, no-cache"


def test_another_look_place_or_attempt_is_another_tile(as_alice, seen, addresses):
    z, x, y = seen.map_tile()
    others = [
        addresses["tile"],
        addresses["tile"].replace("3000", "3001"),
        addresses["tile"] + "&gamma=2",
        addresses["tile"].replace(f"/{z}/{x}/{y}", f"/{z}/{x + 1}/{y}"),
    ]
    tags = [as_alice.get(address)["ETag"] for address in others]
    Product.objects.update(attempt=2)
    tags.append(as_alice.get(addresses["tile"])["ETag"])
    seen.product.files.filter(layer="B04").update(sha256="0" * 64)
    tags.append(as_alice.get(addresses["tile"])["ETag"])
    assert len(set(tags)) == len(tags)


def test_beside_the_product_a_tile_is_transparent(as_alice, seen, addresses):
    z, x, y = seen.map_tile()
    assert not picture(as_alice.get(addresses["tile"].replace(f"/{z}/{x}/{y}", "/3/0/0"))).any()


def test_a_head_has_no_body_and_nothing_can_be_posted(as_alice, addresses):
    for address in addresses.values():
        assert as_alice.head(address).status_code == 200
        assert as_alice.post(address).status_code == 405


@pytest.mark.parametrize(
    "place",
    ["25/0/0", "0/0/1", "3/8/0", "-1/0/0", "3/-1/0", "3/0/-1", "a/b/c", "3.0/1/1", "٣/0/0", "9" * 5000 + "/0/0"],
)
def test_a_tile_that_does_not_exist_is_not_found(as_alice, seen, place):
    address = f"/orders/{seen.order.pk}/products/{seen.product.pk}/tiles/{place}.png?show=B04"
    problem(as_alice.get(address), 404, "not_found")


@pytest.mark.parametrize("name", ["tile", "statistics", "legend"])
@pytest.mark.parametrize(
    "query",
    [
        "", "show=", "show=B99", "show=B11", "show=ndmi", "show=B04,B03,B02,B08", "show=ndvi,B04", "show=method,B04",
        "show=B04&range=3000,0", "show=B04&range=nan,1", "show=B04&range=0,inf", "show=B04&range=x", "show=%00",
        "show=B04&range=0,1;0,2", "show=B04&colours=jet", "show=B04&gamma=0", "show=B04&gamma=x",
        "show=" + "B04," * 3000,
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_a_problem(as_alice, addresses, name, query):
    document = problem(as_alice.get(f"{addresses[name].partition('?')[0]}?{query}"), 400, "invalid_look")
    assert len(document["detail"]) > 20 and document["remedy"]


def test_refusals_are_french_to_the_french(as_alice, addresses):
    english, french = (
        as_alice.get(f"{addresses['tile'].partition('?')[0]}", headers={"Accept-Language": language}).json()["detail"]
        for language in ("en", "fr")
    )
    assert english == "Nothing is named that is to be shown."
    assert isinstance(french, str)


# --- Pixels ---------------------------------------------------------------------------------------


def test_a_pixel_is_told_with_all_its_values(as_alice, seen):
    row, column = 20, 30
    lon, lat = seen.place(row + 0.7, column + 0.2)
    response = as_alice.get(f"/orders/{seen.order.pk}/pixel/?lon={lon!r}&lat={lat!r}")
    document = response.json()
    assert (document["lon"], document["lat"]) == (lon, lat)
    (found,) = document["products"]
    assert (found["product"], found["name"]) == (seen.product.pk, "Hills")
    assert (found["row"], found["column"], found["epsg"]) == (row, column, 32633)
    assert (found["lon"], found["lat"]) == pytest.approx(seen.place(row + 0.5, column + 0.5), abs=1e-9)
    assert len(found["outline"]) == 4
    values = {value["name"]: value for value in found["values"]}
    for name, value in values.items():
        assert value["stored"] == seen.numbers(name)[row, column]
    assert values["B04"]["title"] == "B04 Red"
    assert values["B04"]["value"] == pytest.approx(values["B04"]["stored"] / 10_000)
    assert values["B04"]["text"] == f"{values['B04']['stored'] / 10_000:.4f}"
    titles = {flag.value: flag.title for flag in RASTERS["scene_classification"].flags}
    assert values["scene_classification"]["text"] == titles[values["scene_classification"]["stored"]]
    scenes = json.loads((seen.path("B04").parent / "provenance.json").read_text())["scenes"]
    scene = scenes[values["source_index"]["stored"]]
    assert found["granule"] == values["source_index"]["text"] == scene["granule"]
    assert found["date"] == scene["sensed_at"][:10]
    assert "no-store" in response["Cache-Control"]


def test_beside_the_products_no_pixel_is_told(as_alice, seen):
    assert as_alice.get(f"/orders/{seen.order.pk}/pixel/?lon=-70&lat=10").json()["products"] == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "lon=1",
        "lat=1",
        "lon=x&lat=1",
        "lon=nan&lat=1",
        "lon=1&lat=inf",
        "lon=181&lat=0",
        "lon=0&lat=-91",
        "lon=&lat=",
    ]
    + ["lon=" + "1" * 5000 + "&lat=0"],
)
def test_a_place_that_is_none_is_a_problem(as_alice, seen, query):
    problem(as_alice.get(f"/orders/{seen.order.pk}/pixel/?{query}"), 400, "invalid_place")


# --- Statistics and legends -----------------------------------------------------------------------


def test_statistics_are_those_of_the_file(as_alice, seen, addresses):
    response = as_alice.get(addresses["statistics"])
    (channel,) = response.json()["channels"]
    values = seen.numbers("B04")
    values = values[values != 65535]
    assert (channel["name"], channel["title"], channel["count"]) == ("B04", "B04 Red", values.size)
    assert channel["percentiles"]["2"] == pytest.approx(np.percentile(values, 2))
    counts, edges = np.histogram(values, 64, np.percentile(values, (0.5, 99.5)))
    assert channel["histogram"]["counts"] == counts.tolist()
    assert channel["histogram"]["edges"] == pytest.approx(edges.tolist())
    assert as_alice.get(addresses["statistics"], headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_statistics_of_a_part_count_less(as_alice, seen, addresses):
    west, north = seen.place(5, 5)
    east, south = seen.place(25, 25)
    (part,) = as_alice.get(f"{addresses['statistics']}&bounds={west},{south},{east},{north}").json()["channels"]
    window = seen.numbers("B04")[5:25, 5:25]
    # North on the grid is not north, so that a few pixels at the edges lie beyond.
    assert part["count"] == pytest.approx((window != 65535).sum(), rel=0.15) and part["count"] < 450
    (nothing,) = as_alice.get(f"{addresses['statistics']}&bounds=-1,-1,0,0").json()["channels"]
    assert nothing["count"] == 0 and nothing["mean"] is None


@pytest.mark.parametrize(
    "bounds", ["1", "1,2,3", "1,2,3,4,5", "3,2,1,4", "1,4,3,2", "nan,0,1,1", "0,0,x,1", "0,-91,1,1"]
)
def test_bounds_that_are_none_are_a_problem(as_alice, addresses, bounds):
    problem(as_alice.get(f"{addresses['statistics']}&bounds={bounds}"), 400, "invalid_place")


def test_a_legend_of_classes_has_colours_and_shares(as_alice, seen, addresses):
    document = as_alice.get(addresses["legend"]).json()
    assert document["kind"] == "classes"
    values = seen.numbers("scene_classification")
    values = values[values != 255]
    for entry, flag in zip(document["entries"], RASTERS["scene_classification"].flags, strict=True):
        assert (entry["value"], entry["title"], entry["colour"]) == (flag.value, flag.title, flag.colour)
        assert entry["share"] == pytest.approx((values == flag.value).mean(), abs=1e-6)


def test_a_legend_of_scenes_has_their_days(as_alice, seen, addresses):
    document = as_alice.get(addresses["legend"].replace("scene_classification", "source_index")).json()
    assert document["kind"] == "classes"
    assert all("June" in entry["title"] or "2024" in entry["title"] for entry in document["entries"])


def test_legends_of_ramps_and_composites(as_alice, addresses):
    path = addresses["legend"].partition("?")[0]
    document = as_alice.get(f"{path}?show=ndvi&range=-0.5,0.5&colours=puor").json()
    assert (document["kind"], document["low"], document["high"], document["colours"]) == ("ramp", -0.5, 0.5, "puor")
    assert [document["stops"][0][0], document["stops"][-1][0]] == [-0.5, 0.5]
    assert as_alice.get(f"{path}?show=valid_obs").json()["kind"] == "ramp"
    document = as_alice.get(f"{path}?show=B04,B03,B02&range=0,3000").json()
    assert document["kind"] == "composite"
    assert [channel["name"] for channel in document["channels"]] == ["B04", "B03", "B02"]


def test_every_index_has_a_title_that_can_be_translated():
    assert {index.title for index in INDICES.values()} == set(INDEX_TITLES)


# --- What lies beneath ----------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["jp2", "netcdf"])
def test_every_format_can_be_looked_into(as_alice, alice, deliver, format):
    seen = deliver(alice, format=format, resolution=10)
    folder = f"/orders/{seen.order.pk}/products/{seen.product.pk}/"
    tiles = [as_alice.get(f"{folder}legend/?show={name}").json() for name in ("scene_classification", "B04")]
    assert [tile["kind"] for tile in tiles] == ["classes", "ramp"]
    assert sum(entry["share"] for entry in tiles[0]["entries"]) == pytest.approx(1, abs=1e-4)
    lon, lat = seen.order.area.centroid.coords
    (found,) = as_alice.get(f"/orders/{seen.order.pk}/pixel/?lon={lon}&lat={lat}").json()["products"]
    assert found["date"].startswith("2024-06")


def test_a_tile_takes_few_queries(as_alice, addresses, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        as_alice.get(addresses["tile"])


def test_a_view_of_many_threads_answers_all(seen):
    from hub.viewer.rendering import Viewed

    view = Viewed(seen.product, seen.path("B04").parent, "").view()
    from processing.viewing.look import Look

    answers: list[bytes | None] = []
    place = seen.map_tile()
    threads = [threading.Thread(target=lambda: answers.append(view.tile(Look(("B04",)), *place))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1
