"""The series: six signals of the anaesthetic record, on 48 bins from the start to the end of the operation."""

from __future__ import annotations

import numpy as np

from datasets.cohort import Series
from datasets.surgical.factors import FACTORS

STEPS = 48
CHANNELS = ("map", "heart_rate", "spo2", "airway_pressure", "pulse_pressure_variation", "temperature")
UNITS = ("mmHg", "1/min", "%", "cmH2O", "%", "°C")

# value of a calm patient, spread within a patient, plausible range: one row a channel
_LEVEL = np.array([78.0, 72.0, 97.5, 17.0, 9.0, 36.3])
_BETWEEN = np.array([7.0, 9.0, 0.8, 2.5, 2.5, 0.3])
_WITHIN = np.array([6.0, 5.0, 0.7, 1.2, 1.8, 0.15])
_LOW = np.array([25.0, 25.0, 60.0, 4.0, 0.0, 33.5])
_HIGH = np.array([170.0, 190.0, 100.0, 50.0, 45.0, 40.5])

# what of a signal speaks of which factor, and how strongly
FEATURES = {
    "map dips": ("hypotension", 0.7),
    "heart_rate spread": ("frailty", -0.25),
    "spo2 level": ("cardiopulmonary", -0.3),
    "spo2 dips": ("cardiopulmonary", 0.6),
    "airway_pressure slope": ("airway", 1.5),
    "pulse_pressure_variation slope": ("fluid", -2.0),
}


def loadings() -> np.ndarray:
    """Loadings of the signals' features on the factors: (features, 8)."""
    table = np.zeros((len(FEATURES), len(FACTORS)))
    for row, (factor, value) in enumerate(FEATURES.values()):
        table[row, FACTORS.index(factor)] = value
    return table


def record(rng: np.random.Generator, f: np.ndarray, loads: np.ndarray) -> np.ndarray:
    """Signals of cases with factors `f`: (cases, 48, 6) float32, NaN = not measured.

    AR(.8) around a patient's level. MAP: Poisson(e^{.7H}) dips of 15 to 28 mmHg. Heart rate: spread 5 e^{−.25F}. SpO₂: level
    −.3C, Poisson(e^{−.6 + .6C}) dips of 3 to 8. Airway pressure: slope 1.5G + 1.5ε. Pulse-pressure variation: slope −2V + 2ε
    (per operation). 15 % of points missing, 8 % of patients without a series.
    """
    cases = len(f)
    spoken = np.einsum("nj,ij->in", f, loads)
    dips, spread, level, desaturations, stiffening, drying = spoken
    values = _wander(rng, cases) * _WITHIN
    values[:, :, 1] *= np.exp(spread)[:, None]
    values += (_LEVEL + _BETWEEN * rng.standard_normal((cases, len(CHANNELS))))[:, None, :]
    values[:, :, 2] += level[:, None]
    course = np.arange(STEPS) / (STEPS - 1) - 0.5
    slopes = np.stack([stiffening, drying]) + np.array([[1.5], [2.0]]) * rng.standard_normal((2, cases))
    values[:, :, 3:5] += np.einsum("cn,t->ntc", slopes, course)
    _dip(rng, values[:, :, 0], np.exp(dips), 15, 28)
    _dip(rng, values[:, :, 2], np.exp(-0.6 + desaturations), 3, 8)
    values = np.clip(values, _LOW, _HIGH).round(1)
    values[rng.random(values.shape) < 0.15] = np.nan
    values[rng.random(cases) < 0.08] = np.nan
    return values.astype(np.float32)


def series(values: np.ndarray) -> Series:
    """The signals as the cohort holds them; a bin's time is the share of the operation that has gone by."""
    return Series(values, CHANNELS, UNITS, np.arange(STEPS) / STEPS, "operation")


def _wander(rng: np.random.Generator, cases: int) -> np.ndarray:
    """AR(.8) of unit variance: (cases, 48, 6)."""
    noise = rng.standard_normal((cases, STEPS, len(CHANNELS)))
    for step in range(1, STEPS):
        noise[:, step] = 0.8 * noise[:, step - 1] + 0.6 * noise[:, step]
    return noise


def _dip(rng: np.random.Generator, signal: np.ndarray, rate: np.ndarray, least: float, most: float) -> None:
    """Takes Poisson(rate) dips, each of one bin and of `least` to `most`, from `signal` (cases, 48), in place."""
    counts = np.minimum(rng.poisson(rate), STEPS // 2)
    rows = np.repeat(np.arange(len(signal)), counts)
    bins = rng.integers(0, STEPS, len(rows))
    np.subtract.at(signal, (rows, bins), rng.uniform(least, most, len(rows)))
