"""What the archive's scenes saw, in coarse cells, kept so that nothing has to be read when somebody asks."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils import timezone

from processing.overviews.grid import Lattice
from processing.overviews.masks import THINNED, Sighting, merged, unpacked

LEVELS = ("fine", "middle", "coarse")
"""The columns of cells, one for each of ``THINNED``."""


class State(models.TextChoices):
    WANTED = "wanted"
    KEPT = "kept"
    UNUSABLE = "unusable"


class SceneMask(models.Model):
    """One granule's scene classes and swath edges."""

    key = models.CharField(
        max_length=64, unique=True, help_text="Which granule of which archive, read by which version"
    )
    source = models.CharField(max_length=16, help_text="Of the archive's address")
    item_id = models.CharField(max_length=200)
    tile = models.CharField(max_length=5)
    datatake = models.CharField(max_length=100)
    sensed_at = models.DateTimeField()
    footprint = models.GeometryField(srid=4326)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WANTED)
    asked = models.BooleanField(default=False, help_text="Somebody waits for it")
    wanted_at = models.DateTimeField(default=timezone.now)
    kept_at = models.DateTimeField(null=True, blank=True)
    layouts_due = models.DateTimeField(
        null=True, blank=True, help_text="When it is to be learned how its files on a server are laid out; null: never"
    )
    reason = models.TextField(blank=True, help_text="Why it is unusable")
    cloud_percent = models.FloatField(null=True, blank=True, help_text="Of the whole scene")
    lattice = models.JSONField(default=list, help_text="EPSG code, left, top, right, bottom, columns and rows of cells")
    fine = models.BinaryField(default=b"")
    middle = models.BinaryField(default=b"")
    coarse = models.BinaryField(default=b"")

    class Meta:
        indexes = [
            models.Index(fields=["source", "sensed_at"], name="forecast_by_day"),
            models.Index(fields=["-asked", "id"], condition=models.Q(state="wanted"), name="forecast_wanted"),
            models.Index(
                fields=["source", "layouts_due"], condition=models.Q(state="kept"), name="forecast_layouts_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tile} {self.sensed_at:%Y-%m-%d}"

    def take(self, sighting: Sighting) -> None:
        """Hold what was seen; not saved yet."""
        lattice = sighting.lattice
        self.lattice = [
            lattice.epsg, lattice.left, lattice.top, lattice.right, lattice.bottom, lattice.width, lattice.height
        ]  # fmt: skip
        self.cloud_percent = round(sighting.cloud_percent, 2)
        for name, times in zip(LEVELS, THINNED, strict=True):
            setattr(self, name, sighting.thinned(times).packed())
        self.state, self.reason, self.kept_at = State.KEPT, "", timezone.now()

    def refuse(self, reason: str) -> None:
        """Hold why nothing can be seen of it; not saved yet."""
        self.state, self.reason, self.kept_at = State.UNUSABLE, reason, timezone.now()


def lattice_of(stored: list, level: int) -> Lattice:
    """The lattice of a level of cells, of what the column ``lattice`` holds."""
    return merged(Lattice(*stored), THINNED[level])


def sighting_of(packed: bytes | memoryview, lattice: Lattice) -> Sighting:
    return unpacked(bytes(packed), lattice)
