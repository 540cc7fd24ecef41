"""What was published: releases, their layers, the files these came in, the points and the cells."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import MinValueValidator, RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.insar.models.words import CELL_SIZES_M, MAP_SRID, Direction, Level

KEY = r"[a-z0-9][a-z0-9-]{0,62}"


class Release(models.Model):
    """One published version of a result at one level, such as EGMS L2b 2018-2022."""

    key = models.CharField(
        max_length=63, unique=True, validators=[RegexValidator(rf"^{KEY}$")], help_text=_("Stands in addresses")
    )
    title = models.CharField(max_length=120)
    collection = models.CharField(max_length=60, help_text=_("The family of releases it belongs to"))
    level = models.CharField(max_length=5, choices=Level)
    first_year = models.PositiveSmallIntegerField(null=True, blank=True)
    last_year = models.PositiveSmallIntegerField(null=True, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    summary = models.TextField(blank=True, help_text=_("How it was made, in a few sentences"))
    attribution = models.CharField(max_length=300, blank=True, help_text=_("Stands in every export"))
    licence = models.CharField(max_length=300, blank=True, help_text=_("Stands in every export"))
    embargo_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Until then only grants that hold despite the embargo count")
    )
    undertaking = models.ForeignKey(
        "insar.Undertaking",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="releases",
        help_text=_("What whoever asks for access has to accept"),
    )
    least_points = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(2)], help_text=_("Cells with fewer points are not shown")
    )
    overview_cell_m = models.PositiveSmallIntegerField(
        default=400,
        choices=[(size, f"{size} m") for size in CELL_SIZES_M],
        help_text=_("The smallest cells that an overview shows"),
    )
    stamp = models.PositiveIntegerField(default=0, editable=False, help_text="Grows with every change of its data")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["collection", "level", "-last_year", "-version"]

    def __str__(self) -> str:
        return self.title


class Layer(models.Model):
    """The points of a release seen in one direction. Each has a partition of the table of points."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="layers")
    direction = models.CharField(max_length=10, choices=Direction)
    points = models.PositiveBigIntegerField(default=0)
    indexed = models.BooleanField(default=False, help_text="Whether its points can be searched")
    extent = models.PolygonField(srid=MAP_SRID, null=True, blank=True, help_text="The box around its points")
    velocity_p02 = models.FloatField(null=True, blank=True)
    velocity_p98 = models.FloatField(null=True, blank=True)
    cells_wanted = models.PositiveIntegerField(default=0, help_text="Grows whenever its cells must be made anew")
    cells_made = models.PositiveIntegerField(default=0, help_text="What was wanted when they were made last")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "direction"], name="one_layer_per_direction")]
        ordering = ["direction"]

    def __str__(self) -> str:
        return f"{self.release.key} {self.direction}"


class Part(models.Model):
    """One delivered file of a layer: a burst, a tile. Its points share their dates."""

    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="parts")
    identity = models.CharField(max_length=80, help_text="What makes two files the same piece, e.g. 088_0282_IW2_VV")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, help_text="Of the file")
    format = models.CharField(max_length=10)
    version = models.PositiveSmallIntegerField(null=True, blank=True)
    track = models.PositiveSmallIntegerField(null=True, blank=True)
    facility = models.CharField(max_length=60, blank=True)
    dates = models.JSONField(default=list, help_text="YYYY-MM-DD of each observation")
    points = models.PositiveIntegerField()
    columns = models.JSONField(default=list, help_text="As delivered")
    extra = models.JSONField(default=list, help_text="Columns beyond those of the table; kept beside the series")
    metadata = models.JSONField(default=dict, help_text="What came beside the points")
    report = models.JSONField(default=dict, help_text="How delivered fields differ from recomputed ones")
    outline = models.MultiPolygonField(srid=MAP_SRID, null=True, help_text="Around its points, roughly")
    taken_in_at = models.DateTimeField(default=timezone.now)
    taken_in_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["layer", "identity"], name="one_part_per_identity")]
        indexes = [models.Index(fields=["sha256"])]
        ordering = ["identity"]

    def __str__(self) -> str:
        return self.identity

    @property
    def series_folder(self) -> Path:
        """Where its Zarr group lies; there is none where the part has no dates."""
        return Path(settings.INSAR_ROOT) / "series" / f"{self.pk}.zarr"


class MeasurementPoint(models.Model):
    """A point. Nothing reads this table but through ``insar_points`` (sql/policy.sql), which knows who may see what.

    In addresses its id is ``part_id * 2**32 + row``.
    """

    pk = models.CompositePrimaryKey("part_id", "row")
    layer_id = models.IntegerField()
    part_id = models.IntegerField()
    row = models.IntegerField()
    """Place in Hilbert order within the part, and in its series."""
    pid = models.CharField(max_length=32)
    geom = models.PointField(srid=MAP_SRID)
    cluster_label = models.IntegerField(null=True)
    mp_type = models.IntegerField(null=True)
    easting = models.FloatField(null=True)
    northing = models.FloatField(null=True)
    height = models.FloatField(null=True)
    height_wgs84 = models.FloatField(null=True)
    line = models.IntegerField(null=True)
    pixel = models.IntegerField(null=True)
    rmse = models.FloatField(null=True)
    temporal_coherence = models.FloatField(null=True)
    amplitude_dispersion = models.FloatField(null=True)
    incidence_angle = models.FloatField(null=True)
    track_angle = models.FloatField(null=True)
    los_east = models.FloatField(null=True)
    los_north = models.FloatField(null=True)
    los_up = models.FloatField(null=True)
    mean_velocity = models.FloatField(null=True)
    mean_velocity_std = models.FloatField(null=True)
    acceleration = models.FloatField(null=True)
    acceleration_std = models.FloatField(null=True)
    seasonality = models.FloatField(null=True)
    seasonality_std = models.FloatField(null=True)

    class Meta:
        managed = False  # Partitioned by layer: sql/points.sql.
        db_table = "insar_measurementpoint"


class Cell(models.Model):
    """What the points of one square of the LAEA grid (EPSG:3035) have in common. Read through ``insar_cells`` alone."""

    pk = models.CompositePrimaryKey("layer_id", "size_m", "column", "row")
    layer_id = models.IntegerField()
    size_m = models.SmallIntegerField()
    column = models.IntegerField()
    """Easting of its west side / size."""
    row = models.IntegerField()
    """Northing of its south side / size."""
    geom = models.PolygonField(srid=MAP_SRID)
    count = models.IntegerField()
    shown = models.BooleanField()
    """Whether it may be seen by those who may not see its points: hub/insar/pyramid/suppression.py."""
    mean = models.FloatField()
    spread = models.FloatField()
    """Standard deviation of the velocities of its points."""
    median = models.FloatField()
    p05 = models.FloatField()
    p95 = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    coherence = models.FloatField(null=True)
    """Mean of its points."""
    std = models.FloatField(null=True)
    """Mean of its points' velocity std."""

    class Meta:
        managed = False
        db_table = "insar_cell"
