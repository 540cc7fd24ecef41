"""The layers of a product: what can be ordered, and the rasters that an order brings.

Names, data types, no-data and scales are those of S2GM's product guide and of its example metadata; where
they disagree with the service's script the metadata count. Angles are int16 there, which holds no azimuth
beyond 327.67 degrees: such are stored as 360 degrees less, everything below as S2GM stored it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from processing.sentinel2 import BANDS, REFLECTANCE_NODATA, REFLECTANCE_SCALE, SceneClass

if TYPE_CHECKING:
    from processing.spec import MosaicSpec


@dataclass(frozen=True)
class Flag:
    """One value of a layer that holds classes."""

    value: int
    name: str
    """One word in CF's sense: no blanks."""

    title: str
    colour: str
    """#rrggbb, for legends."""


@dataclass(frozen=True)
class OutputLayer:
    """One raster of a product: reflectances and others alike."""

    name: str
    """As orders name it; of a layer with several rasters each has a name of its own."""

    prefix: str
    """As its file's name begins, and its variable is named."""

    title: str
    dtype: str
    nodata: int
    scale: float = 1.0
    unit: str = "1"
    valid_range: tuple[int, int] = (0, 0)
    """Smallest and largest stored number beside no data."""

    standard_name: str = ""
    """CF's standard name, where there is one."""

    flags: tuple[Flag, ...] = ()

    @property
    def is_reflectance(self) -> bool:
        return self.name in BANDS


@dataclass(frozen=True)
class Layer:
    """What an order can name beside the reflectances."""

    name: str
    title: str
    summary: str
    group: str
    """Key of ``GROUPS``."""

    rasters: tuple[OutputLayer, ...]
    read_from: str | None = None
    """The granule's file that it is read from: "AOT", "CLD", "SNW", or "metadata" for the angles."""


class Decision(IntEnum):
    """Values of the layer ``method``: how the observation of a pixel was decided."""

    NONE = 0
    SINGLE = 1
    SHORT_TERM = 2
    MEDOID = 3


class Reason(IntEnum):
    """Why an observation does not count, in the order of the rasters of ``rejected_obs``."""

    CLOUD = 1
    SHADOW = 2
    SNOW = 3
    EDGE = 4
    NO_DATA = 5


GROUPS = {
    "quality": "Quality",
    "geometry": "Sun and view",
    "validation": "Validation",
    "medoid": "Medoid",
    "history": "How it was made",
}

_SCENE_CLASSES = (
    Flag(SceneClass.NO_DATA, "no_data", "No data", "#000000"),
    Flag(SceneClass.SATURATED_OR_DEFECTIVE, "saturated_or_defective", "Saturated or defective", "#ff0004"),
    Flag(SceneClass.DARK_FEATURE_SHADOW, "dark_feature_or_shadow", "Dark feature or terrain shadow", "#868686"),
    Flag(SceneClass.CLOUD_SHADOW, "cloud_shadow", "Cloud shadow", "#774c0b"),
    Flag(SceneClass.VEGETATION, "vegetation", "Vegetation", "#10d32d"),
    Flag(SceneClass.BARE_SOIL, "bare_soil", "Bare soil, not vegetated", "#ffff53"),
    Flag(SceneClass.WATER, "water", "Water", "#0000ff"),
    Flag(SceneClass.UNCLASSIFIED, "unclassified", "Unclassified, low cloud probability", "#818181"),
    Flag(SceneClass.CLOUD_MEDIUM_PROBABILITY, "cloud_medium_probability", "Cloud, medium probability", "#c0c0c0"),
    Flag(SceneClass.CLOUD_HIGH_PROBABILITY, "cloud_high_probability", "Cloud, high probability", "#f1f1f1"),
    Flag(SceneClass.THIN_CIRRUS, "thin_cirrus", "Thin cirrus", "#bac5eb"),
    Flag(SceneClass.SNOW_ICE, "snow_or_ice", "Snow or ice", "#52fff9"),
)

_DECISIONS = (
    Flag(Decision.NONE, "none", "No observation", "#d9d9d9"),
    Flag(Decision.SINGLE, "single", "Taken without comparison", "#fdae61"),
    Flag(Decision.SHORT_TERM, "short_term", "Short-term decision tree", "#abd9e9"),
    Flag(Decision.MEDOID, "medoid", "Medoid", "#2c7bb6"),
)

_REASONS = {
    Reason.CLOUD: ("cloud", "for cloud"),
    Reason.SHADOW: ("shadow", "for cloud shadow"),
    Reason.SNOW: ("snow", "for snow that is none by its bands"),
    Reason.EDGE: ("edge", "at the swath's edge"),
    Reason.NO_DATA: ("no_data", "without data"),
}


def _reflectance(band: str) -> OutputLayer:
    title = f"{band} {BANDS[band].title.lower()}, surface reflectance"
    return OutputLayer(
        band, band, title, "uint16", REFLECTANCE_NODATA, REFLECTANCE_SCALE, "1",
        (0, REFLECTANCE_NODATA - 1), "surface_bidirectional_reflectance",
    )  # fmt: skip


def _alone(layer: OutputLayer, summary: str, group: str, *, title: str = "", read_from: str | None = None) -> Layer:
    """A layer of one raster."""
    return Layer(layer.name, title or layer.title, summary, group, (layer,), read_from)


def _percentage(name: str, title: str) -> OutputLayer:
    return OutputLayer(name, f"quality_{name}", title, "uint8", 255, unit="percent", valid_range=(0, 100))


def _zenith(name: str, title: str, standard_name: str) -> OutputLayer:
    return OutputLayer(name, name, title, "int16", -32768, 0.01, "degree", (0, 18000), standard_name)


def _azimuth(name: str, title: str, standard_name: str) -> OutputLayer:
    return OutputLayer(name, name, title, "int16", -32768, 0.01, "degree", (-3233, 32767), standard_name)


_AOT = OutputLayer("aot", "quality_aot", "Aerosol optical thickness", "uint16", 65535, 0.001, "1", (0, 65534))
_SCENE_CLASS = OutputLayer(
    "scene_classification",
    "quality_scene_classification",
    "Scene classification",
    "uint8",
    255,
    valid_range=(0, 11),
    flags=_SCENE_CLASSES,
)
_SUN_ZENITH = _zenith("sun_zenith", "Sun zenith angle", "solar_zenith_angle")
_SUN_AZIMUTH = _azimuth("sun_azimuth", "Sun azimuth angle", "solar_azimuth_angle")
_VIEW_ZENITH = _zenith("view_zenith_mean", "View zenith angle, mean over bands", "sensor_zenith_angle")
_VIEW_AZIMUTH = _azimuth("view_azimuth_mean", "View azimuth angle, mean over bands", "sensor_azimuth_angle")
_SOURCE_INDEX = OutputLayer("source_index", "source_index", "Source index", "int16", -1, valid_range=(0, 32767))
_VALID_OBS = OutputLayer(
    "valid_obs", "valid_obs", "Valid observations", "uint8", 255, unit="count", valid_range=(0, 254)
)
_MEDOID_MOS = OutputLayer(
    "medoid_mos", "medoid_mos", "Medoid: mean distance to the observations", "uint16", 65535, 1e-4, "1", (0, 65534)
)
_OBSERVATION_DATE = OutputLayer(
    "observation_date", "observation_date", "Days from the period's first day", "int16", -1, 1.0, "day", (0, 365)
)
_METHOD = OutputLayer("method", "method", "How it was decided", "uint8", 255, valid_range=(0, 3), flags=_DECISIONS)
_REJECTED = tuple(
    OutputLayer(
        f"rejected_obs_{name}", f"rejected_obs_{name}", f"Observations rejected {words}", "uint8", 255,
        unit="count", valid_range=(0, 254),
    )
    for name, words in _REASONS.values()
)  # fmt: skip

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        _alone(_AOT, "Sen2Cor's aerosol optical thickness of the chosen observation.", "quality", read_from="AOT"),
        _alone(
            _percentage("cloud_confidence", "Cloud confidence"),
            "Sen2Cor's cloud probability of the chosen observation, in percent.",
            "quality",
            read_from="CLD",
        ),
        _alone(
            _percentage("snow_confidence", "Snow confidence"),
            "Sen2Cor's snow probability of the chosen observation, in percent.",
            "quality",
            read_from="SNW",
        ),
        _alone(_SCENE_CLASS, "Sen2Cor's class (0-11) of the chosen observation.", "quality"),
        _alone(_SUN_ZENITH, "Where the sun stood: degrees from the vertical.", "geometry", read_from="metadata"),
        _alone(
            _SUN_AZIMUTH,
            "Where the sun stood: degrees clockwise from north; beyond 327.67 less 360.",
            "geometry",
            read_from="metadata",
        ),
        _alone(
            _VIEW_ZENITH,
            "Where the satellite stood: degrees from the vertical.",
            "geometry",
            title="View zenith angle",
            read_from="metadata",
        ),
        _alone(
            _VIEW_AZIMUTH,
            "Where the satellite stood: degrees clockwise from north; beyond 327.67 less 360.",
            "geometry",
            title="View azimuth angle",
            read_from="metadata",
        ),
        _alone(
            _SOURCE_INDEX,
            "Which scene the pixel comes from: the key into Source_product_list of the product's JSON.",
            "validation",
        ),
        _alone(_VALID_OBS, "How many valid observations the period had at this pixel.", "validation"),
        _alone(
            _MEDOID_MOS,
            "How far the medoid lies from the observations on average; no data where no medoid was taken.",
            "medoid",
            title="Medoid spread",
        ),
        _alone(
            _OBSERVATION_DATE,
            "Day of the chosen observation, counted from the period's first day, which is 0.",
            "history",
            title="Observation date",
        ),
        _alone(_METHOD, "What decided: one observation only, the short-term tree, or the medoid.", "history"),
        Layer(
            "rejected_obs",
            "Rejected observations",
            "How many observations did not count: for cloud, shadow, snow, swath edge, missing data; five rasters.",
            "history",
            _REJECTED,
        ),
    )
}
"""What can be ordered beside the reflectances: the eleven layers of S2GM, then those it never had."""


RASTERS: dict[str, OutputLayer] = {band: _reflectance(band) for band in BANDS} | {
    raster.name: raster for layer in LAYERS.values() for raster in layer.rasters
}
"""Every raster that a product can have, by name."""


def output_layers(spec: MosaicSpec) -> list[OutputLayer]:
    """The rasters of the ordered bands, then those of the other ordered layers."""
    return [RASTERS[band] for band in spec.bands] + _others(spec.layers)


def _others(names: Sequence[str]) -> list[OutputLayer]:
    return [raster for name in names for raster in LAYERS[name].rasters]
