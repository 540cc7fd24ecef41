"""One series and a curve through it, with what is uncertain about both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processing.insar.regression import MODELS, Basis, columns, orthonormal

# Two-sided 95 % of the normal distribution.
_NORMAL_95 = 1.959964
# Correlation from one date to the next at which the search ends: beyond it a trend and the noise look alike.
_MOST_CORRELATION = 0.95


@dataclass(frozen=True)
class Fit:
    """A model fitted to the dates of one series that have a value."""

    model: str
    names: tuple[str, ...]
    """Of the coefficients: "constant", "cos", "sin", "linear", "quadratic" (of t^2 / 2), "cubic", as far as used."""

    coefficients: np.ndarray
    covariance: np.ndarray
    """Of the coefficients, for white noise."""

    years: np.ndarray
    residuals: np.ndarray
    """mm, on ``years``, the dates that have a value."""

    rmse: float
    velocity: float
    """mm/yr: the mean of the curve's slope without its annual term, from the first date to the last."""

    velocity_std: float
    """For white noise."""

    velocity_std_correlated: float
    """The same where neighbouring residuals are alike, as they are after an atmosphere or a motion not modelled."""

    seasonality_std: float | None
    """Of the annual term's amplitude, mm, for white noise; None where the model has none.

    Not what EGMS gives under this name: see ``processing.insar.motion.RAYLEIGH_SPREAD``.
    """

    seasonality_std_correlated: float | None
    """The same where neighbouring residuals are alike."""

    correlation: float
    """0 to 0.95, of residuals one median interval apart; 0 is white noise."""

    effective_count: float
    """As many independent dates would tell the velocity as well; at most those that there are."""

    def fitted(self, years: np.ndarray) -> np.ndarray:
        """The curve at any years since the series' first date, mm."""
        return self._design(years) @ self.coefficients

    def half_width(self, years: np.ndarray) -> np.ndarray:
        """Half the width of the curve's 95 % confidence band there, mm; widened for correlated residuals."""
        design = self._design(years)
        std = np.sqrt(np.maximum(0.0, np.einsum("ij,jk,ik->i", design, self.covariance, design)))
        widened = self.velocity_std_correlated / self.velocity_std if self.velocity_std > 0 else 1.0
        return std * widened * student_95(self.years.size - self.coefficients.size)

    @property
    def seasonality(self) -> float | None:
        """Amplitude of the annual term, mm; None where the model has none."""
        if "cos" not in self.names:
            return None
        at = self.names.index("cos")
        return float(np.hypot(*self.coefficients[at : at + 2]))

    @property
    def acceleration(self) -> float | None:
        """mm per year squared, of the quadratic model; None for others."""
        if self.model != "quadratic+season":
            return None
        return float(self.coefficients[self.names.index("quadratic")])

    def _design(self, years: np.ndarray) -> np.ndarray:
        degree, season = MODELS[self.model]
        return columns(np.asarray(years, np.float64), degree=degree, season=season)


def fit(displacement: np.ndarray, years: np.ndarray, *, model: str = "linear+season") -> Fit | None:
    """The model through the series (N,), mm with NaN where there is no value; None where there are too few.

    ``years`` is time since the first date, days / 365. Raises KeyError for a model that ``MODELS`` does not name.
    """
    degree, season = MODELS[model]
    here = ~np.isnan(displacement)
    t, values = np.asarray(years, np.float64)[here], np.asarray(displacement, np.float64)[here]
    basis = orthonormal(columns(t, degree=degree, season=season)) if t.size else None
    if basis is None:
        return None
    parts = basis.q.T @ values
    residuals = values - basis.q @ parts
    inverse, freedom = basis.inverse, t.size - parts.size
    variance = float(residuals @ residuals) / freedom
    coefficients, correlation = inverse @ parts, _correlation(residuals, t)
    noise = _Noise(basis, t, variance, correlation)
    of_velocity = noise.weights(_mean_slope(t, degree=degree, season=season))
    velocity_std, velocity_std_correlated = noise.spread(of_velocity)
    amplitude_std, amplitude_std_correlated = (
        noise.spread(noise.weights(_amplitude_slope(coefficients))) if season else (None, None)
    )
    return Fit(
        model=model, names=_names(degree, season), coefficients=coefficients,
        covariance=inverse @ inverse.T * variance, years=t, residuals=residuals,
        rmse=float(np.sqrt(residuals @ residuals / t.size)), velocity=float(of_velocity @ values),
        velocity_std=velocity_std, velocity_std_correlated=velocity_std_correlated,
        seasonality_std=amplitude_std, seasonality_std_correlated=amplitude_std_correlated,
        correlation=correlation, effective_count=t.size / noise.inflation(of_velocity),
    )  # fmt: skip


def significant(velocity: np.ndarray | float, std: np.ndarray | float, factor: float = 2.0) -> np.ndarray:
    """Where a velocity is larger than ``factor`` times its standard deviation; False where either is NaN."""
    return np.abs(velocity) > factor * np.asarray(std)


def student_95(freedom: int) -> float:
    """Two-sided 95 % of Student's distribution: to 0.3 % from 4 degrees of freedom on.

    Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    x, n = _NORMAL_95, float(max(1, freedom))
    first = (x**3 + x) / 4
    second = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    third = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    return x + first / n + second / n**2 + third / n**3


class _Noise:
    """What the noise of a series does to any weighted sum of its values, white or AR(1)."""

    def __init__(self, basis: Basis, t: np.ndarray, variance: float, correlation: float) -> None:
        self._basis, self._variance = basis, variance
        self._alike: np.ndarray | None = None
        if correlation > 0:
            self._alike = correlation ** (np.abs(t[:, np.newaxis] - t) / np.median(np.diff(t)))
            q = basis.q
            unexplained = t.size - np.einsum("ip,ij,jp->", q, self._alike, q, optimize=True)
            # A curve that follows correlated noise makes the residuals' own variance too small.
            self._follows = (t.size - q.shape[1]) / max(unexplained, 1.0)

    def weights(self, slope: np.ndarray) -> np.ndarray:
        """Of the values in the sum slope @ coefficients: they tell how noise of any kind gets into it."""
        return self._basis.q @ (self._basis.inverse.T @ slope)

    def inflation(self, weights: np.ndarray) -> float:
        """How much larger than for white noise the sum's variance is, at least 1; exact for AR(1)."""
        if self._alike is None:
            return 1.0
        return max(1.0, float(weights @ self._alike @ weights / (weights @ weights) * self._follows))

    def spread(self, weights: np.ndarray) -> tuple[float, float]:
        """Standard deviation of the sum for white noise, and for noise as correlated as this."""
        white = float(np.sqrt(self._variance * (weights @ weights)))
        return white, white * float(np.sqrt(self.inflation(weights)))


def _names(degree: int, season: bool) -> tuple[str, ...]:
    return ("constant", *(("cos", "sin") if season else ()), *("linear", "quadratic", "cubic")[:degree])


def _mean_slope(t: np.ndarray, *, degree: int, season: bool) -> np.ndarray:
    """What each coefficient adds to the mean slope from the first date to the last."""
    ends = columns(t[[0, -1]], degree=degree, season=season)
    slope = (ends[1] - ends[0]) / (t[-1] - t[0])
    if season:
        slope[1:3] = 0
    return slope


def _amplitude_slope(coefficients: np.ndarray) -> np.ndarray:
    """How the amplitude grows with each coefficient, to first order; along the cosine where there is no wave at all."""
    cosine, sine = coefficients[1:3]
    amplitude = np.hypot(cosine, sine)
    slope = np.zeros_like(coefficients)
    slope[1:3] = (cosine / amplitude, sine / amplitude) if amplitude > 0 else (1.0, 0.0)
    return slope


def _correlation(residuals: np.ndarray, t: np.ndarray) -> float:
    """AR(1) on irregular dates: the correlation over a median interval that best foretells each residual.

    That over an interval n times as long is its n-th power. Least squares, searched on a grid of hundredths.
    """
    if residuals.size < 4 or not np.any(residuals):
        return 0.0
    gaps = np.diff(t) / np.median(np.diff(t))
    tried = np.linspace(0.0, _MOST_CORRELATION, 96)
    kept = tried[:, np.newaxis] ** gaps
    missed = residuals[1:] - kept * residuals[:-1]
    # After a long gap a residual is foretold less well, so that it counts less.
    expected = np.maximum(1e-9, 1 - kept**2)
    unlikely = np.log(expected).sum(axis=1) + gaps.size * np.log((missed**2 / expected).mean(axis=1))
    return float(tried[np.argmin(unlikely)])
