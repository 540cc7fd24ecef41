"""What would fit instead of an order that is too large: every change is estimated, fits, and can be followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely
from django.contrib.auth.models import AbstractUser
from django.http import QueryDict
from django.test import Client
from shapely.geometry import shape

from hub.orders import ordering
from hub.orders.alternatives import LONGEST_ADDRESS, changes_that_fit
from hub.orders.area_parts import SIDES, centred, from_side, strips
from hub.orders.estimates import OrderTooLarge, survey
from hub.orders.forms import OrderForm
from hub.orders.offer import Offer
from processing.sample import make_archive
from processing.sources import open_source
from processing.spec import MosaicSpec


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of 12 km and six dates of June 2024: what is smaller costs a tenth of a credit whatever is chosen."""
    return make_archive(tmp_path_factory.mktemp("archive") / "wide", size_km=12, dates=6, tiles=("33TWM",))


@pytest.fixture
def dear(spec_json: dict[str, Any], wide: Path, settings: Any, db: None) -> MosaicSpec:
    """An order of most of the wide archive at 10 m with many bands and layers, for a quarter."""
    settings.MOSAIC_SOURCE = str(wide)
    west, south, east, north = open_source(str(wide)).extent().bounds
    changes = {
        "area": shapely.geometry.mapping(shapely.box(west, south, east, north).buffer(-0.01, join_style="mitre")),
        "resolution": 10,
        "bands": ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"],
        "layers": ["valid_obs", "source_index", "rejected_obs"],
        "period": {"kind": "quarter", "start": "2024-04-01"},
    }
    return MosaicSpec.parse(spec_json | changes)


def refused(spec: MosaicSpec) -> OrderTooLarge:
    with pytest.raises(OrderTooLarge) as caught:
        survey(spec)
    return caught.value


def test_an_order_within_its_limits_needs_no_change(dear: MosaicSpec) -> None:
    assert changes_that_fit(dear) == []


@pytest.mark.parametrize("part", [0.9, 0.5, 0.2])
def test_three_changes_of_different_kinds_fit_a_limit_of_credits(dear: MosaicSpec, settings: Any, part: float) -> None:
    settings.ORDER_LIMIT_CREDITS = max(0.1, ordering.estimate(dear).credits * part)
    changes = changes_that_fit(dear, refused(dear).found)
    assert len(changes) == 3
    assert len({change.title for change in changes}) == 3
    for change in changes:
        assert ordering.estimate(change.spec) == change.estimate
        assert change.estimate.credits <= settings.ORDER_LIMIT_CREDITS
        assert change.changes


def test_the_first_choices_are_coarser_pixels_fewer_bands_and_a_shorter_period(dear: MosaicSpec, settings: Any) -> None:
    settings.ORDER_LIMIT_CREDITS = ordering.estimate(dear).credits * 0.6
    changes = changes_that_fit(dear, refused(dear).found)
    keys = [set(change.changes) for change in changes]
    assert keys[0] == {"resolution"}
    assert keys[1] == {"bands", "layers"}
    assert keys[2] <= {"period", "area"}


def test_without_a_survey_the_same_changes_are_found(dear: MosaicSpec, settings: Any) -> None:
    settings.ORDER_LIMIT_CREDITS = ordering.estimate(dear).credits * 0.6
    with_survey = [change.changes for change in changes_that_fit(dear, refused(dear).found)]
    assert [change.changes for change in changes_that_fit(dear)] == with_survey


@pytest.mark.parametrize("limit", [40, 1])
def test_three_smaller_areas_fit_a_limit_of_area(dear: MosaicSpec, settings: Any, limit: float) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = limit
    changes = changes_that_fit(dear)
    assert len(changes) == 3
    for change in changes:
        assert set(change.changes) == {"area"}
        assert change.spec.area_km2 <= limit
        assert change.spec.geometry.within(dear.geometry.buffer(1e-6))


def test_of_a_continent_is_offered_where_the_archive_has_scenes(dear: MosaicSpec, wide: Path, settings: Any) -> None:
    west, south, east, north = open_source(str(wide)).extent().bounds
    europe = {"area": shapely.geometry.mapping(shapely.box(-10, 36, 30, 60))}
    settings.ORDER_LIMIT_AREA_KM2 = 1_000_000
    changes = changes_that_fit(MosaicSpec.parse(dear.to_json() | europe))
    assert len(changes) == 3 and len({change.title for change in changes}) == 3
    assert changes[0].title == "Where the archive has scenes"
    assert changes[0].spec.geometry.bounds == pytest.approx((west, south, east, north), abs=1e-5)
    for change in changes:
        assert ordering.estimate(change.spec) == change.estimate
        assert not change.estimate.held


def test_several_orders_together_make_the_whole(dear: MosaicSpec, settings: Any) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = dear.area_km2 * 0.6
    several = next(change for change in changes_that_fit(dear) if change.rest)
    parts = [several.spec, *several.rest]
    assert len(parts) == 2
    assert all(part.area_km2 <= settings.ORDER_LIMIT_AREA_KM2 for part in parts)
    assert sum(part.area_km2 for part in parts) == pytest.approx(dear.area_km2, rel=1e-4)


def test_what_would_be_held_is_offered_what_would_not(dear: MosaicSpec, settings: Any) -> None:
    settings.ORDER_HOLD_AREA_KM2 = 1
    assert ordering.estimate(dear).held
    changes = changes_that_fit(dear)
    assert len(changes) == 3
    assert not any(change.estimate.held for change in changes)


def test_each_address_opens_a_form_with_the_change_made(
    dear: MosaicSpec, settings: Any, as_alice: Client, alice: AbstractUser
) -> None:
    settings.ORDER_LIMIT_CREDITS = ordering.estimate(dear).credits * 0.6
    for change in changes_that_fit(dear):
        form = OrderForm(QueryDict(urlsplit(change.address).query), offer=Offer())
        assert form.is_valid(), form.errors
        # The form's text has six decimals.
        assert shapely.equals_exact(form.spec.geometry, change.spec.geometry, tolerance=1e-6)
        assert form.spec.model_copy(update={"area": change.spec.area}) == change.spec
        assert as_alice.get(change.address).status_code == 200
        assert ordering.submit(alice, form.spec).credits == change.estimate.credits


def test_an_area_too_long_for_an_address_has_fields_only(spec_json: dict, settings: Any, db: None) -> None:
    circle = shape(spec_json["area"]).centroid.buffer(0.006, quad_segs=200)
    spec = MosaicSpec.parse(
        spec_json | {"area": shapely.geometry.mapping(circle), "bands": ["B02", "B03", "B04", "B08"]}
    )
    settings.ORDER_HOLD_AREA_KM2 = spec.area_km2 * 0.7
    changes = changes_that_fit(spec)
    assert len(changes) == 3
    assert all(len(change.address) <= LONGEST_ADDRESS for change in changes)
    assert all(set(change.fields) == {"area"} for change in changes)


def test_an_archive_that_is_away_ends_the_search_quietly(dear: MosaicSpec, settings: Any) -> None:
    settings.ORDER_LIMIT_AREA_KM2 = 1
    settings.MOSAIC_SOURCE = "/nowhere/items.json"
    assert changes_that_fit(dear) == []


# --- Parts of areas ----------------------------------------------------------------------------
RING = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
TWO = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(9, 9, 10, 10)])


@pytest.mark.parametrize("area", [shapely.box(0, 0, 2, 1), RING, TWO])
@pytest.mark.parametrize("share", [0.9, 0.3, 0.01])
def test_the_middle_of_any_area_lies_in_it_and_is_not_empty(area: Any, share: float) -> None:
    part = centred(area, share)
    assert not part.is_empty
    assert part.within(area.buffer(1e-5))


@pytest.mark.parametrize("side", SIDES)
def test_a_side_keeps_its_edge(side: str) -> None:
    part = from_side(shapely.box(0, 0, 2, 1), side, 0.25)
    assert part.area == pytest.approx(0.5)
    edges = {"west": (0, 0), "east": (2, 2), "north": (3, 1), "south": (1, 0)}
    index, value = edges[side]
    assert part.bounds[index] == value


@pytest.mark.parametrize(("area", "count"), [(shapely.box(0, 0, 2, 1), 3), (RING, 3), (TWO, 2)])
def test_strips_make_the_whole_and_empty_ones_are_left_out(area: Any, count: int) -> None:
    parts = strips(area, 3)
    assert len(parts) == count
    assert sum(part.area for part in parts) == pytest.approx(area.area)
