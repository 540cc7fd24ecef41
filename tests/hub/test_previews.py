"""Previews on the pages: asked for, made once, shown to who asked, gone after an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import rasterio
from celery import current_app
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.utils import timezone

from hub.previews import keeping, making, tasks
from hub.previews.asking import TooManyPreviews, ask_for
from hub.previews.models import Preview, State
from processing.spec import MosaicSpec
from tests.hub.processes import until, worker

HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db

Sent = Callable[..., Any]


@pytest.fixture
def send(as_alice: Client, choices: dict[str, Any], django_capture_on_commit_callbacks: Any, monkeypatch: Any) -> Sent:
    """``send(right_method="latest")``: alice's browser asks for a preview of the choices with changes."""
    # What is enqueued is made by the test, when it says so.
    monkeypatch.setattr(tasks.make, "apply_async", lambda *args, **kwargs: None)

    def ask(client: Client = as_alice, headers: dict[str, str] | None = HTMX, **changes: Any) -> Any:
        return client.post("/hub/preview/", choices | {"look": "true_colour"} | changes, headers=headers)

    return ask


def make_all() -> None:
    for preview in Preview.objects.filter(state=State.WAITING).order_by("pk"):
        making.make(preview.pk)


def address_of(made: Preview, look: str = "true_colour") -> str:
    return f"/hub/preview/{made.key}.png?look={look}"


def picture(content: bytes, tmp_path: Path) -> np.ndarray:
    path = tmp_path / "preview.png"
    path.write_bytes(content)
    with rasterio.open(path) as dataset:
        return dataset.read()


def test_a_preview_is_asked_for_made_and_seen(send: Sent, as_alice: Client, tmp_path: Path) -> None:
    asked = send()
    assert asked.status_code == 200
    page = asked.content.decode()
    assert "The preview is being made." in page and "Waiting for a worker." in page and "every 500ms" in page
    preview = Preview.objects.get()
    shown = f"/hub/preview/shown/?left={preview.key}"
    assert as_alice.get(f"{shown}&known=waiting", headers=HTMX).status_code == 204, "nothing new, nothing to show"
    make_all()
    page = as_alice.get(f"{shown}&known=waiting", headers=HTMX).content.decode()
    assert "being made" not in page and "hx-get" not in page
    assert "S2GM, June 2024" in page and "of the rectangle has data" in page
    assert f'data-truecolour="/hub/preview/{preview.key}.png?look=true_colour"' in page
    answer = as_alice.get(address_of(preview))
    assert answer["Content-Type"] == "image/png" and "private" in answer["Cache-Control"]
    colours = picture(b"".join(answer.streaming_content), tmp_path)
    assert colours.shape[0] == 4 and colours[3].any() and colours[:3].max() > 50
    preview.refresh_from_db()
    assert preview.facts["share"] == pytest.approx((colours[3] > 0).mean(), abs=0.001)


def test_both_looks_come_with_one_preview(send: Sent, as_alice: Client, tmp_path: Path) -> None:
    send(look="false_colour")
    make_all()
    preview = Preview.objects.get()
    looks = [
        picture(b"".join(as_alice.get(address_of(preview, look)).streaming_content), tmp_path)
        for look in ("true_colour", "false_colour")
    ]
    assert (looks[0][3] == looks[1][3]).all() and (looks[0] != looks[1]).any()
    assert as_alice.get(address_of(preview, "../../x")).status_code == 404


def test_the_same_choices_asked_twice_are_made_once(send: Sent, as_alice: Client) -> None:
    send()
    # Name, bands, format and size do not show.
    send(name="Other", bands=["B12"], layers=[], format="jp2", resolution="10", crs="wgs84", look="false_colour")
    assert Preview.objects.count() == 1
    make_all()
    assert "data-side" in send().content.decode(), "a finished one is there at once"
    send(method="latest")
    assert Preview.objects.count() == 2


def test_one_that_lacks_scenes_says_so_and_is_made_again_when_asked_again(
    send: Sent, as_alice: Client, settings: Any
) -> None:
    settings.PREVIEW_SECONDS = 0.0
    send()
    make_all()
    hasty = Preview.objects.get()
    page = as_alice.get(f"/hub/preview/shown/?left={hasty.key}", headers=HTMX).content.decode()
    assert f"There was no time to look at {hasty.facts['scenes_left_out']} of them" in page
    settings.PREVIEW_SECONDS = 60.0
    send()
    make_all()
    whole = Preview.objects.get()
    assert whole.key != hasty.key and whole.facts["scenes_left_out"] == 0
    send()
    assert Preview.objects.get() == whole


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"right_method": "latest"}, "Latest, June 2024"),
        ({"right_period": "previous"}, "S2GM, May 2024"),
        ({"right_period": "next"}, "S2GM, July 2024"),
        ({"right_mask": "scl-strict"}, "S2GM, Scene classes, strict, June 2024"),
    ],
)
def test_two_choices_stand_side_by_side(send: Sent, change: dict[str, str], label: str) -> None:
    page = send(**change).content.decode()
    assert Preview.objects.count() == 2
    assert "<strong>S2GM, June 2024</strong>" in page and f"<strong>{label}</strong>" in page
    make_all()
    page = send(**change).content.decode()
    assert 'data-side="left"' in page
    if "right_period" not in change:  # the archive has June alone
        assert 'data-side="right"' in page and "preview-border" in page


def test_the_same_twice_is_one_preview(send: Sent) -> None:
    send(right_method="s2gm", right_mask="default")
    assert Preview.objects.count() == 1


def test_an_option_of_the_method_counts(send: Sent) -> None:
    send()
    send(**{"option-s2gm-threshold": "2"})
    assert {tuple(preview.spec["method_options"].items()) for preview in Preview.objects.all()} == {
        (),
        (("threshold", 2),),
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"area": ""}, "area"),
        ({"area": "POLYGON((1 2, 3 4"}, "area"),
        ({"kind": "century"}, "period"),
        ({"month": "2024-06-02"}, "first day"),
        ({"method": "magic"}, "magic"),
        ({"mask": "<script>alert(1)</script>"}, "mask"),
        ({"right_method": "magic"}, "On the right"),
        ({"right_mask": "magic"}, "On the right"),
        ({"kind": "year", "year": "2026-01-01", "right_period": "next"}, "future"),
    ],
)
def test_what_cannot_be_ordered_cannot_be_previewed(send: Sent, change: dict[str, str], told: str) -> None:
    answer = send(**change)
    assert answer.status_code == 422
    assert told in answer.content.decode() and "<script" not in answer.content.decode()
    assert not Preview.objects.exists()


def test_odd_values_of_its_own_fields_are_passed_over(send: Sent) -> None:
    page = send(look="x-ray", side="up", right_period="yesterday").content.decode()
    assert 'data-preview-look="true_colour"' in page
    assert Preview.objects.count() == 1


def test_no_more_than_two_are_waited_for(send: Sent, alice: AbstractUser) -> None:
    send(right_method="latest")
    refused = send(method="medoid")
    assert refused.status_code == 429 and "still being made" in refused.content.decode()
    assert Preview.objects.count() == 2
    assert send(right_method="latest").status_code == 200, "the same ones may be asked for again"
    make_all()
    assert send(method="medoid").status_code == 200


def test_a_comparison_is_asked_for_whole_or_not_at_all(alice: AbstractUser, spec: MosaicSpec) -> None:
    ask_for(alice, [spec])
    others = [spec.model_copy(update={"method": method}) for method in ("latest", "medoid")]
    with pytest.raises(TooManyPreviews):
        ask_for(alice, others)
    assert Preview.objects.count() == 1


def test_the_limit_is_each_users_own(send: Sent, bob: AbstractUser, spec: MosaicSpec) -> None:
    send(right_method="latest")
    assert len(ask_for(bob, [spec])) == 1


def test_nobody_else_sees_a_preview(
    send: Sent, bob: AbstractUser, charlie: AbstractUser, operator: AbstractUser
) -> None:
    send()
    make_all()
    preview = Preview.objects.get()
    for other in (bob, charlie, operator):
        client = Client()
        client.force_login(other)
        assert client.get(address_of(preview)).status_code == 404
        assert client.get(f"/hub/preview/shown/?left={preview.key}", headers=HTMX).status_code == 404
    charlies = Client()
    charlies.force_login(charlie)
    send(client=charlies)
    assert Preview.objects.count() == 2, "charlie's own, though of the same choices"


def test_a_stranger_is_sent_to_sign_in(send: Sent) -> None:
    send()
    make_all()
    preview, stranger = Preview.objects.get(), Client()
    asked = send(client=stranger)
    assert asked.status_code == 403 and "Sign in to preview" in asked.content.decode()
    assert Preview.objects.count() == 1
    answer = stranger.get(address_of(preview))
    assert answer.status_code == 302 and answer["Location"].startswith("/account/login/")
    without_script = send(client=stranger, headers=None)
    assert without_script.status_code == 302 and "/account/login/" in without_script["Location"]


def test_only_a_post_asks_and_only_with_a_token(as_alice: Client, alice: AbstractUser, choices: dict[str, Any]) -> None:
    assert as_alice.get("/hub/preview/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post("/hub/preview/", choices).status_code == 403
    assert not Preview.objects.exists()


def test_what_is_not_there_is_not_found(as_alice: Client) -> None:
    for address in ("/hub/preview/nothing.png", "/hub/preview/shown/", "/hub/preview/shown/?left=nothing"):
        assert as_alice.get(address).status_code == 404


def test_a_picture_that_is_not_made_yet_is_not_found(send: Sent, as_alice: Client) -> None:
    send()
    assert as_alice.get(address_of(Preview.objects.get())).status_code == 404


def test_a_failed_preview_says_why_in_plain_words(send: Sent, as_alice: Client) -> None:
    page = send(month="2024-02-01").content.decode()
    assert "being made" in page
    make_all()
    preview = Preview.objects.get()
    assert preview.state == State.FAILED
    page = as_alice.get(f"/hub/preview/shown/?left={preview.key}", headers=HTMX).content.decode()
    assert "The period has no scene of this area; the nearest one in the archive is of" in page
    assert "hx-get" not in page
    send(month="2024-02-01")
    assert Preview.objects.get().state == State.WAITING, "asked for again it is tried again"


def test_an_archive_that_is_away_is_said_so(send: Sent, as_alice: Client, settings: Any, tmp_path: Path) -> None:
    send()
    settings.MOSAIC_SOURCE = str(tmp_path / "gone" / "items.json")
    make_all()
    preview = Preview.objects.get()
    page = as_alice.get(f"/hub/preview/shown/?left={preview.key}", headers=HTMX).content.decode()
    assert preview.state == State.FAILED and str(tmp_path) not in page
    assert "preview-problem" in page


def test_a_fault_of_ours_names_no_paths(send: Sent, as_alice: Client, settings: Any, tmp_path: Path) -> None:
    send()
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("in the way")
    make_all()
    preview = Preview.objects.get()
    page = as_alice.get(f"/hub/preview/shown/?left={preview.key}", headers=HTMX).content.decode()
    assert "Something unexpected went wrong" in page and str(tmp_path) not in page


def test_one_that_no_worker_finishes_is_given_up(send: Sent, as_alice: Client, settings: Any) -> None:
    send()
    preview = Preview.objects.get()
    Preview.objects.update(asked_at=timezone.now() - timedelta(seconds=settings.PREVIEW_LOST_SECONDS + 1))
    page = as_alice.get(f"/hub/preview/shown/?left={preview.key}", headers=HTMX).content.decode()
    assert "not finished in time" in page and "hx-get" not in page
    making.make(preview.pk)
    preview.refresh_from_db()
    assert preview.state == State.WAITING, "nobody waits for it any more"
    send()
    assert Preview.objects.get().key != preview.key


def test_a_message_that_comes_twice_makes_one_picture(send: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    send()
    made = []
    monkeypatch.setattr(keeping, "keep", lambda preview, pictures: made.append(preview.pk))
    for _ in range(2):
        making.make(Preview.objects.get().pk)
    assert len(made) == 1
    making.make(10**6)


def test_after_an_hour_it_is_gone(send: Sent, as_alice: Client, settings: Any) -> None:
    send()
    make_all()
    old = Preview.objects.get()
    send(method="latest")
    make_all()
    new = Preview.objects.exclude(pk=old.pk).get()
    Preview.objects.filter(pk=old.pk).update(asked_at=timezone.now() - timedelta(seconds=settings.PREVIEW_KEPT_SECONDS))
    assert as_alice.get(address_of(old)).status_code == 404, "not to be seen even before it is swept"
    (keeping.root() / "left-by-nobody").mkdir()
    (keeping.root() / ".not ours").mkdir()
    tasks.sweep()
    assert list(Preview.objects.all()) == [new]
    assert sorted(folder.name for folder in keeping.root().iterdir()) == sorted([new.key, ".not ours"])
    assert as_alice.get(address_of(new)).status_code == 200


def test_sweeping_nothing_is_fine(settings: Any) -> None:
    assert keeping.sweep() == 0


def test_the_previews_of_a_removed_user_go(alice: AbstractUser, spec: MosaicSpec) -> None:
    (preview,) = ask_for(alice, [spec])
    making.make(preview.pk)
    alice.delete()
    tasks.sweep()
    assert not Preview.objects.exists() and not list(keeping.root().iterdir())


def test_it_works_without_a_script(send: Sent, as_alice: Client) -> None:
    asked = send(headers=None, right_method="latest", look="false_colour")
    assert asked.status_code == 302
    query = parse_qs(urlsplit(asked["Location"]).query)
    assert set(query) == {"left", "right", "look"}
    assert b'http-equiv="refresh"' in as_alice.get(asked["Location"]).content
    make_all()
    page = as_alice.get(asked["Location"]).content.decode()
    assert "refresh" not in page and page.count("<img") >= 2 and "look=false_colour" in page
    assert 'alt="Preview: Latest, June 2024"' in page
    refused = send(headers=None, area="")
    assert refused.status_code == 422 and "<h1>Preview</h1>" in refused.content.decode()


def test_how_many_queries_it_takes(send: Sent, as_alice: Client, django_assert_max_num_queries: Any) -> None:
    send(right_method="latest")
    make_all()
    keys = {preview.spec["method"]: preview.key for preview in Preview.objects.all()}
    with django_assert_max_num_queries(3):
        as_alice.get(f"/hub/preview/shown/?left={keys['s2gm']}&right={keys['latest']}", headers=HTMX)
    address = address_of(Preview.objects.get(key=keys["s2gm"]))
    with django_assert_max_num_queries(3):
        as_alice.get(address)


def test_it_is_said_when_the_queue_is_away(
    alice: AbstractUser, spec: MosaicSpec, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.make, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        (preview,) = ask_for(alice, [spec])
    preview.refresh_from_db()
    assert preview.state == State.FAILED and "cannot be made at the moment" in preview.problems[0]["message"]


def test_its_tasks_belong_to_the_quick_queue() -> None:
    current_app.loader.import_default_modules()
    for name in ("hub.previews.tasks.make", "hub.previews.tasks.sweep"):
        assert current_app.amqp.router.route({}, name)["queue"].name == "quick"


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_makes_it(alice: AbstractUser, spec: MosaicSpec, empty_queue: None, tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        (preview,) = ask_for(alice, [spec])

        def is_over() -> bool:
            preview.refresh_from_db()
            return preview.state not in (State.WAITING, State.MAKING)

        until(is_over, seconds=60, what="the preview", log=process.log)
    assert preview.state == State.MADE, preview.problems
    assert keeping.picture_path(preview, "true_colour").stat().st_size > 500
