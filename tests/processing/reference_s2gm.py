"""S2GM V1.1.0 for one pixel, slowly and in plain NumPy, written from the algorithm document alone.

The twin of the compiled kernels: nothing of the engine is imported here. Spectra are dicts of
reflectance x 10000 (float), newest observation first.
"""

import numpy as np

VALID_CLASSES = {2, 4, 5, 6, 11}
MEDOID_BANDS = ["B02", "B03", "B04", "B06", "B08", "B11", "B12"]
TREE_BANDS = ["B02", "B03", "B04", "B08", "B8A", "B11", "B12"]


def tcb(s, infrared="B8A"):
    weights = {"B02": 0.3029, "B03": 0.2786, "B04": 0.4733, infrared: 0.5599, "B11": 0.508, "B12": 0.1872}
    return sum(weight * s[band] for band, weight in weights.items())


def normalised(a, b):
    return (a - b) / (a + b) if a + b != 0 else 0.0


def snow_test(scene_class, s):
    """3.2 rule 4; ``s`` in reflectance 0..1."""
    return scene_class == 11 and normalised(s["B03"], s["B11"]) > 0.6 and tcb(s) > 0.36


def is_valid(scene_class, numbers, offset=0):
    """3.2 without the view angle; ``numbers``: digital numbers of the bands there are."""
    if scene_class not in VALID_CLASSES or any(number == 0 for number in numbers.values()):
        return False
    if scene_class == 11 and all(band in numbers for band in ("B02", "B03", "B04", "B8A", "B11", "B12")):
        return snow_test(11, {band: (int(number) + offset) * 1e-4 for band, number in numbers.items()})
    return True


def cloud_test(s):
    """3.6; ``s`` in reflectance 0..1."""
    mndwi = normalised(s["B03"], s["B11"])
    h = -0.8239 * s["B02"] + 0.0849 * s["B03"] + 0.4396 * s["B04"] - 0.058 * s["B8A"] + 0.2013 * s["B11"]
    h -= 0.2773 * s["B12"]
    m = (s["B02"] + s["B03"] + s["B04"]) / 3
    q = normalised(s["B08"], s["B11"])
    r_over_1 = s["B03"] / s["B11"] > 1 if s["B11"] > 0 else s["B03"] > 0
    r_inverse_over_1 = s["B11"] / s["B03"] > 1 if s["B03"] > 0 else s["B11"] > 0
    snow_2 = mndwi > 0.7 and not (r_over_1 and tcb(s, "B08") < 0.36)
    high = (
        (r_over_1 and m > 0.3 and (h < -0.1 or (h > -0.08 and q < 0.4)))
        or h < -0.2
        or (r_over_1 and m < 0.3 and h < -0.055 and m > 0.12)
        or (not (r_over_1 and m < 0.3) and h < -0.09 and m > 0.12)
    )
    low = (
        (r_inverse_over_1 and m < 0.2 and (h < -0.1 or (h < -0.08 and q < 0.4)))
        or h < -0.2
        or (r_over_1 and m < 0.2 and h < -0.055 and m > 0.12)
        or (not (r_over_1 and m < 0.2) and h < -0.02 and m > 0.12)
    )
    return snow_2 or high or low


def short_term(spectra, classes):
    """3.6: position of the chosen observation, or None for no data; ``spectra`` in reflectance 0..1."""
    return short_term_by_rule(spectra, classes)[0]


def short_term_by_rule(spectra, classes):
    """The position and the number of the rule that chose it."""
    ndvi = np.array([normalised(s["B08"], s["B04"]) for s in spectra])
    mndwi = np.array([normalised(s["B03"], s["B11"]) for s in spectra])
    bright = np.array([tcb(s) for s in spectra])
    k = int(np.argmin(bright))
    if np.mean(mndwi) < -0.55 and np.max(ndvi) - np.mean(ndvi) < 0.05:
        return int(np.argmax(ndvi)), 1
    if np.mean(ndvi) < -0.3 and np.mean(mndwi) - np.min(mndwi) < 0.05:
        return int(np.argmax(mndwi)), 2
    if np.mean(ndvi) > 0.6 and np.mean(bright) < 0.45:
        return int(np.argmax(ndvi)), 3
    if not cloud_test(spectra[k]):
        return k, 4
    if not snow_test(classes[k], spectra[k]):
        return (None, "5, no data") if bright[k] > 1.0 else (k, 5)
    if np.mean(ndvi) < -0.2:
        return int(np.argmax(mndwi)), 6
    if np.mean(bright) > 0.45:
        return int(np.argmin(ndvi)), 7
    return int(np.argmax(ndvi)), 8


def medoid(vectors):
    """3.5: position of the medoid; of ties the first. ``vectors``: (observation, band)."""
    vectors = np.asarray(vectors, dtype=np.float64)
    distance = np.sqrt(((vectors[:, None, :] - vectors[None, :, :]) ** 2).sum(axis=2))
    total = distance.sum(axis=1)
    return int(np.flatnonzero(total <= total.min() * (1 + 1e-12))[0])


def choose(spectra, classes, threshold=4):
    """3.4 for the valid observations of one pixel: position or None; ``spectra`` in reflectance x 10000."""
    count = len(spectra)
    if count == 0:
        return None
    if count == 1:
        return 0
    bands = set(spectra[0])
    if count >= threshold:
        return medoid([[s[band] for band in MEDOID_BANDS if band in bands] for s in spectra])
    scaled = [{band: value * 1e-4 for band, value in s.items()} for s in spectra]
    if set(TREE_BANDS) <= bands:
        return short_term(scaled, classes)
    if {"B04", "B08"} <= bands:
        return int(np.argmax([normalised(s["B08"], s["B04"]) for s in scaled]))
    return 0
