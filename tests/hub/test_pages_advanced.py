"""The advanced settings of the order form: layers by group, the method's options, the mask."""

from __future__ import annotations

import re

import pytest

from hub.orders import ordering
from hub.orders.models import Order
from processing import registry
from processing.layers import LAYERS
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec
from tests.hub.answers import errors_at

HUB = "/hub/"
OPENED = '<details class="advanced" id="advanced" open>'
OURS = {"observation_date", "method", "rejected_obs"}

pytestmark = pytest.mark.django_db


def stored() -> MosaicSpec:
    return Order.objects.get().mosaic_spec


def test_twenty_two_layers_of_s2gm_are_offered_and_ours_apart(client):
    """A1-035, A1-036."""
    page = client.get(HUB).text
    bands = re.findall(r'name="bands" value="(\w+)"', page)
    s2gm, ours = page.split("Beyond S2GM")
    layers = re.findall(r'name="layers" value="(\w+)"', s2gm)
    assert (len(bands), len(layers)) == (11, 11)
    assert {"B09", "B10"}.isdisjoint(bands)
    assert set(re.findall(r'name="layers" value="(\w+)"', ours)) == OURS == set(LAYERS) - set(layers)
    assert page.index('id="advanced"') < page.index('name="layers"'), "they stand under the advanced settings"


def test_one_button_ticks_exactly_the_twenty_two(client):
    """A1-036."""
    (values,) = re.findall(r'data-ticks="bands layers" data-values="([^"]*)"', client.get(HUB).text)
    assert set(values.split()) == {*BANDS, *LAYERS} - OURS
    assert len(values.split()) == 22


def test_every_band_and_layer_can_be_ordered_at_once(as_alice, choices):
    """A1-036."""
    response = as_alice.post(HUB, choices | {"bands": [*BANDS], "layers": [*LAYERS]})
    assert response.status_code == 302, errors_at(response, "layers")
    assert (stored().bands, stored().layers) == (tuple(BANDS), tuple(LAYERS))


def test_the_advanced_settings_are_folded_until_something_is_chosen_there(client, as_alice, choices):
    assert OPENED not in client.get(HUB).text
    same = {"layers": ["scene_classification", "valid_obs", "source_index"], "option-s2gm-threshold": "4", "mask": ""}
    assert OPENED not in as_alice.post(HUB, choices | same | {"name": ""}).text
    for changed in (
        {"layers": ["aot"]},
        {"layers": []},
        {"method": "latest"},
        {"mask": "scl-strict"},
        {"option-s2gm-threshold": "6"},
    ):
        assert OPENED in as_alice.post(HUB, choices | same | changed | {"name": ""}).text, changed


def test_every_option_of_every_method_has_a_number_field_with_its_bounds(client):
    """A1-081."""
    page = client.get(HUB).text
    options = [(name, option) for name, method in registry.methods().items() for option in method.options]
    assert options
    for name, option in options:
        field = re.search(rf'<input type="number"[^>]*name="option-{re.escape(name)}-{option.name}"([^>]*)>', page)[1]
        assert f'value="{option.default}" min="{option.smallest}" max="{option.largest}"' in field
        assert f'for="id_option-{name}-{option.name}">{option.title}</label>' in page


def test_what_is_set_of_the_chosen_method_is_ordered(as_alice, choices):
    """A1-081."""
    as_alice.post(HUB, choices | {"method": "s2gm-1.0", "option-s2gm-1.0-threshold": "6", "option-s2gm-threshold": "9"})
    assert stored().method == "s2gm-1.0"
    assert stored().method_options == {"threshold": 6}, "not what stands at the other method"


@pytest.mark.parametrize("number", ["4", " 4 ", "", "04"])
def test_an_option_left_as_it_is_does_not_stand_in_the_order(as_alice, choices, number):
    as_alice.post(HUB, choices | {"option-s2gm-threshold": number})
    assert stored().method_options == {}


def test_a_method_without_options_takes_none_of_another(as_alice, choices):
    as_alice.post(HUB, choices | {"method": "latest", "option-s2gm-threshold": "6"})
    assert (stored().method, stored().method_options) == ("latest", {})


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1", "The option threshold must be from 2 to 100, not 1."),
        ("101", "The option threshold must be from 2 to 100, not 101."),
        ("-3", "The option must be a whole number from 2 to 100."),
        ("4.5", "The option must be a whole number from 2 to 100."),
        ("many", "The option must be a whole number from 2 to 100."),
        ("9" * 5000, "The option must be a whole number from 2 to 100."),
        ("4\x00", ""),
    ],
)
def test_a_wrong_number_is_refused_at_the_option(as_alice, choices, number, said):
    response = as_alice.post(HUB, choices | {"option-s2gm-threshold": number})
    message = errors_at(response, "option-s2gm-threshold")
    assert response.status_code == 422
    assert message and said in message
    assert OPENED in response.text and 'aria-invalid="true"' in response.text
    assert not Order.objects.exists()


def test_a_wrong_number_at_a_method_that_is_not_chosen_does_not_matter(as_alice, choices):
    assert as_alice.post(HUB, choices | {"option-s2gm-1.0-threshold": "x"}).status_code == 302


@pytest.mark.parametrize("mask", ["", *registry.names("masks")])
def test_the_mask_that_is_chosen_is_ordered(as_alice, choices, mask):
    as_alice.post(HUB, choices | {"mask": mask})
    assert stored().mask == (mask or None)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"mask": "none"}, "mask", "The mask 'none' is not a mask that can be ordered"),
        ({"method": "best", "option-best-threshold": "3"}, "method", "'best' is not a method"),
        ({"layers": ["aot", "aot"]}, "layers", "twice"),
    ],
)
def test_a_wrong_choice_is_refused_at_its_field(as_alice, choices, changed, field, said):
    response = as_alice.post(HUB, choices | changed)
    assert response.status_code == 422
    assert said in errors_at(response, field)
    assert OPENED in response.text
    assert not Order.objects.exists()


def test_hostile_numbers_are_shown_as_text(as_alice, choices):
    page = as_alice.post(HUB, choices | {"option-s2gm-threshold": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_settings_survive_signing_in_and_a_refusal(client, alice, choices):
    set_so = {"method": "s2gm-1.0", "option-s2gm-1.0-threshold": "6", "mask": "scl-urban", "name": "a/b"}
    client.post(HUB, choices | set_so)
    client.force_login(alice)
    for page in (client.get(HUB).text, client.post(HUB, choices | set_so).text):
        assert re.search(r'name="option-s2gm-1.0-threshold" value="6"', page)
        assert '<option value="scl-urban" selected>' in page
        assert re.search(r'name="method" value="s2gm-1.0" checked', page)


def test_an_order_with_settings_can_be_changed_and_ordered_again(as_alice, alice, spec):
    settings = {"method": "s2gm-1.0", "method_options": {"threshold": 6}, "mask": "scl-urban"}
    order = ordering.submit(alice, MosaicSpec.parse(spec.to_json() | settings))
    page = as_alice.get(f"{HUB}?like={order.pk}").text
    assert OPENED in page
    assert re.search(r'name="option-s2gm-1.0-threshold" value="6"', page)
    assert '<option value="scl-urban" selected>' in page


def of_an_earlier_version(order: Order) -> Order:
    """``order`` as it was stored before there were options and masks."""
    for key in ("method_options", "mask"):
        del order.spec[key]
    order.save()
    return order


def test_an_order_of_an_earlier_version_is_shown_repeated_and_changed(as_alice, order):
    address = of_an_earlier_version(order).get_absolute_url()
    shown = as_alice.get(address).text
    assert "S2GM" in shown and "<dt>Mask</dt>" not in shown
    assert re.search(r'name="option-s2gm-threshold" value="4"', as_alice.get(f"{HUB}?like={order.pk}").text)
    as_alice.post(f"{address}repeat/")
    again = Order.objects.exclude(pk=order.pk).get()
    assert again.mosaic_spec == order.mosaic_spec


def test_a_form_sent_twice_over_an_update_is_still_one_order(as_alice, choices):
    as_alice.post(HUB, choices | {"form_key": "one-rendering"})
    of_an_earlier_version(Order.objects.get())
    assert as_alice.post(HUB, choices | {"form_key": "one-rendering"}).status_code == 302
    assert Order.objects.count() == 1


def test_the_order_page_names_the_options_and_the_mask(as_alice, alice, spec):
    settings = {"method": "s2gm-1.0", "method_options": {"threshold": 6}, "mask": "scl-urban"}
    order = ordering.submit(alice, MosaicSpec.parse(spec.to_json() | settings))
    page = as_alice.get(order.get_absolute_url()).text
    assert "S2GM 1.0" in page and "Medoid from: 6" in page
    assert registry.masks()["scl-urban"].title in page


def test_plug_ins_that_were_taken_away_since_leave_the_order_page_whole(as_alice, order):
    order.spec |= {"method": "gone", "method_options": {"depth": 3}, "mask": "mist", "format": "punched-cards"}
    order.save()
    page = as_alice.get(order.get_absolute_url()).text
    for shown in ("gone", "depth: 3", "mist", "punched-cards"):
        assert shown in page
    assert as_alice.get(f"{HUB}?like={order.pk}").status_code == 200
