"""What every kind of ground looks like in the eleven bands, and how that changes with the day of the year.

The land cover map holds codes. Each cover owns a run of codes, its variants: parcels of one crop that ripen on
different days, forest stands of different tone. :func:`reflectance_table` turns a day into one spectrum per code.
Endmembers are typical surface reflectances of central Europe, compared with real scenes of Slovenia.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from processing.sample.noise import scrambled_unit, smoothstep

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")

# Surface reflectance x 10000 in the order of BANDS.
ENDMEMBERS: dict[str, tuple[int, ...]] = {
    "beech": (190, 230, 440, 240, 800, 2700, 3450, 3600, 3800, 1600, 700),
    "bare_trees": (350, 420, 560, 620, 850, 1250, 1450, 1600, 1750, 1900, 1150),
    "spruce": (140, 165, 290, 175, 520, 1500, 1850, 2000, 2100, 850, 380),
    "willow": (240, 290, 520, 310, 880, 2500, 3100, 3300, 3450, 1650, 780),
    "grass": (300, 370, 700, 400, 1150, 3050, 3750, 3950, 4100, 2000, 980),
    "mown": (480, 620, 960, 900, 1500, 2450, 2800, 3000, 3200, 2900, 1950),
    "winter_grass": (420, 540, 790, 790, 1250, 1950, 2200, 2350, 2500, 2500, 1600),
    "green_crop": (260, 310, 590, 310, 930, 3200, 4150, 4400, 4500, 1750, 780),
    "ripe_crop": (560, 780, 1180, 1480, 1850, 2250, 2450, 2650, 2850, 3200, 2250),
    "stubble": (680, 900, 1250, 1580, 1850, 2150, 2350, 2550, 2800, 3700, 2900),
    "soil": (560, 720, 950, 1200, 1400, 1580, 1720, 1880, 2050, 2800, 2350),
    "yellow_flower": (380, 520, 1400, 1280, 1900, 3300, 3900, 4100, 4250, 2000, 1000),
    "alpine_grass": (320, 410, 700, 560, 1150, 2400, 2850, 3000, 3150, 2300, 1350),
    "rock": (1150, 1330, 1540, 1680, 1780, 1880, 1960, 2050, 2120, 2500, 2250),
    "gravel": (1350, 1600, 1850, 1980, 2080, 2150, 2230, 2320, 2400, 2650, 2350),
    "river": (420, 480, 690, 450, 400, 230, 210, 190, 170, 90, 60),
    "lake": (330, 370, 430, 220, 190, 110, 100, 90, 80, 40, 30),
    "roof": (850, 1000, 1180, 1480, 1640, 1800, 1900, 2000, 2100, 2350, 2100),
    "asphalt": (820, 930, 1040, 1110, 1180, 1300, 1370, 1430, 1500, 1700, 1600),
    "hall": (2300, 2550, 2650, 2750, 2800, 2850, 2900, 2950, 3000, 2900, 2700),
}

SNOW = np.array((8600, 8800, 8800, 8700, 8500, 8300, 8100, 7900, 7600, 900, 700), dtype=np.float32)


@dataclass(frozen=True)
class Cover:
    """A kind of ground: its variants differ in tone by ``spread``, its pixels by ``texture`` (both relative)."""

    variants: int
    spread: float
    texture: float


COVERS: dict[str, Cover] = {
    "cereal": Cover(1024, 0.09, 0.030),
    "maize": Cover(1024, 0.09, 0.030),
    "rape": Cover(256, 0.08, 0.030),
    "roots": Cover(256, 0.10, 0.035),
    "meadow": Cover(1024, 0.10, 0.045),
    "beech_forest": Cover(256, 0.07, 0.10),
    "spruce_forest": Cover(256, 0.08, 0.13),
    "willow_wood": Cover(64, 0.10, 0.12),
    "alpine_meadow": Cover(64, 0.08, 0.09),
    "rock": Cover(64, 0.08, 0.12),
    "gravel": Cover(16, 0.08, 0.08),
    "river": Cover(1, 0.0, 0.02),
    "lake": Cover(1, 0.0, 0.015),
    "roof": Cover(128, 0.28, 0.10),
    "hall": Cover(32, 0.25, 0.06),
    "asphalt": Cover(32, 0.10, 0.06),
    "garden": Cover(64, 0.18, 0.12),
}

_STARTS = np.cumsum([0, *(cover.variants for cover in COVERS.values())])
FIRST_CODE = {name: int(start) for name, start in zip(COVERS, _STARTS, strict=False)}
CODES = int(_STARTS[-1])

Mixture = dict[str, np.ndarray]
"""Share of each endmember, one value per variant of a cover."""


def codes_of(name: str) -> slice:
    """The run of codes that belongs to the cover ``name``."""
    return slice(FIRST_CODE[name], FIRST_CODE[name] + COVERS[name].variants)


def texture_table() -> np.ndarray:
    """float32 (code): relative deviation of single pixels within a cover."""
    return np.repeat([c.texture for c in COVERS.values()], [c.variants for c in COVERS.values()]).astype(np.float32)


def reflectance_table(day: int) -> np.ndarray:
    """float32 (band, code): reflectance x 10000 of level ground under a clear sky on this day of the year."""
    table = np.zeros((len(BANDS), CODES), dtype=np.float32)
    for number, (name, cover) in enumerate(COVERS.items()):
        variant = np.arange(cover.variants)
        for endmember, share in MIXTURES[name](day, variant).items():
            table[:, codes_of(name)] += np.array(ENDMEMBERS[endmember], dtype=np.float32)[:, None] * share.astype(
                np.float32
            )
        tone = 1 + cover.spread * 1.7 * (2 * scrambled_unit(41, number, variant) - 1)
        table[:, codes_of(name)] *= tone.astype(np.float32)
    return table


def _jittered(day: float, jitter_days: float, salt: int, variant: np.ndarray) -> np.ndarray:
    """A date of the farming year, different from parcel to parcel by up to ``jitter_days``."""
    return day + jitter_days * (2 * scrambled_unit(salt, variant) - 1)


def _passed(day: int, since: np.ndarray, over_days: float) -> np.ndarray:
    """0 before ``since``, 1 from ``over_days`` later on."""
    return smoothstep(0, over_days, day - since)


def _stages(first: str, *changes: tuple[np.ndarray, str]) -> Mixture:
    """Mixture of a cover that is ``first`` until each change has passed (0..1) and made it the next endmember."""
    mixture: Mixture = {first: np.ones_like(changes[0][0])}
    for passed, endmember in changes:
        mixture = {name: share * (1 - passed) for name, share in mixture.items()}
        mixture[endmember] = mixture.get(endmember, 0) + passed
    return mixture


def _cereal(day: int, variant: np.ndarray) -> Mixture:
    ripe = _jittered(156, 9, 1, variant)
    return _stages(
        "green_crop",
        (_passed(day, ripe, 24), "ripe_crop"),
        (_passed(day, ripe + 30 + 8 * scrambled_unit(2, variant), 1), "stubble"),
        (_passed(day, _jittered(232, 15, 3, variant), 2), "soil"),
        (_passed(day, _jittered(295, 12, 4, variant), 45), "green_crop"),
    )


def _maize(day: int, variant: np.ndarray) -> Mixture:
    sprouted = _jittered(146, 9, 5, variant)
    return _stages(
        "soil",
        (_passed(day, sprouted, 44), "green_crop"),
        (_passed(day, sprouted + 95, 30), "ripe_crop"),
        (_passed(day, _jittered(272, 12, 6, variant), 1), "soil"),
    )


def _rape(day: int, variant: np.ndarray) -> Mixture:
    bloom = _jittered(108, 6, 7, variant)
    return _stages(
        "green_crop",
        (_passed(day, bloom, 12), "yellow_flower"),
        (_passed(day, bloom + 28, 14), "green_crop"),
        (_passed(day, bloom + 58, 20), "ripe_crop"),
        (_passed(day, bloom + 88, 1), "stubble"),
        (_passed(day, bloom + 125, 40), "green_crop"),
    )


def _roots(day: int, variant: np.ndarray) -> Mixture:
    leafed = _jittered(140, 14, 8, variant)
    return _stages(
        "soil",
        (0.85 * _passed(day, leafed, 38), "green_crop"),
        (_passed(day, _jittered(258, 20, 9, variant), 2), "soil"),
    )


def _meadow(day: int, variant: np.ndarray) -> Mixture:
    """Green from April to October, cut two or three times; it grows back within a month."""
    today = np.full(variant.shape, day)
    dormant = 1 - smoothstep(75, 110, today) * (1 - smoothstep(285, 325, today))
    stubble = np.zeros(variant.shape)
    for cut, salt in ((158, 10), (204, 11), (248, 12)):
        mown = _jittered(cut, 20, salt, variant)
        stubble = np.maximum(stubble, (day >= mown) * (1 - smoothstep(4, 30, day - mown)))
    living = 1 - dormant
    return {"grass": living * (1 - stubble), "mown": living * stubble, "winter_grass": dormant}


def _beech_forest(day: int, variant: np.ndarray) -> Mixture:
    return _stages(
        "bare_trees",
        (_passed(day, _jittered(108, 6, 13, variant), 18), "beech"),
        (_passed(day, _jittered(284, 8, 14, variant), 24), "bare_trees"),
    )


def _alpine_meadow(day: int, variant: np.ndarray) -> Mixture:
    return _stages(
        "winter_grass",
        (_passed(day, _jittered(138, 8, 15, variant), 30), "alpine_grass"),
        (_passed(day, _jittered(255, 8, 16, variant), 30), "winter_grass"),
    )


def _always(**shares: float) -> Callable[[int, np.ndarray], Mixture]:
    def mixture(day: int, variant: np.ndarray) -> Mixture:
        return {name: np.full(variant.shape, share) for name, share in shares.items()}

    return mixture


MIXTURES = {
    "cereal": _cereal,
    "maize": _maize,
    "rape": _rape,
    "roots": _roots,
    "meadow": _meadow,
    "beech_forest": _beech_forest,
    "spruce_forest": _always(spruce=0.9, beech=0.1),
    "willow_wood": _always(willow=1.0),
    "alpine_meadow": _alpine_meadow,
    "rock": _always(rock=0.92, alpine_grass=0.08),
    "gravel": _always(gravel=1.0),
    "river": _always(river=1.0),
    "lake": _always(lake=1.0),
    "roof": _always(roof=0.75, asphalt=0.25),
    "hall": _always(hall=0.7, asphalt=0.3),
    "asphalt": _always(asphalt=0.8, grass=0.2),
    "garden": _always(grass=0.7, roof=0.15, beech=0.15),
}
