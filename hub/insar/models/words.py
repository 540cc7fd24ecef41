"""The words of ground motion: each stands for one thing, in columns, addresses and pages alike."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

MAP_SRID = 3857
"""Points, cells, territories and grants are compared in the map's own projection: what is drawn there with straight
lines is bounded by these very lines."""
CELL_SIZES_M = (100, 400, 1600, 6400)
"""Of the pyramid's cells, on the grid of EPSG:3035; each size is four times the one before."""
COARSENED_CELL_M = 1600
"""The smallest cells in which the points of a coarsened site count."""


class Right(models.TextChoices):
    """What a grant allows; each contains those before it."""

    EXISTS = "exists", _("know that it exists")
    OVERVIEW = "overview", _("see cells")
    FULL = "full", _("see points and series")


class Level(models.TextChoices):
    """How far a result is processed; the words of the European Ground Motion Service."""

    L2A = "L2a", _("L2a, line of sight, relative")
    L2B = "L2b", _("L2b, line of sight, calibrated")
    L3 = "L3", _("L3, east and up")
    OTHER = "other", _("other")


class Direction(models.TextChoices):
    """Along what a layer's motion is measured."""

    ASCENDING = "ascending", _("ascending")
    DESCENDING = "descending", _("descending")
    EAST = "east", _("east")
    UP = "up", _("up")
    LOS = "los", _("line of sight")


class Treatment(models.TextChoices):
    """What becomes of the points of a sensitive site."""

    CUT = "cut", _("cut out: as if nothing had been measured")
    COARSENED = "coarsened", _("coarsened: only part of large cells")


class RequestState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class UploadState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("being taken in")
    DONE = "done", _("taken in")
    REFUSED = "refused", _("refused")


class Action(models.TextChoices):
    """What was answered, as the audit log names it."""

    RELEASE = "release", _("release")
    TILE = "tile", _("map tile")
    CELLS = "cells", _("cells")
    POINTS = "points", _("points")
    POINT = "point", _("point")
    SERIES = "series", _("series")
    VELOCITIES = "velocities", _("velocities of a window")
    AGGREGATE = "aggregate", _("aggregate")
    PROFILE = "profile", _("profile")
    EXPORT = "export", _("export")
    DECISION = "decision", _("decision")
    GRANT = "grant", _("grant")
