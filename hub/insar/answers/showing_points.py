"""One point and its series as JSON: numbers, and what they mean in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from hub.insar.answers.describing import part_document
from hub.insar.answers.precisions import precisions_of
from hub.insar.answers.references import Reference
from hub.insar.answers.refusals import BadQuestion
from hub.insar.answers.series import PointSeries, SeenPoint, read_extra, read_series
from hub.insar.models import Direction, Layer, Part
from hub.wording.sentences import told
from hub.wording.titles import number, title
from processing.insar.attributes import ATTRIBUTES, NO_NUMBER
from processing.insar.fitting import Fit, fit
from processing.insar.motion import RAYLEIGH_SPREAD, fields
from processing.insar.reading_aloud import Reading, compass, read
from processing.insar.references import rebase
from processing.insar.regression import MODELS

DEFAULT_MODEL = "linear+season"
_MODEL_OF_SEASONALITY = "cubic+season"
_STATED = {
    Direction.EAST: ("east-west", "north", "east", "height"),
    Direction.UP: ("vertical", "north", "east", "height"),
}
_STATED_OF_LOS = ("los", "north", "east", "height")
_ERRORS_OF_VELOCITY = ("velocity_std", "velocity_std_correlated")
_ERRORS_OF_SEASONALITY = ("seasonality_std", "seasonality_std_correlated")
_FIGURES = (
    "velocity", *_ERRORS_OF_VELOCITY, "acceleration", "acceleration_std", "seasonality", *_ERRORS_OF_SEASONALITY,
    "rmse",
)  # fmt: skip
_DOUBTS = frozenset({"velocity.unknown", "velocity.none", "velocity.within_precision", "velocity.not_significant"})


def point_document(layer: Layer, point: SeenPoint) -> dict[str, Any]:
    """What is known of the point beside its series."""
    part = Part.objects.get(pk=point.part_id)
    lon, lat = point.place
    return {
        "id": point.id,
        "pid": point.pid,
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "attributes": [*_attributes(point), *_extras(part, point.row)],
        "part": part_document(part),
        "compass": _compass(point),
        "precisions": _precisions(layer),
        "words": _words(_delivered_reading(point, layer)),
    }


def series_document(
    layer: Layer, point: SeenPoint, *, model: str = DEFAULT_MODEL, reference: Reference | None = None,
    reference_day: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The point's series with a curve through it, relative to the reference and the day that were asked for.

    Raises BadQuestion for a model that there is not, and for a day that lies outside of the series.
    """
    if model not in MODELS:
        raise BadQuestion(_("The model is one of %(models)s.") % {"models": ", ".join(MODELS)})
    found = read_series(Part.objects.get(pk=point.part_id), [point.row])
    if found is None:
        return _without_dates(point, model)
    moved = relative(found, reference, reference_day)
    fitted = fit(moved[0], found.years, model=model)
    lon, lat = point.place
    return {
        "id": point.id,
        "dates": [day.isoformat() for day in found.dates],
        "displacement": _numbers(moved[0]),
        "model": model,
        **_curve(fitted, found.years, moved[0]),
        **_figures(fitted, moved, found.years, layer),
        "reference": None if reference is None else reference.document(lon, lat),
        "reference_date": reference_day.isoformat() if reference_day else None,
    }


def relative(found: PointSeries, reference: Reference | None, day: date | None) -> np.ndarray:
    """The displacements (k, N) less those of the reference, and 0 on ``day``. Raises BadQuestion for another day."""
    moved = found.displacement
    if reference is not None:
        moved = moved - reference.on(found.dates)
    if day is None:
        return moved
    try:
        return rebase(moved, found.dates, day)
    except ValueError:
        text = _("The reference date lies from %(first)s to %(last)s.")
        raise BadQuestion(text % {"first": found.dates[0], "last": found.dates[-1]}) from None


def _curve(fitted: Fit | None, years: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    if fitted is None:
        nothing: list[None] = [None] * len(years)
        return {"fit": nothing, "low": nothing, "high": nothing, "residuals": nothing}
    line, half = fitted.fitted(years), fitted.half_width(years)
    return {
        "fit": _numbers(line),
        "low": _numbers(line - half),
        "high": _numbers(line + half),
        "residuals": _numbers(values - line),
    }


def _figures(fitted: Fit | None, moved: np.ndarray, years: np.ndarray, layer: Layer) -> dict[str, Any]:
    """Velocity by the curve; acceleration and its error as EGMS has them, seasonality with an error of our own."""
    own = {name: float(values[0]) for name, values in fields(moved, years).as_dict().items()}
    figures = dict.fromkeys(_FIGURES, np.nan)
    figures |= {name: own[name] for name in ("acceleration", "acceleration_std", "seasonality")}
    if fitted is not None:
        figures |= {name: getattr(fitted, name) for name in ("velocity", *_ERRORS_OF_VELOCITY, "rmse")}
    # EGMS's amplitude is that of the cubic model.
    is_cubic = fitted is not None and fitted.model == _MODEL_OF_SEASONALITY
    season = fitted if is_cubic else fit(moved[0], years, model=_MODEL_OF_SEASONALITY)
    if season is not None:
        figures |= {name: getattr(season, name) for name in _ERRORS_OF_SEASONALITY}
    # Said with the larger of both errors: neighbouring dates share their weather.
    readings = read(
        figures["velocity"], figures["velocity_std_correlated"], layer.direction,
        seasonality=figures["seasonality"], seasonality_std=figures["seasonality_std_correlated"],
        acceleration=figures["acceleration"], acceleration_std=figures["acceleration_std"],
    )  # fmt: skip
    return {
        **{name: _plain(value) for name, value in figures.items()},
        "significant": not _DOUBTS & {each.code for each in readings},
        "words": _words(readings),
    }


def _without_dates(point: SeenPoint, model: str) -> dict[str, Any]:
    rows: dict[str, Any] = {name: [] for name in ("dates", "displacement", "fit", "low", "high", "residuals")}
    text = _("This release has velocities only, and no series.")
    words = [{"code": "series.none", "text": text}]
    unknown = dict.fromkeys((*_FIGURES, "reference", "reference_date"))
    return {"id": point.id, **rows, "model": model, **unknown, "significant": False, "words": words}


def _attributes(point: SeenPoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": title(about.title),
            "unit": about.unit,
            "value": round(value, about.decimals) if about.decimals else int(value),
            "text": " ".join(filter(None, (number(value, about.decimals), about.unit))),
        }
        for name, about in ATTRIBUTES.items()
        if (value := point.attributes[name]) is not None and np.isfinite(value) and value != NO_NUMBER
    ]


def _extras(part: Part, row: int) -> list[dict[str, Any]]:
    """Under the names that the file gave them; what they mean only its maker knows."""
    return [
        {"name": name, "title": name, "unit": "", "value": round(value, 4), "text": number(value, 2)}
        for name, value in read_extra(part, row).items()
    ]


def _compass(point: SeenPoint) -> dict[str, float] | None:
    towards = [point.attributes[name] for name in ("los_east", "los_north", "los_up")]
    if any(each is None for each in towards) or not any(towards):
        return None
    azimuth, incidence = compass(*towards)
    return {"azimuth": round(azimuth, 1), "incidence": round(incidence, 1)}


def _precisions(layer: Layer) -> list[dict[str, str]]:
    directions = _STATED.get(Direction(layer.direction), _STATED_OF_LOS)
    return [
        {"quantity": f"{each.quantity}, {each.direction} ({each.product})", "value": each.value, "source": each.source}
        for each in precisions_of(layer.release.level, directions)
    ]


def _delivered_reading(point: SeenPoint, layer: Layer) -> list[Reading]:
    names = ("seasonality", "seasonality_std", "acceleration", "acceleration_std")
    known = {name: np.nan if (value := point.attributes[name]) is None else value for name in point.attributes}
    known["seasonality_std"] /= RAYLEIGH_SPREAD
    return read(
        known["mean_velocity"], known["mean_velocity_std"], layer.direction, **{name: known[name] for name in names}
    )


def _words(readings: list[Reading]) -> list[dict[str, str]]:
    return [{"code": each.code, "text": told(each.sentence)} for each in readings]


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if value != value else value for value in np.round(values, 2).tolist()]


def _plain(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
