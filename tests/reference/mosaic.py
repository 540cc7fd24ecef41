"""A whole mosaic, pixel by pixel: from an archive's items.json to all layers on a given grid."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .angles import STEP_M, Angles, angles_of, azimuth_at, zenith_at
from .archive import Scene, scenes_of
from .datatakes import overpasses
from .encoding import (
    MEDOID,
    NONE,
    SHORT_TERM,
    SINGLE,
    empty_layers,
    stored_angle,
    stored_aot,
    stored_count,
    stored_percentage,
    stored_reflectance,
    stored_spread,
)
from .medoid import medoid
from .outlines import outlines_meet
from .pairwise import Candidate, pairwise
from .prefilter import SPECTRUM, Sample, can_refine_snow, rejection
from .resampling import OUTSIDE, Target, mean_of_all, mean_of_measured, nearest
from .short_term import short_term

METHODS = ("s2gm", "s2gm-1.0", "medoid", "latest")


@dataclass(frozen=True)
class Mosaic:
    """Every layer, and how it came about."""

    layers: dict[str, np.ndarray]
    """By the names of ``encoding.LAYERS``, (y, x)."""

    sources: list[str]
    """Identifiers of the scenes, oldest first: the numbers of source_index."""

    rules: Counter = field(default_factory=Counter)
    """How often each rule of the short-term tree decided."""


class Choice(NamedTuple):
    """What is taken from the valid observations of a pixel."""

    position: int | None
    decision: int
    """Value of the layer method."""

    spread: float | None = None
    """Of the medoid."""

    rule: str = ""
    """Of the short-term tree."""


def make_mosaic(
    items: Path, target: Target, *, first_day: date, last_day: date, method: str = "s2gm", threshold: int = 4
) -> Mosaic:
    """The mosaic of the scenes whose footprint meets the grid."""
    found = scenes_of(items, first_day=first_day, last_day=last_day)
    scenes = [scene for scene in found if outlines_meet(scene.outline, target.outline())]
    bands = [band for band in SPECTRUM if all(band in scene.files for scene in scenes)]
    compares_clouds = all("CLD" in scene.files for scene in scenes)
    views = [View(scene, target, compares_clouds=compares_clouds) for scene in scenes]
    refine_snow = method != "s2gm-1.0" and can_refine_snow(bands)
    mosaic = Mosaic(empty_layers(target.shape), [scene.identifier for scene in reversed(scenes)])
    for pixel in np.ndindex(target.shape):
        valid = count_observations(mosaic.layers, views, bands, pixel, refine_snow=refine_snow)
        choice = choose(valid, method=method, threshold=threshold)
        mosaic.rules[choice.rule] += 1
        mosaic.layers["method"][pixel] = choice.decision
        if choice.spread is not None:
            mosaic.layers["medoid_mos"][pixel] = stored_spread(choice.spread)
        if choice.position is not None:
            number = valid[choice.position].scene
            mosaic.layers["source_index"][pixel] = len(scenes) - 1 - number
            mosaic.layers["observation_date"][pixel] = (scenes[number].start.date() - first_day).days
            views[number].gather(mosaic.layers, pixel)
    return mosaic


def count_observations(layers, views, bands, pixel, *, refine_snow: bool) -> list[Sample]:
    """The valid observations of a pixel, newest first; the layers of counts are filled in."""
    valid, rejected = [], Counter()
    classes = [int(view.scene_class[pixel]) for view in views]
    for overpass in overpasses([view.scene.datatake for view in views], classes):
        if overpass.scene is None:
            rejected["no_data"] += 1
            continue
        sample = views[overpass.scene].sample(overpass.scene, bands, pixel)
        reason = rejection(sample, refine_snow=refine_snow)
        if reason is None:
            valid.append(sample)
        else:
            rejected[reason] += 1
    layers["valid_obs"][pixel] = stored_count(len(valid))
    for reason, count in rejected.items():
        layers[f"rejected_obs_{reason}"][pixel] = stored_count(count)
    return valid


def choose(valid: Sequence[Sample], *, method: str, threshold: int = 4) -> Choice:
    """The dispatch by the number of valid observations (3.4), and what other methods make of them."""
    if not valid:
        return Choice(None, NONE)
    if len(valid) == 1 or method == "latest":
        return Choice(0, SINGLE)
    spectra = [sample.reflectance for sample in valid]
    if method == "medoid" or len(valid) >= threshold:
        position, spread = medoid(spectra)
        return Choice(position, MEDOID, spread)
    if method == "s2gm-1.0":
        candidates = [Candidate(sample.scene_class, sample.reflectance, sample.cloud) for sample in valid]
        return Choice(pairwise(candidates), SHORT_TERM)
    position, rule = short_term(spectra, [sample.scene_class for sample in valid])
    return Choice(position, NONE if position is None else SHORT_TERM, rule=rule)


class View:
    """One scene as seen through the output grid."""

    def __init__(self, scene: Scene, target: Target, *, compares_clouds: bool) -> None:
        """``compares_clouds``: whether every scene has a cloud probability; unknown is not less than known."""
        self.scene = scene
        self.compares_clouds = compares_clouds
        self.scene_class = nearest(scene.files["SCL"], target)
        self.numbers = {band: mean_of_measured(scene.files[band], target) for band in scene.offsets}
        nothing = np.full(target.shape, OUTSIDE)
        self.aot = mean_of_measured(scene.files["AOT"], target) if "AOT" in scene.files else nothing
        self.cloud = mean_of_all(scene.files["CLD"], target) if "CLD" in scene.files else nothing
        self.snow = mean_of_all(scene.files["SNW"], target) if "SNW" in scene.files else nothing
        self.angles = angles_of(scene.files["MTD"]) if "MTD" in scene.files else None
        if self.angles is not None:
            self.x, self.y = target.centres_in(self.angles.epsg)

    def sample(self, number: int, bands: Sequence[str], pixel: tuple[int, int]) -> Sample:
        """The observation of a pixel that this scene covers."""
        numbers = {band: max(int(self.numbers[band][pixel]), 0) for band in bands}
        return Sample(
            scene=number,
            scene_class=int(self.scene_class[pixel]),
            view_zenith=zenith_at(self.angles.view_zenith, *self.node(self.angles, pixel)) if self.angles else None,
            numbers=numbers,
            reflectance={band: numbers[band] + self.scene.offsets[band] for band in bands},
            cloud=max(int(self.cloud[pixel]), 0) if self.compares_clouds else 0,
        )

    def node(self, angles: Angles, pixel: tuple[int, int]) -> tuple[float, float]:
        """Where a pixel's centre lies between the nodes of the angle grids: column and row."""
        return (float(self.x[pixel]) - angles.left) / STEP_M, (angles.top - float(self.y[pixel])) / STEP_M

    def gather(self, layers: dict[str, np.ndarray], pixel: tuple[int, int]) -> None:
        """Fill a pixel of all layers that come from the chosen observation."""
        for band, numbers in self.numbers.items():
            layers[band][pixel] = stored_reflectance(int(numbers[pixel]), self.scene.offsets[band])
        layers["scene_classification"][pixel] = self.scene_class[pixel]
        layers["aot"][pixel] = stored_aot(int(self.aot[pixel]))
        layers["cloud_confidence"][pixel] = stored_percentage(int(self.cloud[pixel]))
        layers["snow_confidence"][pixel] = stored_percentage(int(self.snow[pixel]))
        for name, degrees in self.directions(pixel).items():
            layers[name][pixel] = stored_angle(degrees)

    def directions(self, pixel: tuple[int, int]) -> dict[str, float]:
        """Sun and view angles in degrees, NaN where unknown, by the names of their layers."""
        if self.angles is None:
            return dict.fromkeys(("sun_zenith", "sun_azimuth", "view_zenith_mean", "view_azimuth_mean"), math.nan)
        at = self.node(self.angles, pixel)
        return {
            "sun_zenith": zenith_at(self.angles.sun_zenith, *at),
            "sun_azimuth": azimuth_at(self.angles.sun_azimuth, *at),
            "view_zenith_mean": zenith_at(self.angles.view_zenith, *at),
            "view_azimuth_mean": azimuth_at(self.angles.view_azimuth, *at),
        }
