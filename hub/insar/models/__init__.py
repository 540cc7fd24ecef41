"""Ground motion as rows: what was published, who may see it, and what was answered."""

from hub.insar.models.access import Acceptance, AccessRequest, Grant, SensitiveSite, Territory, Undertaking
from hub.insar.models.audit import AuditEntry
from hub.insar.models.releases import Cell, Layer, MeasurementPoint, Part, Release
from hub.insar.models.uploads import Upload
from hub.insar.models.words import Action, Direction, Level, RequestState, Right, Treatment, UploadState

__all__ = [
    "AccessRequest",
    "Acceptance",
    "Action",
    "AuditEntry",
    "Cell",
    "Direction",
    "Grant",
    "Layer",
    "Level",
    "MeasurementPoint",
    "Part",
    "Release",
    "RequestState",
    "Right",
    "SensitiveSite",
    "Territory",
    "Treatment",
    "Undertaking",
    "Upload",
    "UploadState",
]
