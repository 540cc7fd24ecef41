"""Files of ground motion that staff upload in the admin, and what a worker makes of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.insar import tasks
from hub.insar.deliveries import uploads
from hub.insar.models import Part, Release, Upload, UploadState

pytestmark = pytest.mark.django_db


@pytest.fixture
def url() -> str:
    return reverse("admin:insar_upload_add")


@pytest.fixture
def delivered(motion_files: dict[str, list[Path]]) -> Path:
    return motion_files["L3"][0]


@pytest.fixture
def clerk(bob: AbstractUser) -> AbstractUser:
    """Staff who may take parts in."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="add_part", content_type__app_label="insar"))
    return bob


def as_file(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes())


def test_staff_upload_a_file_and_a_worker_takes_it_in(client: Client, clerk: AbstractUser, url: str, delivered: Path):
    client.force_login(clerk)
    assert client.get(url).status_code == 200
    response = client.post(url, {"file": as_file(delivered), "release": ""})
    assert response.status_code == 302, response.context["errors"]
    upload = Upload.objects.get()
    assert (upload.file_name, upload.uploaded_by, upload.state) == (delivered.name, clerk, UploadState.WAITING)
    assert (upload.folder / delivered.name).read_bytes() == delivered.read_bytes()
    tasks.take_in(upload.pk)
    upload.refresh_from_db()
    part = Part.objects.get()
    assert (upload.state, upload.part_id, part.taken_in_by) == (UploadState.DONE, part.pk, "bob")
    assert not upload.folder.exists()
    shown = client.get(reverse("admin:insar_upload_change", args=[upload.pk])).content.decode()
    assert "mean_velocity" in shown
    assert client.get(reverse("admin:insar_upload_changelist")).status_code == 200


@pytest.mark.parametrize("name", ["add", "changelist"])
def test_nobody_else_gets_there(
    client: Client, alice: AbstractUser, charlie: AbstractUser, url: str, delivered: Path, name: str
):
    page = reverse(f"admin:insar_upload_{name}")
    assert client.get(page).status_code == 302
    client.force_login(charlie)
    assert client.get(page).status_code == 302
    assert client.post(url, {"file": as_file(delivered)}).status_code == 302
    # Staff without the permission.
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(page).status_code == 403
    assert client.post(url, {"file": as_file(delivered)}).status_code == 403
    assert not Upload.objects.exists()


def test_a_post_without_the_forms_token_is_refused(clerk: AbstractUser, url: str, delivered: Path):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    assert strict.post(url, {"file": as_file(delivered)}).status_code == 403
    assert not Upload.objects.exists()


def test_a_file_that_is_too_large_is_refused(client: Client, clerk: AbstractUser, url: str, settings: Any):
    settings.INSAR_UPLOAD_MAX_MB = 1
    client.force_login(clerk)
    slightly = SimpleUploadedFile("slightly.csv", bytes((1 << 20) + 1))
    assert "larger than 1 MB" in client.post(url, {"file": slightly}).content.decode()
    client.post(url, {"file": SimpleUploadedFile("far.csv", bytes(3 << 20))})
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", ".hidden", "a\\\\b\\\\c.csv", "é ü.csv", "x" * 300 + ".csv"]
)
def test_a_name_never_leads_out_of_its_folder(clerk: AbstractUser, name: str):
    file = SimpleUploadedFile("plain.csv", b"x")
    file._name = name
    upload = uploads.receive(file, user=clerk)
    (kept,) = upload.folder.iterdir()
    assert kept.name == upload.file_name
    assert kept.resolve().parent == upload.folder.resolve()


def test_a_broken_file_is_refused_in_plain_words(clerk: AbstractUser):
    upload = uploads.receive(SimpleUploadedFile("points.csv", b"pid,nothing\n1,2\n"), user=clerk)
    tasks.take_in(upload.pk)
    upload.refresh_from_db()
    assert upload.state == UploadState.REFUSED
    assert "points.csv, line 1" in upload.problem
    assert not upload.folder.exists()
    assert not Release.objects.exists()


def test_an_upload_is_taken_in_once(clerk: AbstractUser, delivered: Path):
    upload = uploads.receive(as_file(delivered), user=clerk)
    for _ in range(2):
        tasks.take_in(upload.pk)
    upload.refresh_from_db()
    assert upload.attempt == 1
    again = uploads.receive(as_file(delivered), user=clerk)
    tasks.take_in(again.pk)
    again.refresh_from_db()
    assert (again.state, again.part_id) == (UploadState.DONE, upload.part_id)
    assert "nothing was changed" in again.problem


def test_the_upload_of_a_silent_worker_is_given_to_another(clerk: AbstractUser, delivered: Path, empty_queue: None):
    upload = uploads.receive(as_file(delivered), user=clerk)
    long_ago = timezone.now() - timedelta(hours=1)
    died = {"state": UploadState.RUNNING, "attempt": 1, "seen_at": long_ago, "uploaded_at": long_ago}
    Upload.objects.filter(pk=upload.pk).update(**died)
    assert uploads.take_up() == 1
    upload.refresh_from_db()
    assert (upload.state, upload.enqueued_at is not None) == (UploadState.WAITING, True)
    assert uploads.take_up() == 0
    tasks.take_in(upload.pk)
    assert Part.objects.count() == 1
    Upload.objects.filter(pk=upload.pk).update(**died | {"attempt": 3})
    uploads.take_up()
    upload.refresh_from_db()
    assert upload.state == UploadState.REFUSED
