"""The scenes of a delivered product, as its order's page lists them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.orders import production, storage
from hub.orders.making import Heartbeat, make
from hub.orders.models import Product, ProductFile
from hub.orders.scenes import MOST_BYTES, MOST_SCENES, scenes_of

pytestmark = pytest.mark.django_db

SCENE = {
    "source_index": 0,
    "granule": "S2A_OPER_MSI_L2A_TL_2APS_20240603T120000_A000001_T33TWM_N05.10",
    "tile": "33TWM",
    "platform": "S2A",
    "sensed_at": "2024-06-03T10:00:31+00:00",
    "cloud_percent": 12.34,
}
TOLD = {"scenes": [SCENE], "left_out": ["S2B_33TWM_20240605: cannot be read."], "notes": []}


@pytest.fixture
def tell(delivered: Product) -> Any:
    """``tell(document)``: have the product's provenance say so."""

    def write(said: Any) -> Product:
        data = delivered.files.get(name="B04.tiff")
        path = storage.path_of(data).with_name("provenance.json")
        path.write_bytes(said if isinstance(said, bytes) else json.dumps(said).encode())
        place = data.path.replace("B04.tiff", path.name)
        ProductFile.objects.create(
            product=delivered, name=path.name, path=place, size_bytes=path.stat().st_size, sha256="", role="metadata"
        )
        return delivered

    return write


def address(product: Product) -> str:
    return f"/orders/{product.order_id}/products/{product.pk}/scenes/"


def test_a_scene_is_listed_with_date_tile_satellite_and_clouds(as_alice, tell):
    page = as_alice.get(address(tell(TOLD))).text
    for shown in ("3 Jun 2024, 10:00", "33TWM", "S2A", "12 %", SCENE["granule"], "S2B_33TWM_20240605: cannot be read."):
        assert shown in page


def test_htmx_gets_the_list_alone(as_alice, tell):
    part = as_alice.get(address(tell(TOLD)), headers={"HX-Request": "true"}).text
    assert "33TWM" in part and "<html" not in part


def test_a_provenance_from_before_clouds_were_told_has_no_such_column(as_alice, tell):
    page = as_alice.get(address(tell(TOLD | {"scenes": [{**SCENE, "cloud_percent": None}]}))).text
    assert "33TWM" in page and "12 %" not in page and ">Clouds<" not in page


@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_sees_no_scene(client, request, tell, stranger):
    client.force_login(request.getfixturevalue(stranger))
    assert client.get(address(tell(TOLD))).status_code == 404


def test_a_product_of_another_order_is_not_reached(as_alice, alice, tell, spec):
    from hub.orders import ordering

    product = tell(TOLD)
    other = ordering.submit(alice, spec)
    assert as_alice.get(f"/orders/{other.pk}/products/{product.pk}/scenes/").status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"scenes": 5}',
        b"[" * 100_000,
        {"scenes": [{}], "left_out": [], "notes": []},
        {"scenes": [{**SCENE, "sensed_at": "yesterday"}], "left_out": [], "notes": []},
        {"scenes": ["x"], "left_out": [], "notes": []},
        {"scenes": [], "left_out": None, "notes": []},
    ],
)
def test_a_provenance_that_cannot_be_read_breaks_no_page(as_alice, tell, said):
    product = tell(said)
    assert scenes_of(product) is None
    assert "not kept any more" in as_alice.get(address(product)).text


def test_a_provenance_that_is_gone_or_too_large_is_not_read(as_alice, tell):
    product = tell(TOLD)
    ProductFile.objects.filter(name="provenance.json").update(size_bytes=MOST_BYTES + 1)
    assert scenes_of(product) is None
    ProductFile.objects.filter(name="provenance.json").update(size_bytes=10, path="orders/0/nothing.json")
    assert scenes_of(product) is None
    assert as_alice.get(address(product)).status_code == 200


def test_of_very_many_scenes_the_first_are_listed(tell):
    scenes = [{**SCENE, "source_index": number} for number in range(MOST_SCENES + 7)]
    listed = scenes_of(tell(TOLD | {"scenes": scenes}))
    assert (len(listed.used), listed.more) == (MOST_SCENES, 7)


def test_markup_in_a_name_stays_text(as_alice, tell):
    page = as_alice.get(address(tell(TOLD | {"left_out": ["<script>x</script>"]}))).text
    assert "&lt;script&gt;x" in page and "<script>x" not in page


def test_the_scenes_of_a_real_mosaic_are_those_it_was_made_from(as_alice, claimed: Product) -> None:
    made = make(claimed, into=storage.scratch_folder(claimed), heartbeat=Heartbeat(claimed))
    production.deliver(claimed, made)
    claimed.refresh_from_db()
    listed = scenes_of(claimed)
    assert len(listed.used) == claimed.statistics["granules"] > 0
    assert [scene.number for scene in listed.used] == list(range(len(listed.used)))
    assert {scene.tile for scene in listed.used} <= {"33TWL", "33TWM"}
    assert all(0 <= scene.cloud_percent <= 100 for scene in listed.used)
    assert listed.used[0].granule in as_alice.get(address(claimed)).text
